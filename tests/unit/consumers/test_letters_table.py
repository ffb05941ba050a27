"""`jukihub letters list`: what people copy from it is whole, on any terminal."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from consumers import cli
from consumers.letters import Letter, grouped
from hub.errors import UsageError

LETTER = Letter(UUID(int=2**127 + 1), "intermediate-server", "counterpart-not-accepted",
                datetime(2026, 4, 1, 15, 30, tzinfo=UTC), 1, 12)  # fmt: skip


@pytest.mark.parametrize("columns", ["40", "80", "200"])
def test_id_code_and_time_are_whole(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    cli._print(grouped([LETTER]))
    said = capsys.readouterr().out
    assert [text for text in (str(LETTER.id), LETTER.code, "2026-04-02 00:30:00", "UTC+9") if text not in said] == []


def test_a_contract_that_is_none_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="unknown-contract"):
        cli.list_letters("nosuch")
