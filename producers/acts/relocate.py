"""転居 (住基法23条): another address inside the city, alone or together, possibly into another household.

1. Who moves is on the register and in one household. 2. All of a household: it keeps its number and its head. 3. Some
found a new household: exactly one of them is its head. 4. Into an existing household: its head stays. 5. Where the head
leaves others behind, a new head is demanded. 6. The address before the move is kept. 7. Whoever comes into another
household by moving has two Changes: RELOCATE for the address, and HOUSEHOLD_CHANGED for household and item 4 of 法7条,
which is all that the 中間サーバー hears of, and which it would otherwise never hear.
"""

from typing import Any

from producers.acts.regroup import Records, founding, joining
from producers.household import Person, View, those_who_stay, unaltered
from producers.notices import Relocate
from producers.outbox import Draft


def to_changes(notice: Relocate, view: View) -> list[Draft]:
    """RELOCATE for each who moves, HOUSEHOLD_CHANGED where that is into another household.

    Those who stay have a HEAD_CHANGED or a HOUSEHOLD_CHANGED, those who are joined a HOUSEHOLD_CHANGED.
    """
    people = view.find_all(notice.atena_nos)
    left = view.members(people[0].household_no)
    joined, records = _into(people, left, notice, view)
    moved = [draft for who, record in zip(people, records, strict=True) for draft in _moved(who, record, notice)]
    return [
        *moved, *those_who_stay(left, people, notice, "HOUSEHOLD_CHANGED"),
        *(unaltered(who, "HOUSEHOLD_CHANGED", notice.on, notice.notified_on) for who in joined),
    ]  # fmt: skip


def _into(people: list[Person], left: list[Person], notice: Relocate, view: View) -> tuple[list[Person], Records]:
    if notice.household_no is not None:
        return joining(people, notice.household_no, notice.movers, view)
    if len(people) == len(left):
        return [], [dict(person.record) for person in people]
    return [], founding(people, notice.head, notice.movers, view)


def _moved(who: Person, record: dict[str, Any], notice: Relocate) -> list[Draft]:
    move = {
        "address": notice.address, "address_fixed_date": notice.on, "previous_address": who.record["address"],
    }  # fmt: skip
    there, settled = {**who.record, **move}, {**record, **move}
    drafts = [Draft(who.resident, "RELOCATE", who.record, there, notice.on, notice.notified_on)]
    if settled != there:
        drafts.append(Draft(who.resident, "HOUSEHOLD_CHANGED", there, settled, notice.on, notice.notified_on))
    return drafts
