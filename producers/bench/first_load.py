"""The first load of a whole city to every mirror, from the registry to the topics, counted against the decision."""

import asyncio
import resource
import time
from collections import Counter
from collections.abc import Callable
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
from producers.bench.line import Line, check_space, line
from producers.snapshot import mirrors
from producers.synthetic.households import city
from producers.todokede import today

PER_DISCLOSURE, PER_RESIDENT = 2_600, 12_000
"""Bytes on the disk, measured with the shipped Book: of a disclosure with its index; of the Change, the ledger's line,
the register and its log."""
_PATIENCE = 600.0
_MARKERS_SECONDS, _LOOK_SECONDS = 15.0, 0.5


@dataclass(frozen=True, slots=True)
class Loaded:
    """`seconds`: from the beginning of the load until the router had committed the last Change. `broker_bytes`: all of
    its folder; `topic_bytes`: keys and values of the disclosures. `told`: by contract, as found on the topics.
    `cpu_seconds`: of each part during the load, `snapshot` being the command that records it; `peak_mb`: the most
    memory that each process held.
    """

    residents: int
    disclosures: int
    seconds: float
    registry_seconds: float
    topic_bytes: int
    broker_bytes: int
    told: dict[str, int]
    cpu_seconds: dict[str, float]
    peak_mb: dict[str, float]


def estimate(residents: int, contracts: int) -> int:
    """Bytes that it will take at most, about."""
    return residents * (PER_RESIDENT + contracts * PER_DISCLOSURE)


def measure(  # noqa: PLR0913 - one measurement
    data: Path, shipped: Book, contracts: int, residents: int, seed: int, say: Callable[[str], None]
) -> Loaded:
    """Load, wait, count; JukiError where a topic does not hold what `decide` says.

    To the mirrors of the `shipped` Book, or to so many made-up `contracts`.
    """
    day = today(now())
    mirrored = contracts or len(mirrors(shipped.contracts, day))
    needed = estimate(residents, mirrored)
    say(f"about {needed / 1e9:.1f} GB on the disk, for {mirrored} contracts")
    check_space(data, needed)
    with line(data, residents, seed, say, contracts, mirror=True) as standing:
        book = load(standing.settings.contracts) if contracts else shipped
        return _loaded(standing, book, residents, seed, say)


def _loaded(standing: Line, book: Book, residents: int, seed: int, say: Callable[[str], None]) -> Loaded:
    day = today(now())
    wanted = expected(book, residents, seed, day)
    say("the load")
    before, begun = _spent(standing), time.monotonic()
    said: dict[str, Any] = orjson.loads(standing.stage.run("snapshot", "--all", "--per-second", "0", "--json"))
    recorded = time.monotonic() - begun
    _wait(standing, said["told"])
    seconds = time.monotonic() - begun
    spent = {name: round(used - before[name], 2) for name, used in _spent(standing).items()}
    memory = {name: round(peak, 1) for name, peak in standing.peak_mb().items()}
    say("the topics are counted")
    counted = _settled(standing, book, wanted)
    told = _counts(counted)
    _check(told, wanted)
    return Loaded(said["told"], sum(told.values()), seconds, recorded, sum(size for _, size in counted.values()),
                  standing.on_disk(), told, spent, memory)  # fmt: skip


def _spent(standing: Line) -> dict[str, float]:
    """By part; commands that this process has waited for are the one that records."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"snapshot": used.ru_utime + used.ru_stime, **standing.spent()}


def _wait(standing: Line, count: int) -> None:
    seen, since = -1, time.monotonic()
    while (routed := standing.routed()) < count:
        if routed > seen:
            seen, since = routed, time.monotonic()
        elif time.monotonic() - since > _PATIENCE:
            raise JukiError("waited-too-long", "router")
        time.sleep(0.1)


def _settled(standing: Line, book: Book, wanted: dict[str, int]) -> dict[str, tuple[int, int]]:
    """What is on the topics; looked at again for a moment: a commit is seen on each partition a little later."""
    until = time.monotonic() + _MARKERS_SECONDS
    counted = asyncio.run(_counted(standing, book))
    while _counts(counted) != wanted and time.monotonic() < until:
        time.sleep(_LOOK_SECONDS)
        counted = asyncio.run(_counted(standing, book))
    return counted


def _counts(counted: dict[str, tuple[int, int]]) -> dict[str, int]:
    return {name: count for name, (count, _) in counted.items()}


async def _counted(standing: Line, book: Book) -> dict[str, tuple[int, int]]:
    """Records and their bytes on the topic of every contract, mirror or not."""
    found = {}
    for name, contract in book.contracts.items():
        topic = topics.disclosures(standing.settings.prefix, name)
        partitions = range(standing.settings.partitions)
        async with bus.reader(standing.settings, reader_of(contract), topic, partitions) as reader:
            found[name] = await _sizes(reader)
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
