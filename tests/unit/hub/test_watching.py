"""What the watch judges, reads and forwards: pure, by tables."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from contracts import book
from hub import metrics
from hub.config import read as settings_of
from hub.errors import UsageError
from hub.watching.collected import UNKNOWN, Collected, Place, place
from hub.watching.counting import Told, read
from hub.watching.forwarding import without_subject
from hub.watching.judging import late, limit, missing, office_hours, unusual
from hub.watching.looking import present
from hub.watching.policy import SHIPPED, Bounds, Office, policy

NOW = datetime(2026, 4, 8, 3, 0, tzinfo=UTC)
"""A Wednesday, noon in Japan."""

BOUNDS = Bounds(service_seconds=300, floor=100, factor=3, history_days=28, regular=True, quiet_hours=16)
OFFICE = Office.model_validate({"days": ["mon", "tue", "wed", "thu", "fri"], "from": 9, "to": 17, "closed": ["04-07"]})
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(("seconds", "expected"), [(None, False), (0, False), (300, False), (301, True)])
def test_late_is_what_was_recorded_longer_ago_than_the_service_level(seconds: int | None, expected: bool) -> None:
    oldest = None if seconds is None else NOW - timedelta(seconds=seconds)
    assert late(oldest, NOW, BOUNDS) is expected


@pytest.mark.parametrize(("history", "expected"), [
    ([], 100), ([0, 0, 0], 100), ([10] * 50, 100), ([50] * 50, 150), ([50] * 99 + [9000], 150), ([40, 60], 180),
    ([0] * 500 + [50], 150),
])  # fmt: skip
def test_an_hour_may_have_three_times_the_usual_maximum_and_always_the_floor(history: list[int], expected: int) -> None:
    assert limit(history, BOUNDS) == expected
    assert [unusual(count, history, BOUNDS) for count in (0, expected, expected + 1)] == [False, False, True]


def test_an_unusual_hour_does_not_become_the_measure_for_the_next() -> None:
    hours = {NOW - n * HOUR: 50 for n in range(2, 200)} | {NOW - HOUR: 9000, NOW: 9000}
    count, history = present(hours, NOW + timedelta(minutes=20), BOUNDS)
    assert (count, unusual(count, history, BOUNDS)) == (9000, True)
    assert 9000 not in history


def test_what_is_older_than_the_history_says_nothing() -> None:
    assert present({NOW - timedelta(days=29): 7, NOW - timedelta(days=27): 8}, NOW, BOUNDS) == (0, [8])


@pytest.mark.parametrize(("start", "end", "hours"), [
    ("2026-04-08T09:00", "2026-04-08T12:00", 3), ("2026-04-08T00:00", "2026-04-08T23:00", 8),
    ("2026-04-10T16:00", "2026-04-13T10:00", 2), ("2026-04-06T16:00", "2026-04-08T10:00", 2),
    ("2026-04-11T00:00", "2026-04-12T23:59", 0), ("2026-04-08T12:00", "2026-04-08T12:00", 0),
    ("2026-04-08T12:00", "2026-04-08T11:00", 0),
])  # fmt: skip
def test_office_hours_leave_out_nights_weekends_and_closed_days(start: str, end: str, hours: float) -> None:
    times = (datetime.fromisoformat(f"{each}+09:00") for each in (start, end))
    assert office_hours(*times, OFFICE) == hours


@pytest.mark.parametrize(("last", "regular", "expected"), [
    ("2026-04-08T09:00", True, False), ("2026-04-03T17:00", True, False), ("2026-04-01T09:00", True, True),
    ("2026-04-01T09:00", False, False), ("2020-01-01T00:00", True, True),
])  # fmt: skip
def test_missing_is_what_has_not_come_in_more_office_hours_than_usual(last: str, regular: bool, expected: bool) -> None:
    bounds = BOUNDS.model_copy(update={"regular": regular})
    assert missing(datetime.fromisoformat(f"{last}+09:00"), NOW, bounds, OFFICE) is expected


def test_who_was_never_told_anything_misses_nothing() -> None:
    assert missing(None, NOW, BOUNDS, OFFICE) is False


def test_the_shipped_policy_has_every_contract_of_the_book() -> None:
    assert set(policy(book.load().contracts).bounds) == set(book.load().contracts)


def test_a_contract_says_only_what_is_otherwise_there(tmp_path: Path) -> None:
    file = tmp_path / "watching.toml"
    file.write_text(SHIPPED.read_text("utf-8") + "[contract.tax]\nfloor = 9000\n", encoding="utf-8")
    found = policy(["tax", "welfare"], file).bounds
    assert (found["tax"].floor, found["tax"].factor) == (9000, found["welfare"].factor)


@pytest.mark.parametrize("added", [
    "[contract.nobody]\nfloor = 1\n", "[contract.tax]\nflour = 1\n", "[contract.tax]\nfloor = -1\n", "[other]\n", "[[",
])  # fmt: skip
def test_a_policy_that_cannot_be_meant_is_refused_whole(tmp_path: Path, added: str) -> None:
    file = tmp_path / "watching.toml"
    file.write_text(SHIPPED.read_text("utf-8") + added, encoding="utf-8")
    with pytest.raises(UsageError, match="HUB_WATCHING"):
        policy(["tax"], file)


LINE = {"change": "c", "subject": "5ub1ec7", "book": "b", "digest": "d16e57", "decided_on": "2026-04-01",
        "recorded_at": "2026-04-08T03:00:00+00:00", "version": 1_775_617_199_000_000,
        "told": [{"contract": "tax", "seq": 4, "items": ["name"], "disclosure": "u", "token_sha256": "h"}]}  # fmt: skip


def test_a_forwarded_line_says_who_was_told_when_and_nothing_of_whom_or_what() -> None:
    assert without_subject(orjson.dumps(LINE), NOW) == {
        "told_at": NOW.timestamp(), "recorded_at": 1_775_617_199.0, "told": {"tax": 4},
    }  # fmt: skip


def test_a_line_of_an_earlier_release_counts_from_its_telling() -> None:
    old = {name: value for name, value in LINE.items() if name != "version"}
    assert without_subject(orjson.dumps(old), NOW)["recorded_at"] == NOW.timestamp()


def test_what_is_forwarded_is_what_is_read() -> None:
    value = orjson.dumps({"lines": [without_subject(orjson.dumps(LINE), NOW)]})
    assert read(value) == [Told("tax", 4, NOW.timestamp(), 1_775_617_199.0)]


@pytest.mark.trap("F8")
@pytest.mark.parametrize("value", [
    None, b"", b"{", b"[]", b"{}", b'{"lines": 1}', b'{"lines": [{}]}', b"\xff",
    b'{"lines": [{"told_at": 1, "recorded_at": 1, "told": {"tax": "1"}}]}',
    b'{"lines": [{"told_at": 1, "recorded_at": 1, "told": {"tax": 0}}]}',
    b'{"lines": [{"told_at": "x", "recorded_at": 1, "told": {"tax": 1}}]}',
    b'{"lines": [{"told_at": 1e300, "recorded_at": 1, "told": {"tax": 1}}]}',
    b'{"lines": [{"told_at": 1, "recorded_at": -1, "told": {"tax": 1}}]}',
    b'{"lines": [{"told_at": 1, "recorded_at": 1, "told": []}]}',
])  # fmt: skip
def test_what_the_archive_did_not_write_is_refused_and_raises_nothing(value: bytes | None) -> None:
    assert read(value) is None


def test_a_subscriber_that_has_committed_nothing_is_not_known() -> None:
    assert place({}, {0: 9}, None, 5.0) == Place({}, UNKNOWN, 0)


@pytest.mark.parametrize(("committed", "behind"), [
    ({0: 9, 1: 3}, 0), ({0: 8, 1: 2}, 0), ({0: 7, 1: 3}, 2), ({0: 9}, 3),
])  # fmt: skip
def test_one_offset_behind_is_a_marker_and_two_are_a_record(committed: dict[int, int], behind: int) -> None:
    assert place(committed, {0: 9, 1: 3}, None, 5.0).behind == behind


async def test_a_subscriber_whose_feed_is_stopped_may_not_read_and_so_does_not_stand_still() -> None:
    name, shown = "child-policy", metrics.UNCOLLECTED_SINCE.labels("child-policy")
    shown.set(7)
    alone = Collected(settings_of({}), {name: book.load().contracts[name]})  # no broker: it would be asked in vain
    await alone.once(9.0, {name})
    assert [each.collect()[0].samples[0].value for each in (shown, metrics.UNCOLLECTED.labels(name))] == [0, UNKNOWN]


def test_a_subscriber_stands_still_since_it_was_seen_not_to_move() -> None:
    looks: list[tuple[dict[int, int], float]] = [({0: 2}, 1.0), ({0: 2}, 2.0), ({0: 2}, 3.0), ({0: 4}, 4.0)]
    found, seen = None, []
    for committed, now in looks:
        found = place(committed, {0: 9}, found, now)
        seen.append(found.since)
    assert seen == [0, 2.0, 2.0, 0]


class Unkind:
    """What a handler may raise."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    async def __call__(self, _partition: int, _value: bytes | None) -> None:
        raise self.error


