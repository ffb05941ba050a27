"""Two Books side by side: what each subscriber gains and loses, part by part, and what changed in the law itself.

Every field of a contract and of a legal basis is compared, so that two Books without a difference have the same hash.
Beyond that it is judged whether a difference lets a subscriber know more or less: of which people, through which kinds,
which items, on which days. What only says how and on whose word it is told (approval, way, identifier, purpose, cited
bases) is a difference, and changes nothing in what may be known.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from types import MappingProxyType
from typing import Any, Final, Literal

from contracts.articles import permitting
from contracts.book import Book
from contracts.contract import Contract, Population
from contracts.law import Basis

Effect = Literal["gains", "loses", "both", "unchanged"]
Status = Literal["added", "removed", "changed"]
Law = Literal["items", "kinds", "bases"]
Days = tuple[date, date]
NEVER: Final[Days] = (date.max, date.min)


@dataclass(frozen=True, slots=True)
class Part:
    """One member of a list, with its statutory name and, of an item, the cited bases that let it through."""

    id: str
    name: str
    bases: tuple[Basis, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that differs: None where there is no contract. A list of which only the order differs gains nothing."""

    field: str
    before: Any
    after: Any
    gained: tuple[Part, ...]
    lost: tuple[Part, ...]
    effect: Effect


@dataclass(frozen=True, slots=True)
class ContractChange:
    """One contract that differs, and what that does to what its subscriber may know."""

    id: str
    subscriber: str
    status: Status
    effect: Effect
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class LawChange:
    """One item, kind or legal basis that differs. `fields`: name -> (before, after); None where it is not there."""

    part: Law
    key: str
    status: Status
    fields: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Comparison:
    """All differences from one Book to another. `unchanged`: the ids of the contracts without any."""

    contracts: tuple[ContractChange, ...]
    unchanged: tuple[str, ...]
    law: tuple[LawChange, ...]

    @property
    def same(self) -> bool:
        """Whether there is no difference at all."""
        return not self.contracts and not self.law


def compare(before: Book, after: Book) -> Comparison:
    """What changes for whom when `after` takes the place of `before`."""
    names = sorted(before.contracts.keys() | after.contracts.keys())
    changes = {name: _contract_change(name, before, after) for name in names}
    return Comparison(
        tuple(change for change in changes.values() if change),
        tuple(name for name, change in changes.items() if not change),
        tuple(_law_changes(before, after)),
    )


def _contract_change(name: str, before: Book, after: Book) -> ContractChange | None:
    old, new = before.contracts.get(name), after.contracts.get(name)
    if old == new:
        return None
    differences = tuple(_differences(_Side(before, old), _Side(after, new)))
    whose = new or old
    subscriber = whose.subscriber if whose else ""
    return ContractChange(name, subscriber, _status(old, new), _joined(differences), differences)


def _status(old: object, new: object) -> Status:
    if old is None:
        return "added"
    return "removed" if new is None else "changed"


def _joined(differences: tuple[Difference, ...]) -> Effect:
    effects = {difference.effect for difference in differences} - {"unchanged"}
    return _effect(gains=bool(effects - {"loses"}), loses=bool(effects - {"gains"}))


def _effect(*, gains: bool, loses: bool) -> Effect:
    if gains and loses:
        return "both"
    return "gains" if gains else "loses" if loses else "unchanged"


@dataclass(frozen=True)
class _Side:
    """A Book and the one contract in it, or None where it has no such contract."""

    book: Book
    contract: Contract | None

    def value(self, field: str) -> Any:
        return None if self.contract is None else getattr(self.contract, field)

    def parts(self, field: str) -> dict[Any, Part]:
        """The members of a list, by what makes them differ: a grant is another one where any of it is."""
        members = self.value(field) or ()
        ordered = sorted(members) if isinstance(members, frozenset) else members
        return {each: self._part(field, each) for each in ordered}

    def _part(self, field: str, member: Any) -> Part:
        if field in ("hears", "always"):
            return Part(member, self.book.kinds[member].ja)
        if field == "basis":
            return Part(member, self.book.bases[member].name)
        item = member.item if field == "granted" else member
        bases = permitting(self.book, self.contract, item) if self.contract else ()
        return Part(item, self.book.items[item].ja, bases)


