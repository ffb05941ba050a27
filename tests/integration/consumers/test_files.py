"""Files on a real storage: complete or not there, in order, settled once they are there, and opened by nobody else."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest
from joserfc.jwk import OctKey

from consumers.disclosure import Disclosure
from consumers.files import manifest, writing
from consumers.files.command import by_somebody, check_day
from consumers.files.loading import Load
from consumers.files.manifest import Contents, Piece, Title
from consumers.files.reading import Reading
from consumers.files.sealing import Binding
from consumers.files.writing import Writer, Written
from consumers.settle import Settler
from hub import audit
from hub.database import Database
from hub.errors import (
    DatabaseError,
    DependencyUnavailable,
    JukiError,
    KeyDestroyed,
    NotPermitted,
    TokenRefused,
    UsageError,
)
from hub.people import Duty
from hub.seal import ContentKey
from tests.house import House
from tests.integration.consumers.filed import DAY, NOON, Filed, manifests, told
from tests.office import cheap_passwords, opened
from tests.store import Storage, passing, storage, subscriber

ALL = [*((seed, told(seed)) for seed in range(1, 5)), (1, told(1, 2)), (2, told(2, 2, "left"))]
IDS = [str(one.id) for _, one in ALL]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    with storage(tmp_path_factory.mktemp("storage")) as made:
        yield made


@pytest.fixture
async def filed(database: Database, server: Storage) -> Filed:
    await database.execute("TRUNCATE inbox.files")
    server.clear()
    return Filed(database, server, uuid4().hex)


async def waiting(filed: Filed) -> Filed:
    await filed.send(*ALL)
    return filed


async def test_everything_that_waits_is_one_file_in_order_and_then_delivered(filed: Filed) -> None:
    await waiting(filed)
    (written,) = await filed.daily()
    assert (await filed.ids(), await filed.states()) == (IDS, {"delivered": len(ALL)})
    rows = await filed.rows()
    assert {(row["receipt"], row["token"]) for row in rows} == {(written.name, None)}
    assert (written.number, written.rows, written.kind, written.day) == (1, len(ALL), "daily", DAY)


async def test_a_line_holds_the_permitted_items_and_nothing_else(filed: Filed) -> None:
    said = told(1, items={"my_number": "009000000000", "name": None})
    await filed.send((1, said))
    await filed.daily()
    (line,) = await filed.read()
    assert {name.split(".")[0] for name in line} == {
        "disclosure", "version", "recorded_at", "state", "transfer", "protected", *filed.contract.items,
    }  # fmt: skip
    expected = {"version": str(said.version), "state": "inside", "name": None, "protected": "false", "atena_no": "1"}
    assert {name: line[name] for name in expected} == expected


async def test_of_who_has_left_the_rest_is_withheld_and_not_empty(filed: Filed) -> None:
    await filed.send((2, told(2, 1, "left")))
    await filed.daily()
    (line,) = await filed.read()
    assert {name for name, value in line.items() if value is not subscriber.WITHHELD} == {
        "disclosure", "version", "recorded_at", "state", "transfer", "atena_no",
    }  # fmt: skip


async def test_a_day_has_a_file_even_without_a_line_and_no_second_one(filed: Filed) -> None:
    assert [one.rows for one in await filed.daily()] == [0]
    assert await filed.daily() == []
    assert await filed.ids() == []


async def test_a_file_of_a_day_ends_with_the_day(filed: Filed) -> None:
    late = told(1, 2, version=writing.end_of(DAY))
    await filed.send((1, told(1)), (2, replace(told(2), version=late.version)), (1, late))
    await filed.daily()
    assert (await filed.ids(), await filed.states()) == ([str(told(1).id)], {"delivered": 1, "waiting": 2})
    filed.now += timedelta(days=1)
    await filed.daily(DAY + timedelta(days=1))
    assert (await filed.ids())[1:] == [str(told(2).id), str(late.id)]


@pytest.mark.threat("O2")
async def test_a_manifest_counts_what_is_there_and_shows_nothing_of_it(filed: Filed) -> None:
    await filed.send((1, told(1, items={"name": "髙見 本"})), (2, told(2)))
    (written,) = await filed.daily()
    objects = await filed.objects()
    (said,) = manifests(objects)
    assert (said["rows"], said["seqs"], said["contract_hash"]) == (2, {"0": [1, 2]}, filed.contract.hash)
    assert [piece["sha256"] for piece in said["pieces"]] == [
        subscriber.sha256(content).hexdigest() for name, content in objects.items() if name.endswith(".jwe")
    ]
    assert written.outside == 1
    everything = b"".join(objects.values()).decode()
    assert not any(word in everything for word in ("見", "髙", "counts", "1990", "inside"))


@pytest.mark.trap("input-06")
async def test_the_report_on_characters_lies_under_the_seal(filed: Filed) -> None:
    await filed.send((1, told(1)), (2, told(2, items={"name": "髙見 本𠮷"})))
    await filed.daily()
    (said,) = manifests(await filed.objects())
    inside = json.loads(subscriber._opened(said, said["sealed"].encode(), 0, await filed.granted(), last=True))
    assert inside["characters"]["counts"] == {"name": 2}
    assert inside["characters"]["places"] == [{"line": 2, "column": "name", "at": [1, 5]}]


async def test_a_protection_that_begins_flags_the_lines_before_it(filed: Filed) -> None:
    await filed.send((1, told(1)), (2, told(2)), (1, told(1, 2, protected=True)))
    await filed.daily()
    assert [line["protected"] for line in await filed.read()] == ["true", "false", "true"]


async def test_where_protected_persons_are_suspended_what_was_said_before_is_not_in_the_file(
    database: Database, server: Storage
) -> None:
    await database.execute("TRUNCATE inbox.files")
    filed = Filed(database, server, uuid4().hex, protected="suspend")
    await filed.send((1, told(1)), (2, told(2)), (1, told(1, 2, "left")))
    await filed.daily()
    assert await filed.ids() == [str(told(2).id), str(told(1, 2).id)]
    assert await filed.states() == {"superseded": 1, "delivered": 2}


UNFIT = told(1, 2, items={"address": "見本町"})
OLDER = told(1, 2, version=told(1).version - 1)


@pytest.mark.trap("D3")
@pytest.mark.parametrize(("bad", "code"), [(UNFIT, "unfit-value"), (OLDER, "out-of-order")], ids=["unfit", "older"])
async def test_what_cannot_be_a_line_is_a_dead_letter_and_its_resident_waits(filed: Filed, bad: Any, code: str) -> None:
    await filed.send((1, told(1)), (1, bad), (1, told(1, 3)), (2, told(2)))
    await filed.daily()
    assert await filed.ids() == [str(told(1).id), str(told(2).id)]
    assert (await filed.states(), code in await filed.codes()) == ({"delivered": 2, "dead": 1, "waiting": 1}, True)
    filed.now += timedelta(days=1)
    await filed.daily(DAY + timedelta(days=1))
    assert len(await filed.ids()) == 2


async def test_what_was_sealed_under_a_destroyed_key_holds_up_nobody(filed: Filed) -> None:
    await filed.send((1, told(1)), (2, told(2)))
    await filed.database.execute("UPDATE inbox.disclosures SET token = token || 'x' WHERE id = $1", told(1).id)
    await filed.daily()
    assert (await filed.ids(), await filed.states()) == ([str(told(2).id)], {"dead": 1, "delivered": 1})


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


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces of some lines, so that a file of a hundred has many."""
    monkeypatch.setattr(writing, "PIECE_BYTES", 1024)


