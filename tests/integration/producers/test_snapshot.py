"""A first load on a real PostgreSQL: everybody once, in order with live changes, resumed, refused to most."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from datetime import date, timedelta
from uuid import UUID

import orjson
import pytest

from consumers.files.loading import named
from contracts.book import load
from contracts.change import parse
from contracts.decide import Disclosure, decide
from hub.config import read
from hub.database import Database
from hub.errors import DatabaseError, UsageError
from producers import accuracy, loading_cli, recorded, snapshot
from producers.outbox import Draft, record
from producers.register import SQL as REGISTER
from producers.snapshot import Pace, Run
from tests.integration.producers.registry import NOW, correction, residents
from tests.processes import until

BOOK = load().contracts
DAY = date(2026, 4, 2)
FREE = Pace(0, 10**9)


class Dying:
    """A database whose server dies before the transaction is committed."""

    def __init__(self, db: Database) -> None:
        self._db = db

    @asynccontextmanager
    async def transaction(self):
        async with self._db.transaction() as tx:
            yield tx
            raise DatabaseError("connection-lost")


async def waiting(db: Database) -> list[dict]:
    """What the outbox holds, in its order."""
    return [orjson.loads(row["change"]) for row in await db.fetch("SELECT change FROM registry.outbox ORDER BY id")]


async def carried(db: Database, run: Run, pace: Pace = FREE, rests: list[float] | None = None) -> int:
    async def rest(seconds: float) -> None:
        if rests is not None and seconds:
            rests.append(seconds)

    return await snapshot.carry(db, run, pace, lambda: NOW, lambda _: None, rest)


async def test_everybody_is_told_once_and_only_to_whom_the_load_is_for(db):
    run = await snapshot.begun(db, ("child-policy", "tax"), NOW)
    assert await carried(db, run) == 120
    loads = [parse(orjson.dumps(one)) for one in await waiting(db)]
    assert {1} == set(Counter(one.resident for one in loads).values())
    assert [one.resident for one in loads] == sorted(who for who, _ in await residents(db))
    told = Counter(name for one in loads for name, contract in BOOK.items()
                   if isinstance(decide(one, contract, DAY), Disclosure))  # fmt: skip
    assert (set(told), told["tax"]) == ({"child-policy", "tax"}, 120)


async def test_a_run_that_was_killed_goes_on_where_it_was_and_tells_nobody_twice(db):
    run = await snapshot.begun(db, ("tax",), NOW)
    for _ in range(2):
        await snapshot.page(db, run, NOW, 30)
    with pytest.raises(DatabaseError):
        await snapshot.page(Dying(db), run, NOW, 30)
    again = await snapshot.begun(db, ("tax",), NOW + timedelta(hours=1))
    assert (again.run, again.told) == (run.run, 60)
    assert await carried(db, again) == 60
    assert {1} == set(Counter(one["resident"] for one in await waiting(db)).values())
    assert [one.told for one in await snapshot.runs(db) if one.ended_at] == [120]


async def test_before_a_run_begins_postgresql_knows_the_register_and_need_not_sort_it_for_each_page(db):
    rows = "SELECT reltuples FROM pg_class WHERE oid = 'registry.resident'::regclass"
    unknown = await db.fetchval(rows)
    await snapshot.begun(db, ("tax",), NOW)
    assert (unknown, await db.fetchval(rows)) == (-1, 120)


async def test_a_finished_load_may_be_given_again_by_a_new_run(db):
    first = await snapshot.begun(db, ("tax",), NOW)
    await carried(db, first)
    second = await snapshot.begun(db, ("tax",), NOW)
    assert (first.run != second.run, await carried(db, second)) == (True, 120)


async def test_a_live_change_stands_wholly_before_or_wholly_behind(db):
    run, people = await snapshot.begun(db, ("tax",), NOW), await residents(db)
    who, now = sorted(people, key=lambda one: one[0])[5]
    renamed = correction(who, now, 7)
    async with db.transaction() as live:
        await live.fetch("SELECT FROM registry.resident WHERE resident = $1 FOR UPDATE", who)
        loading = asyncio.create_task(snapshot.page(db, run, NOW, 30))
        await until(lambda: db.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"), bool, "the load waits")
        await live.execute("UPDATE registry.resident SET record = $2 WHERE resident = $1", who,
                           orjson.dumps(renamed.after))  # fmt: skip
        await record(live, [renamed], NOW)
    await loading
    mine = [one for one in await waiting(db) if UUID(one["resident"]) == who]
    assert [one["kind"] for one in mine] == ["MINOR_CORRECTION", "SNAPSHOT"]
    assert mine[1]["after"]["alias_name"] == "見本 7"
    assert mine[0]["version"] < mine[1]["version"]


async def test_who_has_been_removed_before_the_load_came_to_them_is_passed_over(db):
    run, people = await snapshot.begun(db, ("tax",), NOW), await residents(db)
    gone, last = max(people, key=lambda one: one[0])
    await snapshot.page(db, run, NOW, 30)
    await db.execute(REGISTER["remove"], gone, orjson.dumps(last))
    assert await carried(db, run) == 89
    assert gone not in {UUID(one["resident"]) for one in await waiting(db)}


async def test_it_rests_for_its_pace_and_while_the_outbox_is_full(db):
    run, rests = await snapshot.begun(db, ("tax",), NOW), []

    async def rest(seconds: float) -> None:
        rests.append(seconds)
        await db.execute("DELETE FROM registry.outbox")

    await snapshot.carry(db, run, Pace(40, 50), lambda: NOW, lambda _: None, rest)
    assert rests == [3.0]
    rests.clear()
    again = await snapshot.begun(db, ("tax",), NOW)
    await snapshot.carry(db, again, Pace(0, 50), lambda: NOW, lambda _: None, rest)
    assert rests == [0.0]


async def test_the_history_keeps_the_id_and_no_second_register(db):
    run = await snapshot.begun(db, ("tax",), NOW)
    await carried(db, run)
    one = await db.fetchrow("SELECT change, count(body) OVER () AS bodies, count(*) OVER () AS n FROM registry.history")
    assert (one["n"], one["bodies"]) == (120, 0)
    assert await recorded.one(db, one["change"]) is None
    assert [line async for line in recorded.since(db, NOW - timedelta(days=1))] == []


async def test_after_a_load_the_register_still_agrees_with_its_history(db):
    await carried(db, await snapshot.begun(db, ("tax",), NOW))
    async with accuracy.snapshot(db) as tx:
        assert [one async for one in accuracy.findings(tx, DAY) if one.weight != accuracy.LOOK] == []


async def test_a_load_with_a_known_id_is_a_repeat_and_another_kind_with_it_is_refused(db):
    run, (who, now) = await snapshot.begun(db, ("tax",), NOW), (await residents(db))[0]
    await carried(db, run)
    known = (await db.fetchrow("SELECT change FROM registry.history WHERE resident = $1", who))["change"]
    known = UUID(int=known.int)
    async with db.transaction() as tx:
        again = Draft(who, "SNAPSHOT", None, now, "2026-04-02", id=known, to=("tax",))
        assert [known] == [one.id for one in await record(tx, [again], NOW)]
    assert len(await waiting(db)) == 120
    with pytest.raises(Exception, match="reused-id"):
        async with db.transaction() as tx:
            await record(tx, [Draft(who, "BIRTH", None, now, "2026-04-02", id=known)], NOW)


@pytest.mark.parametrize(("names", "code"), [
    (["tax", "prefecture"], "no-mirror"), (["nobody"], "unknown-contract"), (["jlis-delivery"], "no-mirror"),
])  # fmt: skip
def test_who_keeps_no_copy_is_refused(names, code):
    with pytest.raises(UsageError) as refused:
        snapshot.chosen(BOOK, names, DAY)
    assert (refused.value.code, refused.value.place) == (code, names[-1])


def test_before_it_is_in_force_a_contract_is_refused():
    assert snapshot.mirrors(BOOK, date(2026, 3, 31)) == ()
    with pytest.raises(UsageError, match="not-in-force"):
        snapshot.chosen(BOOK, ["tax"], date(2026, 3, 31))
    assert set(snapshot.mirrors(BOOK, DAY)) == {name for name, one in BOOK.items() if one.mirror}


async def test_the_changes_of_a_load_are_known_by_their_run_once_it_has_ended(db, dsn, tmp_path, monkeypatch, capsys):
    run = await snapshot.begun(db, ("tax",), NOW)
    with pytest.raises(UsageError, match="no-ended-load"):
        await snapshot.ended(db, ("tax",))
    await carried(db, run)
    await carried(db, await snapshot.begun(db, ("child-policy",), NOW))
    mine = {UUID(one["id"]) for one in await waiting(db) if one["to"] == ["tax"]}
    found = await snapshot.ended(db, ("tax",))
    assert ({*await snapshot.change_ids(db, found)}, len(mine), found.told) == (mine, 120, 120)
    here = read({"HUB_REGISTRY": dsn, "HUB_TOKEN_FILE": str(tmp_path / "nobody")})
    monkeypatch.setattr(loading_cli, "settings", lambda: here)
    loading_cli._show_ids(*await loading_cli._ids(["tax"]), as_json=False)
    printed = named(capsys.readouterr().out)
    assert (printed.run, printed.contracts, {*printed.changes}) == (run.run, {"tax"}, mine)