def _differences(before: _Side, after: _Side) -> Iterator[Difference]:
    for name in FIELDS:
        old, new = before.value(name), after.value(name)
        if (old or None) == (new or None):  # of a contract that is new or gone, what it does not have is no difference
            continue
        was, now = (side.parts(name) if name in LISTS else {} for side in (before, after))
        yield Difference(
            name, old, new,
            gained=tuple(part for each, part in now.items() if each not in was),
            lost=tuple(part for each, part in was.items() if each not in now),
            effect=_effect_of(name, before.contract, after.contract),
        )  # fmt: skip


def _effect_of(field: str, old: Contract | None, new: Contract | None) -> Effect:
    if old is None or new is None:
        return _effect(gains=old is None, loses=new is None)
    within = WITHIN[field]
    return _effect(gains=not within(new, old), loses=not within(old, new))


def _anything(_one: Contract, _other: Contract) -> bool:
    return True


def _same_subscriber(one: Contract, other: Contract) -> bool:
    return one.subscriber == other.subscriber


def _hears(one: Contract, other: Contract) -> bool:
    return one.hears <= other.hears


def _always(one: Contract, other: Contract) -> bool:
    return one.always <= other.always


def _period(one: Contract, other: Contract) -> bool:
    return _days_within(_in_force(one), _in_force(other))


def _items(one: Contract, other: Contract) -> bool:
    mine, theirs = _known(one), _known(other)
    return all(_days_within(days, theirs.get(item, NEVER)) for item, days in mine.items())


def _known(contract: Contract) -> dict[str, Days]:
    """Each item with the first and the last day on which it may be told."""
    first, last = _in_force(contract)
    granted = {each.item: (max(first, each.since), min(last, each.until or date.max)) for each in contract.granted}
    return granted | dict.fromkeys(contract.items, (first, last))


def _in_force(contract: Contract) -> Days:
    return contract.in_force_from, contract.in_force_until or date.max


def _days_within(one: Days, other: Days) -> bool:
    return one[0] > one[1] or (other[0] <= one[0] and one[1] <= other[1])


def _people(one: Contract, other: Contract) -> bool:
    return within(one.population, other.population)


def within(one: Population | None, other: Population | None) -> bool:
    """Whether everybody in the population `one` is also in `other`."""
    mine, theirs = one or Population(), other or Population()
    return (
        theirs.japanese in (None, mine.japanese)
        and (theirs.age_from is None or (mine.age_from is not None and theirs.age_from <= mine.age_from))
        and (theirs.age_to is None or (mine.age_to is not None and mine.age_to <= theirs.age_to))
    )


_STRICTNESS: Final = ("deliver", "suspend", "withhold")
"""From who hears of all about protected persons, over who hears that they come and go, to who hears nothing."""


def _protected(one: Contract, other: Contract) -> bool:
    return _STRICTNESS.index(one.protected) >= _STRICTNESS.index(other.protected)


LISTS: Final = frozenset({"basis", "hears", "always", "items", "conditional", "granted"})
"""Fields that are lists."""
WITHIN: Final[Mapping[str, Callable[[Contract, Contract], bool]]] = MappingProxyType({
    "id": _anything, "subscriber": _same_subscriber, "purpose": _anything, "basis": _anything, "hears": _hears,
    "items": _items, "identifier": _anything, "protected": _protected, "via": _anything, "in_force_from": _period,
    "approved": _anything, "always": _always, "granted": _items, "conditional": _anything, "population": _people,
    "mirror": _anything, "in_force_until": _period, "shadow_from": _anything,
})  # fmt: skip
"""By field: whether, as far as it goes, the first contract lets nobody know what the second does not."""
FIELDS: Final = tuple(each.name for each in fields(Contract) if each.compare)
"""Every field of which the identity of a contract is made."""


def _law_changes(before: Book, after: Book) -> Iterator[LawChange]:
    for part in ("bases", "items", "kinds"):
        old, new = getattr(before, part), getattr(after, part)
        for key in sorted(old.keys() | new.keys()):
            was, now = old.get(key), new.get(key)
            if was != now:
                yield LawChange(part, key, _status(was, now), MappingProxyType(_changed_fields(was, now)))


def _changed_fields(was: Any, now: Any) -> dict[str, tuple[Any, Any]]:
    names = [each.name for each in fields(was or now)]
    pairs = {name: (getattr(was, name, None), getattr(now, name, None)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
