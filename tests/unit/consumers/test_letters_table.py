"""`jukihub letters groups` and `list`: what people copy from it is whole, on any terminal."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from consumers.cli import given, letters
from consumers.letters import Group, Letter, left
from hub.errors import UsageError

AT = datetime(2026, 4, 1, 15, 30, tzinfo=UTC)
WHERE, CODE = "intermediate-server", "counterpart-not-accepted"
LETTER = Letter(UUID(int=2**127 + 1), WHERE, "dead", CODE, AT, AT, 1, 0, 12, None, AT)
GROUP = Group(WHERE, "dead", CODE, 1, AT, AT, 12, 1, AT)


@pytest.mark.parametrize("columns", ["40", "80", "200"])
def test_id_code_and_time_are_whole(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr(given, "at_office", at_office([GROUP]))
    letters.groups()
    monkeypatch.setattr(given, "at_office", at_office(([LETTER], 1)))
    letters.list_letters()
    said = capsys.readouterr().out
    assert [text for text in (str(LETTER.id), LETTER.code, "2026-04-02 00:30:00", "UTC+9") if text not in said] == []


def at_office(answer: Any) -> Callable[[Any], Any]:
    return lambda _act: answer


def test_a_contract_that_is_none_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="unknown-contract"):
        letters.list_letters("nosuch")


def test_nobody_discards_everything_by_leaving_the_filter_out() -> None:
    with pytest.raises(UsageError, match="no-filter"):
        letters.discard("because", "prefecture")


def test_a_letter_of_a_counterpart_says_the_counterparts_own_code() -> None:
    assert LETTER.as_json()["counterpart_code"] == "not-accepted"
    assert GROUP.as_json()["counterpart_code"] == "not-accepted"


@pytest.mark.parametrize(("hours", "said"), [(50, "2 d 2 h"), (0.5, "0 d 0 h"), (-1, "over")])
def test_the_countdown_says_how_long_a_letter_can_be_decided_again(hours: float, said: str) -> None:
    assert left(AT + timedelta(hours=hours), AT) == said
