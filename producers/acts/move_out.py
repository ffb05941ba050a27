"""転出 (住基法24条): planned first, carried out on the day or when the other municipality confirms.

1. Who leaves is on the register and in one household. 2. The destination enters the record (MOVE_OUT_PLANNED); filed
before the day, nothing is deleted yet. 3. Filed on the day or late, confirmed by a 転入通知, or come to its day: the
record is deleted. 4. Where the head leaves others behind, the notice that deletes names the new head.
"""

from collections.abc import Sequence
from datetime import date

from producers.household import Leaving, Person, View, those_who_stay
from producers.notices import MoveOut, MoveOutConfirmed, MoveOutDue, Movers
from producers.outbox import Draft
from producers.refusals import NoticeRefused


def to_changes(notice: MoveOut, view: View) -> list[Draft]:
    """MOVE_OUT_PLANNED for each, and MOVE_OUT_DOMESTIC behind it where the day has come already."""
    people = view.find_all(notice.atena_nos)
    if any(_is_planned(person) for person in people):
        raise NoticeRefused("already-planned", "atena_nos")
    leaving = [Person(who.resident, {**who.record, "move_out_destination": notice.destination}) for who in people]
    planned = [
        Draft(who.resident, "MOVE_OUT_PLANNED", who.record, after.record, notice.on, notice.notified_on)
        for who, after in zip(people, leaving, strict=True)
    ]
    come = date.fromisoformat(notice.moves_on) <= view.today
    return planned + (_deleted(leaving, notice, view) if come else [])


def confirmed(notice: MoveOutConfirmed, view: View) -> list[Draft]:
    """MOVE_OUT_CONFIRMED and MOVE_OUT_DOMESTIC for each."""
    people = _planned(notice.atena_nos, view)
    received = [
        Draft(who.resident, "MOVE_OUT_CONFIRMED", who.record, who.record, notice.on, notice.notified_on)
        for who in people
    ]
    return received + _deleted(people, notice, view)


def due(notice: MoveOutDue, view: View) -> list[Draft]:
    """MOVE_OUT_DOMESTIC for each: the planned day has come."""
    return _deleted(_planned(notice.atena_nos, view), notice, view)


def _planned(atena_nos: Sequence[str], view: View) -> list[Person]:
    people = view.find_all(atena_nos)
    if not all(_is_planned(person) for person in people):
        raise NoticeRefused("not-planned", "atena_nos")
    return people


def _is_planned(person: Person) -> bool:
    return person.record.get("move_out_destination") is not None


def _deleted(people: Sequence[Person], notice: Movers, view: View) -> list[Draft]:
    gone = [
        Draft(who.resident, "MOVE_OUT_DOMESTIC", who.record, None, notice.on, notice.notified_on) for who in people
    ]
    return gone + those_who_stay(
        view.members(people[0].household_no), people,
        Leaving(notice.on, notice.notified_on, notice.new_head, notice.relationships),
    )  # fmt: skip
