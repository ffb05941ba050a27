"""The one-page table 項目 × 提供先, out of the Book: what legal reads, compares and signs.

`table.md` is for the comparison of two versions, `table.html` for the signature (one sheet of A3, landscape). Both say
all that the hash of a contract is taken of, and which article lets each item through.
"""

from collections.abc import Iterable, Iterator

from contracts.book import Book
from contracts.law import Basis
from contracts.pages import words
from contracts.pages.cells import CERTAINTY, FACTS, NOTES, cell, rows, sample_notice
from contracts.pages.receivers import columns
from contracts.pages.sheet import sheet

TITLE = "住民基本台帳の異動に係る提供項目一覧表（項目×提供先）"


def files(book: Book) -> dict[str, str]:
    """The table as text, by relative path."""
    return {"table.md": markdown(book), "table.html": sheet(book, TITLE)}


def markdown(book: Book) -> str:
    """The table in Markdown."""
    notice = sample_notice(book)
    parts = [f"# {TITLE}", *([f"> **{notice}**"] if notice else []), _table(book), "\n".join(f"- {each}" for each in NOTES),
             "## 根拠の一覧", _legend(book), CERTAINTY, "## 異動の種類", _kinds(book), f"契約と法令の全体のハッシュ：`{book.hash}`"]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def row(cells: Iterable[str]) -> str:
    """One row of a table in Markdown."""
    return f"| {' | '.join(_plain(each) for each in cells)} |"


def _plain(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _table(book: Book) -> str:
    placed = [(kind, contract) for kind, contracts in columns(book) for contract in contracts]
    contracts = [contract for _, contract in placed]
    lines = [
        row(["区分", "項目", "項目の根拠", *(f"{one.subscriber}（{one.id}）" for one in contracts)]),
        row(["---"] * (3 + len(contracts))),
        row(["契約", "提供・移転の別", "", *(kind for kind, _ in placed)]),
    ]
    lines += [row(["契約", name, "", *(fact(book, one) for one in contracts)]) for name, fact in FACTS.items()]
    for group, items in rows(book):
        lines += [row([group, item.ja, item.basis, *(cell(book, one, item.id).text for one in contracts)]) for item in items]
    lines.append(row(["契約", "ハッシュ（先頭12桁）", "", *(one.hash[:12] for one in contracts)]))
    return "\n".join(lines)


def _legend(book: Book) -> str:
    lines = [row(["番号", "条項", "確かさ", "効力", "出典", "備考"]), row(["---"] * 6)]
    return "\n".join([*lines, *(row(_basis(at, basis)) for at, basis in enumerate(book.bases.values(), 1))])


def _basis(at: int, basis: Basis) -> Iterator[str]:
    yield from (str(at), basis.name, basis.certainty, words.period(basis.in_force_from, basis.in_force_until))
    yield from (basis.source, basis.remark)


def _kinds(book: Book) -> str:
    return "\n".join(f"- {group}：{kinds}" for group, kinds in words.group_words(book))
