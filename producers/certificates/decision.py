"""Who may have which copy: the law's questions in their order, and then the copy, built up from what was asked for.

1. Whose: people of one household, or one 除票.
2. By which article: the person and the household ask by 12条1項 (of a 除票 the person alone, 15条の4第1項), organs by
   12条の2 and others by 12条の3, saying what for.
3. 支援措置: nothing about a protected person reaches the other party, neither their own row, nor the household's copy,
   nor a head's name, nor a copy of somebody who lives with them (12条6項).
4. A protected person's copy goes to nobody else before a person has looked at the request (事務処理要領第5-10), unless
   a member of the household asks and the other party is known to be somebody else. A record that does not say whether
   its person is protected counts as protected.
5. Which items: organs and others never 個人番号 and 住民票コード (12条の2, 12条の3); others the basic items alone.
6. Where a protected person lived before and went to is on nobody else's copy, and where they live now is on no copy
   that the other party gets, as the earlier address of a third person either.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from producers.certificates import wording
from producers.certificates.items import BASIC, EARLIER, ITEMS, NUMBERS, Item
from producers.household import Person, Record
from producers.protected import OtherParties


class Basis(StrEnum):
    """By which right the copy is asked for."""

    OWN = "own"
    ORGAN = "organ"
    THIRD = "third"


_ARTICLES: Final = {
    (Basis.OWN, False): "12条1項", (Basis.ORGAN, False): "12条の2第1項", (Basis.THIRD, False): "12条の3第1項",
    (Basis.OWN, True): "15条の4第1項", (Basis.ORGAN, True): "15条の4第2項", (Basis.THIRD, True): "15条の4第3項",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: by `person` where on file here, and as they say who they are. `purpose`: what for, or by which law."""

    person: Person | None = None
    name: str | None = None
    birth_date: Any = None
    address: str | None = None
    organ: str | None = None
    purpose: str | None = None

    @property
    def resident(self) -> UUID | None:
        return self.person.resident if self.person else None

    def is_of(self, parties: OtherParties) -> bool:
        """Whether whoever asks is one of them, by number or by name."""
        record: Record = self.person.record if self.person else {}
        names = ((self.name, self.birth_date), (record.get("name"), record.get("birth_date")))
        return any(parties.include(self.resident, name, born) for name, born in names)


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody whose copy it is. `parties`: from whom they are protected. `removal`: of a 除票, its kind and day."""

    person: Person
    parties: OtherParties = OtherParties()  # noqa: RUF009 - nothing in it can be altered
    removal: tuple[str, Any] | None = None

    @property
    def is_protected(self) -> bool:
        return self.person.record.get("protected") is not False


@dataclass(frozen=True, slots=True)
class Asked:
    """One request. `whole`: the household's copy. `examined`: a person has looked at the request and lets it pass."""

    basis: Basis
    asker: Asker
    special: frozenset[str] = frozenset()
    whole: bool = False
    removed: bool = False
    examined: bool = False

    @property
    def article(self) -> str:
        return _ARTICLES[self.basis, self.removed]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the register says. `head`: of the subjects' household. `hidden`: where people live who are hidden from
    whoever asks."""

    subjects: Sequence[Subject]
    head: Subject | None = None
    hidden: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a copy."""

    item: str
    label: str
    article: str
    text: str


@dataclass(frozen=True, slots=True)
class Copy:
    """What is handed out: rows per person. `withheld` is for the file alone, and stands on no page."""

    whole: bool
    removed: bool
    persons: tuple[tuple[Row, ...], ...]
    withheld: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def items(self) -> list[str]:
        """Ids of everything that is on it."""
        return list(dict.fromkeys(row.item for rows in self.persons for row in rows))


@dataclass(frozen=True, slots=True)
class Refused:
    """Not handed out; `code` is one of `refusals.SENTENCES`."""

    code: str


def decide(asked: Asked, facts: Facts) -> Copy | Refused:
    """The copy, or why there is none."""
    for question in (_whose, _entitled, _other_party, _examined, _items):
        if (code := question(asked, facts)) is not None:
            return Refused(code)
    return _copy(asked, facts)


