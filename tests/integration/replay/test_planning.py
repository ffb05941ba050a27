"""A plan, and its approval: what is decided again, by whom it is approved, and what voids it."""

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import pytest

from consumers import plans
from consumers.plans import Plan
from contracts.kinds import kinds
from hub.errors import ApprovalRequired, DatabaseError, NotPermitted, UsageError
from hub.seal import Place, header, open_token
from tests import people
from tests.integration.replay.desk import ITO, KATO, MORI, Desk

Mishap = Callable[[Desk], Awaitable[Any] | None]


@pytest.mark.trap("D11")
async def test_a_repaired_counterpart_gets_what_was_sealed_under_the_same_id_and_the_letter_is_gone(desk: Desk) -> None:
    letters = await desk.letters(1, 2)
    desk.accept()
    plan = await desk.approved()
    assert await desk.verdicts(plan) == [("unchanged", ""), ("unchanged", "")]
    done = await desk.run(plan)
    assert (done.ended, sorted(desk.told())) == ({"delivered": 2}, sorted(letters))
    assert await desk.states() == {"delivered": 2}
    assert {row["disclosure"] for row in await desk.releases()} == set(letters)


@pytest.mark.trap("D12")
async def test_an_item_that_was_struck_from_the_contract_meanwhile_is_not_told(desk: Desk) -> None:
    (letter,) = await desk.letters(1)
    desk.accept()
    desk.change_contract(items=tuple(item for item in desk.contract.items if item != "name"))
    plan = await desk.approved()
    assert await desk.verdicts(plan) == [("narrowed", "")]
    await desk.run(plan)
    (told,) = desk.counterpart.taken
    (line,) = await desk.releases()
    assert (told.id, "name" in told.items, "address" in told.items) == (letter, False, True)
    assert set(line["items"]) == set(told.items)
    assert line["contract_hash"] == desk.contract.hash


@pytest.mark.trap("D12")
async def test_the_new_token_is_sealed_under_the_contract_of_now_and_measured_in_the_ledger(desk: Desk) -> None:
    await desk.letters(1)
    before = (await desk.rows())[0]["token"]
    desk.counterpart.down = True
    desk.change_contract(purpose="another")
    plan = await desk.approved()
    desk.counterpart.down = False
    desk.refuse(1)
    await desk.run(plan)
    (row,), (line,) = await desk.rows(), await desk.releases()
    read, was = header(row["token"]), header(before)
    key = await desk.keys.by_kid(read["kid"])
    payload = open_token(row["token"], key, Place(desk.name, desk.topic, row["partition"]), row["subject"])[1]
    assert (read["ctr"], was["ctr"] == read["ctr"]) == (desk.contract.hash, False)
    assert (read["jti"], read["seq"], read["part"]) == (was["jti"], was["seq"], was["part"])
    assert [*orjson.loads(payload)["items"]] == line["items"]


async def test_a_conditional_item_whose_grant_is_over_is_not_told(desk: Desk) -> None:
    """The grant is one of the contract's word for word; what has ended is the day."""
    from contracts.contract import Grant  # noqa: PLC0415 - this test alone

    day = desk.now.date()
    left = tuple(item for item in desk.contract.items if item != "name")
    grant = Grant("name", desk.contract.approved, desk.contract.in_force_from, day)
    desk.change_contract(items=left, granted=(grant,))
    await desk.letters(1)
    desk.accept()
    desk.later(days=1)
    plan = await desk.approved()
    assert await desk.verdicts(plan) == [("narrowed", "")]
    await desk.run(plan)
    assert "name" not in desk.counterpart.taken[0].items


def ended(desk: Desk) -> None:
    desk.end_contract()


def out_of_force(desk: Desk) -> None:
    desk.change_contract(in_force_until=desk.now.date().replace(day=1) if desk.now.day > 1 else desk.now.date())
    desk.later(days=1)


def on_trial(desk: Desk) -> None:
    desk.change_contract(shadow_from=desk.now.date(), in_force_from=desk.now.date().replace(year=2027))


