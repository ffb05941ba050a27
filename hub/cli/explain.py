"""`jukihub explain`: why a contract was or was not told of a change, rule by rule and item by item.

A change from a file needs no server. A change that was carried is asked for by its id: the ledger says what was told
and under which Book, and the change is decided again under that Book. Where the two differ, that is said loudly.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import orjson
import typer

from contracts.book import Book
from contracts.change import JAPAN, Change
from contracts.contract import Contract
from contracts.errors import Language, Text
from contracts.explain import Explanation, Passage, explain
from contracts.explain import passage as let_through
from hub.cli import explained, given
from hub.cli.sections import Section, show
from hub.cli.shared import Folder, book, day_of
from hub.errors import Advised, UsageError

if TYPE_CHECKING:
    from hub.lookback import Again, Confirmed, Stored, Telling

PARTIAL: Final = 3

_DIFFERS: Final = "The ledger says something else than the decision made again: find out why"
_ONLY_THEN: Final = "Only what was decided at the time can be shown: leave out --on, --book and --contracts"

_TOLD: Final = Text("台帳：知らせた（{state}、通番 {seq}）", "ledger: told ({state}, sequence {seq})")
_RELEASED: Final = Text(
    "台帳：{day} に再送（計画 {plan}、申請 {by}、承認 {approved}、{count} 項目）",
    "ledger: released again on {day} (plan {plan}, asked for by {by}, approved by {approved}, {count} items)",
)
_CONFIRMED: Final = Text(
    "台帳：{at} に相手方で読み直して確認した（{what}、受領証の要約 {receipt}）",
    "ledger: read back at the counterpart and confirmed at {at} ({what}, digest of the receipt {receipt})",
)
_OPERATION: Final = Text(
    "市の操作 {id}　契約 {contract}。異動ではなく、誰にも何も知らせていない",
    "operation of the city {id}, contract {contract}; it is no change, and nobody was told anything",
)
_WORDS: Final = {
    "erased": Text("消去済み", "erased"),
    "copy-erased": Text("副本を市の操作で消去", "copy erased by the city's operation"),
    "copies-reloaded": Text("副本の全件再登録が終了", "all copies registered anew"),
}  # fmt: skip
"""What can be confirmed, in words."""
_SILENT: Final = Text("台帳：知らせていない", "ledger: not told")
_ENDED: Final = Text(
    "台帳：知らせていない。処理した日（{day}）には、契約の効力が終わっていた",
    "ledger: not told; on the day on which the change was routed ({day}) the contract had ended",
)
_UNREADABLE: Final = Text(
    "異動の内容はもう読めないので、台帳にあることだけを示す。知らせなかった理由は示せない",
    "the change itself is no longer readable: only what the ledger has is shown, and no silence can be explained",
)


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register `jukihub explain`."""
    app.command("explain")(run)


