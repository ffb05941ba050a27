"""The archive forwards its lines to `juki.watch`: without subjects, digests, items or tokens, outside transactions.

Only what PostgreSQL has is forwarded, so nothing that a transaction took back can be among it. The place moves on once
the broker has acknowledged; a crash between the two sends lines again, and whoever counts them knows how to tell.
Lines go out in the order of their partition, some of them in one record. A record says who was told when, and nothing
of what or of whom: `{"lines": [{"told_at", "recorded_at", "told": {contract: seq}}]}`.
"""

import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Protocol

import orjson

from hub import metrics, topics
from hub.bus import Batches, Outgoing
from hub.database import Database, Row, queries

LINES = 100
"""Lines in one record: a record is one transaction of whoever counts it, and stays far below the largest one."""

MOST = 1000
"""Lines of one partition at a time."""

_SQL = queries(Path(__file__).with_suffix(".sql"))


class Publisher(Protocol):
    """What forwarding needs of the broker; `hub.bus.Writer` is one."""

    async def send(self, batches: Batches) -> None:
        """Return once every record is acknowledged; ProduceFailed otherwise."""


class Forwarder:
    """Forwards some partitions of the archive."""

    def __init__(self, database: Database, publisher: Publisher, prefix: str, partitions: Sequence[int]) -> None:
        self._database = database
        self._publisher = publisher
        self._topic = topics.watch(prefix)
        self._partitions = list(partitions)

    async def begin(self) -> None:
        """See that every partition has a place."""
        await self._database.execute(_SQL["begin"], self._partitions)

    async def once(self) -> int:
        """Forward what is archived and was not; how many lines. PASSING errors: nothing has moved, call again."""
        rows = await self._database.fetch(_SQL["pending"], self._partitions, MOST)
        oldest = min((row["recorded_at"].timestamp() for row in rows), default=0)
        metrics.OLDEST_UNFORWARDED.set(oldest)
        if not rows:
            return 0
        by_partition = {part: list(lot) for part, lot in groupby(rows, itemgetter("partition"))}
        await self._publisher.send({(self._topic, part): [*_records(lot)] for part, lot in by_partition.items()})
        for part, lot in by_partition.items():
            following = lot[-1]["ledger_offset"] + 1
            await self._database.execute(_SQL["forwarded"], part, lot[0]["next_offset"], following)
        metrics.FORWARDED.inc(len(rows))
        return len(rows)


def _records(rows: Sequence[Row]) -> Iterator[Outgoing]:
    now = int(time.time() * 1000)
    for start in range(0, len(rows), LINES):
        lines = [without_subject(row["line"], row["recorded_at"]) for row in rows[start : start + LINES]]
        yield Outgoing(None, orjson.dumps({"lines": lines}), (), now)


def without_subject(line: bytes, told_at: datetime) -> dict[str, Any]:
    """What the watch may know of a line of the ledger: built from what is named, nothing is taken away from it."""
    read = orjson.loads(line)
    version = read.get("version")  # lines of an earlier release do not say when their change was recorded
    return {
        "told_at": told_at.timestamp(),
        "recorded_at": told_at.timestamp() if version is None else version / 1e6,
        "told": {one["contract"]: one["seq"] for one in read["told"]},
    }
