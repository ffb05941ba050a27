"""Handing over from a real inbox: order per resident, three classes of failure, parking, release."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from consumers import deliver, letters
from consumers.disclosure import Disclosure
from consumers.settle import Attempt, Ended, Head, Settled, Settler
from hub.database import Database
from hub.errors import DatabaseError
from hub.outcome import Deferred, Delivered, Outcome, Refused
from tests.conformance.counterparts import Fake
from tests.conformance.samples import disclosure
from tests.integration.consumers.line import HandOver, now

VIA = "prefecture"


@pytest.fixture
def fake() -> Fake:
    return Fake(VIA)


@pytest.fixture
def line(database: Database, fake: Fake) -> HandOver:
    return HandOver(database, VIA, fake)


def of(seed: int, count: int, **changed: Any) -> list[tuple[int, Disclosure]]:
    return [(seed, disclosure(VIA, seed, nth=nth, **changed)) for nth in range(1, count + 1)]


def ids(said: list[tuple[int, Disclosure]]) -> list[str]:
    return [str(one.id) for _, one in said]





async def test_a_resident_is_told_in_order(line: HandOver) -> None:
    said = of(1, 30)
    await line.send(*said)
    await line.work(lambda: line.are(delivered=30))
    assert await line.told() == ids(said)


async def test_what_was_delivered_keeps_its_receipt_and_no_token(line: HandOver) -> None:
    await line.send(*of(1, 1))
    await line.work(lambda: line.are(delivered=1))
    row = (await line.rows())[0]
    assert (row["receipt"], row["token"]) == ("FAKE-1", None)


async def test_residents_are_told_in_parallel(line: HandOver, fake: Fake) -> None:
    on_the_line = 0
    most = 0

    async def slowly(_said: Disclosure) -> Any:
        nonlocal on_the_line, most
        on_the_line += 1
        most = max(most, on_the_line)
        await asyncio.sleep(0.01)
        on_the_line -= 1
        return Delivered("R")

    fake.hand_over = slowly  # type: ignore[method-assign]
    await line.send(*[(seed, disclosure(VIA, seed)) for seed in range(40)])
    await line.work(lambda: line.are(delivered=40))
    assert most == fake.adapter.settings.parallel


async def poisoned(line: HandOver, fake: Fake) -> list[tuple[int, Disclosure]]:
    """100 for one resident with a poisoned one in the middle, and 20 for another."""
    said = of(1, 100)
    fake.refused = {said[49][1].id}
    await line.send(*said, *of(2, 20))
    await line.work(lambda: line.are(delivered=69, dead=1, waiting=50))
    return said


@pytest.mark.trap("D3")
async def test_a_poisoned_disclosure_stops_its_resident_and_nobody_else(line: HandOver, fake: Fake) -> None:
    said = await poisoned(line, fake)
    told = await line.told()
    assert ([one for one in told if one in ids(said)], len(told)) == (ids(said)[:49], 69)


@pytest.mark.trap("D3")
async def test_a_letter_says_who_waits_behind_it(line: HandOver, fake: Fake) -> None:
    await poisoned(line, fake)
    (group,) = await letters.groups(line.database)
    assert (group.contract, group.code, group.count, group.behind) == (VIA, "counterpart-not-accepted", 1, 50)




@pytest.mark.trap("D5")
async def test_a_new_process_knows_who_is_parked(line: HandOver, fake: Fake) -> None:
    await poisoned(line, fake)
    assert await line.new_deliverer().read() == []



@pytest.mark.trap("D4")
async def test_a_counterpart_that_is_down_makes_no_dead_letter(line: HandOver, fake: Fake) -> None:
    await fake.switch("down", how="close")
    said = [one for seed in range(1, 31) for one in of(seed, 2)]
    await line.send(*said)

    async def breaker_is_open() -> bool:
        return line.deliverer._breaker.is_open

    await line.work(breaker_is_open)
    assert await line.states() == {"waiting": 60}


@pytest.mark.parametrize("ahead", [timedelta(minutes=40), timedelta(days=2)], ids=str)
async def test_what_came_or_was_deferred_by_a_clock_that_was_ahead_does_not_wait_until_then(
    line: HandOver, ahead: timedelta
) -> None:
    line.inbox._now = lambda: now() + ahead
    await line.send(*of(1, 2), *of(2, 1))
    head = (await line.new_deliverer().read())[0]
    jumped = Settler(line.database, VIA, lambda: now() + ahead)
    assert await jumped.settle(head, Ended(Deferred("timeout"), 1), 5.0)
    await line.work(lambda: line.are(delivered=3))


@pytest.mark.trap("D4")
async def test_after_the_fault_everything_is_told_in_order(line: HandOver, fake: Fake) -> None:
    await fake.switch("down")
    said = of(1, 10) + of(2, 10)
    await line.send(*said)

    async def breaker_is_open() -> bool:
        return line.deliverer._breaker.is_open

    await line.work(breaker_is_open)
    await fake.switch("clear")
    await line.work(lambda: line.are(delivered=20))
    told = await line.told()
    assert [[one for one in told if one in ids(of(seed, 10))] for seed in (1, 2)] == [ids(of(1, 10)), ids(of(2, 10))]


@pytest.mark.trap("input-20", "D11")
async def test_a_lost_settlement_does_no_harm(line: HandOver, fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    settle_all = line.settler.settle_all

    async def lost(several: Sequence[Attempt]) -> list[Settled]:
        monkeypatch.setattr(line.settler, "settle_all", settle_all)
        return [DatabaseError("connection-lost") for _ in several]

    monkeypatch.setattr(line.settler, "settle_all", lost)
    await line.send(*of(1, 2))
    await line.work(lambda: line.are(delivered=2))
    assert (await line.told(), fake.repeats) == (ids(of(1, 2)), 1)


async def test_two_deliverers_at_once_tell_everything_once(line: HandOver, fake: Fake) -> None:
    said = [one for seed in range(1, 6) for one in of(seed, 10)]
    await line.send(*said)
    other = line.new_deliverer()

    async def done() -> bool:
        await other.start()
        return await line.are(delivered=50)

    await line.work(done)
    await other.finish()
    assert sorted(await line.told()) == sorted(ids(said))


async def test_of_two_settlements_of_one_attempt_one_counts(line: HandOver) -> None:
    await line.send(*of(1, 1))
    head = (await line.deliverer.read())[0]
    ended = Ended(Delivered("R-1"), 5)
    settled = await asyncio.gather(*(line.settler.settle(head, ended, 0) for _ in range(2)))
    assert sorted(settled) == [False, True]


async def test_a_settlement_that_was_begun_is_finished_though_cancelled(line: HandOver) -> None:
    await line.send(*of(1, 1))
    head = (await line.deliverer.read())[0]
    task = asyncio.create_task(line.settler.settle(head, Ended(Delivered("R-1"), 5), 0))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await line.states() == {"delivered": 1}


async def test_of_a_batch_each_is_settled_for_itself(line: HandOver) -> None:
    await line.send(*[(seed, disclosure(VIA, seed)) for seed in range(1, 6)])
    heads = await line.deliverer.read()
    gone = Head(heads[4].id, heads[4].subject, 0, heads[4].token, 7, False, None)
    ends = [Delivered("R-1"), Refused("counterpart-not-accepted"), Deferred("timeout"), Delivered("R-2")]
    several = [Attempt(head, Ended(end, 5), 9.0) for head, end in zip(heads, ends, strict=False)]
    settled = await line.settler.settle_all([*several, Attempt(gone, Ended(Delivered("R-3"), 5))])
    assert (settled, await line.states()) == ([True] * 4 + [False], {"delivered": 2, "dead": 1, "waiting": 2})
    assert [row["receipt"] for row in await line.rows()] == ["R-1", None, None, "R-2", None]


@pytest.mark.trap("D3")
async def test_one_that_the_database_refuses_to_settle_holds_up_none_of_those_that_ended_with_it(
    line: HandOver, fake: Fake
) -> None:
    said = [(seed, disclosure(VIA, seed)) for seed in range(1, 41)]
    hand_over, bad = fake.hand_over, said[20][1].id

    async def with_a_receipt_that_cannot_be_kept(one: Disclosure) -> Outcome:
        return Delivered("R-\0") if one.id == bad else await hand_over(one)

    fake.hand_over = with_a_receipt_that_cannot_be_kept  # type: ignore[method-assign]
    await line.send(*said, *of(41, 2))
    await line.work(lambda: line.are(delivered=41, waiting=1))
    assert [row["id"] for row in await line.rows() if row["state"] == "waiting"] == [bad]


@pytest.mark.trap("input-20", "D11")
async def test_a_process_killed_between_handing_over_and_noting_repeats_what_it_had_in_hand_without_effect(
    line: HandOver, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = [one for seed in range(1, 31) for one in of(seed, 2)]
    await line.send(*said)
    killed, settle_all = line.deliverer, line.settler.settle_all

    async def never(_several: Sequence[Attempt]) -> list[Settled]:
        return await asyncio.Future()

    with monkeypatch.context() as patched:
        patched.setattr(line.settler, "settle_all", never)
        patched.setattr(deliver, "GRACE_SECONDS", 0.0)
        while len(fake.taken) < 30:
            await killed.start()
            await asyncio.sleep(0)
        await killed.finish()
    assert (line.settler.settle_all, await line.states()) == (settle_all, {"waiting": 60})
    line.deliverer = line.new_deliverer()
    await line.work(lambda: line.are(delivered=60))
    told = await line.told()
    assert (sorted(told), fake.repeats) == (sorted(ids(said)), 30)
    assert all(told.index(str(first.id)) < told.index(str(second.id)) for (_, first), (_, second) in pairs(said))


def pairs(said: list[tuple[int, Disclosure]]) -> Iterator[tuple[Any, Any]]:
    return zip(said[::2], said[1::2], strict=True)


@pytest.mark.trap("D4")
async def test_once_a_counterpart_is_known_to_be_down_whoever_is_in_hand_is_put_back_and_not_tried(
    line: HandOver, fake: Fake
) -> None:
    await fake.switch("down")
    await line.send(*[(seed, disclosure(VIA, seed)) for seed in range(1, 201)])
    await line.deliverer.start()
    await line.deliverer.finish()
    tried = sum(row["attempts"] for row in await line.rows())
    assert line.deliverer._breaker.is_open
    assert tried <= 5 + fake.adapter.settings.parallel
    assert line.deliverer.busy == []


@pytest.mark.trap("input-03")
async def test_a_version_that_does_not_rise_is_never_handed_over(line: HandOver) -> None:
    newer, older = disclosure(VIA, 1, nth=2), disclosure(VIA, 1, nth=1)
    await line.send((1, newer), (1, older))
    await line.work(lambda: line.are(delivered=1, dead=1))
    assert ([str(newer.id)], ["", "out-of-order"]) == (await line.told(), await line.codes())


@pytest.mark.trap("input-23", "C5")
async def test_an_altered_token_is_a_dead_letter_and_its_followers_wait(line: HandOver) -> None:
    good = await line.sealed(disclosure(VIA, 1), 1)
    assert good.value is not None
    line.put(good._replace(value=good.value[:-6] + (b"AAAAAA" if good.value[-6:] != b"AAAAAA" else b"BBBBBB")))
    await line.send((1, disclosure(VIA, 1, nth=2)), (2, disclosure(VIA, 2)))
    await line.work(lambda: line.are(dead=1, waiting=1, delivered=1))
    assert [(row["id"], row["code"]) for row in await line.rows() if row["state"] == "dead"] == [
        (line.place_id(0), "altered-token")
    ]


@pytest.mark.trap("input-15", "C6")
async def test_an_unknown_kid_is_a_dead_letter(line: HandOver) -> None:
    await line.send(*of(1, 1))
    await line.database.execute("DELETE FROM hub.keys")
    line.keys._known.clear()
    await line.work(lambda: line.are(dead=1))
    assert await line.codes() == ["unknown-kid"]






def test_a_head_is_what_the_line_reads() -> None:
    assert [*Head._fields] == ["id", "subject", "partition", "token", "attempts", "flagged", "last_version", "plan"]
