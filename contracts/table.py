"""The one-page table 項目 × 提供先, out of the Book: what legal reads, compares and signs.

`table.md` is for the comparison of two versions, `table.html` for the signature (one sheet of A3, landscape). Both say
all that the hash of a contract is taken of, and which article lets each item through.
"""

from collections.abc import Iterator
from typing import Final

from contracts.book import Book
from contracts.law import Basis
from contracts.pages import markdown as md
from contracts.pages import words
from contracts.pages.cells import CERTAINTY, FACTS, HASH, NOTES, cell, rows, sample_notice
from contracts.pages.receivers import columns
from contracts.pages.sheet import sheet

TITLE: Final = "住民基本台帳の異動に係る提供項目一覧表（項目×提供先）"


def files(book: Book) -> dict[str, str]:
    """The table as text, by relative path."""
    return {"table.md": markdown(book), "table.html": html(book)}


def html(book: Book) -> str:
    """The table as one sheet to be printed and signed."""
    return sheet(book, TITLE)


def markdown(book: Book) -> str:
    """The table in Markdown."""
    notice = sample_notice(book)
    legend = (_basis(at, basis) for at, basis in enumerate(book.bases.values(), 1))
    return "\n\n".join([
        f"# {TITLE}", *([f"> **{notice}**"] if notice else []), _table(book), md.bullets(NOTES),
        "## 根拠の一覧", md.table(["番号", "条項", "確かさ", "効力", "出典", "備考"], legend), CERTAINTY,
        "## 異動の種類", md.bullets(words.group_words(book)), f"契約と法令の全体のハッシュ：`{book.hash}`",
    ]) + "\n"  # fmt: skip


def _table(book: Book) -> str:
    names = (f"{one.subscriber}（{one.id}）" for _, contracts in columns(book) for one in contracts)
    return md.table(["区分", "項目", "項目の根拠", *names], _rows(book))


def _rows(book: Book) -> Iterator[list[str]]:
    contracts = [one for _, each in columns(book) for one in each]
    yield ["契約", "提供・移転の別", "", *(kind for kind, each in columns(book) for _ in each)]
    for name, fact in FACTS.items():
        yield ["契約", name, "", *(fact(book, one) for one in contracts)]
    for group, items in rows(book):
        for item in items:
            yield [group, item.ja, item.basis, *(cell(book, one, item.id).text for one in contracts)]
    yield ["契約", HASH, "", *(one.hash[:12] for one in contracts)]


def _basis(at: int, basis: Basis) -> list[str]:
    days = words.period(basis.in_force_from, basis.in_force_until)
    return [str(at), basis.name, basis.certainty, days, basis.source, basis.remark]
