"""Whoever comes onto the register, into a new household or an existing one: 転入, 国外転入, 職権記載 alike.

1. Nobody who is on the register can come in. 2. A new household has exactly one head among those who come. 3. An
existing household keeps its head, and those who already live there are told of the new composition. 4. The previous
address is kept (住基法7条8号).
"""

from typing import Any

from producers.acts import newcomers
from producers.household import HEAD, View, as_head, head_of, unaltered, under
from producers.notices import Entering
from producers.outbox import Draft
from producers.refusals import NoticeRefused


def entered(notice: Entering, view: View, kind: str) -> list[Draft]:
    """`kind` for each person, HOUSEHOLD_CHANGED for each who lives there already."""
    there = view.members(notice.household_no) if notice.household_no is not None else []
    records = [(entry, _record(entry, notice, view)) for entry in newcomers.entries(notice.persons, view)]
    head_name = head_of(there).record["name"] if there else _new_head(notice)
    come = [
        Draft(entry.numbers.resident, kind, None,
              _placed(record, head_name, founding=not there), notice.on, notice.notified_on)
        for entry, record in records
    ]  # fmt: skip
    return come + [unaltered(who, "HOUSEHOLD_CHANGED", notice.on, notice.notified_on) for who in there]


def _record(entry: newcomers.Entry, notice: Entering, view: View) -> dict[str, Any]:
    household_no = notice.household_no or view.new_household_no
    return {
        **newcomers.record(entry, household_no, notice.on, notice.address),
        "previous_address": notice.previous_address, "notified_date": notice.notified_on,
    }  # fmt: skip


def _new_head(notice: Entering) -> str:
    heads = [person.name for person in notice.persons if person.relationship_to_head == HEAD]
    if len(heads) != 1:
        raise NoticeRefused("one-head-needed", "persons.relationship_to_head")
    return heads[0]


def _placed(record: dict[str, Any], head_name: Any, *, founding: bool) -> dict[str, Any]:
    relationship = record["relationship_to_head"]
    if founding and relationship == HEAD:
        return as_head(record)
    return under(record, head_name, relationship, "persons.relationship_to_head")
