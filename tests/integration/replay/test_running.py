"""Running a plan: nothing lost, nothing doubled, in order; cut off anywhere, run again, by two at once."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from consumers import chunk, running
from consumers.deliver import REPLAYED_IN_HAND, REPLAYED_SHARE
from consumers.letters import groups, listed
from consumers.plan_state import Stand
from consumers.plans import Plan, Progress, results
from contracts.contract import Grant
from hub import topics
from hub.errors import ApprovalRequired, NotPermitted, ProduceFailed
from tests.integration.replay.desk import ITO, KATO, MORI, PARTITIONS, Desk, in_order

Broken = RuntimeError("cut off")


async def whole(desk: Desk, letters: list[Any], count: int) -> None:
    """Everything was told once, in order, and every release is on record once."""
    told = desk.told()
    assert (len(told), len(set(told)), set(letters) <= set(told)) == (count, count, True)
    assert in_order(desk.counterpart.taken, desk.counterpart.identifier)
    released = [row["disclosure"] for row in await desk.releases()]
    assert (len(released), set(released)) == (len(set(released)), set(letters))


@pytest.mark.trap("D10", "D5")
async def test_who_waited_behind_a_letter_follows_it_in_order(desk: Desk) -> None:
    letters = await desk.letters(1, 2, each=4)
    desk.accept()
    await desk.relocate(1)
    done = await desk.run(await desk.approved())
    await desk.deliver()
    assert done.ended == {"delivered": 2}
    await whole(desk, letters, 9)


@pytest.mark.threat("P5")
@pytest.mark.trap("D9")
async def test_a_replay_writes_one_line_to_the_ledger_per_letter_and_nothing_to_any_other_topic(desk: Desk) -> None:
    await desk.letters(1, 2)
    desk.accept()
    before = {place: len(records) for place, records in desk.broker.records.items()}
    await desk.run(await desk.approved())
    grown = {place[0]: len(records) - before.get(place, 0) for place, records in desk.broker.records.items()
             if len(records) != before.get(place, 0)}  # fmt: skip
    assert grown == {topics.ledger(desk.settings.prefix): 1} or sum(grown.values()) == 2
    assert {*grown} == {topics.ledger(desk.settings.prefix)}


@pytest.mark.trap("D11")
async def test_a_line_of_the_ledger_names_plan_persons_letter_and_change(desk: Desk) -> None:
    (letter,) = await desk.letters(1)
    desk.accept()
    plan = await desk.approved()
    await desk.run(plan)
    (line,) = await desk.releases()
    told = await desk.database.fetchrow("SELECT change, items FROM hub.told WHERE disclosure = $1", letter)
    assert told is not None
    assert (line["plan"], line["requested_by"].int, line["approved_by"].int) == (plan.id, 1, 2)
    assert (line["disclosure"], line["change"], line["items"]) == (letter, told["change"], told["items"])


STEPS = ["before sealing", "before the ledger", "after the ledger, unheard", "before handing over"]


@pytest.mark.trap("D7")
@pytest.mark.parametrize("step", STEPS)
async def test_a_run_that_is_cut_off_at_any_step_is_run_again_and_tells_everything_once(
    desk: Desk, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters = await desk.letters(1, 2, 3)
    desk.accept()
    plan = await desk.approved()
    with monkeypatch.context() as broken:
        cut(desk, step, broken)
        with pytest.raises((RuntimeError, ProduceFailed)):
            await desk.run(plan)
    assert desk.told() == []
    assert await desk.states() == {"dead": 3}
    assert (await desk.run(plan)).ended == {"delivered": 3}
    await whole(desk, letters, 3)


def cut(desk: Desk, step: str, broken: pytest.MonkeyPatch) -> None:
    async def refuse(*_: Any) -> int:
        raise Broken

    if step == "before sealing":
        broken.setattr(chunk.Chunks, "_seal", refuse)
    elif step == "before handing over":
        broken.setattr(chunk.Chunks, "_let_go", refuse)
    else:
        desk.writer.failing, desk.writer.late = 1, step != "before the ledger"


async def test_what_was_sealed_before_a_crash_is_written_again_byte_for_byte(desk: Desk) -> None:
    await desk.letters(1)
    desk.accept()
    plan = await desk.approved()
    desk.writer.failing, desk.writer.late = 1, True
    with pytest.raises(ProduceFailed):
        await desk.run(plan)
    await desk.run(plan)
    ledger = topics.ledger(desk.settings.prefix)
    lines = [one.value for part in range(PARTITIONS) for one in desk.broker.records.get((ledger, part), [])
             if one.value and b'"kind":"release"' in one.value]  # fmt: skip
    assert (len(lines), len(set(lines)), len(await desk.releases())) == (2, 1, 1)


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


async def test_a_paused_plan_hands_over_nothing_until_it_is_resumed(desk: Desk) -> None:
    await desk.letters(1, 2)
    desk.accept()
    plan = await desk.approved()
    paused: list[asyncio.Future[None]] = []

    def seen(progress: Progress, state: str) -> None:
        if not paused:
            paused.append(asyncio.ensure_future(desk.move(plan, "paused")))
        elif state == "paused" and len(paused) == 1:
            at_pause.append(progress.handed)
            paused.append(asyncio.ensure_future(desk.move(plan, "resumed")))

    at_pause: list[int] = []
    done = await desk.run(plan, rate=1000, seen=seen)
    assert (len(paused), done.ended) == (2, {"delivered": 2})
    assert at_pause


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


@pytest.mark.trap("D8", "input-24")
async def test_a_letter_that_fails_again_is_tried_once_in_a_plan_and_says_whether_it_was_the_same(desk: Desk) -> None:
    await desk.letters(1, 2, 3)
    desk.accept(1)
    desk.refuse(3, "bad-date")
    plan = await desk.approved()
    done = await desk.run(plan)
    said = [(one["outcome"], one["code"], one["same_again"]) for one in await results(desk.database, plan.id)]
    assert done.ended == {"delivered": 1, "refused": 2}
    assert said == [("delivered", "", False), ("refused", "counterpart-not-accepted", True),
                    ("refused", "counterpart-bad-date", False)]  # fmt: skip
    assert [row["replays"] for row in await desk.rows()] == [1, 1, 1]


@pytest.mark.trap("D12")
async def test_followers_sealed_under_another_contract_become_letters_and_are_decided_again(desk: Desk) -> None:
    letters = await desk.letters(1, each=3)
    desk.accept()
    desk.change_contract(items=tuple(item for item in desk.contract.items if item != "name"))
    await desk.run(await desk.approved())
    await desk.deliver()
    assert desk.told() == letters
    rows = await desk.rows()
    assert [(row["state"], row["code"]) for row in rows[1:]] == [("dead", "decide-again")] * 2
    await desk.run(await desk.approved(code="decide-again"))
    await desk.deliver()
    assert [("name" in one.items) for one in desk.counterpart.taken] == [False] * 3
    await whole(desk, [row["id"] for row in rows], 3)


@pytest.mark.trap("D12")
async def test_what_a_plan_released_behind_a_letter_that_died_again_is_decided_again_under_another_contract(
    desk: Desk,
) -> None:
    await desk.letters(1, each=3)
    desk.change_contract(purpose="another")
    desk.accept()
    await desk.run(await desk.approved())
    desk.refuse(1)
    done = await desk.run(await desk.approved())
    assert done.ended == {"refused": 1, "waits-behind": 1}
    desk.accept()
    desk.change_contract(items=tuple(item for item in desk.contract.items if item != "name"))
    await desk.run(await desk.approved())
    await desk.deliver()
    assert ["name" in one.items for one in desk.counterpart.taken] == [True, False]
    assert [(row["state"], row["code"]) for row in (await desk.rows())[2:]] == [("dead", "decide-again")]


@pytest.mark.trap("D12")
async def test_who_follows_is_decided_again_where_a_grant_is_over_or_the_contract_withholds(desk: Desk) -> None:
    for resident, changed in ((1, {}), (2, {"granted": over(desk)}), (3, {"protected": "withhold"})):
        desk.change_contract(**changed)
        letters = await desk.letters(resident, each=2)
        desk.later(days=1)
        desk.accept()
        await desk.run(await desk.approved(ids=letters[-1:]))
        await desk.deliver()
    assert [row["state"] for row in await desk.rows()] == ["delivered"] * 3 + ["dead", "delivered", "dead"]


def over(desk: Desk) -> tuple[Grant, ...]:
    """A grant whose last day is tomorrow."""
    day = desk.now.date() + timedelta(days=1)
    return (Grant("sex", desk.contract.approved, desk.contract.in_force_from, day),)


@pytest.mark.trap("D12")
async def test_a_run_needs_the_approval_of_another_person_for_this_very_set(desk: Desk) -> None:
    await desk.letters(1)
    made = await desk.plan()
    sets = ((None, made.digest), (ITO.id, made.digest), (KATO.id, b"x" * 32))
    for by, digest in sets:
        with pytest.raises(ApprovalRequired, match="plan-not-approved"):
            running.warranted(made, Stand("approved", "", by, digest, None))
    assert running.warranted(made, Stand("approved", "", KATO.id, made.digest, None)).approved_by == KATO.id


async def test_letters_of_one_resident_are_released_in_order_and_one_that_fails_again_holds_the_others(
    desk: Desk,
) -> None:
    await desk.letters(1, each=3)
    desk.change_contract(purpose="another")
    desk.accept()
    await desk.run(await desk.approved())
    await desk.letters(1)
    plan = await desk.approved()
    assert [verdict for verdict, _ in await desk.verdicts(plan)] == ["unchanged"] * 2
    done = await desk.run(plan)
    assert done.ended == {"refused": 1, "waits-behind": 1}
    desk.accept()
    await desk.run(await desk.approved())
    await desk.deliver()
    assert in_order(desk.counterpart.taken, desk.counterpart.identifier)
    assert (await desk.states(), len(desk.told())) == ({"delivered": 4}, 4)


async def test_a_letter_is_seen_as_being_replayed_until_its_delivery_is_confirmed(desk: Desk) -> None:
    (letter,) = await desk.letters(1)
    plan = await desk.approved()
    desk.counterpart.down = True
    at_work = asyncio.ensure_future(desk.run(plan))
    while (await desk.states()) != {"waiting": 1}:  # noqa: ASYNC110 - a condition of the database
        await asyncio.sleep(0.01)
    (group,), (found, total) = await groups(desk.database), await listed(desk.database)
    assert (group.state, group.count, [one.id for one in found], total) == ("replaying", 1, [letter], 1)
    assert found[0].plan == plan.id
    desk.accept()
    desk.counterpart.down = False
    desk.later(seconds=40)
    await at_work
    assert await groups(desk.database) == []


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


async def test_a_plan_of_a_contract_that_is_gone_ends_without_releasing_anything(desk: Desk) -> None:
    await desk.letters(1)
    desk.end_contract()
    plan: Plan = await desk.approved()
    assert (await desk.run(plan)).ended == {}
    assert await desk.state(plan) == ("finished", "")
