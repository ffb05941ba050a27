"""What is said beside the data: how far a command has come, on a terminal alone; what waits for another person."""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

import hub
from hub.cli import awaiting, progress

ROOT = Path(str(hub.__file__)).parents[1]
OVER = "\r\x1b[K"
ASKED = {"request": UUID(int=7), "what": "keys", "requested_by": "ito", "reason": "年次の\x1b[2J更新",
         "at": datetime(2026, 4, 1, tzinfo=UTC)}  # fmt: skip


def everything() -> None:
    """Whatever can be said of a command that goes on."""
    progress.say("digesting", stays=True)
    counted = progress.every(1000)
    for count in (1, 999, 1000, 1500, 2400):
        counted(count)
    progress.of(2400, 60_000)


def test_one_line_is_written_over_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    everything()
    assert capsys.readouterr().err == f"{OVER}digesting\n{OVER}1,000{OVER}2,400{OVER}2,400 of 60,000"


def test_elsewhere_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    everything()
    assert capsys.readouterr() == ("", "")


def test_what_waits_is_a_line_each_that_cannot_steer_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    awaiting.show([ASKED], lambda one: f"of {one['what']}", as_json=False)
    said = capsys.readouterr()
    assert said.out.startswith(f"{UUID(int=7)} of keys, asked by ito: 年次の")
    assert ("\x1b" in said.out, said.out.count("\n"), said.err) == (False, 1, "")
    awaiting.show([], str, as_json=False)
    assert capsys.readouterr() == ("", "nothing waits for approval\n")


@pytest.mark.parametrize("found", [[], [ASKED]])
def test_for_machines_it_is_one_document_with_nothing_left_out(
    capsys: pytest.CaptureFixture[str], found: list[dict[str, Any]]
) -> None:
    awaiting.show(found, str, as_json=True)
    said = capsys.readouterr()
    assert (said.err, [one.keys() for one in json.loads(said.out)]) == ("", [one.keys() for one in found])


def sources() -> Iterator[tuple[str, str]]:
    for room in ("hub", "consumers", "producers"):
        for file in (ROOT / room).rglob("*.py"):
            yield str(file.relative_to(ROOT)), file.read_text(encoding="utf-8")


@pytest.mark.parametrize(("words", "place"), [
    ("stderr.isatty", "hub/cli/progress.py"), ("nothing waits for approval", "hub/cli/awaiting.py"),
])  # fmt: skip
def test_each_is_said_in_one_place(words: str, place: str) -> None:
    assert [name for name, text in sources() if words in text] == [place]