async def pieces(filed: Filed) -> tuple[dict[str, bytes], str, list[str]]:
    """A file of many pieces: all objects, its folder, and the names of the pieces."""
    await filed.send(*[(seed, told(seed)) for seed in range(1, 41)])
    (written,) = await filed.daily()
    objects = await filed.objects()
    return objects, written.name, sorted(name for name in objects if name.endswith(".jwe"))


async def test_a_long_file_is_a_chain_of_pieces_of_one_size(filed: Filed, small: None) -> None:
    objects, _, names = await pieces(filed)
    assert (len(names) > 5, len({len(objects[name]) for name in names[:-1]})) == (True, 1)
    assert await filed.ids() == [str(told(seed).id) for seed in range(1, 41)]


def swapped(objects: dict[str, bytes], names: list[str]) -> None:
    objects[names[0]], objects[names[1]] = objects[names[1]], objects[names[0]]


def said_otherwise(objects: dict[str, bytes], change: Callable[[dict[str, Any]], None]) -> None:
    """Whoever may write to the storage says something else in the manifest, with digests that fit."""
    (name,) = (name for name in objects if name.endswith("manifest.json"))
    said = json.loads(objects[name])
    change(said)
    for piece in said["pieces"]:
        content = objects.get(f"{said['name']}/{piece['name']}", b"")
        piece |= {"size": len(content), "sha256": subscriber.sha256(content).hexdigest()}
    objects[name] = json.dumps(said).encode()


