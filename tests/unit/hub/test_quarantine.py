"""The quarantine as lines of letters: who waits, since when, and what ends it. Nothing of their content is shown."""

from datetime import UTC, datetime
from uuid import UUID

from hub import envelope, quarantine
from hub.bus import Incoming, Outgoing
from hub.errors import ApprovalRequired

NOW = datetime(2026, 4, 2, tzinfo=UTC)
ONE, OTHER = b"1" * 16, b"2" * 16
ACT = UUID(int=7)


def letters(*given: tuple[bytes, str]) -> list[Incoming]:
    """Letters of one partition, by record key and code."""
    records = [quarantine.letter(Incoming("juki.changes", 0, n, key, b"sealed", envelope.CHANGE, 1000 * n), code)
               for n, (key, code) in enumerate(given)]  # fmt: skip
    return laid(records)


def laid(records: list[Outgoing]) -> list[Incoming]:
    return [Incoming("juki.quarantine", 0, at, one.key, one.value, one.headers, one.timestamp_ms)
            for at, one in enumerate(records)]  # fmt: skip


def test_each_resident_has_a_line_with_the_unreadable_one_at_its_head() -> None:
    records = letters((ONE, "bad-date"), (OTHER, "unknown-kid"), (ONE, "waits-behind"), (ONE, "waits-behind"))
    assert [line.as_json() for line in quarantine.lines(records)] == [
        {"partition": 0, "offset": 0, "code": "bad-date", "since": "1970-01-01T00:00:00+00:00", "behind": 2},
        {"partition": 0, "offset": 1, "code": "unknown-kid", "since": "1970-01-01T00:00:01+00:00", "behind": 0},
    ]


def test_a_mark_ends_the_line_of_its_record_key_and_no_other() -> None:
    waiting = letters((ONE, "bad-date"), (OTHER, "unknown-kid"))
    mark = laid([quarantine.mark(ONE, ACT, 1, NOW)])
    assert [line.key for line in quarantine.lines([*waiting, *mark])] == [OTHER]
    assert (quarantine.marked(mark, ACT), quarantine.marked(waiting, ACT)) == (1, None)


def test_who_is_parked_again_after_a_release_waits_again() -> None:
    mark = laid([quarantine.mark(ONE, ACT, 1, NOW)])
    records = [*letters((ONE, "bad-date")), *mark, *letters((ONE, "bad-json"))]
    assert [line.as_json()["code"] for line in quarantine.lines(records)] == ["bad-json"]


def test_a_letter_with_a_code_of_its_own_cannot_pass_for_a_mark() -> None:
    assert "released" not in quarantine.CODES


def test_an_approval_that_is_missing_has_an_exit_code_of_its_own() -> None:
    assert ApprovalRequired.exit_code == 4
