"""Files on a real storage that fails, by commands that end in the middle: complete or not there, and each once."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from consumers.files import manifest
from consumers.files.manifest import Contents, Piece, Title
from consumers.files.reading import Reading
from consumers.files.sealing import Binding
from consumers.files.writing import Writer
from consumers.settle import Settler
from hub.errors import DatabaseError, DependencyUnavailable, KeyDestroyed, NotPermitted, TokenRefused
from hub.seal import ContentKey
from tests.integration.consumers.filed import ALL, DAY, IDS, NOON, Filed, manifests, told, waiting
from tests.store import passing


def cut(verb: str, part: str, what: str) -> Callable[[str, str], str]:
    """The storage fails at this verb on names that have this part."""
    return lambda said, path: what if said == verb and part in path else "pass"


FAULTS = {
    "before a piece": cut("PUT", ".jwe", "drop"), "a piece refused": cut("PUT", ".jwe", "refuse"),
    "the answer to a piece lost": cut("PUT", ".jwe", "lose"), "at the count": cut("GET", "list-type", "drop"),
    "before the manifest": cut("PUT", "manifest", "drop"), "the manifest refused": cut("PUT", "manifest", "refuse"),
    "the answer to the manifest lost": cut("PUT", "manifest", "lose"),
    "at the reading back": cut("GET", "manifest", "drop"),
}  # fmt: skip


@pytest.mark.trap("input-20", "D11")
@pytest.mark.parametrize("rule", FAULTS.values(), ids=FAULTS)
async def test_a_run_that_was_cut_off_leaves_a_whole_file_or_none_and_the_next_one_ends_it(
    filed: Filed, rule: Callable[[str, str], str]
) -> None:
    await waiting(filed)
    filed.storage.rule = rule
    with pytest.raises(DependencyUnavailable):
        await filed.daily()
    filed.storage.rule = passing
    assert (await filed.ids() in ([], IDS), await filed.states()) == (True, {"waiting": len(ALL)})
    await filed.daily()
    assert (await filed.ids(), await filed.states()) == (IDS, {"delivered": len(ALL)})
    assert len({name.split("/")[0] for name in await filed.objects()}) == 1, "nothing of the first run is left"


async def crashed(filed: Filed, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """A command dies between manifest and settlement; what lies on the storage then."""

    async def lost(*_: Any) -> int:
        raise DatabaseError("connection-lost")

    with monkeypatch.context() as patched:
        patched.setattr(Settler, "delivered_together", lost)
        with pytest.raises(DatabaseError):
            await filed.daily()
    return await filed.objects()


@pytest.mark.trap("P6")
async def test_a_crash_between_manifest_and_settlement_does_no_harm(
    filed: Filed, monkeypatch: pytest.MonkeyPatch
) -> None:
    await waiting(filed)
    before = await crashed(filed, monkeypatch)
    assert (await filed.ids(), await filed.states()) == (IDS, {"waiting": len(ALL)})
    (resumed,) = await filed.daily()
    assert (resumed.rows, await filed.states(), await filed.objects() == before) == (len(ALL), {"delivered": 6}, True)


@pytest.mark.trap("P6", "input-20")
@pytest.mark.parametrize("digest", ["digest", "NULL"], ids=["its digest is noted", "known by its seal"])
async def test_a_file_of_full_pieces_and_a_long_manifest_is_read_and_survives_a_crash(
    filed: Filed, monkeypatch: pytest.MonkeyPatch, digest: str
) -> None:
    long = [(seed, told(seed, items={"name": "a" * 30_000})) for seed in range(2, 39)]
    await filed.send((1, told(1, items={"name": "\U00020bb7" * 9_000})), *long)
    before = await crashed(filed, monkeypatch)
    (said,) = manifests(before)
    assert (said["pieces"][0]["size"] > 2**20, len(said["sealed"]) > 2**16) == (True, True), "as large as they come"
    await filed.database.execute(f"UPDATE inbox.files SET digest = {digest}")
    (resumed,) = await filed.daily()
    assert (resumed.name, await filed.objects() == before) == (said["name"], True)
    lines = await filed.read()
    assert [len(line["name"]) for line in lines] == [9_000, *[30_000] * 37]


async def test_a_file_that_readers_may_have_is_not_given_up_for_want_of_its_key(
    filed: Filed, monkeypatch: pytest.MonkeyPatch
) -> None:
    await waiting(filed)
    before, key = await crashed(filed, monkeypatch), f"filed.{DAY.isoformat()}"
    for verdict in (KeyDestroyed("key-destroyed"), TokenRefused("unknown-kid")):
        with monkeypatch.context() as patched:
            patched.setattr(filed.keys, "by_kid", refusing(verdict))
            await filed.database.execute("UPDATE inbox.files SET digest = NULL")
            with pytest.raises(DependencyUnavailable, match="manifest-not-verified"):
                await filed.daily()
    assert [said["kid"] for said in manifests(before)] == [key]
    assert (await filed.objects() == before, await filed.states()) == (True, {"waiting": len(ALL)})
    (resumed,) = await filed.daily()
    assert (resumed.rows, await filed.states()) == (len(ALL), {"delivered": len(ALL)})


def refusing(verdict: TokenRefused) -> Callable[[str], Any]:
    async def by_kid(_kid: str) -> Any:
        raise verdict

    return by_kid


async def test_what_came_between_is_in_the_next_file(filed: Filed, monkeypatch: pytest.MonkeyPatch) -> None:
    await waiting(filed)
    filed.storage.rule = cut("GET", "manifest", "drop")
    with pytest.raises(DependencyUnavailable):
        await filed.daily()
    filed.storage.rule = passing
    await filed.send((9, told(9)))
    assert [one.rows for one in await filed.daily()] == [len(ALL), 1]
    assert await filed.ids() == [*IDS, str(told(9).id)]


def not_sealed(title: Title, key: ContentKey) -> bytes:
    said = {"name": title.name, "contract": "filed", "number": 1, "rows": len(ALL), "kid": key.kid, "sealed": "x"}
    return json.dumps(said).encode()


def sealed_under(title: Title, key: ContentKey) -> bytes:
    """In our form and with our words, by somebody who has this key."""
    binding, report = Binding("filed", title.name, key.kid, "0", 1), {"counts": {}}
    return manifest.document(title, Contents([], [Piece("x", len(ALL), 1, "")], {}, report), binding, key, NOON)


@pytest.mark.threat("O2")
@pytest.mark.parametrize(("owner", "made"), [
    ("filed", not_sealed), ("nobody", not_sealed), ("another", sealed_under),
], ids=["without a seal", "under no key", "under the key of another contract"])  # fmt: skip
async def test_a_manifest_that_somebody_else_has_put_settles_nothing(
    filed: Filed, owner: str, made: Callable[[Title, ContentKey], bytes]
) -> None:
    await waiting(filed)
    filed.storage.rule = cut("PUT", "manifest", "drop")
    with pytest.raises(DependencyUnavailable):
        await filed.daily()
    filed.storage.rule = passing
    name = await filed.database.fetchval("SELECT name FROM inbox.files WHERE state = 'begun'")
    key = ContentKey.of("x", bytes(32)) if owner == "nobody" else await filed.keys.content_key(owner, DAY)
    forged = made(Title("filed", "daily", 1, name, DAY, None), key)
    await filed.store.put(f"filed/{name}/manifest.json", forged)
    (written,) = await filed.daily()
    assert (written.name != name, await filed.ids()) == (True, IDS)


async def test_two_commands_write_one_file(filed: Filed) -> None:
    await waiting(filed)
    async with filed.desk():
        with pytest.raises(NotPermitted, match="file-is-being-written"):
            await filed.daily()
    await filed.daily()
    assert await filed.ids() == IDS


async def test_a_disclosure_that_is_settled_by_somebody_else_meanwhile_is_in_no_file(
    filed: Filed, monkeypatch: pytest.MonkeyPatch
) -> None:
    await waiting(filed)
    lines, discard = Reading.lines, "UPDATE inbox.disclosures SET state = 'discarded', settled_at = now() WHERE id = $1"

    async def late(self: Reading, chosen: Any) -> Any:
        await filed.database.execute(discard, told(3).id)
        async for line in lines(self, chosen):
            yield line

    monkeypatch.setattr(Reading, "lines", late)
    await filed.daily()
    assert await filed.ids() == [one for one in IDS if one != str(told(3).id)]


@pytest.mark.parametrize(("happens", "protected"), [
    ("flagged = true", ["false", "false", "true"]),
    ("state = 'superseded', token = NULL, settled_at = now()", ["false", "false"]),
], ids=["flagged", "superseded"])  # fmt: skip
async def test_what_happens_while_the_pieces_are_written_is_known_before_the_file_is_there(
    filed: Filed, monkeypatch: pytest.MonkeyPatch, happens: str, protected: list[str]
) -> None:
    await filed.send(*[(seed, told(seed)) for seed in (1, 2, 3)])
    whole, late = Writer._check_there, [f"UPDATE inbox.disclosures SET {happens} WHERE id = $1"]

    async def checked(own: Writer, *said: Any) -> None:
        await whole(own, *said)
        while late:
            await filed.database.execute(late.pop(), told(3).id)

    monkeypatch.setattr(Writer, "_check_there", checked)
    (written,) = await filed.daily()
    assert [line["protected"] for line in await filed.read()] == protected
    assert (written.number, written.rows) == (1, len(protected))