def deaf(desk: Desk) -> None:
    desk.change_contract(hears=frozenset(kinds()) - {"RELOCATE"}, always=frozenset())


def only_other_items(desk: Desk) -> None:
    desk.change_contract(items=("juminhyo_code", "name"))


def only_foreigners(desk: Desk) -> None:
    from contracts.contract import Population  # noqa: PLC0415 - this case alone

    desk.change_contract(population=Population(japanese=False))


LAWFUL_NO_MORE = {
    "no-contract": (ended, ("no-longer-lawful", "no-contract")),
    "ended": (out_of_force, ("no-longer-lawful", "not-in-force")),
    "on trial": (on_trial, ("no-longer-lawful", "on-trial")),
    "kind no longer heard": (deaf, ("withheld", "not-heard")),
    "what differs is no longer an item": (only_other_items, ("withheld", "nothing-changed")),
    "another population": (only_foreigners, ("withheld", "outside")),
}


@pytest.mark.trap("D12")
@pytest.mark.parametrize("case", LAWFUL_NO_MORE)
async def test_what_may_no_longer_be_told_is_planned_as_that_and_never_released(desk: Desk, case: str) -> None:
    happens, verdict = LAWFUL_NO_MORE[case]
    await desk.letters(1)
    desk.accept()
    happens(desk)
    plan = await desk.approved()
    assert await desk.verdicts(plan) == [verdict]
    done = await desk.run(plan)
    assert (done.held, done.ended, desk.told(), await desk.releases()) == (1, {}, [], [])
    assert await desk.states() == {"dead": 1}
    assert await desk.state(plan) == ("finished", "")


async def test_a_change_that_is_gone_is_released_only_under_the_very_same_contract(desk: Desk) -> None:
    await desk.letters(1)
    desk.accept()
    desk.forget_changes()
    assert await desk.verdicts(await desk.plan()) == [("unchanged", "")]
    desk.change_contract(purpose="another")
    assert await desk.verdicts(await desk.plan()) == [("not-decidable", "change-gone")]


async def test_a_contract_that_withholds_does_not_release_what_nobody_can_look_at(desk: Desk) -> None:
    desk.change_contract(protected="withhold")
    await desk.letters(1)
    desk.forget_changes()
    assert await desk.verdicts(await desk.plan()) == [("not-decidable", "change-gone")]


async def test_what_the_ledger_does_not_name_is_never_released(desk: Desk) -> None:
    await desk.letters(1)
    await desk.database.execute("CREATE TABLE elsewhere AS SELECT * FROM hub.told")
    await desk.database.execute("ALTER TABLE hub.told RENAME TO told_before")
    await desk.database.execute("CREATE TABLE hub.told (LIKE hub.told_before)")
    assert await desk.verdicts(await desk.plan()) == [("not-decidable", "not-in-ledger")]


@pytest.mark.trap("input-11", "D12")
async def test_a_protection_that_began_since_withholds_where_the_contract_says_so(desk: Desk) -> None:
    desk.change_contract(protected="withhold")
    await desk.letters(1)
    await desk.relocate(1, protected=True)
    assert await desk.verdicts(await desk.plan()) == [("withheld", "protected")]


@pytest.mark.trap("input-11", "D12")
async def test_a_protection_that_began_since_is_marked_for_a_contract_that_carries_the_mark(desk: Desk) -> None:
    desk.change_contract(items=(*desk.contract.items, "dv_protection"))
    await desk.letters(1)
    await desk.relocate(1, protected=True)
    desk.accept()
    plan = await desk.approved()
    await desk.run(plan)
    await desk.deliver()
    assert [one.protected for one in desk.counterpart.taken] == [True, True]


async def test_a_letter_of_an_earlier_version_than_was_delivered_is_held_back(desk: Desk) -> None:
    await desk.letters(1)
    told = "INSERT INTO inbox.residents SELECT contract, subject, $1 FROM inbox.disclosures"
    await desk.database.execute(told, 2**60)
    assert await desk.verdicts(await desk.plan()) == [("held-back", "out-of-order")]