def shortened(said: dict[str, Any]) -> None:
    said["rows"] -= said["pieces"].pop()["lines"]


def altered(objects: dict[str, bytes], names: list[str]) -> None:
    objects[names[1]] = objects[names[1]][:-2] + b"AA"


def taken(objects: dict[str, bytes], keys: Any) -> list[dict[str, Any]]:
    """Every line that a subscriber takes."""
    return [line for _, said in subscriber.manifests(iter(objects), objects.get, "filed")
            for line in subscriber.rows(said, objects.get, keys)]  # fmt: skip


ATTACKS: dict[str, tuple[Callable[[dict[str, bytes], list[str]], Any], str]] = {
    "a piece is gone": (lambda objects, names: objects.pop(names[2]), "piece-missing"),
    "the end is cut off": (lambda objects, _: said_otherwise(objects, shortened), "manifest-altered"),
    "two are swapped": (swapped, "piece-altered"),
    "one is altered": (altered, "piece-altered"),
    "another count": (lambda objects, _: said_otherwise(objects, lambda said: said.update(rows=1)), "manifest-altered"),
    "another contract": (lambda objects, _: said_otherwise(objects, lambda said: said.update(contract="tax")),
                         "another-manifest"),
    "another name": (lambda objects, _: said_otherwise(objects, lambda said: said.update(name="x")),
                     "another-manifest"),
}  # fmt: skip


@pytest.mark.threat("O2")
@pytest.mark.trap("input-23")
async def test_a_file_that_was_touched_is_refused_whole(filed: Filed, small: None) -> None:
    objects, _, names = await pieces(filed)
    keys, found = await filed.granted(), {}
    for title, (attack, _) in ATTACKS.items():
        touched = dict(objects)
        attack(touched, names)
        with pytest.raises(subscriber.Refused) as refused:
            taken(touched, keys)
        found[title] = str(refused.value)
    assert found == {title: code for title, (_, code) in ATTACKS.items()}
    assert len(taken(objects, keys)) == 40


@pytest.mark.threat("O2")
@pytest.mark.trap("input-23")
async def test_a_piece_opens_in_its_own_place_alone(filed: Filed, small: None) -> None:
    objects, _, names = await pieces(filed)
    (said,) = manifests(objects)
    keys = await filed.granted()
    for changed, number, last in (
        ({}, 2, False), ({}, 1, True), ({}, 0, False), ({"name": "another"}, 1, False), ({"contract": "tax"}, 1, False),
        ({"contract_hash": "0"}, 1, False),
    ):
        with pytest.raises(subscriber.Refused, match="another-place"):
            subscriber._opened({**said, **changed}, objects[names[0]], number, keys, last=last)
    assert subscriber._opened(said, objects[names[0]], 1, keys, last=False).startswith(b'"disclosure"')


