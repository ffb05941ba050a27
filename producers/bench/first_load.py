"""The first load of a whole city to every mirror, from the registry to the topics, counted against the decision."""

import asyncio
import resource
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from contracts.book import Book, load
from contracts.change import parse
from contracts.decide import Disclosure, decide
from hub import bus, topics
from hub.bus import Reader
from hub.clock import now
from hub.errors import JukiError
from hub.wanted import reader_of
from producers.bench.line import Line, line
from producers.bench.room import check_room, room
from producers.bench.watched import Say, limit, watch
from producers.snapshot import mirrors
from producers.synthetic.households import city
from producers.todokede import today

PER_DISCLOSURE, PER_RESIDENT, EMPTY = 2_600, 12_000, 2 * 10**8
"""Bytes on the disk, measured with the shipped Book: of a disclosure with its index; of the Change, the ledger's line,
the register and its log; of both servers with nothing in them."""
_MANY = 100_000
"""Records of a topic that take some time to count."""
_MARKERS_SECONDS, _LOOK_SECONDS = 15.0, 0.5


@dataclass(frozen=True, slots=True)
class Loaded:
    """`seconds`: from the beginning of the load until the router had committed the last Change. `broker_bytes`: all of
    its folder; `topic_bytes`: keys and values of the disclosures. `told`: by contract, as found on the topics.
    `cpu_seconds`: of each part during the load, `snapshot` being the command that records it; `peak_mb`: the most
    memory that each process held. `busy`: how many of the machine's `cores` were used, by whomever. `outbox`, `topic`:
    Changes that waited there on average; `sessions`: of the registry, by what they did. `thirds`: residents/s in each
    third of the time. `limit`: what the load waited for.
    """

    residents: int
    disclosures: int
    seconds: float
    registry_seconds: float
    topic_bytes: int
    broker_bytes: int
    database_bytes: int
    told: dict[str, int]
    cpu_seconds: dict[str, float]
    peak_mb: dict[str, float]
    busy: float
    cores: int
    outbox: float
    topic: float
    sessions: dict[str, float]
    thirds: list[float]
    limit: str

    @property
    def others(self) -> float:
        """Cores that were used by whoever is not part of the load, the measurement itself included."""
        return others(self.busy, self.cpu_seconds, self.seconds)


def others(busy: float, spent: Mapping[str, float], seconds: float) -> float:
    """So many of the busy cores were used by none of the parts that have spent so much."""
    return max(0.0, busy - sum(spent.values()) / seconds)


def estimate(residents: int, contracts: int) -> int:
    """Bytes that it will take at most, about."""
    return EMPTY + residents * (PER_RESIDENT + contracts * PER_DISCLOSURE)


def measure(  # noqa: PLR0913 - one measurement
    data: Path, shipped: Book, contracts: int, residents: int, seed: int, say: Say
) -> Loaded:
    """Load, wait, count; JukiError where a topic does not hold what `decide` says.

    To the mirrors of the `shipped` Book, or to so many made-up `contracts`.
    """
    mirrored = contracts or len(mirrors(shipped.contracts, today(now())))
    needed = estimate(residents, mirrored)
    there = room(data)
    say(f"about {needed / 1e9:.1f} GB for {mirrored} contracts, left in {data} afterwards; there is room for "
        f"{there / 1e9:.1f} GB")  # fmt: skip
    check_room(data, needed, there)
    with line(data, residents, seed, say, contracts, mirror=True) as standing:
        book = load(standing.settings.contracts) if contracts else shipped
        return _loaded(standing, book, residents, seed, say)


def _loaded(standing: Line, book: Book, residents: int, seed: int, say: Say) -> Loaded:
    say("what each contract has to be told, by the decision alone")
    wanted = expected(book, residents, seed, today(now()))
    say("the load")
    before = _spent(standing)
    seen = asyncio.run(watch(standing, lambda: _load(standing), residents, say))
    spent = {name: round(used - before[name], 2) for name, used in _spent(standing).items()}
    memory = {name: round(peak, 1) for name, peak in standing.peak_mb().items()}
    counted = _settled(standing, book, wanted, say)
    told = _counts(counted)
    _check(told, wanted)
    return Loaded(
        seen.looks[-1].recorded, sum(told.values()), seen.seconds, seen.recorded_at,
        sum(size for _, size in counted.values()), standing.on_disk("kafka"), standing.on_disk("postgres"), told, spent,
        memory, seen.busy, seen.cores, seen.outbox, seen.topic, seen.sessions, seen.thirds,
        limit(seen, others(seen.busy, spent, seen.seconds)),
    )  # fmt: skip


def _load(standing: Line) -> None:
    standing.stage.run("snapshot", "--all", "--per-second", "0", "--json")


def _spent(standing: Line) -> dict[str, float]:
    """By part; commands that this process has waited for are the one that records."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"snapshot": used.ru_utime + used.ru_stime, **standing.spent()}


def _settled(standing: Line, book: Book, wanted: dict[str, int], say: Say) -> dict[str, tuple[int, int]]:
    """What is on the topics; looked at again for a moment: a commit is seen on each partition a little later."""
    say("the topics are counted")
    until = time.monotonic() + _MARKERS_SECONDS
    counted = asyncio.run(_counted(standing, book, say))
    while _counts(counted) != wanted and time.monotonic() < until:
        time.sleep(_LOOK_SECONDS)
        counted = asyncio.run(_counted(standing, book, say))
    return counted


def _counts(counted: dict[str, tuple[int, int]]) -> dict[str, int]:
    return {name: count for name, (count, _) in counted.items()}


async def _counted(standing: Line, book: Book, say: Say) -> dict[str, tuple[int, int]]:
    """Records and their bytes on the topic of every contract, mirror or not."""
    found = {}
    for name, contract in book.contracts.items():
        topic = topics.disclosures(standing.settings.prefix, name)
        partitions = range(standing.settings.partitions)
        async with bus.reader(standing.settings, reader_of(contract), topic, partitions) as reader:
            found[name] = await _sizes(reader)
        if found[name][0] >= _MANY:
            say(f"{name}: {found[name][0]:,}")
    return found


async def _sizes(reader: Reader) -> tuple[int, int]:
    count = size = 0
    async with aclosing(reader.to_end()) as polls:
        async for records in polls:
            count += len(records)
            size += sum(len(record.value or b"") + len(record.key or b"") for record in records)
    return count, size


def expected(book: Book, residents: int, seed: int, day: date) -> dict[str, int]:
    """How many each contract has to be told, by the decision on its own."""
    told: Counter[str] = Counter()
    to = list(mirrors(book.contracts, day))
    for home in city(residents, seed):
        for resident, record in home.members:
            change = parse(_as_loaded(resident, record, day, to))
            decided = {name: decide(change, contract, day) for name, contract in book.contracts.items()}
            told.update(name for name, one in decided.items() if isinstance(one, Disclosure))
    return {name: told[name] for name in book.contracts}


def _as_loaded(resident: UUID, record: dict[str, Any], day: date, to: list[str]) -> bytes:
    return orjson.dumps({
        "id": str(resident), "resident": str(resident), "version": 1, "kind": "SNAPSHOT", "before": None,
        "after": record, "effective_on": day.isoformat(), "recorded_at": f"{day.isoformat()}T00:00:00+09:00", "to": to,
    })  # fmt: skip


def _check(found: dict[str, int], wanted: dict[str, int]) -> None:
    wrong = [name for name in wanted if found[name] != wanted[name]]
    if wrong:
        raise JukiError("not-what-was-decided", ", ".join(wrong))
