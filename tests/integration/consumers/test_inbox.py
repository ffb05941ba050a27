"""The inbox on a real PostgreSQL: tokens and offset together, no zombie, and whatever does not belong is named."""

import asyncio
from typing import Any

import pytest

from consumers import followers
from consumers import inbox as module
from hub.database import Database
from hub.errors import DatabaseError
from hub.seal import Place
from tests.conformance.counterparts import Fake
from tests.conformance.samples import disclosure
from tests.integration.consumers.line import HandOver

VIA = "prefecture"


@pytest.fixture
def line(database: Database) -> HandOver:
    return HandOver(database, VIA, Fake(VIA))


def people(count: int) -> list[tuple[int, Any]]:
    return [(seed, disclosure(VIA, seed)) for seed in range(1, count + 1)]


async def offset(line: HandOver, part: int = 0) -> tuple[int, int]:
    sql = "SELECT next_offset, last_seq FROM inbox.offsets WHERE partition = $1"
    row = await line.database.fetchrow(sql, part)
    assert row is not None
    return row["next_offset"], row["last_seq"]


async def test_tokens_and_offset_are_there_together(line: HandOver) -> None:
    await line.send(*people(5))
    assert (await line.states(), await offset(line)) == ({"waiting": 5}, (5, 5))


async def test_what_is_kept_is_sealed(line: HandOver) -> None:
    await line.send(*people(1))
    row = (await line.rows())[0]
    assert (row["token"], row["subject"]) == (line.topic.records[0][0].value, (1).to_bytes(16, "big"))


async def test_a_new_process_goes_on_where_the_database_says(line: HandOver) -> None:
    await line.send(*people(3))
    line.inbox = line.new_inbox()
    await line.send((4, disclosure(VIA, 4)))
    assert (await line.states(), await offset(line)) == ({"waiting": 4}, (4, 4))


@pytest.mark.trap("input-17", "P9")
async def test_a_zombie_takes_nothing(line: HandOver) -> None:
    zombie = line.new_inbox()
    await zombie.once(0)
    await line.send(*people(5))
    assert (await zombie.once(0), await line.states()) == (0, {"waiting": 5})


async def test_a_zombie_reads_its_place_again_and_goes_on(line: HandOver) -> None:
    zombie = line.new_inbox()
    await zombie.once(0)
    await line.send(*people(5))
    await zombie.once(0)
    line.put(await line.sealed(disclosure(VIA, 6), 6))
    assert (await zombie.once(0), await offset(line)) == (1, (6, 6))


