"""A plan that runs beside others: who pauses or cancels it, a second one, living traffic, what changes meanwhile."""

import asyncio
from typing import Any

import pytest

from consumers import chunk, running
from consumers.deliver import REPLAYED_IN_HAND
from consumers.plans import Progress
from consumers.turns import REPLAYED_SHARE
from hub.errors import NotPermitted
from tests.integration.replay.desk import MORI, Desk, whole


@pytest.mark.trap("D7", "input-24")
async def test_a_plan_that_is_cancelled_half_way_loses_nothing_and_a_new_one_tells_the_rest(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "WINDOW", 4)
    letters = await desk.letters(*range(1, 21), each=2)
    desk.accept()
    plan = await desk.approved()

    def seen(progress: Progress, state: str) -> None:
        if progress.handed >= 8 and state == "running":
            cancelling.append(asyncio.ensure_future(desk.move(plan, "cancelled")))

    cancelling: list[asyncio.Future[None]] = []
    done = await desk.run(plan, seen=seen)
    await asyncio.gather(*cancelling, return_exceptions=True)
    await desk.deliver()
    states = await desk.states()
    assert 8 <= done.handed < 20
    assert states == {"delivered": 2 * done.handed, "dead": 20 - done.handed, "waiting": 20 - done.handed}
    with pytest.raises(NotPermitted, match="plan-cancelled"):
        await desk.run(plan)
    await desk.run(await desk.approved())
    await desk.deliver()
    await whole(desk, letters, 40)


async def test_a_paused_plan_hands_over_nothing_until_it_is_resumed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "WINDOW", 1)
    await desk.letters(1, 2)
    desk.accept()
    plan = await desk.approved()
    moved: list[asyncio.Future[None]] = []
    at_pause: list[int] = []
    release = chunk.Chunks.release

    async def once_it_is_noted(self: chunk.Chunks, rows: Any) -> int:
        await asyncio.gather(*moved)
        return await release(self, rows)

    def seen(progress: Progress, state: str) -> None:
        if not moved:
            moved.append(asyncio.ensure_future(desk.move(plan, "paused")))
        elif state == "paused":
            at_pause.append(progress.handed)
            if len(at_pause) == 3:
                moved.append(asyncio.ensure_future(desk.move(plan, "resumed")))

    monkeypatch.setattr(chunk.Chunks, "release", once_it_is_noted)
    done = await desk.run(plan, rate=1000, seen=seen)
    assert (set(at_pause), done.ended) == ({1}, {"delivered": 2})


@pytest.mark.trap("D7", "input-24")
async def test_two_operators_cannot_run_one_plan_at_once(desk: Desk) -> None:
    letters = await desk.letters(*range(1, 6))
    desk.accept()
    plan = await desk.approved()
    ended = await asyncio.gather(desk.run(plan), desk.run(plan, MORI), return_exceptions=True)
    refused = [one for one in ended if isinstance(one, NotPermitted)]
    assert [one.code for one in refused] in (["plan-is-running"], ["plan-finished"])
    await whole(desk, letters, 5)


@pytest.mark.trap("D5", "input-24")
async def test_two_plans_of_the_same_letters_at_once_release_each_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "WINDOW", 2)
    letters = await desk.letters(*range(1, 9))
    desk.accept()
    one, other = await desk.approved(), await desk.approved()
    ended = await asyncio.gather(desk.run(one), desk.run(other, MORI), return_exceptions=True)
    assert any(isinstance(each, NotPermitted) for each in ended)
    if any(isinstance(each, Progress) for each in ended):
        assert len(desk.told()) == 8
    else:  # each has voided the other: what is left is planned again
        await desk.run(await desk.approved())
    await desk.deliver()
    told = desk.told()
    assert (len(told), set(told)) == (8, set(letters))  # two processes hand over here, so one may ask twice


async def test_a_slow_pace_is_kept(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await desk.letters(*range(1, 7))
    desk.accept()
    times: list[float] = []

    class Clock:
        at = 0.0

        def monotonic(self) -> float:
            Clock.at += 0.01
            return Clock.at

    clock = Clock()
    monkeypatch.setattr(running, "time", clock)
    release = chunk.Chunks.release

    async def noted(self: chunk.Chunks, rows: Any) -> int:
        times.extend([clock.at] * len(rows))
        return await release(self, rows)

    monkeypatch.setattr(chunk.Chunks, "release", noted)
    await desk.run(await desk.approved(), rate=2)
    assert len(times) == 6
    assert [round(later - earlier) for earlier, later in zip(times[::2], times[2::2], strict=False)] == [1, 1]


@pytest.mark.trap("D12")
async def test_a_protection_that_begins_while_a_plan_runs_stops_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "WINDOW", 1)
    await desk.letters(1, 2, 3)
    desk.accept()
    plan = await desk.approved()
    begun: list[asyncio.Future[Any]] = []

    def seen(progress: Progress, _state: str) -> None:
        if progress.handed and not begun:
            begun.append(asyncio.ensure_future(desk.relocate(3, protected=True)))

    with pytest.raises(NotPermitted, match="plan-void-protection-began"):
        await desk.run(plan, seen=seen)
    await asyncio.gather(*begun)
    assert (await desk.state(plan))[0] == "voided"
    assert (await desk.rows())[2]["state"] == "dead"


@pytest.mark.trap("D12")
async def test_a_contract_that_changes_while_a_plan_runs_stops_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "WINDOW", 1)
    await desk.letters(1, 2, 3)
    desk.accept()
    plan = await desk.approved()

    def seen(progress: Progress, _state: str) -> None:
        if progress.handed:
            desk.change_contract(purpose="another")

    with pytest.raises(NotPermitted, match="plan-void-contract-changed"):
        await desk.run(plan, seen=seen)
    assert (await desk.states())["dead"] >= 1


async def test_a_living_disclosure_goes_before_a_hundred_that_are_replayed(desk: Desk) -> None:
    await desk.letters(*range(1, 101))
    desk.accept()
    plan = await desk.approved()
    at_work = asyncio.ensure_future(desk.run_alone(plan))
    while (await desk.states()).get("waiting", 0) < 100:  # noqa: ASYNC110 - a condition of the database
        await asyncio.sleep(0.01)
    await desk.relocate(200)
    await desk.receive()
    deliverer = desk.deliverer()
    heads = await deliverer.read()
    replayed = [head for head in heads if head.plan is not None]
    assert (len(heads) - len(replayed), len(replayed)) == (1, REPLAYED_IN_HAND)
    async with desk.handing_over():
        assert (await at_work).ended == {"delivered": 100}


async def test_what_is_replayed_never_has_more_than_its_part_of_the_line(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.letters(*range(1, 41))
    desk.accept()
    hand_over, on_the_line, seen = desk.counterpart.hand_over, [0], []

    async def counted(line: Any, said: Any) -> Any:
        on_the_line[0] += 1
        seen.append(on_the_line[0])
        await asyncio.sleep(0)
        on_the_line[0] -= 1
        return await hand_over(line, said)

    monkeypatch.setattr(desk.counterpart, "hand_over", counted)
    await desk.run(await desk.approved())
    assert (len(seen), max(seen)) == (40, desk.counterpart.settings.parallel // REPLAYED_SHARE)
