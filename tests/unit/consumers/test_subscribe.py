"""What a subscriber's library makes of a record, and of their order, judged without a broker or a database."""

import json
import os
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
from joserfc import jwe
from joserfc.jwk import ECKey, OctKey

from consumers.subscribe import Disclosure, Erased, Expired, Gap, Keys, KeysWanted, Place, SubscriptionError
from consumers.subscribe.errors import kind, line_below
from consumers.subscribe.order import sort
from consumers.subscribe.reread import answer, counted
from consumers.subscribe.token import Record, Refusal, opened
from hub.seal import ContentKey, Sheet, seal
from hub.seal import Place as Sealed

TOPIC = "juki.disclosures.tax"
KID = "tax.2026-04-02"
KEY = ContentKey.of(KID, bytes(range(32)))
PLACE = Sealed("tax", TOPIC, 3)
SECRET = "見本𠮷髙葛󠄀"


class Ring:
    """Keys of one day; those before it were destroyed."""

    def find(self, kid: str) -> OctKey | None:
        return OctKey.import_key(KEY.key) if kid == KID else None

    def destroyed(self, kid: str) -> bool:
        return kid < KID


def payload(n: int, **changed: Any) -> dict[str, Any]:
    return {
        "id": str(UUID(int=n, version=4)), "contract": "tax", "version": 1_000 + n, "state": "inside",
        "recorded_at": "2026-04-02T10:15:00.123456+09:00", "items": {"name": SECRET},
    } | changed  # fmt: skip


def record(n: int, said: Any = None, *, key: ContentKey = KEY, place: Sealed = PLACE, jti: str = "") -> Record:
    """The n-th record of partition 3."""
    body, own = orjson.dumps(payload(n) if said is None else said), n.to_bytes(16, "big")
    token = seal(key, place, "0" * 64, 1, [Sheet(n, jti or str(UUID(int=n, version=4)), body, own)])[0]
    return Record(TOPIC, Place(3, n), own, token)


def code(given: Record) -> str:
    said = opened(given, "tax", Ring())
    assert isinstance(said, Refusal)
    assert said.at == given.at
    return said.code


def test_a_token_of_the_hub_is_opened() -> None:
    said = opened(record(1, payload(1, protected=True)), "tax", Ring())
    assert isinstance(said, Disclosure)
    assert (said.seq, said.id, said.resident) == (1, UUID(int=1, version=4), (1).to_bytes(16, "big"))
    assert (said.items, said.version, said.state, said.protected) == ({"name": SECRET}, 1_001, "inside", True)
    assert SECRET not in repr(said)


def test_a_transfer_names_its_order_and_nothing_else_does() -> None:
    order = UUID(int=9, version=4)
    said = opened(record(1, payload(1, state="entered", transfer=str(order))), "tax", Ring())
    other = opened(record(1), "tax", Ring())
    assert isinstance(said, Disclosure)
    assert isinstance(other, Disclosure)
    assert (said.transfer, other.transfer) == (order, None)


@pytest.mark.trap("C5")
@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (Sealed("elections", TOPIC, 3), "foreign-token"),
        (Sealed("tax", "juki.disclosures.elections", 3), "moved-token"),
        (Sealed("tax", TOPIC, 4), "moved-token"),
    ],
)
def test_a_token_that_belongs_elsewhere_is_refused(place: Sealed, expected: str) -> None:
    assert code(record(1, place=place)) == expected


@pytest.mark.trap("C5")
def test_a_token_beside_another_record_key_is_refused() -> None:
    assert code(replace(record(1), key=bytes(16))) == "foreign-record-key"
    assert code(replace(record(1), key=None)) == "no-record-key"


@pytest.mark.trap("C6")
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "null-value"), (b"", "not-a-token"), (b"e30....", "bad-header"), (b"x" * 200_000, "too-large"),
        ('{"name": "見本"}'.encode(), "not-a-token"), (b"W10....", "not-a-token"),
    ],
)  # fmt: skip
def test_what_is_no_token_is_refused(value: bytes | None, expected: str) -> None:
    assert code(replace(record(1), value=value)) == expected


@pytest.mark.trap("C8")
@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"enc": "A128CBC-HS256"}, "bad-algorithm"), ({"zip": "DEF"}, "bad-header"), ({"seq": 0}, "bad-header"),
        ({"kid": "../../tax.2026-04-02"}, "bad-header"), ({"part": "3"}, "bad-header"), ({"jti": "1"}, "bad-header"),
    ],
)  # fmt: skip
def test_a_header_that_is_not_the_hubs_is_refused(changed: dict[str, Any], expected: str) -> None:
    good = record(1).value or b""
    head = json.loads(urlsafe_b64decode(good.split(b".")[0] + b"=="))
    other = urlsafe_b64encode(orjson.dumps(head | changed)).rstrip(b"=")
    assert code(replace(record(1), value=b".".join([other, *good.split(b".")[1:]]))) == expected


