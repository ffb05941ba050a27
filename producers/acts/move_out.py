"""転出 (住基法24条): planned first, carried out on the day or when the other municipality confirms.

1. Who leaves is on the register and in one household. 2. Filed before the day: the destination enters the record
(MOVE_OUT_PLANNED), nothing is deleted. 3. Filed on the day or late, or confirmed by a 転入通知: deleted. 4. Where the
head leaves others behind, the notice that deletes names the new head.
"""

from collections.abc import Sequence
from datetime import date

from producers.household import Leaving, Person, View, those_who_stay
from producers.notices import MoveOut, MoveOutConfirmed
from producers.outbox import Draft
from producers.refusals import NoticeRefused


def to_changes(notice: MoveOut, view: View) -> list[Draft]:
    """MOVE_OUT_PLANNED for each, or where the day has come MOVE_OUT_DOMESTIC."""
    people = view.find_all(notice.atena_nos)
    if any(_is_planned(person) for person in people):
        raise NoticeRefused("already-planned", "atena_nos")
    told = [Person(who.resident, {**who.record, "move_out_destination": notice.destination}) for who in people]
    if date.fromisoformat(notice.moves_on) <= view.today:
        return _deleted(told, notice, view)
    return [
        Draft(who.resident, "MOVE_OUT_PLANNED", who.record, planned.record, notice.on, notice.notified_on)
        for who, planned in zip(people, told, strict=True)
    ]


def confirmed(notice: MoveOutConfirmed, view: View) -> list[Draft]:
    """MOVE_OUT_CONFIRMED and MOVE_OUT_DOMESTIC for each."""
    people = view.find_all(notice.atena_nos)
    if not all(_is_planned(person) for person in people):
        raise NoticeRefused("not-planned", "atena_nos")
    received = [
        Draft(who.resident, "MOVE_OUT_CONFIRMED", who.record, who.record, notice.on, notice.notified_on)
        for who in people
    ]
    return received + _deleted(people, notice, view)


def _is_planned(person: Person) -> bool:
    return person.record.get("move_out_destination") is not None


def _deleted(people: Sequence[Person], notice: MoveOut | MoveOutConfirmed, view: View) -> list[Draft]:
    gone = [
        Draft(who.resident, "MOVE_OUT_DOMESTIC", who.record, None, notice.on, notice.notified_on) for who in people
    ]
    return gone + those_who_stay(
        view.members(people[0].household_no), people,
        Leaving(notice.on, notice.notified_on, notice.new_head, notice.relationships),
    )  # fmt: skip
