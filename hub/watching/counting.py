"""Counting what the ledger tells: once each, whatever becomes of the record that carried it.

A disclosure is known by (contract, partition, seq), and seq has no gaps. So a mark per contract and partition is
enough: what is not above the mark was counted; what leaves a hole above it did not come, and is fetched from the
archive. Mark and tally move in one transaction. A record that is repeated, skipped, or no record at all therefore
leaves every tally equal to the ledger. So does one that tells of a number which the archive does not have: it is
refused whole, because a mark that runs ahead would hide everything that is told below it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from hub import log, metrics
from hub.database import Connection, Database, queries

HOUR = 3600
_LATEST = 250_000_000_000.0
"""Seconds since 1970 that a database and a clock can still tell."""
_SQL = queries(Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True, slots=True)
class Told:
    """That one contract was told something. Times: seconds since 1970."""

    contract: str
    seq: int
    told_at: float
    recorded_at: float


@dataclass(slots=True)
class Tally:
    """What some tellings come to: last number and time by contract; how many, and how late, by contract and hour."""

    marks: dict[str, tuple[int, float]] = field(default_factory=dict)
    told: Counter[tuple[str, int]] = field(default_factory=Counter)
    late: Counter[tuple[str, int]] = field(default_factory=Counter)

    def add(self, one: Told, bound: float) -> None:
        """Count one; it is late where recording to telling took longer than `bound` seconds."""
        hour = one.contract, int(one.told_at) // HOUR * HOUR
        self.told[hour] += 1
        self.late[hour] += one.told_at - one.recorded_at > bound
        self.marks[one.contract] = one.seq, max(one.told_at, self.marks.get(one.contract, (0, 0.0))[1])


def read(value: bytes | None) -> list[Told] | None:
    """What a record tells, in its order; None where it is not what the archive writes."""
    try:
        return [
            Told(str(contract), _number(seq), _time(line["told_at"]), _time(line["recorded_at"]))
            for line in orjson.loads(value or b"")["lines"]
            for contract, seq in line["told"].items()
        ]
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _number(seq: Any) -> int:
    if type(seq) is not int or seq < 1:
        raise ValueError
    return seq


def _time(seconds: Any) -> float:
    if not 0 <= float(seconds) < _LATEST:
        raise ValueError
    return float(seconds)


async def count(database: Database, partition: int, value: bytes | None, bounds: Mapping[str, float]) -> None:
    """Count one record. DatabaseError, DependencyUnavailable: nothing was counted, do it again."""
    told = read(value)
    if told is None:
        _refused(partition, "not-a-line")
        return
    async with database.transaction() as held:
        await held.fetchval(_SQL["alone"], partition)
        if await _invented(held, partition, told):
            _refused(partition, "not-in-archive")
            return
        marks = {row["contract"]: row["last_seq"] for row in await held.fetch(_SQL["marks"], partition)}
        tally, mended = await _tallied(held, partition, told, marks, bounds)
        await _keep(held, partition, tally)
    _tell(tally, mended)


def _refused(partition: int, code: str) -> None:
    metrics.WATCH_REFUSED.inc()
    log.get().error("watch-record-refused", code=code, partition=partition)


async def _invented(held: Connection, partition: int, told: Sequence[Told]) -> bool:
    rows = await held.fetch(_SQL["archived"], partition, sorted({one.contract for one in told}))
    last = {row["contract"]: row["seq"] or 0 for row in rows}
    return any(one.seq > last[one.contract] for one in told)


async def _tallied(
    held: Connection, partition: int, told: Sequence[Told], marks: dict[str, int], bounds: Mapping[str, float]
) -> tuple[Tally, Counter[str]]:
    tally, mended = Tally(), Counter[str]()
    for one in told:
        last, bound = marks.get(one.contract, 0), bounds.get(one.contract, float("inf"))
        if one.seq > last + 1:
            for row in await held.fetch(_SQL["missing"], one.contract, partition, last, one.seq):
                tally.add(Told(one.contract, row["seq"], row["told_at"].timestamp(), row["recorded_at"]), bound)
                mended[one.contract] += 1
        if one.seq > last:
            tally.add(one, bound)
            marks[one.contract] = one.seq
    return tally, mended


async def _keep(held: Connection, partition: int, tally: Tally) -> None:
    if not tally.marks:
        return
    names = [*tally.marks]
    seqs, times = zip(*tally.marks.values(), strict=True)
    await held.execute(_SQL["mark"], partition, names, list(seqs), list(times))
    contracts, hours = zip(*tally.told, strict=True)
    late = [tally.late[each] for each in tally.told]
    await held.execute(_SQL["add"], list(contracts), [float(hour) for hour in hours], [*tally.told.values()], late)


def _tell(tally: Tally, mended: Mapping[str, int]) -> None:
    for (contract, _), count_of in tally.told.items():
        metrics.WATCHED.labels(contract).inc(count_of)
    for (contract, _), count_of in tally.late.items():
        metrics.TOLD_LATE.labels(contract).inc(count_of)
    for contract, count_of in mended.items():
        metrics.WATCH_MENDED.labels(contract).inc(count_of)
        log.get().warning("watch-mended", contract=contract, count=count_of)
