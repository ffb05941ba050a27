"""A copy as one printable page per two people or so: HTML for A4 that needs nothing but itself, escaped throughout.

The rows stand in the order of the law. Names are printed as they are, with their variation selectors; which font has
them is the printer's affair, so 行政事務標準文字 and IPAmj come first in the list.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from producers.certificates import wording
from producers.certificates.decision import Copy, Row

_STYLE: Final = """
@page { size: A4 portrait; margin: 18mm 16mm 20mm; }
* { box-sizing: border-box; }
html { font: 10.5pt/1.5 "GJ明朝", "IPAmj明朝", "IPAmjMincho", "Noto Serif CJK JP", "Yu Mincho", serif; color: #000; }
body { margin: 0; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
main { width: 178mm; margin: 0 auto; }
h1 { font-size: 18pt; letter-spacing: .5em; text-indent: .5em; text-align: center; margin: 0 0 6mm; font-weight: 600; }
table { width: 100%; border-collapse: collapse; border: .4mm solid #000; margin: 0 0 6mm; break-inside: avoid; }
th, td { border: .15mm solid #000; padding: 1mm 2mm; text-align: left; vertical-align: top; font-weight: 400;
  overflow-wrap: anywhere; }
th { width: 48mm; background: #f2f2f2; }
td { min-height: 6mm; height: 7.5mm; }
caption { text-align: left; font-size: 9pt; padding: 0 0 .5mm; }
footer { break-inside: avoid; margin-top: 8mm; }
footer p { margin: 0 0 3mm; }
.signed { display: flex; justify-content: flex-end; align-items: center; gap: 6mm; font-size: 12pt; }
.seal { width: 24mm; height: 24mm; border: .3mm dashed #000; display: grid; place-items: center; font-size: 9pt; }
.number { font: 8pt/1.2 monospace; text-align: right; }
@media screen { body { background: #ddd; } main { background: #fff; padding: 18mm 16mm; width: 210mm;
  margin: 8mm auto; } }
"""


@dataclass(frozen=True, slots=True)
class Issue:
    """With what a copy is handed out: its number, the day in Japan, and who certifies it."""

    number: str
    day: str
    issuer: str


def page(copy: Copy, issue: Issue) -> str:
    """The whole page."""
    title = "除票" if copy.removed else "住民票"
    return "\n".join([
        "<!DOCTYPE html>", '<html lang="ja">', "<head>", '<meta charset="utf-8" />',
        '<meta name="robots" content="noindex" />', f"<title>{title}の写し</title>", f"<style>{_STYLE}</style>",
        "</head>", "<body>", "<main>", f"<h1>{title}</h1>", *_people(copy), *_footer(copy, issue), "</main>",
        "</body>", "</html>",
    ]) + "\n"  # fmt: skip


def _people(copy: Copy) -> Iterator[str]:
    for at, rows in enumerate(copy.persons, start=1):
        yield f"<table><caption>{at}／{len(copy.persons)}</caption><tbody>"
        yield from map(_row, rows)
        yield "</tbody></table>"


def _row(row: Row) -> str:
    return f'<tr data-item="{row.item}"><th scope="row">{escape(row.label)}</th><td>{escape(row.text)}</td></tr>'


def certified(copy: Copy) -> str:
    """The sentence that is certified."""
    whose = "世帯全員の" if copy.whole else ""
    return f"この写しは、{whose}{'除票' if copy.removed else '住民票'}の原本と相違ないことを証明する。"


def _footer(copy: Copy, issue: Issue) -> Iterator[str]:
    yield f"<footer><p>{certified(copy)}</p><p>{wording.day(issue.day)}</p>"
    yield f'<p class="signed"><span>{escape(issue.issuer)}</span><span class="seal">公印</span></p>'
    yield f'<p class="number">{escape(issue.number)}</p></footer>'


def as_json(copy: Copy, issue: Issue) -> dict[str, Any]:
    """The same as data."""
    return {
        "number": issue.number, "kind": "除票の写し" if copy.removed else "住民票の写し", "whole_household": copy.whole,
        "issued_on": issue.day, "issuer": issue.issuer, "certified": certified(copy),
        "persons": [
            [{"item": row.item, "label": row.label, "article": row.article, "text": row.text} for row in rows]
            for rows in copy.persons
        ],
    }  # fmt: skip