@pytest.mark.trap("C5")
def test_an_altered_token_is_refused() -> None:
    first, second = record(1).value or b"", record(2).value or b""
    head, *rest = first.split(b".")
    assert code(replace(record(1), value=b".".join([head, *second.split(b".")[1:]]))) == "altered-token"
    assert code(replace(record(1), value=b".".join([head, *rest[:-1], b"AAAA"]))) == "altered-token"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([], "bad-payload"),
        (payload(1) | {"my_number": "1"}, "bad-payload"),
        (payload(1, state="gone"), "bad-payload"),
        (payload(1, version=True), "bad-payload"),
        (payload(1, transfer="1"), "bad-payload"),
        (payload(1, transfer=None), "bad-payload"),
        (payload(2), "payload-mismatch"),
        (payload(1, contract="elections"), "payload-mismatch"),
    ],
)
def test_a_payload_that_its_header_did_not_promise_is_refused(said: Any, expected: str) -> None:
    assert code(record(1, said)) == expected


def test_a_key_that_was_destroyed_is_told_from_one_that_was_not_granted_yet() -> None:
    before, after = ContentKey.of("tax.2026-04-01", bytes(32)), ContentKey.of("tax.2026-04-03", bytes(32))
    assert opened(record(7, key=before), "tax", Ring()) == Erased(Place(3, 7), 7, "tax.2026-04-01")
    assert opened(record(7, key=after), "tax", Ring()) == KeysWanted(Place(3, 7), "tax.2026-04-03")


def granted(folder: Path, *kids: str) -> Keys:
    private = ECKey.generate_key("P-256")
    (folder / "private.jwk").write_text(json.dumps(private.as_dict(private=True)), encoding="ascii")
    grant(folder, private, *kids)
    return Keys(folder / "keys.jwe", folder / "private.jwk")


def grant(folder: Path, private: ECKey, *kids: str) -> None:
    """As hub.granting writes it."""
    held = [{"kty": "oct", "kid": kid, "use": "enc", "k": "A" * 43} for kid in kids]
    protected = {"alg": "ECDH-ES+A256KW", "enc": "A256GCM"}
    token = jwe.encrypt_compact(protected, orjson.dumps({"keys": held}), private, algorithms=[*protected.values()])
    (folder / "keys.jwe").write_text(token + "\n", encoding="ascii")


def test_a_grant_that_was_fetched_anew_is_read_anew(tmp_path: Path) -> None:
    keys = granted(tmp_path, "tax.2026-04-01", "tax.2026-04-02")
    assert keys.find("tax.2026-04-03") is None
    assert not keys.destroyed("tax.2026-04-03")
    private = ECKey.import_key(json.loads((tmp_path / "private.jwk").read_text(encoding="ascii")))
    grant(tmp_path, private, "tax.2026-04-02", "tax.2026-04-03")
    os.utime(tmp_path / "keys.jwe", (time.time() + 5, time.time() + 5))
    assert keys.find("tax.2026-04-03") is not None
    assert keys.find("tax.2026-04-01") is None
    assert keys.destroyed("tax.2026-04-01")


def test_a_grant_that_is_just_being_written_leaves_the_one_before(tmp_path: Path) -> None:
    keys = granted(tmp_path, KID)
    assert keys.find(KID) is not None
    whole = (tmp_path / "keys.jwe").read_text(encoding="ascii")
    (tmp_path / "keys.jwe").write_text(whole[:99], encoding="ascii")
    os.utime(tmp_path / "keys.jwe", (time.time() + 5, time.time() + 5))
    assert keys.find("tax.2026-04-03") is None
    assert keys.find(KID) is not None


def test_the_keys_of_another_contract_prove_nothing(tmp_path: Path) -> None:
    keys = granted(tmp_path, "elections.2026-04-09")
    assert keys.find("tax.2026-04-01") is None
    assert not keys.destroyed("tax.2026-04-01")


def test_a_grant_of_two_years_is_not_too_large(tmp_path: Path) -> None:
    keys = granted(tmp_path, *(f"tax.{2000 + n // 100}-04-{n % 100:02}" for n in range(800)))
    assert keys.find("tax.2007-04-99") is not None