def run(  # noqa: PLR0913 - one parameter for each option
    change: Annotated[str, typer.Argument(
        metavar="CHANGE",
        help="file with one Change, FILE:LINE, - for stdin, or the id of a change that was carried, or of an operation"
    )],
    contract: Annotated[str, typer.Option(metavar="NAME", help="the contract that is asked about")],
    on: Annotated[str | None, typer.Option(
        metavar="DATE", help="day of decision; else the day of recording in Japan, for an id that of the ledger"
    )] = None,
    book_hash: Annotated[str | None, typer.Option(
        "--book", metavar="HASH", help="a Book that was used, by 8 or more digits of its hash"
    )] = None,
    contracts: Folder = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document on stdout")] = False,
    lang: Annotated[Language, typer.Option("--lang", help="language for people: Japanese (ja) or English (en)")] = "ja",
) -> None:
    """Say why a contract was or was not told of a change, and which article let each item through.

    \b
    Examples:
      jukihub explain change.json --contract prefecture
      jukihub explain changes.jsonl:3 --contract child-policy --on 2026-04-02 --lang en
      jukihub explain 01930000-0000-7000-8000-000000000001 --contract child-policy --json

    The Book is that of --contracts or --book; else, for a file, HUB_CONTRACTS or the shipped one, and for an id that of
    the ledger, or with --on the one in use on that day. No value of a record is printed. Exit 0 whether told or silent,
    1 where the ledger says something else (ledger-differs), 3 where the change is no longer readable. By the id that
    `jukihub copies erase` or `copies reload begin` has printed, it says what was read back, and when.
    """  # fmt: skip
    if contracts and book_hash:
        raise UsageError("two-books", "--book", "Name a Book by --contracts or by --book, not by both")
    asked = Asked(contract, None if on is None else day_of(on), book_hash, contracts, as_json, lang)
    if given.is_id(change):
        _carried(change.lower(), asked)
        return
    read = given.change(change)
    law = _named(asked) or book(None)
    asked.answer(explain(read, asked.of(law), law, asked.on or read.day))


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked, and how to answer."""

    contract: str
    on: date | None
    book_hash: str | None
    contracts: Path | None
    as_json: bool
    language: Language

    def of(self, law: Book) -> Contract:
        """The contract in `law`; a usage error with the names that exist where there is none."""
        if self.contract not in law.contracts:
            raise UsageError("unknown-contract", "--contract", f"There are: {', '.join(law.contracts)}")
        return law.contracts[self.contract]

    def answer(self, told: Explanation, ledger: "Ledger | None" = None) -> None:
        """Print the explanation, and of a change that was carried what the ledger has of it."""
        if self.as_json:
            _print(explained.document(told) | {"ledger": ledger.document() if ledger else None})
            return
        said = [Section("", [(line,) for line in ledger.lines(told.contract)])] if ledger else []
        show([*explained.sections(told), *said], self.language)


@dataclass(frozen=True, slots=True)
class Ledger:
    """What the ledger has of one change for one contract: the day on which it was routed, and what was told."""

    routed_on: date
    telling: "Telling | None"
    released: "Sequence[Again]" = ()
    confirmed: "Sequence[Confirmed]" = ()

    def lines(self, contract: Contract | None) -> list[Text]:
        """All of it in sentences: the first telling, each release of a replay, what was read back."""
        again = [
            _RELEASED.format(day=one.recorded_at.astimezone(JAPAN).date(), plan=one.plan, by=one.requested_by,
                             approved=one.approved_by, count=len(one.items))
            for one in self.released
        ]  # fmt: skip
        return [self.said(contract), *again, *map(_confirmation, self.confirmed)]

    def said(self, contract: Contract | None) -> Text:
        """The same in one sentence."""
        if self.telling:
            return _TOLD.format(state=self.telling.state, seq=self.telling.seq)
        return _ENDED.format(day=self.routed_on) if contract and self.ended(contract) else _SILENT

    def ended(self, contract: Contract) -> bool:
        """Whether `contract` had ended by the day of routing, so that nothing was told whatever the decision."""
        return contract.is_over(self.routed_on)

    def differs(self, told: Explanation) -> bool:
        """Whether something else was told than the decision made again says."""
        if self.telling is None:
            return told.state is not None and not self.ended(told.contract)
        then = (self.telling.state, frozenset(self.telling.items), self.telling.contract_hash)
        return then != (told.state, frozenset(each.item for each in told.told), told.contract.hash)

    def document(self) -> dict[str, Any]:
        """The same as JSON values."""
        told = {"told": self.telling is not None, "routed_on": self.routed_on.isoformat()}
        if self.telling is None:
            return told
        names = ("state", "items", "contract_hash", "seq", "partition", "disclosure")
        told |= {name: getattr(self.telling, name) for name in names}
        if self.confirmed:
            told["confirmed"] = [*map(_document, self.confirmed)]
        if not self.released:
            return told
        names = ("plan", "requested_by", "approved_by", "items", "contract_hash", "disclosure")
        return told | {"released": [
            {"recorded_at": one.recorded_at.isoformat()} | {name: getattr(one, name) for name in names}
            for one in self.released
        ]}  # fmt: skip


def _document(one: "Confirmed") -> dict[str, str]:
    return {"what": one.what, "at": one.at.isoformat(), "receipt_sha256": one.receipt}


def _confirmation(one: "Confirmed") -> Text:
    return _CONFIRMED.format(at=f"{one.at.astimezone(JAPAN):%Y-%m-%d %H:%M:%S}", receipt=one.receipt[:explained.SHORT],
                             what=_WORDS.get(one.what, Text(one.what, one.what)))


def _named(asked: Asked) -> Book | None:
    """The Book that is named on the command line."""
    if asked.contracts:
        return book(asked.contracts)
    return given.kept_book(asked.book_hash, "--book") if asked.book_hash else None


def _carried(change: str, asked: Asked) -> None:
    stored = given.stored(change)
    if stored is None:
        _operated(change, given.operated(change), asked)
        return
    telling = next((each for each in stored.told if each.contract == asked.contract), None)
    released = [each for each in stored.released if each.contract == asked.contract]
    confirmed = [each for each in stored.confirmed if each.contract == asked.contract]
    ledger = Ledger(stored.routed_on, telling, released, confirmed)
    if stored.change is None:
        _of_ledger_alone(stored, ledger, asked)
    else:
        _again(stored, stored.change, ledger, asked)


def _operated(operation: str, confirmed: "Sequence[Confirmed]", asked: Asked) -> None:
    """What the city has done by an operation of its own, which was decided by no contract."""
    if not (of_it := [each for each in confirmed if each.contract == asked.contract]):
        raise UsageError("not-of-this-contract", "--contract", f"It is of {confirmed[0].contract}")
    if asked.as_json:
        _print({"operation": operation, "contract": asked.contract, "confirmed": [*map(_document, of_it)]})
        return
    head = _OPERATION.format(id=operation, contract=asked.contract)
    show([Section(head, [(line,) for line in map(_confirmation, of_it)])], asked.language)


def _again(stored: "Stored", change: Change, ledger: Ledger, asked: Asked) -> None:
    law = _named(asked) or (given.book_of(asked.on) if asked.on else stored.book)
    if law is None:
        raise Advised("book-not-kept", stored.id, "Name a Book by --contracts or --book")
    told = explain(change, asked.of(law), law, asked.on or stored.decided_on)
    asked.answer(told, ledger)
    as_it_was = stored.book is not None and (law.hash, told.on) == (stored.book.hash, stored.decided_on)
    if as_it_was and ledger.differs(told):
        raise Advised("ledger-differs", stored.id, _DIFFERS)


def _of_ledger_alone(stored: "Stored", ledger: Ledger, asked: Asked) -> None:
    if asked.on or asked.book_hash or asked.contracts:
        raise Advised("change-unreadable", stored.id, _ONLY_THEN)
    contract = asked.of(stored.book) if stored.book else None
    passages = _passages(stored, contract, ledger.telling.items if ledger.telling else ())
    if asked.as_json:
        _print({
            "book": stored.book.hash if stored.book else None, "day": stored.decided_on.isoformat(),
            "contract": explained.agreed(contract) if contract else {"id": asked.contract},
            "change": {"id": stored.id}, "told": ledger.telling is not None,
            "items": [explained.let_through(each) for each in passages], "ledger": ledger.document(),
        })  # fmt: skip
    else:
        head = explained.heading(stored.book, contract, asked.contract, stored.decided_on)
        items = [explained.passages(passages)] if ledger.telling else []
        said = [(line,) for line in ledger.lines(contract)]
        show([Section(head, [*said, (_UNREADABLE,)]), *items], asked.language)
    raise typer.Exit(PARTIAL)


def _passages(stored: "Stored", contract: Contract | None, items: Iterable[str]) -> list[Passage]:
    if stored.book is None or contract is None:
        return [Passage(item, item, None, (), None) for item in items]
    return [let_through(stored.book, contract, item, stored.decided_on) for item in items]


def _print(document: dict[str, Any]) -> None:
    typer.echo(orjson.dumps(document))
