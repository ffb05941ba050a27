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
from contracts.law import NUMBER_ACT, Basis, Law, item_ids, kind_ids

ALWAYS_HEARD: Final = frozenset({"POPULATION_REVIEW"})
"""年齢到達等: heard by every contract."""
MIRRORED: Final = frozenset({"SNAPSHOT"})
"""初期登録: heard by the contracts that keep a copy."""

_KEBAB = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_REQUIRED: Final = (
    ("subscriber", "no-subscriber", "name the receiving system or section"),
    ("purpose", "no-purpose", "state the one purpose (利用目的)"),
    ("basis", "no-basis", "cite at least one key of law/bases.toml"),
    ("hears", "no-kinds", "name the kinds of change (記載, 消除, …) that it may hear"),
    ("items", "no-items", "name the items that it may have"),
    ("identifier", "no-identifier", "name the item that a last notice carries"),
    ("protected", "no-protection-rule", 'state what is done for 支援措置: "deliver", "suspend" or "withhold"'),
    ("via", "no-way", "state how it is handed over"),
    ("in_force", "no-period", "state in_force = { from = YYYY-MM-DD }"),
    ("approved", "no-approval", 'state approved = { by = "…", on = YYYY-MM-DD, ref = "…" } (決裁)'),
)
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
        yield draft.finding("bad-name", "the name of the file is the contract's id: use lower-case words joined by hyphens")


def _complete(draft: Draft, _law: Law) -> Iterator[Finding]:
    for key, code, mend in _REQUIRED:
        if key not in draft.faulty and not getattr(draft.form, key):
            yield draft.finding(code, f"{key} is missing or empty: {mend}", key)


def _known_items(draft: Draft, _law: Law) -> Iterator[Finding]:
    form = draft.form
    named = [("items", name) for name in form.items] + [("conditional", name) for name in form.conditional]
    named += [("granted", grant.item) for grant in form.granted]
    named += [("identifier", form.identifier)] if form.identifier else []
    for key, name in named:
        if name not in item_ids():
            yield draft.finding("unknown-item", f"{key} names {name}, which is no item of law/items.toml: "
                                "use the statutory name that stands there", key, name)  # fmt: skip


def _known_kinds(draft: Draft, _law: Law) -> Iterator[Finding]:
    for key in ("hears", "always"):
        for name in getattr(draft.form, key):
            if name not in kind_ids():
                yield draft.finding("unknown-kind", f"{key} names {name}, which is no kind and no group of law/kinds.toml: "
                                    "use the name that stands there", key, name)  # fmt: skip


def _no_twins(draft: Draft, _law: Law) -> Iterator[Finding]:
    for key in _LISTS:
        names = getattr(draft.form, key)
        ids = [item_ids().get(name, name) for name in names] if key in ("items", "conditional") else names
        for at, name in enumerate(names):
            if ids[at] in ids[:at]:
                yield draft.finding("duplicate", f"{key} names {name} twice: take one out", key, name)


def _bases_in_force(draft: Draft, law: Law) -> Iterator[Finding]:
    period = draft.form.in_force
    for key in draft.form.basis:
        basis = law.bases.get(key)
        if basis is None:
            yield draft.finding("unknown-basis", f"basis {key} is not in law/bases.toml, or is faulty there: "
                                "add it with its article and source, or cite another", "basis", key)  # fmt: skip
        elif period is not None and not basis.covers(period.since, period.until):
            yield draft.finding("basis-not-in-force", f"basis {key} ({basis.law}{basis.article}) is in force from "
                                f"{basis.in_force_from} until {basis.in_force_until or 'further notice'}, the contract from "
                                f"{period.since} until {period.until or 'further notice'}: "
                                "shorten in_force, or cite what is in force", "basis", key)  # fmt: skip


def _items_permitted(draft: Draft, law: Law) -> Iterator[Finding]:
    bases = _cited(draft, law)
    if not bases:
        return
    always_permitted = frozenset[str]().union(*(basis.permits for basis in bases))
    when_granted = always_permitted.union(*(basis.when_granted for basis in bases))
    for name in draft.form.items:
        yield from _permitted(draft, law, name, "items", always_permitted)
    for grant in draft.form.granted:
        yield from _permitted(draft, law, grant.item, "granted", when_granted)


def _permitted(draft: Draft, law: Law, name: str, key: str, permitted: frozenset[str]) -> Iterator[Finding]:
    item = law.items.get(item_ids().get(name, ""))
    if item is None or item.id in permitted:
        return
    cited = ", ".join(draft.form.basis)
    if not item.derived_from:
        yield draft.finding("item-not-permitted", f"{name} ({item.basis}) is permitted by none of its bases ({cited}): "
                            f"cite a basis that permits it, or take it out of {key}", key, name)  # fmt: skip
    elif not permitted.issuperset(item.derived_from):
        sources = ", ".join(law.items[source].ja if source in law.items else "the change" for source in item.derived_from)
        yield draft.finding("derived-item-not-permitted", f"{name} ({item.basis}) is derived from {sources}; its bases "
                            f"({cited}) neither name it nor permit all that it is derived from: cite a basis that names "
                            f"it, or take it out of {key}", key, name)  # fmt: skip


