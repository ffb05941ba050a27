"""One line of a file per disclosure: RFC 4180, UTF-8, reversible, and nothing that a spreadsheet would run. Pure.

    nothing between the commas   the register has none (null)
    \\W                           withheld: not told in this disclosure
    \\E                           a text without a character
    \\…                           what follows, as it is: written before texts that begin with = + - @ (of either
                                 width), a tab or an end of line (spreadsheets take them for formulas) or a \\

What is there is always quoted. Names are never changed: whoever reads takes one leading \\ off, and has what was told.
"""

from collections.abc import Sequence
from typing import Final

from consumers.disclosure import Disclosure
from contracts.columns import Columns, Value, of_item, values

ESCAPE: Final = "\\"
WITHHELD: Final = "\\W"
EMPTY: Final = "\\E"
CELLS: Final = {"null": "", "withheld": WITHHELD, "empty": EMPTY, "escape": ESCAPE}
"""The same for whoever reads a manifest."""

_DANGEROUS: Final = frozenset("=+-@＝＋－＠﹢﹣−\t\r\n") | {ESCAPE}
_END: Final = "\r\n"


def header(columns: Columns) -> bytes:
    """The first line."""
    return _line([_quoted(name) for name in columns.names])


def line(said: Disclosure, columns: Columns) -> tuple[bytes, dict[str, str]]:
    """The line of one disclosure, and its texts by column, for the report on characters.

    `Unfit` where a value has no place. An item that is not the contract's any more has no column, and is left out.
    """
    cells = [_cell(value) for value in (str(said.id), said.version, said.recorded_at, said.state, _order(said))]
    if columns.says_protected:
        cells.append(WITHHELD if said.protected is None else _cell(said.protected))
    texts: dict[str, str] = {}
    for item in columns.items:
        names = of_item(item)
        if item not in said.items:
            cells += [WITHHELD] * len(names)
            continue
        told = values(item, said.items[item])
        cells += map(_cell, told)
        texts |= {name: value for name, value in zip(names, told, strict=True) if isinstance(value, str)}
    return _line(cells), texts


def _order(said: Disclosure) -> Value:
    return None if said.transfer is None else str(said.transfer)


def _line(cells: Sequence[str]) -> bytes:
    return (",".join(cells) + _END).encode()


def _cell(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _quoted("true" if value else "false")
    if isinstance(value, int):
        return _quoted(str(value))
    if value == "":
        return EMPTY
    return _quoted(ESCAPE + value if value[0] in _DANGEROUS else value)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
