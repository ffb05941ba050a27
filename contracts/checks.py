"""What a contract may not be. Each check is one reason of refusal; all of them are run, and all findings are told.

Empty is no: without a basis, an approval, a rule for protected persons, kinds or items there is no contract. An item
needs a cited basis that permits it (番号法9条・19条, 住基法); a derived item needs a basis that names it, or bases for
everything it is derived from; 個人番号 needs the Number Act; 住民票コード reaches no department (住基法30条の37・38).
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from contracts.contract import DEPARTMENTAL
from contracts.errors import Finding
from contracts.form import Draft
from contracts.law import NUMBER_ACT, Basis, Item, Law, item_ids, kind_ids
from contracts.objections import EMPTY

ALWAYS_HEARD: Final = frozenset({"POPULATION_REVIEW"})
"""年齢到達等: heard by every contract."""
MIRRORED: Final = frozenset({"SNAPSHOT"})
"""初期登録: heard by the contracts that keep a copy."""

_KEBAB = re.compile(r"(?=.{1,60}$)[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LISTS: Final = ("basis", "hears", "always", "items", "conditional")


def findings(draft: Draft, law: Law) -> Iterator[Finding]:
    """Every objection to `draft` under `law`."""
    for check in _CHECKS:
        yield from check(draft, law)


def heard(draft: Draft) -> frozenset[str]:
    """The ids of all kinds that the contract hears, the two that go without saying included."""
    return expanded(draft.form.hears) | ALWAYS_HEARD | (MIRRORED if draft.form.mirror else frozenset())


def expanded(names: list[str]) -> frozenset[str]:
    """The ids of the kinds that the known ones of `names` stand for."""
    return frozenset().union(*(kind_ids().get(name, frozenset()) for name in names))


def _named_properly(draft: Draft, _law: Law) -> Iterator[Finding]:
    if not _KEBAB.fullmatch(draft.id):
        yield draft.finding("bad-name")


def _complete(draft: Draft, _law: Law) -> Iterator[Finding]:
    for key in EMPTY:
        if key not in draft.faulty and not getattr(draft.form, key):
            yield draft.empty(key)


def _known_items(draft: Draft, _law: Law) -> Iterator[Finding]:
    named = [*_named_items(draft), ("identifier", draft.form.identifier)]
    for key, name in named:
        if name and name not in item_ids():
            yield draft.finding("unknown-item", key, name)


def _known_kinds(draft: Draft, _law: Law) -> Iterator[Finding]:
    named = [("hears", name) for name in draft.form.hears] + [("always", name) for name in draft.form.always]
    for key, name in named:
        if name not in kind_ids():
            yield draft.finding("unknown-kind", key, name)


def _no_twins(draft: Draft, _law: Law) -> Iterator[Finding]:
    for key in _LISTS:
        names: list[str] = getattr(draft.form, key)
        meant = [_id(name) for name in names] if key in ("items", "conditional") else names
        for at, name in enumerate(names):
            if meant[at] in meant[:at]:
                yield draft.finding("duplicate", key, name)
    granted = [grant.item for grant in draft.form.granted]
    for at, name in enumerate(granted):
        if _id(name) in map(_id, granted[:at]):
            yield draft.finding("duplicate", "granted", name)


def _bases_known(draft: Draft, law: Law) -> Iterator[Finding]:
    for key in draft.form.basis:
        if key not in law.bases:
            yield draft.finding("unknown-basis", "basis", key)


def _bases_in_force(draft: Draft, law: Law) -> Iterator[Finding]:
    period = draft.form.in_force
    for basis in _cited(draft, law) if period else ():
        if period and not basis.covers(period.since, period.until):
            yield draft.finding(
                "basis-not-in-force", "basis", basis.key, article=f"{basis.law}{basis.article}",
                first=basis.in_force_from, last=basis.in_force_until or "further notice",
                since=period.since, until=period.until or "further notice",
            )  # fmt: skip


def _items_permitted(draft: Draft, law: Law) -> Iterator[Finding]:
    bases = _cited(draft, law)
    if not bases:
        return
    permitted = frozenset[str]().union(*(basis.permits for basis in bases))
    when_granted = permitted.union(*(basis.when_granted for basis in bases))
    for key, name in _named_items(draft):
        item = law.items.get(_id(name))
        if item and key != "conditional":
            yield from _permitted(draft, law, (key, name, item), permitted if key == "items" else when_granted)


def _permitted(draft: Draft, law: Law, named: tuple[str, str, Item], permitted: frozenset[str]) -> Iterator[Finding]:
    key, name, item = named
    if item.id in permitted:
        return
    cited = ", ".join(draft.form.basis)
    if not item.derived_from:
        yield draft.finding("item-not-permitted", key, name, article=item.basis, cited=cited)
    elif not permitted.issuperset(item.derived_from):
        sources = ", ".join(law.items[each].ja if each in law.items else "the change" for each in item.derived_from)
        yield draft.finding("derived-item-not-permitted", key, name, article=item.basis, cited=cited, sources=sources)


def _number_act(draft: Draft, law: Law) -> Iterator[Finding]:
    if any(_permits_my_number(basis) for basis in _cited(draft, law)):
        return
    for key, name in _named_items(draft):
        if key != "conditional" and _id(name) == "my_number":
            yield draft.finding("my-number-without-number-act", key, name)


def _permits_my_number(basis: Basis) -> bool:
    return basis.law == NUMBER_ACT and "my_number" in basis.permits | basis.when_granted


def _code_stays(draft: Draft, _law: Law) -> Iterator[Finding]:
    for key, name in _named_items(draft) if draft.form.via in DEPARTMENTAL else ():
        if _id(name) == "juminhyo_code":
            yield draft.finding("juminhyo-code-for-department", key, name, via=draft.form.via)


def _identifies(draft: Draft, law: Law) -> Iterator[Finding]:
    name = draft.form.identifier
    item = law.items.get(_id(name))
    if item and item.derived_from:
        yield draft.finding("bad-identifier", "identifier", name, article=item.basis)
    if item and draft.form.items and item.id not in map(_id, draft.form.items):
        yield draft.finding("identifier-not-among-items", "identifier", name, article=item.basis)


def _always_heard(draft: Draft, _law: Law) -> Iterator[Finding]:
    for name in draft.form.always:
        if not expanded([name]) <= heard(draft):
            yield draft.finding("always-not-heard", "always", name)


def _copies(draft: Draft, _law: Law) -> Iterator[Finding]:
    for name in draft.form.hears:
        if expanded([name]) & MIRRORED and not draft.form.mirror:
            yield draft.finding("snapshot-without-mirror", "hears", name)


def _conditions(draft: Draft, _law: Law) -> Iterator[Finding]:
    conditional = frozenset(map(_id, draft.form.conditional))
    for grant in draft.form.granted:
        if _id(grant.item) not in conditional:
            yield draft.finding("granted-not-conditional", "granted", grant.item)
    for name in draft.form.items:
        if _id(name) in conditional:
            yield draft.finding("conditional-among-items", "items", name)


def _population(draft: Draft, _law: Law) -> Iterator[Finding]:
    people = draft.form.population
    if people and people.age_from is not None and people.age_to is not None and people.age_from > people.age_to:
        yield draft.finding("bad-population", "population")


def _dates(draft: Draft, _law: Law) -> Iterator[Finding]:
    period, approved = draft.form.in_force, draft.form.approved
    if period and period.until and period.until < period.since:
        yield draft.finding("bad-period", "in_force")
    if period and approved and approved.on > period.since:
        yield draft.finding("approved-too-late", "approved", on=approved.on, since=period.since)


def _named_items(draft: Draft) -> list[tuple[str, str]]:
    """Key and name of every item that the contract names."""
    form = draft.form
    named = [("items", name) for name in form.items] + [("conditional", name) for name in form.conditional]
    return named + [("granted", grant.item) for grant in form.granted]


def _cited(draft: Draft, law: Law) -> list[Basis]:
    return [law.bases[key] for key in draft.form.basis if key in law.bases]


def _id(name: str) -> str:
    return item_ids().get(name, name)


_CHECKS: Final[tuple[Callable[[Draft, Law], Iterator[Finding]], ...]] = (
    _named_properly, _complete, _known_items, _known_kinds, _no_twins, _bases_known, _bases_in_force, _items_permitted,
    _number_act, _code_stays, _identifies, _always_heard, _copies, _conditions, _population, _dates,
)  # fmt: skip
