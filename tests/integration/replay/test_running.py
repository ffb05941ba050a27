"""Running a plan: nothing lost, nothing doubled, in order; cut off anywhere, and run again."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from consumers import chunk, running
from consumers.letters import groups, listed
from consumers.plan_state import Stand
from consumers.plans import Plan, results
from contracts.contract import Grant
from hub import topics
from hub.errors import ApprovalRequired, ProduceFailed
from tests.integration.replay.desk import ITO, KATO, Desk, in_order, whole
from tests.integration.replay.edges import PARTITIONS

Broken = RuntimeError("cut off")


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


async def test_a_plan_of_a_contract_that_is_gone_ends_without_releasing_anything(desk: Desk) -> None:
    await desk.letters(1)
    desk.end_contract()
    plan: Plan = await desk.approved()
    assert (await desk.run(plan)).ended == {}
    assert await desk.state(plan) == ("finished", "")