@pytest.mark.trap("D8")
async def test_a_letter_that_was_replayed_three_times_is_not_planned_a_fourth_time(desk: Desk) -> None:
    await desk.letters(1)
    for _ in range(3):
        done = await desk.run(await desk.approved())
        assert done.ended == {"refused": 1}
    assert await desk.verdicts(await desk.plan()) == [("held-back", "too-many-replays")]


async def test_a_filter_means_what_it_says(desk: Desk) -> None:
    first = await desk.letters(1, 2)
    desk.later(hours=1)
    await desk.letters(3, code="bad-date")
    later = desk.now
    both = [row["id"] for row in await desk.rows()]

    async def of(**wanted: Any) -> list[Any]:
        return [one.letter for one in await plans.members(desk.database, (await desk.plan(**wanted)).id)]

    assert await of() == both
    assert await of(code="counterpart-bad-date") == both[2:]
    assert await of(until=later) == first
    assert await of(since=later) == both[2:]
    assert await of(ids=(both[1],)) == [both[1]]
    assert await of(limit=2) == both[:2]
    with pytest.raises(UsageError, match="no-letters"):
        await desk.plan(code="counterpart-bad-json")
    with pytest.raises(UsageError, match="no-such-letter"):
        await desk.plan(ids=(ITO.id,))
    with pytest.raises(UsageError, match="empty"):
        await plans_without_a_reason(desk)


async def plans_without_a_reason(desk: Desk) -> Plan:
    from consumers import planning  # noqa: PLC0415 - this one

    wanted = planning.Filter(desk.name)
    return await planning.plan(desk.settings, desk.database, desk.book, wanted, ITO, " ", desk.now)


@pytest.mark.threat("P5")
@pytest.mark.trap("D12")
async def test_nobody_approves_their_own_plan_and_one_approval_is_one_run(desk: Desk) -> None:
    await desk.letters(1)
    desk.accept()
    plan = await desk.plan()
    with pytest.raises(ApprovalRequired, match="second-person-is-the-first"):
        await desk.approve(plan, ITO)
    with pytest.raises(ApprovalRequired, match="plan-not-approved"):
        await desk.run(plan)
    await desk.approve(plan)
    with pytest.raises(NotPermitted, match="plan-approved"):
        await desk.approve(plan, KATO)
    await desk.run(plan)
    with pytest.raises(NotPermitted, match="plan-finished"):
        await desk.run(plan)


@pytest.mark.trap("D12")
async def test_an_approval_comes_in_time_and_is_used_in_time(desk: Desk) -> None:
    await desk.letters(1)
    late = await desk.plan()
    desk.later(hours=25)
    with pytest.raises(NotPermitted, match="plan-expired"):
        await desk.approve(late)
    unused = await desk.approved()
    desk.later(hours=73)
    with pytest.raises(NotPermitted, match="plan-expired"):
        await desk.run(unused)
    assert desk.told() == []


@pytest.mark.trap("input-22")
async def test_an_approval_that_only_a_clock_ahead_calls_expired_is_good_when_the_clock_is_right(desk: Desk) -> None:
    await desk.letters(1)
    desk.accept()
    plan = await desk.approved()
    desk.later(hours=73)
    with pytest.raises(NotPermitted, match="plan-expired"):
        await desk.run(plan)
    assert desk.told() == []
    desk.later(hours=-73)
    await desk.run(plan)
    assert await desk.states() == {"delivered": 1}


async def settled_otherwise(desk: Desk) -> None:
    desk.accept()
    other = await desk.approved(limit=1)
    await desk.run(other)


async def narrowed(desk: Desk) -> None:
    desk.change_contract(items=desk.contract.items[:-1])


async def protection(desk: Desk) -> None:
    await desk.relocate(1, protected=True)


