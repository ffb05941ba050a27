"""Reading the pages back: tables out of Markdown and out of HTML, as a person would, by row and by column."""

import re
from html.parser import HTMLParser

VOID = {"meta", "col", "br", "wbr"}
Table = dict[tuple[str, str], str]
"""Text by name of the row and id of the contract."""


def cells(line: str) -> list[str]:
    """The cells of one row in Markdown."""
    inner = line.strip().removeprefix("| ").removesuffix(" |")
    return [re.sub(r"\\(.)", r"\1", cell).replace("&lt;", "<") for cell in re.split(r" (?<!\\)\| ", inner)]


def first_table(text: str) -> list[list[str]]:
    """The rows of the first table of a page in Markdown, its head first."""
    lines = text.splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith("| "))
    end = next(at for at in range(start, len(lines)) if not lines[at].startswith("|"))
    return [cells(line) for line in lines[start:end] if not line.startswith("| ---")]


def by_contract(rows: list[list[str]]) -> Table:
    """The table by the second cell of each row, and by the id at the end of each head."""
    ids = [head.rsplit("（", 1)[1].removesuffix("）") for head in rows[0][3:]]
    return {(row[1], each): text for row in rows[1:] for each, text in zip(ids, row[3:], strict=True)}


class Page(HTMLParser):
    """A page in HTML: refuses what is not well formed; keeps tags, attributes and the rows of tables."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in VOID, f"<{tag}> is not closed"
        self.open.append(tag)
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID, f"<{tag} /> is no void element"
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data
