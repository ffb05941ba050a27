"""A TOML file of the Book, with the lines in which things stand. What does not parse is named by its line alone."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.errors import Finding, Text
from contracts.objections import FORM

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
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return Source(name, "", {}), (Finding("bad-encoding", name, 1, FORM["bad-encoding"]),)
    except OSError:
        return Source(name, "", {}), (Finding("unreadable", name, 1, FORM["unreadable"]),)
    try:
        return Source(name, text, tomllib.loads(text)), ()
    except tomllib.TOMLDecodeError as broken:
        return Source(name, text, {}), (_broken(name, text, str(broken)),)
    except RecursionError:
        return Source(name, text, {}), (Finding("bad-toml", name, 1, FORM["too-deep"]),)


def _broken(name: str, text: str, said: str) -> Finding:
    at = _AT_LINE.search(said)
    return Finding("bad-toml", name, int(at.group(1)) if at else len(text.splitlines()), FORM["bad-toml"])


def _sets(line: str, key: str) -> bool:
    return re.match(rf'\s*"?{re.escape(key)}"?\s*=', line) is not None
