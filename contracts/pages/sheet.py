"""The table 項目 × 提供先 as one sheet to be printed and signed: HTML that needs nothing but itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from contracts.book import Book
from contracts.contract import Contract
from contracts.law import Basis, Item
from contracts.pages import words
from contracts.pages.cells import CERTAINTY, FACTS, HASH, NOTES, Cell, cell, rows, sample_notice
from contracts.pages.receivers import columns
from contracts.pages.style import STYLE

_CLASSES: Final = {"": "none", "●": "permitted", "◎": "granted", "△": "conditional"}
_SIGNERS: Final = ("起案", "主管課長", "法務担当", "個人情報保護", "決裁者")
_LINES: Final = ("実施機関", "文書番号", "決裁日", "施行日")


@dataclass(frozen=True, slots=True)
class _Column:
    contract: Contract
    first: bool
    """Whether a new kind of receivers begins here."""

    def td(self, content: str, more: str = "") -> str:
        """A cell of this column, out of HTML."""
        return f'<td class="{"edge " * self.first}{more}">{content}</td>'


def sheet(book: Book, title: str) -> str:
    """The whole page."""
    notice = sample_notice(book)
    lines = [
        "<!DOCTYPE html>", '<html lang="ja">', "<head>", '<meta charset="utf-8" />', f"<title>{escape(title)}</title>",
        f"<style>{STYLE}</style>", "</head>", "<body>", "<main>",
        f"<header><h1>{escape(title)}</h1><p>契約と法令の全体のハッシュ<br /><code>{book.hash}</code></p></header>",
        *_warning(notice), *_table(book), *_footer(book, bool(notice)), "</main>", "</body>", "</html>",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _warning(notice: str) -> Iterator[str]:
    if notice:
        yield f'<p class="watermark" aria-hidden="true">{words.SAMPLE}</p>'
        yield f'<p class="notice">{escape(notice)}</p>'


def _table(book: Book) -> Iterator[str]:
    placed = [_Column(one, at == 0) for _, contracts in columns(book) for at, one in enumerate(contracts)]
    yield '<table><colgroup><col class="group" /><col class="item" /><col class="article" />'
    yield f"{'<col />' * len(placed)}</colgroup>"
    yield from _head(book, placed)
    for group, items in rows(book):
        yield "<tbody>"
        heading = f'<th class="group" scope="rowgroup" rowspan="{len(items)}">{escape(group)}</th>'
        for at, item in enumerate(items):
            yield _row(book, placed, item, heading if at == 0 else "")
        yield "</tbody>"
    hashes = "".join(column.td(f"<code>{column.contract.hash[:12]}</code>") for column in placed)
    yield f'<tfoot><tr><th colspan="3" scope="row">{HASH}</th>{hashes}</tr></tfoot></table>'


def _head(book: Book, placed: Sequence[_Column]) -> Iterator[str]:
    bands = "".join(
        f'<th class="edge" scope="colgroup" colspan="{len(contracts)}">{kind}</th>' for kind, contracts in columns(book)
    )
    yield f'<thead><tr class="band"><th colspan="3" scope="row">提供・移転の別</th>{bands}</tr>'
    names = "".join(_name(column) for column in placed)
    yield f'<tr class="who"><th colspan="3" scope="row">提供先・移転先</th>{names}</tr>'
    for name, fact in FACTS.items():
        said = "".join(column.td(_marked(fact(book, column.contract))) for column in placed)
        yield f'<tr><th colspan="3" scope="row">{name}</th>{said}</tr>'
    yield "</thead>"


def _name(column: _Column) -> str:
    edge = ' class="edge"' if column.first else ""
    return f'<th scope="col"{edge}>{escape(column.contract.subscriber)}<code>{column.contract.id}</code></th>'


def _marked(text: str) -> str:
    """The text as HTML, on which what nobody has signed stands out."""
    sample = f"【{words.SAMPLE}】"
    return escape(text).replace(",", ",<wbr />").replace(sample, f'<b class="sample">{sample}</b>')


def _row(book: Book, placed: Sequence[_Column], item: Item, heading: str) -> str:
    cells = ((column, cell(book, column.contract, item.id)) for column in placed)
    said = "".join(column.td(_cell(book, each), _CLASSES[each.mark]) for column, each in cells)
    name = f'<th scope="row">{escape(item.ja)}</th><td class="article">{escape(item.basis)}</td>'
    return f"<tr>{heading}{name}{said}</tr>"


def _cell(book: Book, each: Cell) -> str:
    bases = tuple(book.bases.values())
    cited = ",".join(f'<span class="{bases[at - 1].certainty}">{at}</span>' for at in each.bases)
    return " ".join(part for part in (each.mark, cited, _marked(each.days + each.sample)) if part)


def _footer(book: Book, sample: bool) -> Iterator[str]:
    legend = "".join(_basis(at, basis) for at, basis in enumerate(book.bases.values(), 1))
    kinds = "；".join(words.group_words(book))
    yield f"<footer><section><h2>根拠の一覧（番号　条項　［確かさ］　出典）</h2><ol>{legend}</ol>"
    yield f"<h2>凡例</h2><p>{''.join(NOTES)}</p><p>{CERTAINTY}下線のある番号はU。</p>"
    yield f"<p>異動の種類　{escape(kinds)}。</p></section>"
    yield f"<section><h2>決裁欄</h2>{_signatures(sample)}</section></footer>"


def _basis(at: int, basis: Basis) -> str:
    said = f"{escape(basis.name)}<b>［{basis.certainty}］</b><small>{escape(basis.source)}</small>"
    return f'<li><b><span class="{basis.certainty}">{at}</span></b><span>{said}</span></li>'


def _signatures(sample: bool) -> str:
    heads = "".join(f'<th scope="col">{each}</th>' for each in _SIGNERS)
    boxes = f"<td>{words.SAMPLE if sample else ''}</td>" * len(_SIGNERS)
    lines = "".join(f'<tr><th scope="row">{each}</th><td></td></tr>' for each in _LINES)
    return f'<table class="sign"><tr>{heads}</tr><tr>{boxes}</tr></table><table class="sign line">{lines}</table>'
