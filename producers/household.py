"""Households as the acts see them: who lives together, who is the head, what changes for the others.

Item 4 of 住基法7条 is for a head the fact of being it (その旨), and for everybody else the head's name and the
relationship to the head: a head's own name is no part of it, and does not stand there. A household has one head,
always. When the head goes, a new one is demanded, and with it every other member's relationship to the new head: a
relationship is a fact that somebody must state, so none is ever guessed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol
from uuid import UUID

from producers.outbox import Draft
from producers.refusals import NoticeRefused

HEAD = "世帯主"
FOREIGN_ITEMS = (
    "nationality", "foreign_resident_since", "art30_45_category", "residence_status", "residence_expiry",
    "residence_card_no", "alias_name", "alias_history",
)  # fmt: skip
"""What only foreign residents have (住基法30条の45, 令30条の16, 30条の17)."""
JAPANESE_ITEMS = ("honseki", "resident_since", "electoral_roll", "former_surname")
"""What they do not have (住基法30条の45: 7条5号, 6号, 9号; 令30条の13)."""
Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Person:
    """One resident and the current record; for somebody who has left, the last one."""

    resident: UUID
    record: Record

    @property
    def atena_no(self) -> str:
        return str(self.record["atena_no"])

    @property
    def household_no(self) -> str:
        return str(self.record["household_no"])

    @property
    def is_head(self) -> bool:
        return bool(self.record["is_household_head"])

    @property
    def is_foreign(self) -> bool:
        return self.record.get("nationality") is not None


@dataclass(frozen=True, slots=True)
class Allotted:
    """Numbers of this city for one new person: nobody has had them before."""

    resident: UUID
    atena_no: str
    togo_atena_no: str


@dataclass(frozen=True, slots=True)
class Past:
    """A Change as it was recorded."""

    id: UUID
    resident: UUID
    kind: str
    before: Record | None
    after: Record | None
    cancels: UUID | None = None


@dataclass(frozen=True, slots=True)
class View:
    """What an act may know of the register, locked: everybody in the households concerned, by 宛名番号.

    `former`: those concerned who were on the register once and are not now. `allotted`: one set of numbers for each
    newcomer of the notice. `today`: the day in Japan. For acts that look back: `past`, what was recorded about each
    concerned, the oldest first; `together`, the ids of what was recorded under the notice that is taken back.
    """

    today: date
    people: Mapping[str, Person]
    former: Mapping[str, Person] = field(default_factory=dict)
    allotted: Sequence[Allotted] = ()
    new_household_no: str = ""
    past: Mapping[UUID, Sequence[Past]] = field(default_factory=dict)
    together: Sequence[UUID] = ()

    def find(self, atena_no: str, place: str = "atena_no") -> Person:
        """Somebody on the register; NoticeRefused `not-on-register` otherwise."""
        person = self.people.get(atena_no)
        if person is None:
            raise NoticeRefused("not-on-register", place)
        return person

    def find_all(self, atena_nos: Sequence[str]) -> list[Person]:
        """Several, all of one household, none twice."""
        if len(set(atena_nos)) != len(atena_nos):
            raise NoticeRefused("named-twice", "atena_nos")
        found = [self.find(atena_no, "atena_nos") for atena_no in atena_nos]
        if len({person.household_no for person in found}) > 1:
            raise NoticeRefused("different-households", "atena_nos")
        return found

    def members(self, household_no: str) -> list[Person]:
        """Everybody of a household, in the order of their 宛名番号; NoticeRefused where there is nobody."""
        found = [person for _, person in sorted(self.people.items()) if person.household_no == household_no]
        if not found:
            raise NoticeRefused("unknown-household", "household_no")
        return found

    def everybody(self) -> Iterator[Person]:
        """Whoever is or was on the register, as far as concerned."""
        yield from self.people.values()
        yield from self.former.values()

    def record_of(self, resident: UUID) -> Record | None:
        """The record of a resident who is on the register; None of somebody who is not."""
        return next((who.record for who in self.people.values() if who.resident == resident), None)

    def check_number_free(self, my_number: str, owner: UUID) -> None:
        """NoticeRefused `number-taken` where somebody other than `owner` has or had this 個人番号 last."""
        if any(who.record.get("my_number") == my_number and who.resident != owner for who in self.everybody()):
            raise NoticeRefused("number-taken", "my_number")


def head_of(members: Iterable[Person]) -> Person:
    """The head among the members of one household."""
    return next(member for member in members if member.is_head)


def as_head(record: Record) -> dict[str, Any]:
    """The record of somebody who is head of the household: the fact, and no name (住基法7条4号)."""
    return {**record, "is_household_head": True, "household_head_name": None, "relationship_to_head": HEAD}


def under(record: Record, head_name: Any, relationship: str, place: str = "relationships") -> dict[str, Any]:
    """The record of somebody who lives with that head."""
    if relationship == HEAD:
        raise NoticeRefused("head-exists", place)
    return {
        **record, "is_household_head": False, "household_head_name": head_name, "relationship_to_head": relationship,
    }  # fmt: skip


def under_new_head(
    members: Sequence[Person], new_head: str | None, relationships: Mapping[str, str]
) -> list[tuple[Person, dict[str, Any]]]:
    """Every member with the record under `new_head`; demands a relationship for each other one and for no one else."""
    by_number = {member.atena_no: member for member in members}
    if new_head is None:
        raise NoticeRefused("new-head-needed", "new_head")
    if new_head not in by_number:
        raise NoticeRefused("new-head-not-a-member", "new_head")
    _check_relationships(by_number.keys() - {new_head}, relationships)
    name = by_number[new_head].record["name"]
    return [
        (member, as_head(member.record) if number == new_head else under(member.record, name, relationships[number]))
        for number, member in by_number.items()
    ]


def _check_relationships(others: set[str], relationships: Mapping[str, str]) -> None:
    if others - relationships.keys():
        raise NoticeRefused("relationship-missing", "relationships")
    if relationships.keys() - others:
        raise NoticeRefused("not-a-member", "relationships")


def those_who_stay(
    members: Sequence[Person], leaving: Sequence[Person], notice: "Leaving", kind: str | None = None
) -> list[Draft]:
    """The Changes of those who stay behind: HEAD_CHANGED for each where the head leaves, else `kind` with an unaltered
    record, or nothing."""
    gone = {person.resident for person in leaving}
    staying = [member for member in members if member.resident not in gone]
    if not staying:
        return []
    if any(person.is_head for person in leaving):
        changed = under_new_head(staying, notice.new_head, notice.relationships)
        return [Draft(who.resident, "HEAD_CHANGED", who.record, after, notice.on, notice.notified_on)
                for who, after in changed]  # fmt: skip
    if notice.new_head is not None:
        raise NoticeRefused("new-head-not-needed", "new_head")
    return [] if kind is None else [unaltered(who, kind, notice.on, notice.notified_on) for who in staying]


def under_renamed_head(head: Person, name: Any, view: View, on: Any, notified_on: Any) -> list[Draft]:
    """HEAD_NAME_CORRECTED for everybody else where a head is called otherwise from now on (住基法7条4号)."""
    if not head.is_head or name == head.record["name"]:
        return []
    others = [who for who in view.members(head.household_no) if who.resident != head.resident]
    return [
        Draft(who.resident, "HEAD_NAME_CORRECTED", who.record, {**who.record, "household_head_name": name},
              on, notified_on)
        for who in others
    ]  # fmt: skip


def unaltered(who: Person, kind: str, on: Any, notified_on: Any) -> Draft:
    """A Change that concerns somebody whose own record stays as it is."""
    return Draft(who.resident, kind, who.record, who.record, on, notified_on)


class Leaving(Protocol):
    """What a notice says for those who stay behind."""

    @property
    def on(self) -> Any:
        """The day of the event."""

    @property
    def notified_on(self) -> Any:
        """The day of the notice."""

    @property
    def new_head(self) -> str | None:
        """宛名番号 of who is head from now on."""

    @property
    def relationships(self) -> Mapping[str, str]:
        """宛名番号 -> 続柄 to the new head."""
