"""What a contract may not be by itself: its form, its names, its dates, and what does not fit together in it.

Each check is one reason of refusal; all of them are run, with those of `lawful`, and all findings are told. Empty is
no: without a basis, an approval, a rule for protected persons, kinds or items there is no contract.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Final
from unicodedata import normalize

from contracts import lawful
from contracts.errors import Finding
from contracts.form import Draft, InForce
from contracts.law import Law, expanded, item_id, item_ids, kind_ids
from contracts.objections import EMPTY, OPEN

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


def _named_properly(draft: Draft, _law: Law) -> Iterator[Finding]:
    if not _KEBAB.fullmatch(draft.id):
        yield draft.finding("bad-name")


def _complete(draft: Draft, _law: Law) -> Iterator[Finding]:
    for key in EMPTY:
        if key not in draft.faulty and not getattr(draft.form, key):
            yield draft.empty(key)


def _known_items(draft: Draft, _law: Law) -> Iterator[Finding]:
    identifier = [("identifier", draft.form.identifier)] if draft.form.identifier else []  # else it is missing
    for key, name in [*draft.named_items(), *identifier]:
        if name not in item_ids():
            yield draft.finding("unknown-item", key, name)


def _known_kinds(draft: Draft, _law: Law) -> Iterator[Finding]:
    named = [("hears", name) for name in draft.form.hears] + [("always", name) for name in draft.form.always]
    for key, name in named:
        if name not in kind_ids():
            yield draft.finding("unknown-kind", key, name)


def _no_twins(draft: Draft, _law: Law) -> Iterator[Finding]:
    for key in _LISTS:
        names: list[str] = getattr(draft.form, key)
        meant = [item_id(name) for name in names] if key in ("items", "conditional") else names
        for at, name in enumerate(names):
            if meant[at] in meant[:at]:
                yield draft.finding("duplicate", key, name)
    granted = [grant.item for grant in draft.form.granted]
    for at, name in enumerate(granted):
        if item_id(name) in map(item_id, granted[:at]):
            yield draft.finding("duplicate", "granted", name)


def _identifies(draft: Draft, law: Law) -> Iterator[Finding]:
    name = draft.form.identifier
    item = law.items.get(item_id(name))
    if item and item.derived_from:
        yield draft.finding("bad-identifier", "identifier", name, article=item.basis)
    if item and draft.form.items and item.id not in map(item_id, draft.form.items):
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
    conditional = frozenset(map(item_id, draft.form.conditional))
    for grant in draft.form.granted:
        if item_id(grant.item) not in conditional:
            yield draft.finding("granted-not-conditional", "granted", grant.item)
    for name in draft.form.items:
        if item_id(name) in conditional:
            yield draft.finding("conditional-among-items", "items", name)


def _grants(draft: Draft, _law: Law) -> Iterator[Finding]:
    for grant in draft.form.granted:
        since, until = grant.since or grant.on, grant.until
        if since < grant.on:
            yield draft.finding("grant-before-approval", "granted", grant.item, since=since, on=grant.on)
        if draft.form.in_force and not _overlap(InForce(**{"from": since, "until": until}), draft.form.in_force):
            yield draft.finding("grant-outside-contract", "granted", grant.item, since=since, until=until or OPEN)


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
    if period and draft.form.shadow_from and draft.form.shadow_from >= period.since:
        yield draft.finding("bad-shadow", "shadow_from", shadow=draft.form.shadow_from, since=period.since)


def twins(drafts: Sequence[Draft]) -> Iterator[Finding]:
    """Contracts with the subscriber and the purpose of an earlier one, at the same time."""
    for at, draft in enumerate(drafts):
        for other in drafts[:at]:
            if _same(draft, other):
                yield draft.finding("same-purpose-twice", "purpose", subscriber=draft.form.subscriber,
                                    purpose=draft.form.purpose, other=other.id)  # fmt: skip


def _same(one: Draft, other: Draft) -> bool:
    mine, theirs = one.form, other.form
    if not mine.subscriber or not mine.purpose or mine.in_force is None or theirs.in_force is None:
        return False  # what is missing is a finding of its own
    alike = (_read_alike(mine.subscriber), mine.purpose) == (_read_alike(theirs.subscriber), theirs.purpose)
    return alike and _overlap(mine.in_force, theirs.in_force)


def _read_alike(name: str) -> str:
    """What a reader takes it for: other code points of the same letters are the same section."""
    return normalize("NFKC", name).replace(" ", "")


def _overlap(one: InForce, other: InForce) -> bool:
    first, last = max(one.since, other.since), min(one.until or date.max, other.until or date.max)
    return first <= last


_CHECKS: Final[tuple[Callable[[Draft, Law], Iterator[Finding]], ...]] = (
    _named_properly, _complete, _known_items, _known_kinds, _no_twins, _identifies, _always_heard, _copies, _conditions,
    _grants, _population, _dates, lawful.findings,
)  # fmt: skip
