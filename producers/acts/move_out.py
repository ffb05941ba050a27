"""転出 (住基法24条): planned first, carried out on the day or when the other municipality confirms, or taken back.

1. Who leaves is on the register and in one household. 2. The destination enters the record (MOVE_OUT_PLANNED); filed
before the day, nothing is deleted yet. 3. Filed on the day or late, confirmed by a 転入通知, or come to its day: the
record is deleted (MOVE_OUT_DOMESTIC, MOVE_OUT_ABROAD). 4. Where the head leaves others behind, the notice that deletes
names the new head. 5. 特例転出 (24条の2) is the same without a paper certificate, and needs the card. 6. Taken back
(転出取消), the plan alone goes: the record keeps what else has changed, and the Change names the plan that it cancels.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from producers.acts.leaving import deleted
from producers.household import Person, View
from producers.notices import Departure, MoveOut, MoveOutAbroad, MoveOutCancelled, MoveOutConfirmed, MoveOutDue
from producers.outbox import Draft
from producers.refusals import NoticeRefused

_DOMESTIC, _ABROAD = "MOVE_OUT_DOMESTIC", "MOVE_OUT_ABROAD"


def to_changes(notice: MoveOut, view: View) -> list[Draft]:
    """MOVE_OUT_PLANNED for each, and MOVE_OUT_DOMESTIC behind it where the day has come already."""
    if notice.special is not None and not notice.special.card_presented:
        raise NoticeRefused("card-needed", "special.card_presented")
    return _departing(notice, view, _DOMESTIC)


def abroad(notice: MoveOutAbroad, view: View) -> list[Draft]:
    """MOVE_OUT_PLANNED for each, and MOVE_OUT_ABROAD behind it where the day has come already."""
    return _departing(notice, view, _ABROAD)


def confirmed(notice: MoveOutConfirmed, view: View) -> list[Draft]:
    """MOVE_OUT_CONFIRMED and MOVE_OUT_DOMESTIC for each."""
    people = _planned(notice.atena_nos, view)
    received = [
        Draft(who.resident, "MOVE_OUT_CONFIRMED", who.record, who.record, notice.on, notice.notified_on)
        for who in people
    ]
    return received + deleted(people, _DOMESTIC, notice, view)


def due(notice: MoveOutDue, view: View) -> list[Draft]:
    """MOVE_OUT_DOMESTIC or MOVE_OUT_ABROAD for each: the planned day has come."""
    return deleted(_planned(notice.atena_nos, view), _ABROAD if notice.abroad else _DOMESTIC, notice, view)


def cancelled(notice: MoveOutCancelled, view: View) -> list[Draft]:
    """EX_OFFICIO_CORRECTION for each, which cancels the plan."""
    return [
        Draft(who.resident, "EX_OFFICIO_CORRECTION", who.record, {**who.record, "move_out_destination": None},
              notice.on, notice.notified_on, cancels=_plan_of(who, view))
        for who in _planned(notice.atena_nos, view)
    ]  # fmt: skip


def _plan_of(who: Person, view: View) -> UUID | None:
    plans = [past.id for past in view.past.get(who.resident, ()) if past.kind == "MOVE_OUT_PLANNED"]
    return plans[-1] if plans else None


def _departing(notice: Departure, view: View, kind: str) -> list[Draft]:
    people = view.find_all(notice.atena_nos)
    if any(_is_planned(person) for person in people):
        raise NoticeRefused("already-planned", "atena_nos")
    leaving = [Person(who.resident, {**who.record, "move_out_destination": notice.destination}) for who in people]
    planned = [
        Draft(who.resident, "MOVE_OUT_PLANNED", who.record, after.record, notice.on, notice.notified_on)
        for who, after in zip(people, leaving, strict=True)
    ]
    come = date.fromisoformat(notice.moves_on) <= view.today
    return planned + (deleted(leaving, kind, notice, view) if come else [])


def _planned(atena_nos: Sequence[str], view: View) -> list[Person]:
    people = view.find_all(atena_nos)
    if not all(_is_planned(person) for person in people):
        raise NoticeRefused("not-planned", "atena_nos")
    return people


def _is_planned(person: Person) -> bool:
    return person.record.get("move_out_destination") is not None
