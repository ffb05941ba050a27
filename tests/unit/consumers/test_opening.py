"""Many tokens that are opened in one call hold what each holds alone; what is not plainly right is left to that."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.opening import Opener, Plain
from hub.outcome import Refused
from hub.seal import ContentKey, Place, Sheet, beginning, drawn, seal, sealed
from tests.fakes import MemoryContracts, MemoryKeys
from tests.kernels import NAMES, kernel

NAME: Final = "prefecture"
TOPIC: Final = f"juki.disclosures.{NAME}"
KEY: Final = ContentKey.of(f"{NAME}.2026-04-02", bytes(range(32)))
OWN: Final = bytes(range(16))
HASH: Final = "ab" * 32
JTI: Final = str(UUID(int=7))
SAID: Final = {
    "id": JTI, "contract": NAME, "version": 7, "recorded_at": "2026-04-02T10:15:00+09:00", "state": "inside",
    "items": {"name": '見本 "𠮷"\\', "address": {"text": "架空市"}, "sex": None}, "protected": True,
}  # fmt: skip


def token(
    said: Any = SAID, *, part: int = 3, topic: str = TOPIC, aud: str = NAME, key: ContentKey = KEY, own: bytes = OWN,
    jti: str = JTI, ctr: str = HASH, seq: int = 5,
) -> bytes:  # fmt: skip
    content = said if isinstance(said, bytes) else orjson.dumps(said)
    return seal(key, Place(aud, topic, part), ctr, 1_775_000_000, [Sheet(seq, jti, content, own)])[0]


def spelled(old: bytes, new: bytes) -> bytes:
    """With a header that has something in another spelling, under a seal that fits it."""
    start = beginning(KEY, Place(NAME, TOPIC, 3), HASH, 1_775_000_000).replace(old, new)
    return sealed(KEY, start, drawn(NAME, 1), [(5, JTI.encode(), OWN)], [orjson.dumps(SAID)])[0]


def opener(name: str, keys: MemoryKeys | None = None) -> Opener:
    known = keys or MemoryKeys()
    known._content |= {} if keys else {KEY.kid: KEY}
    return Opener(known, NAME, TOPIC, MemoryContracts(HASH), kernel(name))  # type: ignore[arg-type]


GOOD: Final[Mapping[str, bytes]] = {
    "as the router seals it": token(),
    "of a transfer": token(SAID | {"transfer": str(UUID(int=9))}),
    "large": token(SAID | {"items": {"name": "見" * 3000}}),
    "with the number 0, which an inbox takes alone": token(seq=0),
}
BAD: Final[Mapping[str, bytes]] = {
    "nothing": b"", "no token": b"x.y", "moved": token(part=4), "of another topic": token(topic="juki.other"),
    "for somebody else": token(aud="tax"), "beside another record key": token(own=bytes(16)),
    "under an unknown key": token(key=ContentKey.of(f"{NAME}.2026-04-03", bytes(32))),
    "under a key that only has its name": token(key=ContentKey.of(KEY.kid, bytes(32))),
    "of a contract that never was": token(ctr="cd" * 32), "of no contract": token(ctr=""),
    "no JSON": token(b"{"), "only spaces": token(b""), "one member more": token(SAID | {"x": 1}),
    "of another id": token(SAID | {"id": str(UUID(int=8))}), "an id of another form": token(jti=JTI.replace("-", "")),
    "of another contract": token(SAID | {"contract": "tax"}), "no version": token(SAID | {"version": 0}),
    "one part more": token() + b".", "padded": token() + b"=",
}  # fmt: skip
SPELLED: Final[Mapping[str, bytes]] = {
    "with a space": spelled(b'{"alg"', b'{ "alg"'), "with an escape": spelled(b'"prefecture"', b'"\\u0070refecture"'),
    "in another order": spelled(b'"alg":"dir","enc":"A256GCM"', b'"enc":"A256GCM","alg":"dir"'),
    "with a large letter in the hash": spelled(b"abab", b"ABab"),
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
async def test_what_is_plain_is_opened_with_others_and_is_what_it_is_alone(name: str) -> None:
    every = {**GOOD, **BAD, **SPELLED}
    together = await opener(name).open_all([(one, 3, OWN) for one in every.values()])
    alone = [await opener(name).open(one, 3, OWN) for one in every.values() if one not in BAD.values()]
    found = dict(zip(every, together, strict=True))
    assert {what for what in {**GOOD, **BAD} if found[what]} == {*GOOD}
    assert [one and one.disclosure for one in found.values()][: len(GOOD)] == alone[: len(GOOD)]
    assert all(found[what] is None or found[what].disclosure == alone[len(GOOD)] for what in SPELLED)  # type: ignore[union-attr]


@pytest.mark.parametrize("name", NAMES)
async def test_whatever_is_bad_is_refused_where_it_is_looked_at_alone(name: str) -> None:
    strict = opener(name)
    for what, one in BAD.items():
        if what != "an id of another form":  # an inbox refuses it, where it is the id of a row
            assert isinstance(await strict.open(one, 3, OWN), Refused), what


@pytest.mark.trap("input-08")
@pytest.mark.parametrize("name", NAMES)
@given(st.integers(0), st.sampled_from(b"AB-_.=+/ {"))
async def test_an_altered_token_is_not_opened(name: str, at: int, letter: int) -> None:
    whole = GOOD["as the router seals it"]
    at %= len(whole)
    altered = whole[:at] + bytes([letter]) + whole[at + 1 :]
    (found,) = await opener(name).open_all([(altered, 3, OWN)])
    assert (found is None) is (altered != whole)


@pytest.mark.parametrize("name", NAMES)
async def test_each_is_opened_where_it_lies_and_has_its_own_number(name: str) -> None:
    owns = {part: bytes([part] * 16) for part in (3, 0, 7)}
    rows = [(token(part=part, own=owns[part], seq=part + 10), part, owns[part]) for part in (3, 0, 7, 0)]
    found = await opener(name).open_all([*rows, (rows[0][0], 7, rows[0][2])])
    assert [one and one.seq for one in found] == [13, 10, 17, 10, None]


@pytest.mark.parametrize("name", NAMES)
async def test_a_key_that_was_destroyed_opens_nothing_and_is_named_where_it_is_looked_at_alone(name: str) -> None:
    keys = MemoryKeys()
    day = date(2026, 4, 2)
    made = token(key=await keys.content_key(NAME, day))
    assert [type(one) for one in await opener(name, keys).open_all([(made, 3, OWN)])] == [Plain]
    keys.destroyed.add(f"{NAME}.2026-04-02")
    assert await opener(name, keys).open_all([(made, 3, OWN)]) == [None]
    assert await opener(name, keys).open(made, 3, OWN) == Refused("key-destroyed")
