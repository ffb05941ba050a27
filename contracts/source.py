"""A TOML file of the Book, with the lines in which things stand. What does not parse is named by its line alone."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from unicodedata import category

from contracts.errors import Finding, Text
from contracts.objections import FORM

MAX_BYTES: Final = 262_144
"""Largest file of a Book: more than ten times what the whole law takes."""

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_AT_LINE = re.compile(r"at line (\d+)")


@dataclass(frozen=True, slots=True)
class Source:
    """One file: its `name` as a reader knows it, its text and its tables (empty where it does not parse)."""

    name: str
    text: str
    tables: dict[str, Any]

    def line(self, key: str, value: str = "") -> int:
        """The line, counted from 1, in which `key` is set, or further down where `value` first stands in quotes."""
        lines = self.text.splitlines()
        start = next((at for at, line in enumerate(lines) if _sets(line, key)), 0)
        if not value:
            return start + 1
        return next((at for at in range(start, len(lines)) if f'"{value}"' in lines[at]), start) + 1

    def table(self, header: str) -> int:
        """The line in which the table `header` begins, such as `bases."番号法22条"`."""
        return next((at for at, line in enumerate(self.text.splitlines(), 1) if line.strip() == f"[{header}]"), 1)

    def finding(self, code: str, message: Text, key: str = "", value: str = "") -> Finding:
        """An objection to what this file says under `key`."""
        return Finding(code, self.name, self.line(key, value) if key else 1, message)


def read(path: Path, name: str) -> tuple[Source, tuple[Finding, ...]]:
    """The file at `path`, known as `name`, and what stops it from being read."""
    try:
        code, text = _text(path)
    except OSError:
        code, text = "unreadable", ""
    if code:
        return Source(name, "", {}), (Finding(code, name, 1, FORM[code]),)
    try:
        source = Source(name, text, tomllib.loads(text))
    except ValueError as broken:  # TOMLDecodeError, or a number of thousands of digits
        return Source(name, text, {}), (_broken(name, text, str(broken)),)
    except RecursionError:
        return Source(name, text, {}), (Finding("bad-toml", name, 1, FORM["too-deep"]),)
    return source, tuple(_invisible(source))


def _text(path: Path) -> tuple[str, str]:
    """What stops the file from being read as text, and the text."""
    if not path.is_file():
        return "unreadable", ""
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        return "too-large", ""
    try:
        return "", data.decode("utf-8")
    except UnicodeDecodeError:
        return "bad-encoding", ""


def _invisible(source: Source) -> Iterator[Finding]:
    """What nobody can see could make one word look like another, or write what it likes on a terminal."""
    for key, value in source.tables.items():
        if any(_UNSEEN.intersection(map(category, text)) for text in _texts([key, value])):
            yield source.finding("control-character", FORM["control-character"], key)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in [*value, *value.values()] if isinstance(value, dict) else value:
            yield from _texts(part)


def _broken(name: str, text: str, said: str) -> Finding:
    at = _AT_LINE.search(said)
    return Finding("bad-toml", name, int(at.group(1)) if at else len(text.splitlines()), FORM["bad-toml"])


def _sets(line: str, key: str) -> bool:
    return re.match(rf'\s*"?{re.escape(key)}"?\s*=', line) is not None