def _whose(asked: Asked, facts: Facts) -> str | None:
    if not facts.subjects or any((one.removal is not None) != asked.removed for one in facts.subjects):
        return "not-removed" if asked.removed and facts.subjects else "not-on-register"
    if asked.removed:
        return None if len(facts.subjects) == 1 and not asked.whole else "one-removed"
    homes = {one.person.household_no for one in facts.subjects}
    return None if len(homes) == 1 else "different-households"


def _entitled(asked: Asked, facts: Facts) -> str | None:
    asker, first = asked.asker, facts.subjects[0].person
    if asked.basis is Basis.OWN:
        own = asker.resident == first.resident
        same = asker.person is not None and asker.person.household_no == first.household_no and not asked.removed
        return None if own or same else "not-entitled"
    if not asker.purpose or not asker.name or (asked.basis is Basis.ORGAN and not asker.organ):
        return "purpose-missing"
    return None if asked.basis is Basis.ORGAN or asker.address else "purpose-missing"


def _other_party(asked: Asked, facts: Facts) -> str | None:
    shown = [*facts.subjects]
    if "household" in asked.special and facts.head is not None:
        shown.append(facts.head)
    hit = any(asked.asker.is_of(one.parties) for one in shown if one.is_protected)
    return "refused-by-law" if hit or _lives_hidden(asked, facts) else None


def _lives_hidden(asked: Asked, facts: Facts) -> bool:
    here = wording.address(asked.asker.person.record.get("address")) if asked.asker.person else ""
    there = {wording.address(one.person.record.get("address")) for one in facts.subjects}
    return bool(there & (facts.hidden - {here}))


def _examined(asked: Asked, facts: Facts) -> str | None:
    if asked.examined:
        return None
    return "examine-first" if any(_open(asked, one) for one in facts.subjects) else None


def _open(asked: Asked, one: Subject) -> bool:
    if not one.is_protected or asked.asker.resident == one.person.resident:
        return False
    return asked.basis is not Basis.OWN or not one.parties


def _items(asked: Asked, _facts: Facts) -> str | None:
    if asked.basis is Basis.THIRD and asked.special:
        return "basic-items-only"
    return "numbers-not-for-others" if asked.basis is Basis.ORGAN and asked.special & NUMBERS else None


def _copy(asked: Asked, facts: Facts) -> Copy:
    kept_off = [_kept_off(asked, one, facts.hidden) for one in facts.subjects]
    persons = [_rows(asked, one, off) for one, off in zip(facts.subjects, kept_off, strict=True)]
    return Copy(asked.whole, asked.removed, tuple(persons), frozenset().union(*kept_off))


def _kept_off(asked: Asked, one: Subject, hidden: frozenset[str]) -> frozenset[str]:
    is_own = asked.asker.resident == one.person.resident
    record = one.person.record
    off = EARLIER | {"move_out_destination"} if one.is_protected and not is_own else frozenset()
    if wording.address(record.get("previous_address")) in hidden:
        off |= EARLIER
    return off | {"move_out_destination"} if wording.address(record.get("move_out_destination")) in hidden else off


def _rows(asked: Asked, one: Subject, off: frozenset[str]) -> tuple[Row, ...]:
    record = one.person.record
    rows = [_row(item, record, off) for item in ITEMS if item.belongs_to(record) and _wanted(item, asked)]
    return (*rows, *(_removal(one, off) if one.removal else ()))


def _wanted(item: Item, asked: Asked) -> bool:
    return item.asked == BASIC or item.asked in asked.special


def _row(item: Item, record: Record, off: frozenset[str]) -> Row:
    return Row(item.id, item.label, item.article, "" if item.id in off else item.read(record))


def _removal(one: Subject, off: frozenset[str]) -> list[Row]:
    kind, on = one.removal or ("", None)
    told = "" if "move_out_destination" in off else wording.address(one.person.record.get("move_out_destination"))
    rows = [
        Row("change_reason", "消除の事由", "15条の4", wording.REMOVED.get(kind, "")),
        Row("removal_date", "事由の生じた年月日", "15条の4", wording.day(on)),
    ]
    moved = kind == "MOVE_OUT_DOMESTIC"
    return [*rows, Row("move_out_destination", "転出先の住所", "15条の4", told)] if moved else rows