@pytest.mark.threat("O2")
async def test_a_file_that_is_missing_between_two_is_noticed(filed: Filed) -> None:
    for number in range(3):
        await filed.send((number + 1, told(number + 1)))
        await filed.daily(DAY + timedelta(days=number))
        filed.now += timedelta(days=1)
    objects = await filed.objects()
    assert [said["number"] for said in manifests(objects)] == [1, 2, 3]
    without = {name: content for name, content in objects.items() if not name.startswith("00000002")}
    with pytest.raises(subscriber.Refused, match="number-missing-or-twice"):
        await filed.read(without)
    the_last = {name: content for name, content in objects.items() if name.startswith("00000003")}
    assert numbers(the_last, after=2) == [3]
    for after in (0, 1):
        with pytest.raises(subscriber.Refused, match="number-missing-or-twice"):
            numbers(the_last, after)
    full = {name: content.replace(b'"kind": "daily"', b'"kind": "full"') for name, content in the_last.items()}
    assert numbers(full, after=1) == [3], "who puts it in the place of a copy needs none before it"


def numbers(objects: dict[str, bytes], after: int) -> list[int]:
    """Of the files that a reader goes on with."""
    return [said["number"] for _, said in subscriber.manifests(iter(objects), objects.get, "filed", after)]


@pytest.mark.parametrize("content", [
    b"", b"<html>", b"\xff", b"[]", b"1", b'{"number": 3}', b"[" * 100_000,
    json.dumps(dict.fromkeys(subscriber.NAMED, "x")).encode(),
], ids=range(8))  # fmt: skip
def test_what_is_no_manifest_is_refused_by_a_code_and_what_lies_before_it_is_read(content: bytes) -> None:
    whole = json.dumps(dict.fromkeys(subscriber.NAMED, "x") | {
        "form": "juki-file/1", "contract": "filed", "name": "00000001-x", "number": 1,
    }).encode()  # fmt: skip
    objects = {"00000001-x/manifest.json": whole, "00000002-x/manifest.json": content}
    found = subscriber.manifests(iter(objects), objects.get, "filed")
    assert next(found)[0] == whole
    with pytest.raises(subscriber.Refused, match="not-a-manifest"):
        next(found)


@pytest.mark.parametrize("token", ["x", "WyJhbGciXQ....", "e30....", None, "a.b.c.d.e"], ids=str)
def test_what_is_sealed_by_nobody_is_refused_by_a_code(token: str | None) -> None:
    said = dict.fromkeys(subscriber.NAMED, "x") | {"sealed": token}
    with pytest.raises(subscriber.Refused, match="does-not-open"):
        subscriber.rows(said, {}.get, OctKey.generate_key())


@pytest.mark.parametrize("day", [DAY, DAY - timedelta(days=1)], ids=str)
async def test_days_do_not_go_back(filed: Filed, day: date) -> None:
    await filed.daily(DAY)
    if day == DAY:
        await check_day(filed.database, "filed", day)
    else:
        with pytest.raises(JukiError, match="day-is-over"):
            await check_day(filed.database, "filed", day)


class Loaded:
    """A first load that is told to a contract: resident by resident, with its lines in the ledger."""

    def __init__(self, filed: Filed) -> None:
        self.filed = filed
        self.changes: dict[int, UUID] = {}

    def said(self, seed: int, nth: int = 5) -> tuple[int, Disclosure]:
        """What the load tells of resident `seed`."""
        change = self.changes[seed] = uuid4()
        return seed, replace(told(seed, nth, "entered"), id=uuid5(change, "filed"))

    async def decided(self, *silent: UUID) -> None:
        """The ledger has all of it, and `silent`, of which nothing was told."""
        for change in (*self.changes.values(), *silent):
            place = change.int % 2**40  # nothing is ever removed from the ledger, whichever test has written it
            await self.filed.database.execute(LINE, place, change)
            if change not in silent:
                await self.filed.database.execute(TOLD, place, uuid5(change, "filed"), change)

    async def written(self, *silent: UUID) -> list[Written]:
        async with self.filed.desk() as desk:
            return await desk.load(DAY, [*self.changes.values(), *silent])


LINE = "INSERT INTO hub.ledger VALUES (0, $1, $2, '', '', '', '2026-04-01', now(), '')"
SUPERSEDED = "UPDATE inbox.disclosures SET state = 'superseded', token = NULL, settled_at = now() WHERE id = $1"
TOLD = "INSERT INTO hub.told VALUES ('filed', 0, $1, $2, $3, 'entered', '{}', '', '')"


@pytest.fixture
def loaded(filed: Filed) -> Loaded:
    return Loaded(filed)


