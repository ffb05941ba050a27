"""How a comparison is told: as lines for people, as one JSON document, and as figures in a file of the repository."""

import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from hub.bench.figures import compared, figures
from hub.bench.table import LIMIT, STREAMS, SYSTEMS, Run, best, last_line, of, ratio, table
from hub.clock import now
from hub.errors import UsageError


def chosen(names: Sequence[str] | None) -> tuple[str, ...]:
    """The systems that were named, else all; UsageError for one that there is not, and for the limit alone."""
    wanted = tuple(name for name in SYSTEMS if not names or name in names)
    if unknown := {*(names or ())} - {*SYSTEMS}:
        raise UsageError("unknown-system", ", ".join(sorted(unknown)), f"There are {', '.join(SYSTEMS)}")
    if wanted == (LIMIT,):
        raise UsageError("limit-alone", "--system", "It is measured with what another one has written: name one more")
    return wanted


def lines(runs: Sequence[Run], contracts: int, against: Path | None) -> Iterator[str]:
    """The table, what was kept beside what is now, and in the end the ratios."""
    one = runs[0]
    yield (f"{one.changes:,} changes, {contracts or 'the shipped'} contracts, {one.outputs:,} outputs, records of "
           f"{one.record_bytes:,} bytes on average, rounds: {max(run.round for run in runs)}")
    yield f"{machine()}, load {load()}"
    yield from table(runs)
    if against is not None:
        yield from _beside(against, runs, contracts)
    yield last_line(runs)


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
    """Every run, and the ratios of the last line with their spread."""
    compared_with = {"streams": STREAMS, "limit": LIMIT}
    found = {name: ratio(best(runs), other, runs) for name, other in compared_with.items()}
    return {
        "contracts": contracts, "machine": machine(), "load": load(),
        "runs": [asdict(run) | {"per_second": run.per_second} for name in SYSTEMS for run in of(name, runs)],
        "compared": best(runs), "ratios": {name: asdict(one) if one else None for name, one in found.items()},
        "figures": figures(runs),
    }  # fmt: skip


def keep(file: Path, runs: Sequence[Run], contracts: int) -> None:
    """Write the figures of these runs into the file, in the place of what is there."""
    said = {"on": now().date().isoformat(), "contracts": contracts, "machine": machine(), "load": load(),
            "figures": figures(runs)}  # fmt: skip
    file.write_bytes(orjson.dumps(said, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def load() -> float:
    """How many wanted a core in the last minute: far above the number of cores, the figures say little."""
    return round(os.getloadavg()[0], 1)


def machine() -> str:
    """Cores, system and Python: what a figure depends on, and nothing that names the machine."""
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