def _number_act(draft: Draft, law: Law) -> Iterator[Finding]:
    granted = [grant.item for grant in draft.form.granted]
    key = "granted" if "個人番号" in granted else "items"
    if "個人番号" in (*granted, *draft.form.items) and not any(_permits_my_number(basis) for basis in _cited(draft, law)):
        yield draft.finding("my-number-without-number-act", "個人番号 (住基法7条8号の2) without a basis in the Number Act: cite "
                            f"the article of 番号法 that permits it, or take it out of {key}", key, "個人番号")  # fmt: skip


def _permits_my_number(basis: Basis) -> bool:
    return basis.law == NUMBER_ACT and "my_number" in basis.permits | basis.when_granted


def _code_stays(draft: Draft, _law: Law) -> Iterator[Finding]:
    form = draft.form
    if form.via not in DEPARTMENTAL:
        return
    for key, names in (("items", form.items), ("conditional", form.conditional), ("granted", [g.item for g in form.granted])):
        if "住民票コード" in names:
            yield draft.finding("juminhyo-code-for-department", f"住民票コード (住基法7条13号) is for no department (via "
                                f"{form.via}; 住基法30条の37・38): take it out of {key}", key, "住民票コード")  # fmt: skip


def _identifies(draft: Draft, law: Law) -> Iterator[Finding]:
    name = draft.form.identifier
    item = law.items.get(item_ids().get(name, ""))
    if item is None:
        return
    if item.derived_from:
        yield draft.finding("bad-identifier", f"{name} is derived and identifies nobody: name an item of the record", "identifier")
    if item.id not in {item_ids().get(listed) for listed in draft.form.items}:
        yield draft.finding("identifier-not-among-items", f"the identifier {name} is not among its items, so the subscriber "
                            "could not know whom a last notice means: add it to items or name another", "identifier")  # fmt: skip


def _always_heard(draft: Draft, _law: Law) -> Iterator[Finding]:
    kinds_heard = heard(draft)
    for name in draft.form.always:
        if not kind_ids().get(name, frozenset()) <= kinds_heard:
            yield draft.finding("always-not-heard", f"always names {name}, which the contract does not hear: "
                                "add it to hears or take it out", "always", name)  # fmt: skip


def _copies(draft: Draft, _law: Law) -> Iterator[Finding]:
    if draft.form.mirror:
        return
    for name in draft.form.hears:
        if kind_ids().get(name, frozenset()) & MIRRORED:
            yield draft.finding("snapshot-without-mirror", f"hears names {name}, but the contract keeps no copy: "
                                "set mirror = true, or take it out", "hears", name)  # fmt: skip


def _conditions(draft: Draft, _law: Law) -> Iterator[Finding]:
    conditional = {item_ids().get(name, name) for name in draft.form.conditional}
    for grant in draft.form.granted:
        if item_ids().get(grant.item, grant.item) not in conditional:
            yield draft.finding("granted-not-conditional", f"{grant.item} is granted, but not conditional in this contract: "
                                "add it to conditional, or take the grant out", "granted", grant.item)  # fmt: skip
    for name in draft.form.items:
        if item_ids().get(name, name) in conditional:
            yield draft.finding("conditional-among-items", f"{name} is conditional: it needs a grant with its own approval; "
                                "take it out of items", "items", name)  # fmt: skip


def _population(draft: Draft, _law: Law) -> Iterator[Finding]:
    people = draft.form.population
    if people is None or people.age_from is None or people.age_to is None:
        return
    if people.age_from > people.age_to:
        yield draft.finding("bad-population", "age_from is above age_to, so the population has nobody: exchange them", "population")


def _dates(draft: Draft, _law: Law) -> Iterator[Finding]:
    period, approved = draft.form.in_force, draft.form.approved
    if period is None:
        return
    if period.until is not None and period.until < period.since:
        yield draft.finding("bad-period", "in_force ends (until) before it begins (from): correct the dates", "in_force")
    if approved is not None and approved.on > period.since:
        yield draft.finding("approved-too-late", f"approved on {approved.on}, after it comes into force on {period.since}: "
                            "move in_force.from behind the approval", "approved")  # fmt: skip


def _cited(draft: Draft, law: Law) -> list[Basis]:
    return [law.bases[key] for key in draft.form.basis if key in law.bases]


_CHECKS: Final[tuple[Callable[[Draft, Law], Iterator[Finding]], ...]] = (
    _named_properly, _complete, _known_items, _known_kinds, _no_twins, _bases_in_force, _items_permitted, _number_act,
    _code_stays, _identifies, _always_heard, _copies, _conditions, _population, _dates,
)  # fmt: skip
