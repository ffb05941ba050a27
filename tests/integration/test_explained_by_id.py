"""`jukihub explain` by the id of a change that went through a real router: every contract, and no contradiction."""

import asyncio
import json
from typing import Any

import pytest
from typer.testing import CliRunner

from contracts.change import parse
from hub.bench.sample import changes
from hub.cli import build, given
from tests.integration.test_looking_back import BOOK, Line, line, routed

__all__ = ["line"]


def explained(change_id: str, contract: str) -> dict[str, Any]:
    """The answer as JSON; fails where the command does."""
    result = CliRunner().invoke(build(["explain"]), ["explain", change_id, "--contract", contract, "--json"])
    assert result.exit_code == 0, result.output
    told: dict[str, Any] = json.loads(result.stdout)
    return told


@pytest.mark.faults
@pytest.mark.trap("input-14")
async def test_what_was_told_and_what_was_not_agrees_with_the_ledger(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(given, "settings", lambda: line.settings)
    household, moved = changes(2)
    await routed(line, household, moved)
    told: dict[str, set[bool]] = {}
    for content in (household[1], moved[1]):
        change = parse(content)
        for name in BOOK.contracts:
            answer = await asyncio.to_thread(explained, change.id, name)
            assert (answer["book"], answer["day"]) == (BOOK.hash, change.day.isoformat())
            assert answer["told"] is answer["ledger"]["told"]
            told.setdefault(change.kind, set()).add(answer["told"])
    assert told == {"HEAD_CHANGED": {True, False}, "RELOCATE": {True, False}}
