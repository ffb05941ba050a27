"""Tables in Markdown."""

from collections.abc import Iterable, Sequence


def row(cells: Iterable[str]) -> str:
    """One row of a table; what a cell says can neither end the cell nor the line."""
    return f"| {' | '.join(plain(each) for each in cells)} |"


def table(head: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    """A table with its head."""
    return "\n".join([row(head), row(["---"] * len(head)), *map(row, rows)])


def plain(text: str) -> str:
    """The text in one line, without what Markdown would take for a new cell or for HTML."""
    said = " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|")
    return said.replace("<", "&lt;").replace("`", "\\`").replace("[", "\\[")


def bullets(lines: Iterable[str]) -> str:
    """A list."""
    return "\n".join(f"- {plain(each)}" for each in lines)
