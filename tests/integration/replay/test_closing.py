"""Closing a letter without telling it: discarded or corrected, by two persons; and seeing what is in one."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from consumers import closing, letters
from consumers.closing import Closing
from consumers.revealing import revealed
from hub import accounts
from hub.errors import ApprovalRequired, DatabaseError, NotPermitted, UsageError
from hub.people import Duty, Person
from tests import people
from tests.integration.replay.desk import ITO, KATO, MORI, Desk
from tests.office import cheap_passwords


async def ask(desk: Desk, *ids: UUID) -> Closing:
    return await closing.ask_discard(desk.database, desk.name, ids, ITO, "sent twice", desk.now)


async def approve(desk: Desk, asked: Closing, person: Person = KATO) -> int:
    return await closing.approve(desk.settings, desk.database, desk.book, asked.id, person, desk.now)


async def correct(desk: Desk, letter: UUID, change: UUID) -> Closing:
    return await closing.ask_correct(desk.database, desk.name, letter, change, ITO, "recorded anew", desk.now)


async def test_a_letter_is_discarded_by_two_persons_and_who_waited_behind_follows(desk: Desk) -> None:
    (letter,) = await desk.letters(1, each=3)
    desk.accept()
    asked = await ask(desk, letter)
    assert await desk.states() == {"dead": 1, "waiting": 2}
    assert await approve(desk, asked) == 1
    await desk.deliver()
    assert (await desk.states(), letter in desk.told()) == ({"discarded": 1, "delivered": 2}, False)
    assert (await desk.rows())[0]["token"] is None


@pytest.mark.trap("D12")
async def test_who_asked_does_not_approve_and_nothing_is_approved_twice_or_late(desk: Desk) -> None:
    one, other = await desk.letters(1, 2)
    asked, late = await ask(desk, one), await ask(desk, other)
    with pytest.raises(ApprovalRequired, match="second-person-is-the-first"):
        await approve(desk, asked, ITO)
    await approve(desk, asked)
    with pytest.raises(NotPermitted, match="approved-already"):
        await approve(desk, asked)
    desk.later(hours=25)
    with pytest.raises(NotPermitted, match="request-expired"):
        await approve(desk, late)
    with pytest.raises(UsageError, match="no-such-request"):
        await approve(desk, replace(late, id=uuid4()))


@pytest.mark.trap("input-22")
async def test_what_has_expired_only_by_a_clock_that_is_ahead_can_be_approved_once_it_is_right(desk: Desk) -> None:
    (letter,) = await desk.letters(1)
    asked = await ask(desk, letter)
    desk.later(hours=23)
    desk.later(hours=2)
    with pytest.raises(NotPermitted, match="request-expired"):
        await approve(desk, asked)
    desk.later(hours=-2)
    assert await approve(desk, asked) == 1


@pytest.mark.trap("input-22")
async def test_a_clock_that_is_behind_makes_nothing_void_and_nobody_a_second_person(desk: Desk) -> None:
    (letter,) = await desk.letters(1)
    asked = await ask(desk, letter)
    desk.later(hours=-2)
    with pytest.raises(ApprovalRequired, match="second-person-is-the-first"):
        await approve(desk, asked, ITO)
    assert await approve(desk, asked) == 1


async def test_a_letter_that_was_replayed_meanwhile_is_not_discarded(desk: Desk) -> None:
    one, other = await desk.letters(1, 2)
    desk.accept(1)
    asked = await ask(desk, one, other)
    await desk.run(await desk.approved(ids=(one,)))
    with pytest.raises(NotPermitted, match="letter-changed"):
        await approve(desk, asked)
    assert await desk.states() == {"delivered": 1, "dead": 1}


async def test_followers_of_a_discarded_letter_are_decided_again_where_the_contract_has_changed(desk: Desk) -> None:
    (letter,) = await desk.letters(1, each=2)
    desk.accept()
    desk.change_contract(items=desk.contract.items[:-1])
    await approve(desk, await ask(desk, letter))
    await desk.deliver()
    assert [(row["state"], row["code"]) for row in await desk.rows()] == [
        ("discarded", "counterpart-not-accepted"), ("dead", "decide-again"),
    ]  # fmt: skip


async def test_followers_of_a_discarded_letter_do_not_outlive_their_contract(desk: Desk) -> None:
    desk.change_contract(in_force_until=desk.now.date())
    (letter,) = await desk.letters(1, each=2)
    desk.accept()
    asked = await ask(desk, letter)
    desk.later(hours=23)
    await approve(desk, asked)
    await desk.deliver()
    assert (desk.told(), (await desk.rows())[1]["code"]) == ([], "decide-again")


async def retired(desk: Desk) -> None:
    await desk.database.execute("UPDATE hub.people SET retired_at = $1", desk.now)


async def viewing(desk: Desk) -> None:
    await accounts.set_duties(desk.database, "sato", frozenset({Duty.VIEWER}))


@pytest.mark.parametrize(("become", "code"), [(retired, "asker-retired"), (viewing, "asker-without-duty")])
async def test_what_somebody_asked_for_who_is_no_longer_there_for_it_is_void(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, become: Callable[[Desk], Awaitable[None]], code: str
) -> None:
    cheap_passwords(monkeypatch)
    (letter,) = await desk.letters(1)
    sato = await accounts.add(desk.database, "sato", frozenset({Duty.OPERATOR}), "three blue birds fly", desk.now)
    asked = await closing.ask_discard(desk.database, desk.name, [letter], sato, "sent twice", desk.now)
    plan = await desk.plan(sato)
    await become(desk)
    with pytest.raises(NotPermitted, match=code):
        await approve(desk, asked)
    with pytest.raises(NotPermitted, match=code):
        await desk.approve(plan)
    assert await desk.states() == {"dead": 1}


@pytest.mark.parametrize("gone", ["asker", "approver"])
async def test_a_replay_does_not_begin_once_who_asked_for_it_or_approved_it_is_no_longer_in_office(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, gone: str
) -> None:
    cheap_passwords(monkeypatch)
    await desk.letters(1)
    asker, approver = [
        await accounts.add(desk.database, name, frozenset({duty}), "three blue birds fly", desk.now)
        for name, duty in (("asker", Duty.OPERATOR), ("approver", Duty.APPROVER))
    ]
    plan = await desk.plan(asker)
    await desk.approve(plan, approver)
    await desk.database.execute("UPDATE hub.people SET retired_at = $1 WHERE name = $2", desk.now, gone)
    with pytest.raises(NotPermitted, match=f"{gone}-retired"):
        await desk.run_alone(plan)
    assert (await desk.states(), await desk.releases()) == ({"dead": 1}, [])


async def test_a_correction_is_a_later_change_and_the_letter_says_which_stands_for_which(desk: Desk) -> None:
    first = await desk.relocate(1)
    desk.refuse(1)
    await desk.deliver()
    letter = (await desk.rows())[0]["id"]
    second = await desk.relocate(1)
    desk.accept()
    asked = await correct(desk, letter, second)
    await approve(desk, asked)
    await desk.deliver()
    assert (asked.causation, asked.correction) == ([first], second)
    assert await desk.states() == {"corrected": 1, "delivered": 1}
    assert letter not in desk.told()


async def test_no_other_change_can_stand_for_a_letter(desk: Desk) -> None:
    earlier = await desk.relocate(1)
    await desk.deliver()
    (letter,) = await desk.letters(1)
    of_another = await desk.relocate(5)
    untold = await desk.happens(1, "HEAD_CHANGED", desk.records[1], desk.records[1] | people.in_household_of(9, "妻"))
    for change, code in ((earlier, "not-later"), (of_another, "another-resident"), (uuid4(), "unknown-change"),
                         (untold, "not-told-to-this-contract")):  # fmt: skip
        with pytest.raises(NotPermitted, match=code):
            await correct(desk, letter, change)


async def test_an_extraction_for_something_else_corrects_nothing_and_what_is_told_again_whole_may(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    tax = Desk(desk.settings, desk.database, monkeypatch, "tax")
    (letter,) = await tax.letters(1)
    now = tax.records[1]
    order = {"order": str(uuid4()), "items": ["name"]}
    extracted = await tax.happens(1, "SNAPSHOT", None, now, to=["tax"], transfer=order)
    with pytest.raises(NotPermitted, match="not-a-change"):
        await correct(tax, letter, extracted)
    told_again = await tax.happens(1, "SNAPSHOT", None, now, to=["tax"])
    assert (await correct(tax, letter, told_again)).correction == told_again


@pytest.mark.threat("D4")
async def test_what_persons_have_asked_for_and_approved_is_never_altered(desk: Desk) -> None:
    (letter,) = await desk.letters(1)
    await approve(desk, await ask(desk, letter))
    for table in ("closings", "closing_ends"):
        with pytest.raises(DatabaseError, match="0LP01"):
            await desk.database.execute(f"DELETE FROM inbox.{table}")


async def test_a_reason_is_needed_and_a_letter_that_is_one(desk: Desk) -> None:
    (letter,) = await desk.letters(1)
    with pytest.raises(UsageError, match="empty"):
        await closing.ask_discard(desk.database, desk.name, [letter], ITO, "  ", desk.now)
    with pytest.raises(UsageError, match="no-such-letter"):
        await ask(desk, uuid4())


@pytest.mark.threat("P3")
async def test_a_letter_is_shown_without_a_value(desk: Desk) -> None:
    (letter,) = await desk.letters(1, each=2)
    found = await letters.inside(desk.settings, desk.database, letter)
    said = found.as_json()
    assert (said["items"]["name"], said["items"]["former_surname"], said["behind"]) == (True, False, 1)
    assert set(said["items"].values()) == {True, False}
    assert people.record(1)["name"] not in str(said)
    assert found.sealed_under == desk.contract.hash


async def test_a_letter_that_does_not_open_says_why(desk: Desk) -> None:
    (letter,) = await desk.letters(1)
    altered = "overlay(token PLACING 'AAAA'::bytea FROM length(token) - 3)"
    await desk.database.execute(f"UPDATE inbox.disclosures SET token = {altered}")
    assert (await letters.inside(desk.settings, desk.database, letter)).opens == "altered-token"


@pytest.mark.threat("P3")
async def test_values_are_revealed_up_to_a_quota_a_day_of_each_person(desk: Desk) -> None:
    (letter,) = await desk.letters(1)
    settings = desk.settings.model_copy(update={"reveals_a_day": 2})

    async def look(person: Person) -> str:
        found = await revealed(settings, desk.database, letter, person, "is it whole?", desk.now)
        return str(found["items"]["name"])

    assert [await look(ITO), await look(ITO)] == [people.record(1)["name"]] * 2
    with pytest.raises(NotPermitted, match="quota-used-up"):
        await look(ITO)
    assert await look(MORI) == people.record(1)["name"]
    desk.later(hours=25)
    assert await look(ITO) == people.record(1)["name"]
    with pytest.raises(UsageError, match="empty"):
        await revealed(settings, desk.database, letter, ITO, " ", desk.now)


async def test_groups_say_how_many_since_when_who_waits_and_how_long_it_can_be_decided(desk: Desk) -> None:
    start = desk.now
    await desk.letters(1, 2, each=3)
    desk.later(hours=2)
    await desk.letters(3, code="bad-date")
    found = await letters.groups(desk.database, desk.name)
    assert [(one.code, one.count, one.behind, one.residents) for one in found] == [
        ("counterpart-bad-date", 1, 0, 1), ("counterpart-not-accepted", 2, 4, 2),
    ]  # fmt: skip
    assert (found[1].first, found[1].last) == (start, start)
    assert (found[1].decidable_until - start).days == 7
    assert await letters.groups(desk.database, "tax") == []
