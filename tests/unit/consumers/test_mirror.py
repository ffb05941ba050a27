"""The headers of a letter on juki.dead.<contract>."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from consumers.mirror import headers

LETTER = {
    "id": UUID(int=7), "partition": 3, "record_offset": 42, "attempts": 2, "code": "counterpart-not-accepted",
    "first_failed_at": datetime(2026, 4, 1, tzinfo=UTC),
}  # fmt: skip


@pytest.mark.trap("D1", "D2")
def test_they_are_those_of_kafka_connect_and_ours_and_no_stack_trace() -> None:
    assert {name: value.decode() for name, value in headers(LETTER, "prefecture", "juki.disclosures.prefecture")} == {
        "__connect.errors.topic": "juki.disclosures.prefecture",
        "__connect.errors.partition": "3",
        "__connect.errors.offset": "42",
        "__connect.errors.connector.name": "deliver-prefecture",
        "__connect.errors.task.id": "0",
        "__connect.errors.stage": "TASK_PUT",
        "__connect.errors.class.name": "consumers.deliver.Deliverer",
        "__connect.errors.exception.class.name": "hub.outcome.Refused",
        "__connect.errors.exception.message": "counterpart-not-accepted",
        "hub.errors.code": "counterpart-not-accepted",
        "hub.errors.counterpart-code": "not-accepted",
        "hub.errors.contract": "prefecture",
        "hub.errors.disclosure-id": str(UUID(int=7)),
        "hub.errors.attempt": "2",
        "hub.errors.first-failed-at": "2026-04-01T00:00:00+00:00",
    }