@pytest.mark.trap("F1", "F7")
@pytest.mark.parametrize("error", [ValueError("x"), UsageError("bad-watching"), MemoryError()])
async def test_whatever_escapes_ends_the_process_before_the_library_calls_it_done(
    error: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hub import watch  # noqa: PLC0415 - brings Faust

    class Ended(BaseException):
        pass

    def end(code: int) -> None:
        raise Ended(code)

    monkeypatch.setattr(watch.os, "_exit", end)
    with pytest.raises(Ended) as ended:
        await watch.safely(Unkind(error), 0, b"")
    assert ended.value.args == (watch.SOFTWARE,)


@pytest.mark.trap("F2", "F4", "F5", "F7")
def test_faust_has_every_setting_that_is_not_safe_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hub import bus, watch  # noqa: PLC0415 - brings Faust
    from hub.config import read as settings  # noqa: PLC0415 - as above

    to = {"sasl_plain_username": "watch", "sasl_plain_password": "", "ssl_context": None, "client_id": "w",
          "sasl_mechanism": "SCRAM-SHA-512"}  # fmt: skip
    monkeypatch.setattr(bus, "connection", lambda *_: to)
    app = watch.application(settings({"HUB_KAFKA": "127.0.0.1:1,127.0.0.1:2", "HUB_DATA": str(tmp_path)}), 3)
    wanted = {
        "stream_wait_empty": True, "stream_buffer_maxsize": 4096, "broker_max_poll_records": 500,
        "broker_session_timeout": 45.0, "broker_heartbeat_interval": 3.0, "broker_request_timeout": 90.0,
        "broker_rebalance_timeout": 60.0, "consumer_group_instance_id": "juki-watch-3",
        "consumer_auto_offset_reset": "earliest", "producer_request_timeout": 60.0, "topic_allow_declare": False,
        "topic_disable_leader": True, "web_enabled": False, "worker_redirect_stdouts": False,
        "producer_threaded": False, "value_serializer": "raw", "id": "juki-watch",
    }  # fmt: skip
    assert {name: getattr(app.conf, name) for name in wanted} == wanted
    assert (app.in_transaction, app.conf.store.scheme, len(app.tables)) == (False, "memory", 0)
