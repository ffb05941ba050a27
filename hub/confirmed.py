"""The ledger's line of a confirmation: what was read back at a counterpart once it had taken a disclosure.

It stands beside the line of the telling, on the same partition and behind it, and names the disclosure, what was
confirmed, when, and the digest of the counterpart's receipt; nothing that the disclosure said. Whoever hands over
settles and notes it in one transaction (hub.confirming); the keeper of the ledger puts it there, so that no process
that speaks to a counterpart may write to the ledger. A line that is written twice is archived once.

Each partition has a batch of its own, so that one which takes none keeps no other back. What names a partition that the
ledger does not have, a fault of whoever has noted it, goes aloud onto one that it has: a confirmation is evidence.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import orjson

from hub import log, topics
from hub.bus import Outgoing, Writer
from hub.database import Connection, Database, Row, queries
from hub.errors import ProduceFailed

CONFIRMATION: Final = "confirmation"
_SQL = queries(Path(__file__).with_suffix(".sql"))


def line(row: Mapping[str, Any]) -> bytes:
    """The line of one row of hub.confirming, as it goes onto juki.ledger."""
    return orjson.dumps({
        "kind": CONFIRMATION, "disclosure": str(row["disclosure"]), "contract": row["contract"], "what": row["what"],
        "receipt_sha256": row["receipt_sha256"].hex(), "confirmed_at": row["confirmed_at"].isoformat(),
    })  # fmt: skip


def is_confirmation(read: Mapping[str, Any]) -> bool:
    """Whether a line of the ledger is one of these."""
    return read.get("kind") == CONFIRMATION


def archived(partition: int, offset: int, read: Mapping[str, Any], value: bytes | None) -> tuple[Any, ...]:
    """The row of hub.confirmations that a line comes to."""
    return (
        partition, offset, UUID(read["disclosure"]), read["contract"], read["what"],
        bytes.fromhex(read["receipt_sha256"]), datetime.fromisoformat(read["confirmed_at"]), value,
    )  # fmt: skip


async def note(  # noqa: PLR0913 - every word of the line
    held: Connection, number: UUID, owner: str, partitions: int, what: str, content: bytes, now: datetime
) -> None:
    """Let the keeper of the ledger put a line there that names `content` by its digest.

    `number` and `owner` stand where others name a disclosure and a contract; the number chooses the partition.
    """
    await held.execute(_SQL["note"], number, owner, number.int % partitions, what, sha256(content).digest(), now)


class Confirming:
    """Puts what was confirmed onto the ledger."""

    def __init__(self, database: Database, writer: Writer, prefix: str, partitions: int) -> None:
        self._database = database
        self._writer = writer
        self._topic = topics.ledger(prefix)
        self._partitions = partitions

    async def once(self) -> int:
        """What is not there yet, some hundreds at most; how many. ProduceFailed: it stays, and is put there later, once
        every other partition has what is its own."""
        batches: dict[int, list[Row]] = {}
        for row in await self._database.fetch(_SQL["confirming"]):
            batches.setdefault(self._placed(row), []).append(row)
        failed: ProduceFailed | None = None
        for part, rows in batches.items():
            try:
                await self._put(part, rows)
            except ProduceFailed as not_there:
                failed = not_there
        if failed is not None:
            raise failed
        return sum(map(len, batches.values()))

    async def _put(self, part: int, rows: Sequence[Row]) -> None:
        batch = [Outgoing(row["disclosure"].bytes, line(row), (), _milliseconds(row["confirmed_at"])) for row in rows]
        await self._writer.send({(self._topic, part): batch})
        told = ([row["disclosure"] for row in rows], [row["contract"] for row in rows])
        await self._database.execute(_SQL["on_the_ledger"], *told)

    def _placed(self, row: Row) -> int:
        part = int(row["partition"])
        if not 0 <= part < self._partitions:
            log.get().error("confirmation-misplaced", code="no-such-partition", partition=part)
        return part % self._partitions


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