@pytest.mark.trap("V3")
@pytest.mark.parametrize("spoilt", ["keys.jwe", "private.jwk"])
def test_keys_that_do_not_open_are_an_error_without_a_word_of_them(tmp_path: Path, spoilt: str) -> None:
    keys = granted(tmp_path, KID)
    (tmp_path / spoilt).write_text(f'"{"A" * 40}"', encoding="ascii")
    with pytest.raises(SubscriptionError) as failed:
        keys.find(KID)
    assert str(failed.value) == "keys.jwe: keys-do-not-open"
    assert (failed.value.__context__, failed.value.__cause__) == (None, None)


def told(seq: int, offset: int | None = None) -> Disclosure:
    at = Place(3, seq if offset is None else offset)
    return Disclosure(at, seq, UUID(int=seq), b"", "0" * 64, seq, "", "inside", {})


def erased(seq: int | None, offset: int) -> Erased:
    return Erased(Place(3, offset), seq, "tax.2026-04-01")


WANTED, REFUSED = KeysWanted(Place(3, 9), KID), Refusal(Place(3, 9), "moved-token")


@pytest.mark.trap("C5")
@pytest.mark.parametrize(
    ("given", "steps", "last", "stop"),
    [
        ([told(5), told(6)], [told(5), told(6)], 6, None),
        ([told(5), told(8)], [told(5), Gap(3, 6, 7), told(8)], 8, None),
        ([told(5), erased(6, 6), told(7)], [told(5), erased(6, 6), told(7)], 7, None),
        ([told(5), erased(9, 6), told(6, 7)], [told(5), erased(None, 6), told(6, 7)], 6, None),
        ([told(5), REFUSED, told(6)], [told(5)], 5, REFUSED),
        ([WANTED, told(5)], [], 4, WANTED),
        ([], [], 4, None),
    ],
)
def test_the_order_of_a_partition(given: list[Any], steps: list[Any], last: int, stop: Any) -> None:
    batch = sort(given, 4)
    assert (batch.steps, batch.last_seq, batch.stop) == (steps, last, stop)
    assert batch.next_offset == (None if not steps else steps[-1].at.offset + 1)
    assert batch.falling == set()


def test_a_number_that_does_not_rise_is_marked_for_the_store_to_judge() -> None:
    batch = sort([told(5), told(3, 6), told(6, 7)], 4)
    assert (batch.falling, batch.last_seq, batch.next_offset) == ({6}, 6, 8)


async def said(each: list[Any]) -> Any:
    for one in each:
        yield one


@pytest.mark.parametrize(
    ("there", "cut", "expected"),
    [
        ([told(3), told(4), told(5), told(6)], False, [told(3), told(4), told(5)]),
        ([told(2), told(3), told(4), told(5)], False, [told(3), told(4), told(5)]),
        ([told(5)], True, [Expired(3, 3, 4), told(5)]),
        ([told(4), told(6)], True, [Expired(3, 3, 3), told(4), Gap(3, 5, 5)]),
        ([told(3), told(5)], True, [told(3), Gap(3, 4, 4), told(5)]),
        ([erased(3, 3), erased(4, 4), told(5)], False, [erased(3, 3), erased(4, 4), told(5)]),
        ([told(3), WANTED, told(5)], False, [told(3), WANTED]),
        ([told(9)], True, [Expired(3, 3, 5)]),
        ([], True, [Expired(3, 3, 5)]),
        ([], False, [Gap(3, 3, 5)]),
    ],
)
async def test_every_number_asked_for_is_answered(there: list[Any], cut: bool, expected: list[Any]) -> None:
    assert [each async for each in answer(said(there), 3, 3, 5, cut=cut)] == expected


async def test_what_is_read_once_more_tells_what_is_missing_in_between() -> None:
    there = [told(7), told(8), told(11), erased(12, 12), erased(99, 13), told(7, 14), told(13, 15)]
    expected = [told(7), told(8), Gap(3, 9, 10), *there[2:]]
    assert [each async for each in counted(said(there))] == expected


@pytest.mark.trap("V3")
def test_what_is_said_of_a_failure_is_its_kind_its_sqlstate_and_its_line() -> None:
    class UniqueViolationError(Exception):
        sqlstate = "23505"

    def apply() -> None:
        raise UniqueViolationError(SECRET)

    with pytest.raises(UniqueViolationError) as failed:
        apply()
    assert kind(failed.value) == "UniqueViolationError 23505"
    assert line_below(failed.value).startswith("test_subscribe.py:")
