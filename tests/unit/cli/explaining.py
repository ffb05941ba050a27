"""What the tests of `jukihub explain` share: two changes, one that is refused, and the command itself."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.book import load
from hub import cli
from hub.cli.explained import cited
from tests.people import line, record

BOOK = load()
ARTICLE = cited([BOOK.bases["住基法30条の6第1項"]]).ja
MOVED_IN = line("MOVE_IN_DOMESTIC", None, record())
HEAD = line("HEAD_CHANGED", record(), record(is_household_head=False), id="01930000-0000-7000-8000-000000000002")
BAD = MOVED_IN.replace(b'"sex": "2"', b'"sex": "3"')
ID = str(json.loads(MOVED_IN)["id"])

Answer = tuple[int, str, str]
Ask = Callable[..., Answer]


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Runs the command; its exit code, what it says to programs, and what it says to people."""

    def run(*arguments: str | Path, given: bytes = b"") -> Answer:
        monkeypatch.setattr(sys, "argv", ["jukihub", "explain", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        said = capsys.readouterr()
        return int(stopped.value.code or 0), said.out, said.err

    return run


def on_prefecture(*arguments: str | Path) -> tuple[str | Path, ...]:
    return (*arguments, "--contract", "prefecture")
