"""How a simulation is told: as JSON with ids, or as a page in statutory names. Counts alone, nothing of a person."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from contracts.book import Book
from contracts.errors import Language, Text
from contracts.kinds import kinds
from contracts.law import items
from contracts.simulate import NO_KIND, TOLD_BY_DRAFT, TOLD_THEN, UNDETERMINED, Count, Effect, Report
from hub.wanted import WEEK_MS

if TYPE_CHECKING:
    from hub.simulate import Simulation

_COLUMNS: Final[tuple[tuple[Text, tuple[Effect, ...]], ...]] = (
    (Text("当時の提供", "told then"), TOLD_THEN), (Text("案での提供", "told by draft"), TOLD_BY_DRAFT),
    (Text("新たに提供", "newly told"), ("newly-told",)),
    (Text("提供しなくなる", "no longer told"), ("no-longer-told",)),
    (Text("内容が変わる", "changed"), ("changed",)), (Text("同じ", "same"), ("same",)),
    (Text("判定できない", "undetermined"), UNDETERMINED),
)  # fmt: skip
_EFFECTS: Final[Mapping[Effect, Text]] = {
    "newly-told": Text("新たに提供", "newly told"), "no-longer-told": Text("提供しなくなる", "no longer told"),
    "changed": Text("内容が変わる", "changed"),
    "perhaps-silent": Text("提供しなくなるかもしれない", "perhaps no longer told"),
    "perhaps-told": Text("新たに提供するかもしれない", "perhaps newly told"),
}  # fmt: skip
_HEAD: Final = Text(
    "案 {draft}：異動 {changes} 件のうち {read} 件を判定し直した。違いのある提供 {differing} 件",
    "draft {draft}: {changes} changes, {read} of them decided again; {differing} disclosures differ",
)
_PERIOD: Final = Text("対象期間 {since} から {until} まで（台帳による）", "from {since} to {until}, by the ledger")
_REMEMBERED: Final = Text(
    "{count} 件は異動の内容がもう読めない（juki.changes の保存は{days}日）。台帳から確かに言えることだけを数え、"
    "ほかは「判定できない」とした",
    "{count} changes can no longer be read (juki.changes keeps {days} days): of these only what the ledger makes "
    "certain is counted, the rest is undetermined",
)
_REPEATS: Final = Text(
    "{count} 件は同じ異動の再送なので数えていない", "{count} lines repeat a change that was published twice: left out"
)
_NO_BOOK: Final = Text("{count} 件は当時の契約集が残っていない", "of {count} changes the Book was never kept")
_DIFFERS: Final = Text(
    "【要確認】台帳が当時の契約集による判定と異なるもの {count} 件（ledger-differs）：{places}",
    "WARNING: {count} lines of the ledger are not what their Book decides (ledger-differs): {places}",
)
_STATES: Final[Mapping[str, Text]] = {
    "entered": Text("新たに対象", "entered"), "inside": Text("対象のまま", "inside"),
    "deleted": Text("消除", "deleted"), "left": Text("対象から外れた", "left"),
}  # fmt: skip
_NOTHING: Final = Text("違いはない", "no difference")
_LISTS: Final = (
    (Text("増える項目", "items gained"), "gained"), (Text("なくなる項目", "items lost"), "lost"),
    (Text("値が変わる項目", "items with another value"), "altered"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """What is to be told. `past`: what was read of the ledger, None where a file was. `refused`: lines of the file."""

    report: Report
    past: "Simulation | None" = None
    refused: int = 0

    @property
    def differs(self) -> int:
        """How often the ledger is not what its Book decides."""
        return self.past.differs if self.past else 0


def as_json(told: Told, draft: Book) -> bytes:
    """One JSON document, in ids."""
    report, past = told.report, told.past
    return orjson.dumps({
        "draft": draft.hash, "changes": report.read + report.remembered, "read": report.read,
        "ledger_alone": report.remembered, "refused": told.refused, "differing": report.differing,
        **({} if past is None else _past(past)),
        "contracts": {name: _plain(count) for name, count in sorted(report.contracts.items())},
    })  # fmt: skip


def _past(past: "Simulation") -> dict[str, Any]:
    return {
        "since": past.since, "until": past.until, "repeats": past.repeats, "without_book": past.without_book,
        "ledger_differs": past.differs, "places": past.places,
    }  # fmt: skip


def _plain(count: Count) -> dict[str, Any]:
    effects = count.effects
    return {
        "told": count.total(TOLD_THEN), "told_by_draft": count.total(TOLD_BY_DRAFT),
        "newly_told": effects["newly-told"], "no_longer_told": effects["no-longer-told"],
        "changed": effects["changed"], "same": effects["same"],
        "undetermined": {"told": effects["perhaps-silent"], "silent": effects["perhaps-told"]},
        "items": {"gained": _sorted(count.gained), "lost": _sorted(count.lost), "altered": _sorted(count.altered)},
        "states": [{"from": was, "to": now, "count": n} for (was, now), n in sorted(count.states.items())],
        "kinds": {kind: _sorted(found) for kind, found in sorted(count.kinds.items())},
    }  # fmt: skip


def _sorted(counts: Mapping[Any, int]) -> dict[str, int]:
    return dict(sorted(counts.items()))


def as_text(told: Told, draft: Book, language: Language) -> str:
    """A page for people."""
    return "\n".join(_said(text, language) for text in _page(told, draft))


def _said(text: Text, language: Language) -> str:
    return text.ja if language == "ja" else text.en


def _page(told: Told, draft: Book) -> Iterator[Text]:
    report, changes = told.report, f"{told.report.read + told.report.remembered:,}"
    yield _HEAD.format(draft=draft.hash[:12], changes=changes, read=f"{report.read:,}", differing=report.differing)
    if told.past is not None:
        yield from _notes(report, told.past)
    for name, count in sorted(report.contracts.items()):
        yield from _contract(name, count)


def _notes(report: Report, found: "Simulation") -> Iterator[Text]:
    yield _PERIOD.format(since=found.since, until=found.until)
    if found.differs:
        yield _DIFFERS.format(count=found.differs, places=", ".join(found.places))
    if report.remembered:
        yield _REMEMBERED.format(count=report.remembered, days=WEEK_MS // 86_400_000)
    if found.repeats:
        yield _REPEATS.format(count=found.repeats)
    if found.without_book:
        yield _NO_BOOK.format(count=found.without_book)


def _contract(name: str, count: Count) -> Iterator[Text]:
    yield Text("", "")
    yield Text(name, name)
    if not count.differing and not count.total(UNDETERMINED):
        yield Text("  {told}：{n} 件、{nothing}", "  {told}: {n}, {nothing}").format(
            told=_COLUMNS[0][0], n=count.total(TOLD_THEN), nothing=_NOTHING
        )
        return
    for title, effects in _COLUMNS:
        yield Text("  {title}：{n} 件", "  {title}: {n}").format(title=title, n=count.total(effects))
    for title, attribute in _LISTS:
        yield from _named(title, getattr(count, attribute))
    for (was, now), n in sorted(count.states.items()):
        change = Text("  状態 {was} → {now}：{n} 件", "  state {was} → {now}: {n}")
        yield change.format(was=_STATES[was], now=_STATES[now], n=n)
    yield from _by_kind(count)


def _named(title: Text, counted: Counter[str]) -> Iterator[Text]:
    if counted:
        listed = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
        ja = "、".join(f"{items()[item].ja} {n}" for item, n in listed)
        en = ", ".join(f"{item} {n}" for item, n in listed)
        yield Text("  {title}：{listed}", "  {title}: {listed}").format(title=title, listed=Text(ja, en))


def _by_kind(count: Count) -> Iterator[Text]:
    for kind, effects in sorted(count.kinds.items()):
        told = [(text, effects[effect]) for effect, text in _EFFECTS.items() if effects[effect]]
        if told:
            ja = "、".join(f"{text.ja} {n}" for text, n in told)
            yield Text(f"  {_kind(kind).ja}：{ja}", f"  {kind}: {', '.join(f'{text.en} {n}' for text, n in told)}")


def _kind(kind: str) -> Text:
    return Text("種類不明（台帳のみ）", NO_KIND) if kind == NO_KIND else Text(kinds()[kind].ja, kind)