@pytest.mark.trap("P9")
async def test_two_inboxes_on_one_partition_take_everything_once_and_in_order(
    line: HandOver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_RECORDS", 7)
    line.put(*[await line.sealed(said, subject) for subject, said in people(200)])
    inboxes = [line.new_inbox(), line.new_inbox()]

    async def work(inbox: Any) -> None:
        while (await line.states()).get("waiting", 0) < 200:
            await inbox.once(0)

    await asyncio.gather(*map(work, inboxes))
    assert ([row["seq"] for row in await line.rows()], await offset(line)) == ([*range(1, 201)], (200, 200))


@pytest.mark.trap("input-20", "D14")
async def test_a_failed_transaction_leaves_neither_token_nor_offset(
    line: HandOver, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = {
        **module._SQL,
        "insert_disclosures": "INSERT INTO inbox.nowhere SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10",
    }
    with monkeypatch.context() as patched:
        patched.setattr(module, "_SQL", broken)
        with pytest.raises(DatabaseError):
            await line.send(*people(3))
    before = await line.states()
    await line.inbox.once(0)
    assert (before, await line.states(), await offset(line)) == ({}, {"waiting": 3}, (3, 3))


@pytest.mark.trap("input-01", "input-23")
async def test_a_repeated_token_is_dropped(line: HandOver) -> None:
    await line.send(*people(2))
    line.put(line.topic.records[0][0])
    await line.inbox.once(0)
    assert (await line.states(), await offset(line)) == ({"waiting": 2}, (3, 2))


@pytest.mark.trap("input-23", "C5")
async def test_a_dropped_token_is_named_as_a_gap(line: HandOver) -> None:
    records = [await line.sealed(said, subject) for subject, said in people(4)]
    line.put(records[0], records[3])
    await line.inbox.once(0)
    gaps = await line.database.fetch("SELECT partition, expected, found FROM inbox.gaps")
    assert ([tuple(gap.values()) for gap in gaps], await line.states()) == ([(0, 2, 4)], {"waiting": 2})


@pytest.mark.threat("B3")
@pytest.mark.trap("input-23", "C5")
async def test_swapped_tokens_are_named(line: HandOver) -> None:
    first, second = [await line.sealed(said, subject) for subject, said in people(2)]
    line.put(second, first)
    await line.inbox.once(0)
    assert await line.codes() == ["", "sequence-not-rising"]


@pytest.mark.threat("B2")
@pytest.mark.trap("input-23", "C5")
async def test_a_moved_token_is_named(line: HandOver) -> None:
    line.put(await line.sealed(disclosure(VIA), 1, place=Place(VIA, line.topic.name, 5)))
    await line.inbox.once(0)
    assert (await line.codes(), await line.states()) == (["moved-token"], {"dead": 1})


@pytest.mark.trap("input-23", "C5")
async def test_a_token_of_another_contract_is_named(line: HandOver) -> None:
    line.put(await line.sealed(disclosure(VIA), 1, place=Place("tax", line.topic.name, 0)))
    await line.inbox.once(0)
    assert await line.codes() == ["foreign-token"]


@pytest.mark.threat("B4", "D12")
@pytest.mark.trap("input-14")
async def test_a_token_of_a_contract_that_no_book_has_held_is_refused_though_it_opens(line: HandOver) -> None:
    good, unknown = disclosure(VIA), disclosure(VIA, nth=1)
    line.put(await line.sealed(good, 1), await line.sealed(unknown, 2, ctr="f" * 64))
    await line.inbox.once(0)
    assert (await line.codes(), await line.states()) == (["", "unknown-contract"], {"dead": 1, "waiting": 1})


@pytest.mark.trap("input-13", "C6")
async def test_a_null_value_and_an_empty_key_are_kept_with_their_code(line: HandOver) -> None:
    good = await line.sealed(disclosure(VIA), 1)
    line.put(good._replace(value=None), good._replace(key=b""))
    await line.inbox.once(0)
    assert await line.codes() == ["null-value", "no-record-key"]


@pytest.mark.trap("C6")
async def test_plaintext_is_refused_and_not_stored(line: HandOver) -> None:
    line.put((await line.sealed(disclosure(VIA), 1))._replace(value='{"name": "見本 太郎"}'.encode()))
    await line.inbox.once(0)
    row = (await line.rows())[0]
    assert (row["code"], row["token"], row["record_offset"]) == ("not-a-token", None, 0)


async def test_once_a_crowd_has_come_in_the_planner_knows_how_many_there_are(
    line: HandOver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "A_CROWD", 20)
    line.inbox = line.new_inbox()
    known = "SELECT reltuples::int FROM pg_class WHERE oid = 'inbox.disclosures'::regclass"
    await line.send(*people(19))
    before = await line.database.fetchval(known)
    await line.send((20, disclosure(VIA, 20)))
    assert (before <= 0, await line.database.fetchval(known)) == (True, 20)


async def test_who_waits_behind_letters_is_looked_for_once_though_nothing_is_known_of_how_many_there_are(
    line: HandOver,
) -> None:
    await line.send(*people(3))
    plan = await line.database.fetch(f"EXPLAIN {followers._SQL['put_off']}", VIA, line.clock())
    assert [row["QUERY PLAN"] for row in plan if "Semi Join" in row["QUERY PLAN"]] == []
