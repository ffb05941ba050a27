"""The ledger's archive: every committed line of juki.ledger goes into PostgreSQL, exactly once, and is never changed.

Lines and offset move in one transaction by compare-and-set, so a second archiver does no harm. A trigger refuses to
change or remove what is archived. What is archived may lag behind the broker, never lead it. A Change's digest is
compared with what is archived of the same id: another one is alarmed, because the id has been used for something else.
So is a number of a contract that is missing between two lines. What is archived is forwarded to the watch. What was
confirmed at a counterpart is put onto the ledger here, and nowhere else, and archived like everything on it. Each
archived line is a leaf of the tree that is signed here (proofs/), as is that of the audit.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from hub import bus, confirmed, given, log, metrics, topics
from hub.auditing import keeping as auditing
from hub.bus import Incoming, Reader
from hub.config import Settings
from hub.confirmed import Confirming, is_confirmation
from hub.database import Database, connect, queries
from hub.errors import PASSING, JukiError
from hub.lifecycle import Process, running
from hub.patience import Patience
from hub.proofs import keeping, leaves
from hub.released import archived, is_release
from hub.watching.forwarding import Forwarder

PRINCIPAL = "ledger"

RESTS = 0.5
"""Seconds between two looks at what is to be forwarded, or put onto the ledger, when there is nothing."""

_SQL = queries(Path(__file__).with_name("archive.sql"))


async def run(settings: Settings, port: int) -> None:
    """The process `jukihub run ledger`."""
    topic = topics.ledger(settings.prefix)
    metrics.prepare(given.book(settings).contracts)
    metrics.LEDGER_LEVEL.set(time.time())
    metrics.LEDGER_SIGNED.set(time.time())
    async with running(settings, "ledger", port) as process, connect(settings.database) as database:
        await bus.check_topics(settings, PRINCIPAL, [topic, topics.watch(settings.prefix)])
        async with asyncio.TaskGroup() as loops:
            loops.create_task(_kept_up(process, "archive-waits", partial(_archiving, settings, process, database)))
            # of its own: that the watch cannot be told keeps nothing from being archived
            loops.create_task(_kept_up(process, "forwarding-waits", partial(_forwarding, settings, process, database)))
            loops.create_task(_kept_up(process, "confirming-waits", partial(_confirming, settings, process, database)))
            loops.create_task(
                _kept_up(process, "signing-waits", partial(keeping.signing_it, settings, process, database))
            )
            loops.create_task(
                _kept_up(process, "auditing-waits", partial(auditing.keeping_it, settings, process, database))
            )


async def _kept_up(process: Process, waits: str, work: Callable[[Patience], Awaitable[None]]) -> None:
    patience = Patience()
    while not process.stopping.is_set():
        try:
            await work(patience)
        except PASSING as failed:
            if not process.stopping.is_set():
                log.get().warning(waits, code=failed.code)
                await process.wait(patience.rest())


async def _archiving(settings: Settings, process: Process, database: Database, patience: Patience) -> None:
    topic, partitions = topics.ledger(settings.prefix), range(settings.partitions)
    async with bus.reader(settings, PRINCIPAL, topic, partitions) as reader:
        archiver = Archiver(database, reader, partitions)
        await archiver.resume()
        patience.at_work()
        while not process.stopping.is_set():
            process.beat("archive")
            await archiver.once()


async def _forwarding(settings: Settings, process: Process, database: Database, patience: Patience) -> None:
    async with bus.writer(settings, PRINCIPAL) as writer:
        forwarder = Forwarder(database, writer, settings.prefix, range(settings.partitions))
        await forwarder.begin()
        patience.at_work()
        while not process.stopping.is_set():
            process.beat("forward")
            if not await forwarder.once():
                await process.wait(RESTS)


async def _confirming(settings: Settings, process: Process, database: Database, patience: Patience) -> None:
    async with bus.writer(settings, PRINCIPAL) as writer:
        confirming = Confirming(database, writer, settings.prefix, settings.partitions)
        patience.at_work()
        while not process.stopping.is_set():
            process.beat("confirm")
            if not await confirming.once():
                await process.wait(RESTS)


class Archiver:
    """Archives some partitions of the ledger, from where PostgreSQL says that they are archived."""

    def __init__(self, database: Database, reader: Reader, partitions: Sequence[int] | range) -> None:
        self._database = database
        self._reader = reader
        self._partitions = list(partitions)
        self._next: dict[int, int] = {}
        self._last: dict[tuple[str, int], int] = {}

    async def resume(self) -> None:
        """Read the positions of the database, and seek there; 0 is the beginning, wherever that is."""
        await self._database.executemany(_SQL["begin_offset"], [(part,) for part in self._partitions])
        for part in self._partitions:
            await leaves.caught_up(self._database, part)
        rows = await self._database.fetch(_SQL["offsets"], self._partitions)
        self._next = {row["partition"]: row["next_offset"] for row in rows}
        self._last = await last_sequences(self._database)
        await self._reader.seek({part: at or None for part, at in self._next.items()})

    async def once(self) -> None:
        """One poll; what somebody else archived meanwhile is left to them."""
        polled = await self._reader.poll()
        for part, records in _by_partition(polled).items():
            if not await self._archive(part, records):
                await self.resume()
                return
        # with traffic no poll is ever empty: then everything before the oldest of what has just come is archived
        metrics.LEDGER_LEVEL.set(min((record.timestamp_ms / 1000 for record in polled), default=time.time()))

    async def _archive(self, part: int, records: Sequence[Incoming]) -> bool:
        read = [(record, _read(record)) for record in records]
        lines = [(record, line) for record, line in read if not (is_release(line) or is_confirmation(line))]
        again = [archived(part, record.offset, line, record.value) for record, line in read if is_release(line)]
        there = [confirmed.archived(part, record.offset, line, record.value)
                 for record, line in read if is_confirmation(line)]  # fmt: skip
        following = records[-1].offset + 1
        async with self._database.transaction() as tx:
            if await tx.execute(_SQL["move_offset"], part, self._next[part], following) != 1:
                return False
            await tx.executemany(_SQL["insert_line"], [_line(record, line) for record, line in lines])
            told = [_told(record, line, one) for record, line in lines for one in line["told"]]
            await tx.executemany(_SQL["insert_told"], told)
            await tx.executemany(_SQL["insert_release"], again)
            await tx.executemany(_SQL["insert_confirmation"], there)
            reused = await tx.fetch(_SQL["reused"], [UUID(line["change"]) for _, line in lines])
            await leaves.grow(tx, part)
        self._next[part] = following
        self._look_for_holes(part, [one for _, line in lines for one in line["told"]])
        _tell(part, len(records), len(reused))
        return True

    def _look_for_holes(self, part: int, told: Sequence[Mapping[str, Any]]) -> None:
        """Every disclosure has its line: between two numbers of a contract none may be missing."""
        for one in told:
            place = one["contract"], part
            missing = one["seq"] - self._last.get(place, 0) - 1
            self._last[place] = one["seq"]
            if missing > 0:
                metrics.LEDGER_HOLES.labels(one["contract"]).inc(missing)
                log.get().error("ledger-hole", code="ledger-hole", contract=one["contract"], partition=part,
                                seq=one["seq"], count=missing)  # fmt: skip


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