async def test_a_full_file_holds_the_load_and_differences_lie_before_and_behind_it(loaded: Loaded) -> None:
    filed, silent = loaded.filed, uuid4()
    load = [loaded.said(seed) for seed in (1, 2, 3)]
    gone, came = told(9, 1, version=told(1).version - 7, state="left"), told(8, version=told(8).version + 10**6)
    await filed.send((1, told(1)), (9, gone), load[0], (1, told(1, 6)), (8, came), (3, told(3, 2)), *load[1:])
    await loaded.decided(silent)
    before, whole = await loaded.written(silent)
    filed.now += timedelta(minutes=1)
    await filed.send((2, told(2, 7)))
    (behind,) = await filed.daily()
    assert [(one.kind, one.rows) for one in (before, whole, behind)] == [("daily", 3), ("full", 3), ("daily", 3)]
    assert await filed.ids() == [str(one.id) for one in (
        told(1), gone, told(3, 2), *(said for _, said in load), told(1, 6), came, told(2, 7),
    )]  # fmt: skip
    assert await filed.states() == {"delivered": 9}


async def test_a_load_of_which_nobody_is_told_takes_no_copys_place(loaded: Loaded) -> None:
    filed, silent = loaded.filed, uuid4()
    await loaded.decided(silent)
    with pytest.raises(UsageError, match="load-tells-nobody"):
        await loaded.written(silent)
    said = loaded.said(1)
    await filed.send(said, (1, told(1, 9, "left")))
    await loaded.decided()
    await filed.database.execute(SUPERSEDED, said[1].id)
    with pytest.raises(UsageError, match="load-tells-nobody"):
        await loaded.written()
    assert (await filed.objects(), await filed.states()) == ({}, {"superseded": 1, "waiting": 1})


@pytest.mark.threat("P1")
async def test_a_full_file_is_the_act_of_an_operator_and_noted(
    house: House, server: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cheap_passwords(monkeypatch)
    server.clear()
    async with opened(house, tmp_path) as office:
        filed = Filed(office.database, server, uuid4().hex)
        loaded = Loaded(filed)
        await filed.send(loaded.said(1))
        await loaded.decided()
        load = Load(uuid4(), frozenset({"filed"}), tuple(loaded.changes.values()))
        for name, duty in (("ito", Duty.APPROVER), ("sato", Duty.OPERATOR)):
            own = office.with_token(await office.hired(name, duty))
            async with filed.desk() as desk:
                if duty is Duty.APPROVER:
                    with pytest.raises(NotPermitted, match="duty-missing"):
                        await by_somebody(own, desk, load, office.clock)
                    assert await filed.objects() == {}
                else:
                    (written,) = await by_somebody(own, desk, load, office.clock)
        assert [code for *_, code in await office.noted("ito")] == ["duty-missing"]
        begun, done = [one.entry for one in await audit.entries(office.database, office.now - timedelta(1), "sato")]
        assert [(one.act, one.object, one.code) for one in (begun, done)] == [
            ("files-full", "filed", "begun"), ("files-full", "filed", "done"),
        ]  # fmt: skip
        assert done.details == {"request": str(load.run), "count": 1, "made": written.name}
        assert (written.kind, len(await filed.ids())) == ("full", 1)


async def test_half_a_load_is_no_file(loaded: Loaded) -> None:
    filed = loaded.filed
    load = [loaded.said(seed) for seed in (1, 2, 3)]
    await filed.send(*load[:2])
    with pytest.raises(DependencyUnavailable, match="load-under-way"):  # the router has not decided all of it
        await loaded.written()
    await loaded.decided()
    with pytest.raises(DependencyUnavailable, match="load-under-way"):  # the inbox has not taken all of it in
        await loaded.written()
    await filed.send((3, replace(load[2][1], items={**load[2][1].items, "address": "x"}), ))
    with pytest.raises(JukiError, match="load-has-letters"):
        await loaded.written()
    await filed.daily()
    with pytest.raises(JukiError, match="load-was-filed"):
        await loaded.written()
    assert [said["kind"] for said in manifests(await filed.objects())] == ["daily"]
