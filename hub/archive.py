"""The ledger's archive: every committed line of juki.ledger goes into PostgreSQL, exactly once, and is never changed.

Lines and offset move in one transaction by compare-and-set, so a second archiver does no harm. A trigger refuses to
change or remove what is archived. What is archived may lag behind the broker, never lead it. A Change's digest is
compared with what is archived of the same id: another one is alarmed, because the id has been used for something else.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import stamina

from hub import bus, log, metrics, topics
from hub.bus import Incoming, Reader
from hub.config import Settings
from hub.database import Database, connect, queries
from hub.errors import PASSING, JukiError
from hub.lifecycle import Process, running
from hub.released import archived, is_release

PRINCIPAL = "ledger"

_SQL = queries(Path(__file__).with_name("archive.sql"))


async def run(settings: Settings, port: int) -> None:
    """The process `jukihub run ledger`."""
    topic = topics.ledger(settings.prefix)
    async with running(settings, "ledger", port) as process, connect(settings.database) as database:
        await bus.check_topics(settings, PRINCIPAL, [topic])
        await _kept_up(settings, process, database)


@stamina.retry(on=PASSING, attempts=None, timeout=None, wait_initial=0.2, wait_max=10.0)
async def _kept_up(settings: Settings, process: Process, database: Database) -> None:
    topic, partitions = topics.ledger(settings.prefix), range(settings.partitions)
    try:
        async with bus.reader(settings, PRINCIPAL, topic, partitions) as reader:
            archiver = Archiver(database, reader, partitions)
            await archiver.resume()
            while not process.stopping.is_set():
                process.beat()
                await archiver.once()
    except PASSING as failed:
        if process.stopping.is_set():
            return
        log.get().warning("archive-waits", code=failed.code)
        raise


class Archiver:
    """Archives some partitions of the ledger, from where PostgreSQL says that they are archived."""

    def __init__(self, database: Database, reader: Reader, partitions: Sequence[int] | range) -> None:
        self._database = database
        self._reader = reader
        self._partitions = list(partitions)
        self._next: dict[int, int] = {}

    async def resume(self) -> None:
        """Read the positions of the database, and seek there; 0 is the beginning, wherever that is."""
        await self._database.executemany(_SQL["begin_offset"], [(part,) for part in self._partitions])
        rows = await self._database.fetch(_SQL["offsets"], self._partitions)
        self._next = {row["partition"]: row["next_offset"] for row in rows}
        await self._reader.seek({part: at or None for part, at in self._next.items()})

    async def once(self) -> None:
        """One poll; what somebody else archived meanwhile is left to them."""
        for part, records in _by_partition(await self._reader.poll()).items():
            if not await self._archive(part, records):
                await self.resume()
                return

    async def _archive(self, part: int, records: Sequence[Incoming]) -> bool:
        read = [(record, _read(record)) for record in records]
        lines = [(record, line) for record, line in read if not is_release(line)]
        again = [archived(part, record.offset, line, record.value) for record, line in read if is_release(line)]
        following = records[-1].offset + 1
        async with self._database.transaction() as tx:
            if await tx.execute(_SQL["move_offset"], part, self._next[part], following) != 1:
                return False
            await tx.executemany(_SQL["insert_line"], [_line(record, line) for record, line in lines])
            told = [_told(record, line, one) for record, line in lines for one in line["told"]]
            await tx.executemany(_SQL["insert_told"], told)
            await tx.executemany(_SQL["insert_release"], again)
            reused = await tx.fetch(_SQL["reused"], [UUID(line["change"]) for _, line in lines])
        self._next[part] = following
        _tell(part, len(records), len(reused))
        return True


def _tell(part: int, archived: int, reused: int) -> None:
    metrics.LEDGER_ARCHIVED.inc(archived)
    metrics.REUSED_IDS.inc(reused)
    if reused:
        log.get().error("change-id-reused", code="reused-id", partition=part, count=reused)


def _read(record: Incoming) -> Mapping[str, Any]:
    try:
        line: Mapping[str, Any] = orjson.loads(record.value or b"")
    except ValueError:
        raise JukiError("ledger-unreadable", f"{record.topic}[{record.partition}]@{record.offset}") from None
    return line


def _line(record: Incoming, line: Mapping[str, Any]) -> tuple[Any, ...]:
    return (
        record.partition, record.offset, UUID(line["change"]), bytes.fromhex(line["digest"]),
        bytes.fromhex(line["subject"]), line["book"], date.fromisoformat(line["decided_on"]),
        datetime.fromisoformat(line["recorded_at"]), record.value,
    )  # fmt: skip


def _told(record: Incoming, line: Mapping[str, Any], one: Mapping[str, Any]) -> tuple[Any, ...]:
    return (
        one["contract"], record.partition, one["seq"], UUID(one["disclosure"]), UUID(line["change"]), one["state"],
        one["items"], one["contract_hash"], bytes.fromhex(one["token_sha256"]),
    )  # fmt: skip


def _by_partition(records: Sequence[Incoming]) -> Mapping[int, list[Incoming]]:
    found: dict[int, list[Incoming]] = defaultdict(list)
    for record in records:
        found[record.partition].append(record)
    return found


async def last_sequences(database: Database) -> dict[tuple[str, int], int]:
    """The highest archived seq by (contract, partition)."""
    rows = await database.fetch(_SQL["last_sequences"])
    return {(row["contract"], row["partition"]): row["seq"] for row in rows}


async def totals(database: Database) -> dict[str, int]:
    """How many distinct disclosures the ledger names, by contract."""
    return {row["contract"]: row["told"] for row in await database.fetch(_SQL["totals"])}
