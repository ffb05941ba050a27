"""転居 (住基法23条): another address inside the city, alone or together, possibly into another household.

1. Who moves is on the register and in one household. 2. All of a household: it keeps its number and its head. 3. Some
found a new household: exactly one of them is its head. 4. Into an existing household: its head stays. 5. Where the head
leaves others behind, a new head is demanded. 6. The address before the move is kept. 7. Whoever comes into another
household by moving has two Changes: RELOCATE for the address, and HOUSEHOLD_CHANGED for household and item 4 of 法7条,
which is all that the 中間サーバー hears of, and which it would otherwise never hear.
"""

from typing import Any

from producers.household import (
    Leaving,
    Person,
    View,
    head_of,
    those_who_stay,
    unaltered,
    under,
    under_new_head,
)
from producers.notices import Relocate
from producers.outbox import Draft
from producers.refusals import NoticeRefused


def to_changes(notice: Relocate, view: View) -> list[Draft]:
    """RELOCATE for each who moves, HOUSEHOLD_CHANGED where that is into another household.

    Those who stay have a HEAD_CHANGED or a HOUSEHOLD_CHANGED, those who are joined a HOUSEHOLD_CHANGED.
    """
    people = view.find_all(notice.atena_nos)
    left = view.members(people[0].household_no)
    joined, records = _into(people, left, notice, view)
    moved = [draft for who, record in zip(people, records, strict=True) for draft in _moved(who, record, notice)]
    leaving = Leaving(notice.on, notice.notified_on, notice.new_head, notice.relationships)
    return [
        *moved, *those_who_stay(left, people, leaving, "HOUSEHOLD_CHANGED"),
        *(unaltered(who, "HOUSEHOLD_CHANGED", notice.on, notice.notified_on) for who in joined),
    ]  # fmt: skip


def _into(
    people: list[Person], left: list[Person], notice: Relocate, view: View
) -> tuple[list[Person], list[dict[str, Any]]]:
    if notice.household_no is not None:
        joined = _joined(people, notice.household_no, view)
        return joined, _under_their_head(people, joined, notice)
    if len(people) == len(left):
        return [], [dict(person.record) for person in people]
    return [], _founding(people, notice, view)


def _joined(people: list[Person], household_no: str, view: View) -> list[Person]:
    if people[0].household_no == household_no:
        raise NoticeRefused("same-household", "household_no")
    return view.members(household_no)


def _under_their_head(people: list[Person], joined: list[Person], notice: Relocate) -> list[dict[str, Any]]:
    if any(person.atena_no not in notice.movers for person in people):
        raise NoticeRefused("relationship-missing", "movers")
    head = head_of(joined)
    return [
        {**under(person.record, head.record["name"], notice.movers[person.atena_no], "movers"),
         "household_no": head.household_no}
        for person in people
    ]  # fmt: skip


def _founding(people: list[Person], notice: Relocate, view: View) -> list[dict[str, Any]]:
    if notice.head is None:
        raise NoticeRefused("one-head-needed", "head")
    placed = under_new_head(people, notice.head, notice.movers)
    return [{**record, "household_no": view.new_household_no} for _, record in placed]


def _moved(who: Person, record: dict[str, Any], notice: Relocate) -> list[Draft]:
    move = {
        "address": notice.address, "address_fixed_date": notice.on, "previous_address": who.record["address"],
    }  # fmt: skip
    there, settled = {**who.record, **move}, {**record, **move}
    drafts = [Draft(who.resident, "RELOCATE", who.record, there, notice.on, notice.notified_on)]
    if settled != there:
        drafts.append(Draft(who.resident, "HOUSEHOLD_CHANGED", there, settled, notice.on, notice.notified_on))
    return drafts
