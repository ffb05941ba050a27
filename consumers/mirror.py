"""Letters on juki.dead.<contract>, for Kafka's own tools: a copy, never the letter itself.

Each time a disclosure becomes a dead letter, one record: original key, the sealed bytes (null where nothing was kept),
original timestamp and partition, the header names of Kafka Connect's dead letter queue, and ours beside them. The
message of the exception is the closed code, and there is no stack trace, because both would quote what they object to.
At least once: a crash between the broker's acknowledgement and our note of it repeats the record.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from hub import topics
from hub.bus import Outgoing, Writer
from hub.database import Database, queries

COUNTERPART: Final = "counterpart-"
"""How the codes begin that a counterpart has named."""
_SQL = queries(Path(__file__).with_name("mirror.sql"))


def headers(letter: Mapping[str, Any], contract: str, topic: str) -> tuple[tuple[str, bytes], ...]:
    """The headers of one letter, in a fixed order. Connect's values are strings in UTF-8."""
    code = letter["code"]
    said = {
        "__connect.errors.topic": topic,
        "__connect.errors.partition": letter["partition"],
        "__connect.errors.offset": letter["record_offset"],
        "__connect.errors.connector.name": f"deliver-{contract}",
        "__connect.errors.task.id": 0,
        "__connect.errors.stage": "TASK_PUT",
        "__connect.errors.class.name": "consumers.deliver.Deliverer",
        "__connect.errors.exception.class.name": "hub.outcome.Refused",
        "__connect.errors.exception.message": code,
        "hub.errors.code": code,
        "hub.errors.counterpart-code": counterpart_code(code) or "",
        "hub.errors.contract": contract,
        "hub.errors.disclosure-id": letter["id"],
        "hub.errors.attempt": letter["attempts"],
        "hub.errors.first-failed-at": letter["first_failed_at"].isoformat(),
    }
    return tuple((name, str(value).encode()) for name, value in said.items())


def counterpart_code(code: str) -> str | None:
    """The counterpart's own part of a code; None where the code is ours."""
    return code.removeprefix(COUNTERPART) if code.startswith(COUNTERPART) else None


class Mirror:
    """Mirrors the letters of one contract."""

    def __init__(self, database: Database, writer: Writer, contract: str, prefix: str) -> None:
        self._database = database
        self._writer = writer
        self._contract = contract
        self._read_from = topics.disclosures(prefix, contract)
        self._topic = topics.dead(prefix, contract)

    async def once(self) -> int:
        """Mirror what was not mirrored, some hundreds at most; how many. ProduceFailed: do it again later."""
        rows = await self._database.fetch(_SQL["unmirrored"], self._contract)
        batches: dict[tuple[str, int], list[Outgoing]] = {}
        for row in rows:
            said = headers(row, self._contract, self._read_from)
            one = Outgoing(row["subject"], row["token"], said, row["published_ms"])
            batches.setdefault((self._topic, row["partition"]), []).append(one)
        if rows:
            await self._writer.send(batches)
            marks = ([row["id"] for row in rows], [row["attempts"] for row in rows])
            await self._database.execute(_SQL["mirrored"], self._contract, *marks)
        return len(rows)
