"""What the law does not support in a contract: bases, purposes, items, numbers, and what silence itself would tell.

An item needs a cited basis that permits it (番号法9条・19条, 住基法); a derived item needs a basis that names it, or
bases for everything it is derived from; 個人番号 needs the Number Act; 住民票コード reaches no department (住基法
30条の37, 30条の38). The purpose is one that every cited basis has. And nothing is told by the back door: whom a
contract concerns, and what it hears of `always`, speak by the mere existence of a notice, so what they give away must
be permitted.
"""

from collections.abc import Callable, Iterator
from typing import Final

from contracts.articles import supporting
from contracts.contract import DEPARTMENTAL
from contracts.errors import Finding, Text
from contracts.form import Draft
from contracts.law import Basis, Item, Law, concerned, expanded, item_id
from contracts.objections import OPEN, THE_CHANGE

_AGE: Final = (Text("年齢", "age"), ("birth_date",))
_NATIONALITY: Final = (Text("日本国民か否か", "Japanese nationality"), ("nationality", "is_japanese", "honseki"))
"""What a limit of the population tells, and the items of which one must be permitted: 戸籍 is for Japanese alone."""


def findings(draft: Draft, law: Law) -> Iterator[Finding]:
    """Every objection of the law to `draft`."""
    for check in _CHECKS:
        yield from check(draft, law)


def _bases_known(draft: Draft, law: Law) -> Iterator[Finding]:
    for key in draft.form.basis:
        if key not in law.bases:
            yield draft.finding("unknown-basis", "basis", key)


def _bases_in_force(draft: Draft, law: Law) -> Iterator[Finding]:
    period = draft.form.in_force
    for basis in _cited(draft, law) if period else ():
        if period and not basis.covers(period.since, period.until):
            yield draft.finding(
                "basis-not-in-force", "basis", basis.key, article=basis.name,
                first=basis.in_force_from, last=basis.in_force_until or OPEN,
                since=period.since, until=period.until or OPEN,
            )  # fmt: skip


def _purposes(draft: Draft, law: Law) -> Iterator[Finding]:
    purpose = draft.form.purpose
    for basis in _cited(draft, law) if purpose else ():
        if purpose not in basis.purposes:
            yield draft.finding(
                "purpose-not-of-basis", "basis", basis.key, purpose=purpose, article=basis.name,
                purposes="、".join(basis.purposes),
            )  # fmt: skip


def _items_permitted(draft: Draft, law: Law) -> Iterator[Finding]:
    bases = _cited(draft, law)
    for key, name in draft.named_items() if bases else ():
        item = law.items.get(item_id(name))
        if item and key != "conditional" and not supporting(item, bases, granted=key == "granted"):
            yield _unsupported(draft, law, (key, name, item))


def _unsupported(draft: Draft, law: Law, named: tuple[str, str, Item]) -> Finding:
    key, name, item = named
    if item.id == "my_number":
        return draft.finding("my-number-without-number-act", key, name)
    cited = ", ".join(draft.form.basis)
    if not item.derived_from:
        return draft.finding("item-not-permitted", key, name, article=item.basis, cited=cited)
    sources = _sources(item, law)
    return draft.finding("derived-item-not-permitted", key, name, article=item.basis, cited=cited, sources=sources)


def _sources(item: Item, law: Law) -> Text:
    named = [law.items[each].ja for each in item.derived_from if each in law.items]
    return Text("、".join(named), ", ".join(named)) if named else THE_CHANGE


def _code_stays(draft: Draft, _law: Law) -> Iterator[Finding]:
    for key, name in draft.named_items() if draft.form.via in DEPARTMENTAL else ():
        if item_id(name) == "juminhyo_code":
            yield draft.finding("juminhyo-code-for-department", key, name, via=draft.form.via)


def _occurrences(draft: Draft, law: Law) -> Iterator[Finding]:
    bases = _cited(draft, law)
    told = frozenset[str]().union(*(basis.always for basis in bases))
    for name in draft.form.always if bases else ():
        if not expanded([name]) <= told:
            yield draft.finding("always-not-permitted", "always", name, cited=", ".join(draft.form.basis))


def _reasons_tell(draft: Draft, law: Law) -> Iterator[Finding]:
    has, bases = frozenset(map(item_id, draft.form.items)), _cited(draft, law)
    permitted = frozenset[str]().union(*(basis.reasons for basis in bases))
    for name in draft.form.hears if "change_reason" in has and bases else ():
        about = frozenset[str]().union(*(concerned()[kind] for kind in expanded([name]) - permitted))
        if about and has.isdisjoint(about):
            known = "、".join(item.ja for item in law.items.values() if item.id in about)
            yield draft.finding("reason-tells", "hears", name, known=known, cited=", ".join(draft.form.basis))


def _population_tells(draft: Draft, law: Law) -> Iterator[Finding]:
    people = draft.form.population
    if people is None or not draft.form.items:  # without items there is a finding already
        return
    has = {item_id(name) for name in draft.form.items}
    limits = ((people.age_from is not None or people.age_to is not None, _AGE),
              (people.japanese is not None, _NATIONALITY))  # fmt: skip
    for limited, (what, known) in limits:
        if limited and has.isdisjoint(known):
            names = "、".join(law.items[item].ja for item in known)
            yield draft.finding("population-tells", "population", what=what, known=names)


def _protection_tells(draft: Draft, _law: Law) -> Iterator[Finding]:
    rule, items = draft.form.protected, draft.form.items
    if rule in ("suspend", "withhold") and items and "dv_protection" not in map(item_id, items):
        yield draft.finding("protection-tells", "protected", rule=rule)


def _cited(draft: Draft, law: Law) -> list[Basis]:
    return [law.bases[key] for key in draft.form.basis if key in law.bases]


_CHECKS: Final[tuple[Callable[[Draft, Law], Iterator[Finding]], ...]] = (
    _bases_known, _bases_in_force, _purposes, _items_permitted, _code_stays, _occurrences,
    _reasons_tell, _population_tells, _protection_tells,
)  # fmt: skip
