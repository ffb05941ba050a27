"""A person who comes onto the register: the whole record, from the notice and the numbers of this city.

Somebody who has been here before is the same human being: the resident and both numbers stay, however long ago it was.
A protection that nobody has ended comes back with them (支援措置 ends by decision alone). Japanese nationals have none
of the items of 法30条の45, foreign nationals have a category of it and none of those that it excepts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from contracts.record import Record
from producers.household import FOREIGN_ITEMS, JAPANESE_ITEMS, Allotted, Person, View
from producers.notices import Newcomer
from producers.refusals import NoticeRefused

EMPTY: dict[str, None] = dict.fromkeys(
    name for name in Record.__annotations__
    if name not in {"is_japanese", "removal_date", "change_action", "change_reason", "change_date"}
)  # fmt: skip
"""Every item that a record states, as yet unknown."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A newcomer with the numbers that apply."""

    numbers: Allotted
    stated: dict[str, Any]
    former: Person | None

    def protection(self) -> dict[str, Any]:
        """The flag and the measure with which this person enters."""
        if self.former is None or self.former.record.get("protected") is False:
            return {"protected": False, "dv_protection": None}
        return {"protected": True, "dv_protection": self.former.record.get("dv_protection")}


def entries(persons: list[Newcomer], view: View) -> Iterator[Entry]:
    """Each newcomer with numbers: the old ones, or the next allotted set. Refuses who is here or named twice."""
    numbers = [person.my_number for person in persons if person.my_number is not None]
    if len(set(numbers)) != len(numbers):
        raise NoticeRefused("named-twice", "persons.my_number")
    fresh = iter(view.allotted)
    for person in persons:
        _check_nationality(person)
        former = _former(person, view)
        yield Entry(next(fresh) if former is None else _numbers(former), person.items(), former)


def _check_nationality(person: Newcomer) -> None:
    stated = {name for name, value in person.items().items() if value is not None}
    if person.nationality is None:
        if stated & {*FOREIGN_ITEMS}:
            raise NoticeRefused("only-for-foreigners", "persons")
        return
    if stated & {*JAPANESE_ITEMS}:
        raise NoticeRefused("only-for-japanese", "persons")
    if person.art30_45_category is None:
        raise NoticeRefused("category-missing", "persons.art30_45_category")


def _former(person: Newcomer, view: View) -> Person | None:
    if person.my_number is None:
        return None
    if any(here.record.get("my_number") == person.my_number for here in view.people.values()):
        raise NoticeRefused("already-on-register", "persons.my_number")
    gone = [former for former in view.former.values() if former.record.get("my_number") == person.my_number]
    return gone[0] if gone else None


def _numbers(former: Person) -> Allotted:
    return Allotted(former.resident, former.atena_no, str(former.record["togo_atena_no"]))


def record(entry: Entry, household_no: str, since: Any, address: Any) -> dict[str, Any]:
    """The new record, not yet with a place in the household."""
    japanese, known = entry.stated["nationality"] is None, entry.stated["foreign_resident_since"]
    since_items = {"resident_since": since} if japanese else {"foreign_resident_since": known or since}
    return {
        **EMPTY, **entry.stated, **since_items, **_alias(entry, since), **entry.protection(),
        "atena_no": entry.numbers.atena_no, "togo_atena_no": entry.numbers.togo_atena_no,
        "household_no": household_no, "address": address, "address_fixed_date": since,
    }  # fmt: skip


def _alias(entry: Entry, since: Any) -> dict[str, Any]:
    """令30条の17: a 通称 is entered with its history."""
    alias = entry.stated["alias_name"]
    return {} if alias is None else {"alias_history": [{"alias": alias, "entered_on": since}]}
