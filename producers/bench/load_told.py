"""How a measured first load is told to people: the figures, who used what, and what it waited for."""

from collections.abc import Iterator
from typing import Final

from producers.bench.first_load import Loaded

CITY: Final = 510_000
"""The size that is asked about."""


def lines(found: Loaded) -> Iterator[str]:
    """One after the other."""
    yield from (f"{name:24}{count:>12,}" for name, count in found.told.items())
    yield (f"{found.residents:,} residents, {found.disclosures:,} disclosures in {found.seconds:.1f} s "
           f"(all in the outbox after {found.registry_seconds:.1f} s)")  # fmt: skip
    rates = (count / found.seconds for count in (found.residents, found.disclosures))
    yield ("{:,.0f} residents/s, {:,.0f} disclosures/s".format(*rates)
           + "; by thirds of the time {:,.0f}, {:,.0f} and {:,.0f} residents/s".format(*found.thirds))  # fmt: skip
    sizes = (size / 1e6 for size in (found.topic_bytes, found.broker_bytes, found.database_bytes))
    yield "{:,.0f} MB of disclosures, {:,.0f} MB in the broker's folder, {:,.0f} MB in PostgreSQL's".format(*sizes)
    for name, used in found.cpu_seconds.items():
        held = f", {found.peak_mb[name]:,.0f} MB at most" if name in found.peak_mb else ""
        yield (f"{name:12}{used:9.1f} s of CPU, {used / found.seconds:5.0%} of a core, "
               f"{used / found.residents * 1e6:6,.0f} µs a resident{held}")  # fmt: skip
    yield from _limit(found)
    if found.residents != CITY:
        minutes = CITY * found.seconds / found.residents / 60
        yield f"not measured, only reckoned: {CITY:,} residents at this pace would take {minutes:.1f} minutes"


def _limit(found: Loaded) -> Iterator[str]:
    yield (f"{found.busy:.2f} of {found.cores} cores were busy, {found.others:.2f} of them with something else than "
           "the load")  # fmt: skip
    doing = ", ".join(f"{count:.2f} {what}" for what, count in found.sessions.items() if count >= 0.01)
    yield f"sessions of the registry, on average: {doing or 'all idle'}"
    yield f"waiting, on average: {found.outbox:,.0f} in the outbox, {found.topic:,.0f} with the router or before it"
    yield f"it waits for {found.limit}"