async def another_in_front(desk: Desk) -> None:
    """A letter that was behind a correction of the database comes before."""
    await desk.database.execute(
        "INSERT INTO inbox.disclosures (position, contract, id, subject, partition, record_offset, state, code,"
        " received_at, next_attempt_at, first_failed_at) OVERRIDING SYSTEM VALUE"
        " SELECT position - 1000, contract, gen_random_uuid(), subject, partition, 0, 'dead', 'altered-token',"
        " received_at, next_attempt_at, received_at FROM inbox.disclosures"
    )


async def tried_again(desk: Desk) -> None:
    await desk.database.execute("UPDATE inbox.disclosures SET attempts = attempts + 1")


async def altered(desk: Desk) -> None:
    await desk.database.execute("ALTER TABLE inbox.plan_letters DISABLE TRIGGER append_only")
    await desk.database.execute("UPDATE inbox.plan_letters SET items = array_append(items, 'my_number')")


VOIDS = {
    "letter-settled": settled_otherwise, "contract-changed": narrowed, "protection-began": protection,
    "another-letter-first": another_in_front, "letter-changed": tried_again, "set-altered": altered,
}  # fmt: skip


@pytest.mark.threat("P5")
@pytest.mark.trap("D12")
@pytest.mark.parametrize("code", VOIDS)
@pytest.mark.parametrize("when", ["before the approval", "after the approval"])
async def test_any_change_of_the_set_voids_the_plan_whoever_notices(desk: Desk, code: str, when: str) -> None:
    desk.change_contract(items=(*desk.contract.items, "dv_protection"))
    await desk.letters(1, 2)
    plan = await desk.plan() if when == "before the approval" else await desk.approved()
    await VOIDS[code](desk)
    told = len(desk.told())
    with pytest.raises(NotPermitted, match=f"plan-void-{code}"):
        await (desk.approve(plan) if when == "before the approval" else desk.run(plan))
    assert (await desk.state(plan), len(desk.told())) == (("voided", code), told)
    with pytest.raises(NotPermitted, match="plan-voided"):
        await desk.run(plan)


async def test_nothing_of_a_plan_is_ever_altered(desk: Desk) -> None:
    await desk.letters(1)
    await desk.approved()
    for table in ("plans", "plan_letters", "plan_events"):
        for statement in ("DELETE FROM inbox.{}", "TRUNCATE inbox.{} CASCADE"):
            with pytest.raises(DatabaseError, match="0LP01"):
                await desk.database.execute(statement.format(table))


async def test_a_second_operator_may_plan_the_same_letters_and_whoever_is_first_releases_them(desk: Desk) -> None:
    await desk.letters(1)
    desk.accept()
    one, other = await desk.approved(), await desk.plan(MORI)
    await desk.approve(other)
    await desk.run(one)
    with pytest.raises(NotPermitted, match="plan-void-letter-settled"):
        await desk.run(other, MORI)
    assert len(desk.told()) == 1


async def test_who_is_born_moves_and_dies_is_decided_again_in_every_state(desk: Desk) -> None:
    record = people.record(5)
    desk.refuse(5)
    await desk.happens(5, "MOVE_IN_DOMESTIC", None, record)
    await desk.happens(5, "MOVE_OUT_DOMESTIC", record, None)
    await desk.deliver()
    desk.accept()
    assert (await desk.run(await desk.approved())).ended == {"delivered": 1}
    await desk.deliver()
    assert [one.state for one in desk.counterpart.taken] == ["entered", "deleted"]


async def test_the_contract_of_the_token_is_not_believed_but_decided_again(desk: Desk) -> None:
    """What was sealed under a wider contract than there is now is cut down, whatever its header says."""
    desk.change_contract(items=(*desk.contract.items, "household_no"))
    await desk.letters(1)
    desk.accept()
    desk.change_contract(items=desk.contract.items[:-1])
    await desk.run(await desk.approved())
    assert "household_no" not in desk.counterpart.taken[0].items
