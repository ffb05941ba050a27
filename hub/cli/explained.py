"""What an explanation looks like: for people in sections, for programs as JSON. No value of a record is in either."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, Final

from contracts.book import Book
from contracts.contract import Approval, Contract, Grant
from contracts.errors import Text
from contracts.explain import Explanation, Passage, Rule, Withheld, item_name, kind_name
from contracts.law import Basis
from contracts.reasons import OUTCOMES, RULES, period
from hub.cli.sections import Cell, Section

SHORT: Final = 12
"""Digits of a hash that people are shown."""

_MARKS: Final = {True: "○", False: "×", None: "－"}
_VALUES: Final = {
    True: Text("値あり", "has a value"), False: Text("空（null）", "null"), None: Text("", ""),
}  # fmt: skip
_SAMPLE: Final = Text("（見本）", " (sample)")
_CONDITIONAL: Final = Text("条件付き項目、認められていない", "conditional, not granted")
NOTHING: Final = Text("なし", "none")


def heading(book: Book | None, contract: Contract | None, name: str, day: date) -> Text:
    """The first line: which Book, which day, which contract, since when and by whose approval."""
    of = Text(f"Book {book.hash[:SHORT]}", f"Book {book.hash[:SHORT]}") if book else _UNKNOWN_BOOK
    first = Text(f"{of.ja}　{day} の判断　契約 {name}", f"{of.en}, decided on {day}, contract {name}")
    if contract is None:
        return first
    return Text("{first}（版 {hash}、効力 {period}、決裁 {approved}）",
                "{first} (version {hash}, in force {period}, approved by {approved})").format(
        first=first, hash=contract.hash[:SHORT], period=period(contract.in_force_from, contract.in_force_until),
        approved=approval(contract.approved),
    )  # fmt: skip


_UNKNOWN_BOOK: Final = Text("Book 不明（保存されていない）", "Book unknown (not kept)")


def approval(given: Approval) -> Text:
    """決裁 in words."""
    plain = f"{given.by} {given.on} {given.ref}"
    return Text(plain + _SAMPLE.ja, plain + _SAMPLE.en) if given.sample else Text(plain, plain)


def sections(explained: Explanation) -> Iterator[Section]:
    """All of an explanation for people."""
    contract = explained.contract
    kind = kind_name(explained.book, explained.kind)
    yield Section(heading(explained.book, contract, contract.id, explained.on), (
        (Text("提供先", "subscriber"), f"{contract.subscriber}（{contract.purpose}）"),
        (Text("異動　", "change    "), f"{kind} {explained.change}"),
        (Text("結論　", "outcome   "), OUTCOMES[explained.outcome], f"[{explained.outcome}]"),
        *_trial(explained),
    ))  # fmt: skip
    yield Section(Text("規則", "rules"), [_rule(rule) for rule in explained.rules])
    if explained.state:
        yield passages(explained.told)
    yield Section(Text("提供しない項目（変わったが許されていない）", "not told (differs, but is not permitted)"),
                  [_withheld(each) for each in explained.withheld] or [(NOTHING,)])  # fmt: skip
    if explained.grants:
        yield Section(Text("この日に効力のある条件付き項目の決裁", "grants in force on this day"),
                      [_grant(grant, explained.book) for grant in explained.grants])  # fmt: skip


def passages(told: Iterable[Passage]) -> Section:
    """The items that are told, each with what lets it through."""
    rows = [(each.name, each.item, _VALUES[each.has_value], _articles(each)) for each in told]
    return Section(Text("提供する項目と根拠", "items told, and the articles"), rows or [(NOTHING,)])


def _trial(explained: Explanation) -> Iterator[tuple[Cell, ...]]:
    if explained.trial:
        said = Text("試行中。効力があれば「{outcome}」", "on trial; if it were in force: {outcome}")
        yield (Text("試行　", "trial     "), said.format(outcome=OUTCOMES[explained.trial]), f"[{explained.trial}]")


def _rule(rule: Rule) -> tuple[Cell, ...]:
    named = f" [{rule.name}]" if rule.holds is False else ""
    reason = Text(rule.reason.ja + named, rule.reason.en + named)
    return (f"{rule.number} {_MARKS[rule.holds]}", RULES[rule.name], reason)


def _articles(told: Passage) -> Text:
    said = cited(told.bases) if told.bases else Text("根拠がない", "no basis")
    if told.grant is None:
        return said
    granted = approval(told.grant.approved)
    return Text(f"{said.ja}、決裁 {granted.ja}", f"{said.en}, granted by {granted.en}")


def cited(bases: Iterable[Basis]) -> Text:
    """Legal bases by act and article, with how certain they are and since when."""
    named = [(basis.name, basis.certainty, basis.in_force_from) for basis in bases]
    return Text("、".join(f"{name}（{certainty}、{since}から）" for name, certainty, since in named),
                ", ".join(f"{name} ({certainty}, since {since})" for name, certainty, since in named))  # fmt: skip


def _withheld(item: Withheld) -> tuple[Cell, ...]:
    return (item.name, item.item, _CONDITIONAL) if item.conditional else (item.name, item.item)


def _grant(grant: Grant, book: Book) -> tuple[Cell, ...]:
    return (item_name(book, grant.item), period(grant.since, grant.until), approval(grant.approved))


def document(explained: Explanation) -> dict[str, Any]:
    """All of an explanation as JSON values."""
    return {
        "book": explained.book.hash, "day": explained.on.isoformat(), "contract": agreed(explained.contract),
        "change": {"id": explained.change, "kind": explained.kind, "name": kind_name(explained.book, explained.kind)},
        "told": explained.state is not None, "outcome": explained.outcome, "trial": explained.trial,
        "rules": [_ruled(rule) for rule in explained.rules],
        "items": [let_through(each) for each in explained.told],
        "withheld": [{"item": each.item, "name": each.name, "conditional": each.conditional}
                     for each in explained.withheld],
        "grants": [_granted(each) for each in explained.grants],
    }  # fmt: skip


def agreed(contract: Contract) -> dict[str, Any]:
    """What an explanation says of the contract as a whole."""
    whole = contract.document()
    kept = ("id", "subscriber", "purpose", "in_force", "shadow_from", "approved")
    return {"hash": contract.hash} | {key: whole[key] for key in kept}


def let_through(told: Passage) -> dict[str, Any]:
    """One item told, as JSON values."""
    return {
        "item": told.item, "name": told.name, "has_value": told.has_value,
        "bases": [basis_document(each) for each in told.bases], "grant": _granted(told.grant) if told.grant else None,
    }  # fmt: skip


def _ruled(rule: Rule) -> dict[str, Any]:
    return {"number": rule.number, "name": rule.name, "holds": rule.holds,
            "reason": rule.reason.ja, "reason_en": rule.reason.en}  # fmt: skip


def basis_document(basis: Basis) -> dict[str, Any]:
    """A legal basis that lets an item through, as JSON values."""
    until = basis.in_force_until
    return {"key": basis.key, "name": basis.name, "certainty": basis.certainty,
            "in_force": {"from": basis.in_force_from.isoformat(), "until": until and until.isoformat()}}  # fmt: skip


def _granted(grant: Grant) -> dict[str, Any]:
    return {
        "item": grant.item, "by": grant.approved.by, "on": grant.approved.on.isoformat(), "ref": grant.approved.ref,
        "sample": grant.approved.sample,
        "in_force": {"from": grant.since.isoformat(), "until": grant.until and grant.until.isoformat()},
    }  # fmt: skip
