"""How a longer answer is laid out for people: sections of rows; a table on a terminal, plain lines elsewhere."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import typer

from contracts.errors import Language, Text

Cell = Text | str


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, which may be empty, and rows below it."""

    heading: Cell
    rows: Sequence[tuple[Cell, ...]] = ()


def show(sections: Sequence[Section], language: Language) -> None:
    """Print `sections` to stdout."""
    if _on_a_terminal():
        _tables(sections, language)
        return
    for line in lines(sections, language):
        typer.echo(line)


def lines(sections: Sequence[Section], language: Language) -> list[str]:
    """The sections as plain text: rows are indented, their cells two blanks apart."""
    told = []
    for section in sections:
        if heading := said(section.heading, language):
            told.append(heading)
        told += ["  " + "  ".join(said(cell, language) for cell in row).rstrip() for row in section.rows]
    return told


def said(cell: Cell, language: Language) -> str:
    """The words of `cell` in `language`."""
    if isinstance(cell, str):
        return cell
    return cell.ja if language == "ja" else cell.en


def _on_a_terminal() -> bool:
    return sys.stdout.isatty()


def _tables(sections: Sequence[Section], language: Language) -> None:
    from rich.console import Console  # noqa: PLC0415 - only for people
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text as Plain  # noqa: PLC0415 - words of a contract are no markup

    console = Console()
    for section in sections:
        if heading := said(section.heading, language):
            console.print(Plain(heading, style="bold"))
        table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
        for _ in range(max(map(len, section.rows), default=0) + 1):
            table.add_column(overflow="fold")
        for row in section.rows:
            table.add_row("", *(Plain(said(cell, language)) for cell in row))
        if section.rows:
            console.print(table)
