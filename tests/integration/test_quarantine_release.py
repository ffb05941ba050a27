"""A parked resident is let go by two persons, on a real broker: once, in order, over restarts; or nothing happens."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest

from hub import accounts, acts, bus, tokens, topics
from hub.acts import End, new_release
from hub.bench.sample import changes
from hub.database import connect
from hub.errors import DatabaseError
from hub.keys import CHANGES
from hub.people import Duty, Person
from hub.pseudonym import Pseudonyms
from hub.releasing import Releaser
from hub.router import Router
from hub.seal import header
from tests.house import World
from tests.integration.test_router_on_kafka import Line, drained, now
from tests.processes import Processes, until

pytestmark = pytest.mark.faults

[(RESIDENT, CONTENT)] = changes(1)
ITO, KATO, BOTH = ("ito", Duty.OPERATOR), ("kato", Duty.APPROVER), ("sato", Duty.OPERATOR, Duty.APPROVER)


@pytest.fixture
async def line(world: World) -> AsyncIterator[Line]:
    async with connect(world.settings.database) as database, bus.writer(world.settings, "relay") as writer:
        yield Line(world, database, writer)


async def parked(line: Line, behind: int = 2) -> tuple[int, list[str]]:
    """One resident with an unreadable change and `behind` good ones; the partition, and the ids of the good ones."""
    residents = Pseudonyms(await line.keys.pseudonym_key(CHANGES))
    part = RESIDENT.int % len(line.parts)
    await line.put(part, residents.of([RESIDENT])[0], b"not sealed")
    ids = [await put(line, n) for n in range(behind)]
    async with line.slot() as router:
        await drained(router, 1 + behind)
    return part, ids


async def put(line: Line, n: int) -> str:
    """The n-th change of the resident is published; its id."""
    change = orjson.loads(CONTENT)
    change |= {"id": str(UUID(int=UUID(change["id"]).int + n)), "version": change["version"] + n}
    await line.seal_and_put(RESIDENT, orjson.dumps(change))
    return str(change["id"])


async def ordered(line: Line, part: int, letter: int, *discarded: int) -> acts.Release:
    act, topic = new_release(part, letter, discarded), topics.quarantine(line.prefix)
    await acts.request(line.database, topic, act, await person(line, *ITO), "the next version reads it", now())
    return await acts.approve(line.database, topic, act.id, await person(line, *KATO), now())


async def person(line: Line, name: str, *duties: Duty) -> Person:
    """The account of this name, made where there is none."""
    for one in await accounts.everybody(line.database):
        if one.person.name == name:
            return one.person
    return await accounts.add(line.database, name, frozenset(duties), "three blue birds fly", now())


async def token(line: Line, name: str, *duties: Duty) -> str:
    made = await tokens.new(line.database, (await person(line, name, *duties)).id, "test", timedelta(days=1), now())
    return made[1]


async def carried_out(line: Line, router: Router) -> None:
    await Releaser(line.database, line.settings, now).once(router)


async def ledger(line: Line) -> list[str]:
    return [orjson.loads(one.value or b"")["change"] for one in await line.lying("ledger", topics.ledger(line.prefix))]


async def test_without_the_unreadable_one_the_others_are_told_in_order_and_newer_ones_behind_them(line: Line) -> None:
    part, ids = await parked(line)
    act = await ordered(line, part, 0, 0)
    async with line.slot() as router:
        newer = await put(line, 7)
        await drained(router, 1)  # which waits behind, too
        await carried_out(line, router)
        newest = await put(line, 8)
        await drained(router, 1)
    assert await ledger(line) == [*ids, newer, newest]
    assert [header(one.value)["seq"] for one in await line.told("child-policy")] == [1, 2, 3, 4]
    assert await acts.ended(line.database, act.id) == End("released", 3)


async def test_what_still_cannot_be_read_keeps_everybody_where_they_are(line: Line) -> None:
    part, _ = await parked(line)
    act = await ordered(line, part, 0)
    async with line.slot() as router:
        await carried_out(line, router)
        assert len(router.parked) == 1
    assert await ledger(line) == []
    assert await acts.ended(line.database, act.id) == End("still-unreadable", 0)


async def test_an_act_whose_end_was_not_written_down_is_not_carried_out_twice(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    part, ids = await parked(line)
    act = await ordered(line, part, 0, 0)

    async def away(*_: object) -> None:
        raise DatabaseError("connection-lost")

    with monkeypatch.context() as broken:
        broken.setattr(acts, "end", away)
        async with line.slot() as router:
            await carried_out(line, router)
    assert await acts.ended(line.database, act.id) is None
    async with line.slot() as router:  # another process, after the first has died
        assert router.parked == set()
        await carried_out(line, router)
    assert (await ledger(line), await acts.ended(line.database, act.id)) == (ids, End("released", 2))


async def test_of_two_orders_for_one_line_one_is_carried_out(line: Line) -> None:
    part, ids = await parked(line)
    both = [await ordered(line, part, 0, 0), await ordered(line, part, 1, 0)]
    async with line.slot() as router:
        await carried_out(line, router)
    ends = [await acts.ended(line.database, act.id) for act in both]
    assert (await ledger(line), ends) == (ids, [End("released", 2), End("no-such-letter", 0)])


async def test_acts_are_never_altered(line: Line) -> None:
    await ordered(line, 0, 0)
    for statement in ("UPDATE hub.acts SET reason = 'x'", "DELETE FROM hub.acts", "TRUNCATE hub.act_ends"):
        with pytest.raises(DatabaseError, match="sqlstate-0LP01"):
            await line.database.execute(statement)


@pytest.mark.timeout(180)
async def test_on_the_command_line_it_takes_two_persons(line: Line, tmp_path: Path) -> None:
    part, ids = await parked(line)
    processes = Processes(line.world.env, tmp_path)
    kato, both = [await token(line, *one) for one in (KATO, BOTH)]

    async def jukihub(who: str, *words: str) -> Any:
        processes.environment["HUB_TOKEN"] = who
        return await asyncio.to_thread(processes.command, "quarantine", *words)

    async def release(who: str) -> Any:
        there = ("--partition", str(part), "--offset", "0", "--discard", "0")
        return await jukihub(who, "release", *there, "--reason", "of no use")

    [waiting] = json.loads((await jukihub(kato, "list", "--json")).stdout)
    assert (waiting["partition"], waiting["offset"], waiting["behind"]) == (part, 0, 2)
    assert waiting["code"] == "not-a-token"
    asked = (await release(both)).stdout.strip()
    assert (await jukihub(both, "approve", asked, "--wait", "0")).returncode == 4
    assert (await jukihub("", "approve", asked, "--wait", "0")).returncode == 5
    assert await line.database.fetchval("SELECT count(*) FROM hub.acts") == 0
    due = await jukihub(kato, "approve", asked, "--wait", "0", "--json")
    assert (due.returncode, json.loads(due.stdout)["code"]) == (3, "due")
    del processes.environment["HUB_TOKEN"]
    processes.hub("router", "router")
    try:
        act = UUID(json.loads(due.stdout)["act"])
        await until(lambda: acts.ended(line.database, act), bool, "the router to carry it out")
        assert await ledger(line) == ids
        assert (await jukihub(kato, "list", "--json")).stdout.strip() == "[]"
    finally:
        processes.stop()
