"""The ledger's line of a confirmation: what was read back at a counterpart once it had taken a disclosure.

It stands beside the line of the telling, on the same partition and behind it, and names the disclosure, what was
confirmed, when, and the digest of the counterpart's receipt; nothing that the disclosure said. Whoever hands over
settles and notes it in one transaction (hub.confirming); the keeper of the ledger puts it there, so that no process
that speaks to a counterpart may write to the ledger. A line that is written twice is archived once.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import orjson

from hub import topics
from hub.bus import Outgoing, Writer
from hub.database import Database, queries

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


class Confirming:
    """Puts what was confirmed onto the ledger."""

    def __init__(self, database: Database, writer: Writer, prefix: str) -> None:
        self._database = database
        self._writer = writer
        self._topic = topics.ledger(prefix)

    async def once(self) -> int:
        """What is not there yet, some hundreds at most; how many. ProduceFailed: it stays, and is put there later."""
        rows = await self._database.fetch(_SQL["confirming"])
        batches: dict[tuple[str, int], list[Outgoing]] = {}
        for row in rows:
            at = int(row["confirmed_at"].timestamp() * 1000)
            one = Outgoing(row["disclosure"].bytes, line(row), (), at)
            batches.setdefault((self._topic, row["partition"]), []).append(one)
        if rows:
            await self._writer.send(batches)
            told = ([row["disclosure"] for row in rows], [row["contract"] for row in rows])
            await self._database.execute(_SQL["on_the_ledger"], *told)
        return len(rows)
