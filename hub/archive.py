"""The ledger's archive: every committed line of juki.ledger goes into PostgreSQL, exactly once, and is never changed.

Lines and offset move in one transaction by compare-and-set, so a second archiver does no harm. The tables grant
INSERT and SELECT; what is archived may lag behind the broker, never lead it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from hub import bus, metrics, topics
from hub.bus import Incoming, Reader
from hub.config import Settings
from hub.database import Connection, Database, connect, queries
from hub.errors import JukiError
from hub.lifecycle import Process, running

PRINCIPAL = "ledger"

_SQL = queries(Path(__file__).with_name("archive.sql"))


async def run(settings: Settings, port: int) -> None:
    """The process `jukihub run ledger`."""
    topic, partitions = topics.ledger(settings.prefix), range(settings.partitions)
    async with running(settings, "ledger", port) as process, connect(settings.database) as database:
        await bus.check_topics(settings, PRINCIPAL, [topic])
        async with bus.reader(settings, PRINCIPAL, topic, partitions) as reader:
            await reader.seek(await positions(database, partitions))
            await _archive_until_stopped(process, database, reader)


async def _archive_until_stopped(process: Process, database: Database, reader: Reader) -> None:
    while not process.stopping.is_set():
        process.beat()
        for part, records in _by_partition(await reader.poll()).items():
            if not await archive(database, part, records):
                await reader.seek(await positions(database, [part]))


async def positions(database: Database, partitions: Sequence[int] | range) -> dict[int, int | None]:
    """Where each partition is archived up to; None is not at all yet."""
    rows = await database.fetch(_SQL["offsets"])
    return dict.fromkeys(partitions) | {r["partition"]: r["next_offset"] for r in rows if r["partition"] in partitions}


async def archive(database: Database, part: int, records: Sequence[Incoming]) -> bool:
    """Archive consecutive records of one partition; False where somebody else has moved on meanwhile."""
    lines = [(record, _read(record)) for record in records]
    async with database.transaction() as tx:
        if not await _moved(tx, part, records[0].offset, records[-1].offset + 1):
            return False
        await tx.executemany(_SQL["insert_line"], [_line(record, line) for record, line in lines])
        told = [_told(record, line, one) for record, line in lines for one in line["told"]]
        await tx.executemany(_SQL["insert_told"], told)
    metrics.LEDGER_ARCHIVED.inc(len(records))
    return True


async def _moved(tx: Connection, part: int, first: int, following: int) -> bool:
    await tx.execute(_SQL["begin_offset"], part)
    return await tx.execute(_SQL["move_offset"], part, first, following) == 1


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
