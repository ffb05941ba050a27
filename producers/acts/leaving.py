"""Who leaves the register for good: the record is deleted, and those who stay behind have a head."""

from collections.abc import Sequence

from producers.household import Leaving, Person, View, those_who_stay
from producers.outbox import Draft


def deleted(people: Sequence[Person], kind: str, notice: Leaving, view: View) -> list[Draft]:
    """`kind` for each, and HEAD_CHANGED for each of those who stay where the head is among them."""
    gone = [Draft(who.resident, kind, who.record, None, notice.on, notice.notified_on) for who in people]
    return gone + those_who_stay(view.members(people[0].household_no), people, notice)
