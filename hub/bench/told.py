"""How a comparison is told: as lines for people, as one JSON document, and as figures in a file of the repository."""

import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import orjson

from hub.bench.figures import compared, figures
from hub.bench.stand import BROKER_MB
from hub.bench.table import LIMIT, STREAMS, SYSTEMS, TWIN, Run, best, by_cpu, last_lines, of, ratio, systems, table
from hub.clock import now
from hub.errors import UsageError

NOISY: Final = 0.1
"""Share of the machine's cores that other work may take before it is said."""


def chosen(names: Sequence[str] | None) -> tuple[str, ...]:
    """The systems that were named, else those of the README; UsageError for what there is not, and the limit alone."""
    asked = [*dict.fromkeys(names or (name for name in SYSTEMS if name != TWIN[0]))]
    if unknown := {name for name in asked if not name.startswith(f"{STREAMS}:")} - {*SYSTEMS}:
        raise UsageError("unknown-system", ", ".join(sorted(unknown)), f"There are {', '.join(SYSTEMS)}")
    wanted = tuple(sorted(asked, key=lambda name: (*SYSTEMS, name).index(name)))
    if wanted == (LIMIT,):
        raise UsageError("limit-alone", "--system", "It is measured with what another one has written: name one more")
    return wanted


def lines(runs: Sequence[Run], contracts: int, against: Path | None) -> Iterator[str]:
    """The table, what was kept beside what is now, and in the end the ratios."""
    one = runs[0]
    yield (f"{one.changes:,} changes, {contracts or 'the shipped'} contracts, {one.outputs:,} outputs, records of "
           f"{one.record_bytes:,} bytes on average, rounds: {max(run.round for run in runs)}")
    yield f"{machine()}, load {load()}; the broker: {BROKER_MB:,} MB of heap, the full compiler, warm"
    yield from _noise(runs)
    yield from table(runs)
    if said := by_cpu(runs):
        yield f"x Streams by CPU per output, client and broker together: {'; '.join(said)}"
    if against is not None:
        yield from _beside(against, runs, contracts)
    yield from last_lines(runs)


def _noise(runs: Sequence[Run]) -> Iterator[str]:
    """Who else wanted the cores, where that was much."""
    cores = os.cpu_count() or 1
    taken = sorted(run.other_seconds / run.seconds / cores for run in runs if run.seconds)
    if taken[-1] > NOISY:
        yield (f"other work took {taken[len(taken) // 2]:.0%} of the machine in the median run, {taken[-1]:.0%} in the "
               "worst: compare systems within a round, and CPU rather than changes/s")  # fmt: skip


def _beside(file: Path, runs: Sequence[Run], contracts: int) -> Iterator[str]:
    if not file.is_file():
        yield f"nothing is kept in {file}; `--keep FILE` writes it"
        return
    kept: dict[str, Any] = orjson.loads(file.read_bytes())
    yield f"kept on {kept['on']} with {kept['contracts']} contracts: {kept['machine']}, load {kept['load']}"
    if kept["contracts"] != contracts:
        yield "with another number of contracts, so it says nothing"
        return
    yield from compared(kept["figures"], figures(runs))


def document(runs: Sequence[Run], contracts: int) -> dict[str, Any]:
    """Every run, and the ratios of the last lines with their spread, of each of ours that ran."""
    return {
        **where(), "contracts": contracts,
        "runs": [asdict(run) | {"per_second": run.per_second} for name in systems(runs) for run in of(name, runs)],
        "compared": best(runs), "ratios": {name: _compared(name, runs) for name in systems(runs) if name != LIMIT},
        "figures": figures(runs),
    }  # fmt: skip


def _compared(name: str, runs: Sequence[Run]) -> dict[str, Any]:
    found = {other: ratio(name, other, runs) for other in (STREAMS, LIMIT)}
    return {other: asdict(one) if one else None for other, one in found.items()}


def keep(file: Path, runs: Sequence[Run], contracts: int) -> None:
    """Write the figures of these runs into the file, in the place of what is there."""
    keep_as(file.parent, file.stem, where() | {"contracts": contracts, "figures": figures(runs)})


def where() -> dict[str, Any]:
    """The day and the machine, as they are kept with a figure."""
    return {"on": now().date().isoformat(), "machine": machine(), "load": load(), "broker_mb": BROKER_MB}


def keep_as(folder: Path, name: str, document: Mapping[str, Any]) -> None:
    """Write a document into <name>.json, in the place of what is there."""
    said = orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    (folder / f"{name}.json").write_bytes(said)


def load() -> float:
    """How many wanted a core in the last minute: far above the number of cores, the figures say little."""
    return round(os.getloadavg()[0], 1)


def machine() -> str:
    """Cores, system and Python: what a figure depends on, and nothing that names the machine."""
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
