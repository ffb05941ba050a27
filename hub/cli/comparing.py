"""`jukihub contracts diff`: what each subscriber gains and loses from one Book to another, for those who sign it."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Annotated, Any, Final

import orjson
import typer

from contracts.book import Book
from contracts.compare import Comparison, ContractChange, Difference, LawChange, Part, compare
from contracts.contract import Approval, Grant
from contracts.errors import BookRefused, Finding, Language, Text
from contracts.explain import item_name, kind_name
from contracts.reasons import described, period
from hub.cli import given
from hub.cli.explained import SHORT, approval, basis_document, cited
from hub.cli.sections import Cell, Section, show
from hub.config import settings

BOOK: Final = "a folder, the word shipped, or 8 or more digits of the hash of a kept Book"

FIELD_NAMES: Final[Mapping[str, Text]] = {
    "id": Text("契約の名前", "id"), "subscriber": Text("提供先", "subscriber"), "purpose": Text("利用目的", "purpose"),
    "basis": Text("根拠", "basis"), "hears": Text("知らせを受ける種類", "hears"), "items": Text("項目", "item"),
    "identifier": Text("識別項目", "identifier"), "protected": Text("支援措置の扱い", "protected"),
    "via": Text("提供方法", "via"), "in_force_from": Text("効力の始まり", "in force from"),
    "approved": Text("決裁", "approved"), "always": Text("項目に変わりがなくても知らせる種類", "always told"),
    "granted": Text("認められた条件付き項目", "granted"), "conditional": Text("条件付き項目", "conditional"),
    "population": Text("対象者", "population"), "mirror": Text("写しを持つ", "mirror"),
    "in_force_until": Text("効力の終わり", "in force until"), "shadow_from": Text("試行の始まり", "on trial from"),
}  # fmt: skip
_STATUS: Final = {
    "added": Text("新しい契約", "new"), "removed": Text("なくなる契約", "removed"),
    "changed": Text("変わる契約", "changed"),
}  # fmt: skip
_EFFECTS: Final = {
    "gains": Text("知り得ることが増える", "may know more"), "loses": Text("知り得ることが減る", "may know less"),
    "both": Text("知り得ることが増え、また減る", "may know more and less"),
    "unchanged": Text("知り得ることは変わらない", "may know the same"),
}  # fmt: skip
_PEOPLE: Final = {
    "gains": Text("広がる", "wider"), "loses": Text("狭まる", "narrower"), "both": Text("入れ替わる", "other people"),
    "unchanged": Text("同じ人々", "the same people"),
}  # fmt: skip
_LAW: Final = {"bases": Text("根拠", "basis"), "items": Text("項目", "item"), "kinds": Text("種類", "kind")}
_LAW_STATUS: Final = {
    "added": Text("加わる", "added"), "removed": Text("なくなる", "removed"), "changed": Text("変わる", "changed"),
}  # fmt: skip
_NONE: Final = Text("なし", "none")
_SAME: Final = Text("違いはない", "no difference")
_TO: Final = Text("{before} → {after}", "{before} → {after}")
_CHANGED: Final = Text("変更", "changed")
_ORDER: Final = Text("順序だけが違う", "only the order differs")
_YES_NO: Final = {True: Text("はい", "yes"), False: Text("いいえ", "no")}

Name = Annotated[str, typer.Argument(help=BOOK)]


def diff(
    before: Annotated[str, typer.Argument(metavar="A", help=BOOK)],
    after: Annotated[str, typer.Argument(metavar="B", help=BOOK)],
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document on stdout")] = False,
    lang: Annotated[Language, typer.Option("--lang", help="language for people: Japanese (ja) or English (en)")] = "ja",
) -> None:
    """Say what each subscriber gains and loses from the Book A to the Book B, and what changes in the law.

    \b
    Examples:
      jukihub contracts diff shipped draft/
      jukihub contracts diff 44be5f2bbf1d shipped --lang en

    Whether a subscriber may know more or less: of people, kinds, items and days. Exit 1 where the law does not support
    one of the Books: then all findings are shown.
    """
    settings()  # asked in any case: an unknown HUB_* name is an error of every command
    books, findings = _books((("A", before), ("B", after)))
    if findings:
        _refuse(findings, lang, as_json=as_json)
    old, new = books
    found = compare(old, new)
    if as_json:
        typer.echo(orjson.dumps(document(old, new, found), default=_plain))
    else:
        show(list(sections(old, new, found)), lang)


def _books(names: Iterable[tuple[str, str]]) -> tuple[list[Book], list[Finding]]:
    books: list[Book] = []
    findings: list[Finding] = []
    for place, name in names:
        try:
            books.append(given.called(name, place))
        except BookRefused as refused:
            findings += [each for each in refused.findings if each not in findings]
    return books, findings


def _refuse(findings: list[Finding], language: Language, *, as_json: bool) -> None:
    if as_json:
        typer.echo(orjson.dumps({"findings": [_finding(each) for each in findings]}))
    else:
        for finding in findings:
            typer.echo(finding.told(language))
        typer.echo(f"{len(findings)} finding(s): nothing is compared", err=True)
    raise typer.Exit(1)


def _finding(finding: Finding) -> dict[str, Any]:
    said = {"message": finding.message.ja, "message_en": finding.message.en}
    return {"code": finding.code, "file": finding.file, "line": finding.line, **said}


def sections(old: Book, new: Book, found: Comparison) -> Iterator[Section]:
    """The comparison for people."""
    yield Section(f"Book {old.hash[:SHORT]} → Book {new.hash[:SHORT]}", [(_SAME,)] if found.same else [])
    for change in found.contracts:
        told = [each for each in change.differences if change.status == "changed" or each.field != "population"]
        rows = [row for each in told for row in _rows(each, old, new)]
        yield Section(_whose(change), [*_everybody(change, old, new), *rows])
    if found.unchanged and found.contracts:
        yield Section(Text("変わらない契約", "contracts without a difference"), [(name,) for name in found.unchanged])
    if found.law:
        yield Section(Text("法令", "law"), [row for each in found.law for row in _law_rows(each, old, new)])


def _whose(change: ContractChange) -> Text:
    return Text("{id} {subscriber}（{status}）：{effect}", "{id} {subscriber} ({status}): {effect}").format(
        id=change.id, subscriber=change.subscriber, status=_STATUS[change.status], effect=_EFFECTS[change.effect]
    )  # fmt: skip


def _everybody(change: ContractChange, old: Book, new: Book) -> Iterator[tuple[Cell, ...]]:
    """Whom a contract concerns that is new or gone: nobody asks for what is not written there."""
    if change.status != "changed":
        book = new if change.status == "added" else old
        yield (FIELD_NAMES["population"], "", described(book.contracts[change.id].population))


def _rows(difference: Difference, old: Book, new: Book) -> Iterator[tuple[Cell, ...]]:
    name = FIELD_NAMES[difference.field]
    if difference.field == "id":
        return  # stands in the heading
    if difference.field == "population":
        yield from _people(difference)
        return
    if not isinstance(difference.before or difference.after, tuple | frozenset):
        yield (name, _CHANGED, _from_to(difference, old, new))
    elif not difference.gained and not difference.lost:
        yield (name, _CHANGED, _ORDER)
    else:
        grants = {"＋": difference.after or (), "－": difference.before or ()}
        for sign, parts in (("＋", difference.gained), ("－", difference.lost)):
            told = _granted(parts, grants[sign]) if difference.field == "granted" else _parts(parts)
            yield from ((name, sign, *cells) for cells in told)


def _parts(parts: Iterable[Part]) -> Iterator[tuple[Cell, ...]]:
    """One row for all that rests on the same bases."""
    for bases, group in groupby(sorted(parts, key=_keys), key=lambda part: part.bases):
        yield ("、".join(part.name for part in group), cited(bases))


def _keys(part: Part) -> list[str]:
    return [basis.key for basis in part.bases]


def _granted(parts: Iterable[Part], grants: Iterable[Grant]) -> Iterator[tuple[Cell, ...]]:
    of = {grant.item: grant for grant in grants}
    for part in parts:
        grant = of[part.id]
        yield (part.name, period(grant.since, grant.until), approval(grant.approved), cited(part.bases))


def _people(difference: Difference) -> Iterator[tuple[Cell, ...]]:
    said = _TO.format(before=described(difference.before), after=described(difference.after))
    yield (FIELD_NAMES["population"], _CHANGED, said, _PEOPLE[difference.effect])


def _from_to(difference: Difference, old: Book, new: Book) -> Text:
    before = _value(difference.field, difference.before, old)
    after = _value(difference.field, difference.after, new)
    return _TO.format(before=before, after=after)


def _value(field: str, value: Any, book: Book) -> Cell:
    if isinstance(value, Approval):
        return approval(value)
    if isinstance(value, bool):
        return _YES_NO[value]
    if value is None:
        return _NONE
    return item_name(book, value) if field == "identifier" else str(value)


def _law_rows(change: LawChange, old: Book, new: Book) -> Iterator[tuple[Cell, ...]]:
    yield (_LAW[change.part], change.key, _LAW_STATUS[change.status])
    for name, (before, after) in change.fields.items():
        yield ("", name, *_law_value(before, after, old, new))


def _law_value(before: Any, after: Any, old: Book, new: Book) -> tuple[Cell, ...]:
    if not isinstance(before if before is not None else after, frozenset):
        return (f"{_plainly(before)} → {_plainly(after)}",)
    came, went = (after or frozenset()) - (before or frozenset()), (before or frozenset()) - (after or frozenset())
    signed = [f"＋{_named(each, new)}" for each in sorted(came)] + [f"－{_named(each, old)}" for each in sorted(went)]
    return ("、".join(signed) or _NONE,)


def _named(member: str, book: Book) -> str:
    return item_name(book, member) if member in book.items else kind_name(book, member)


def _plainly(value: Any) -> str:
    if isinstance(value, tuple):
        return "、".join(value)
    return "－" if value is None else str(value)


def document(old: Book, new: Book, found: Comparison) -> dict[str, Any]:
    """The comparison as values of which JSON can be made."""
    return {
        "before": old.hash, "after": new.hash, "same": found.same,
        "contracts": [_change(each) for each in found.contracts], "unchanged": found.unchanged,
        "law": [{"part": each.part, "key": each.key, "status": each.status,
                 "fields": {name: {"before": was, "after": now} for name, (was, now) in each.fields.items()}}
                for each in found.law],
    }  # fmt: skip


def _change(change: ContractChange) -> dict[str, Any]:
    return {
        "id": change.id, "subscriber": change.subscriber, "status": change.status, "effect": change.effect,
        "differences": [
            {"field": each.field, "before": each.before, "after": each.after, "effect": each.effect,
             "gained": [_named_part(part) for part in each.gained], "lost": [_named_part(part) for part in each.lost]}
            for each in change.differences
        ],
    }  # fmt: skip


def _named_part(part: Part) -> dict[str, Any]:
    return {"id": part.id, "name": part.name, "bases": [basis_document(each) for each in part.bases]}


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(type(value).__name__)
