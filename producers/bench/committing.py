"""Changes by the whole line, registry, relay and router: residents of the city who move within it, at a steady rate.

A change counts from when its COMMIT is sent, so what the registry's disk takes is in its delay, and whatever its
process is behind can make that longer, never shorter. Nothing else is done in that process: what is told of the changes
is read by one of its own, and when the relay had sealed them is read after the turn.
"""

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid5

from hub import bus, topics
from hub.bus import Incoming
from hub.clock import now
from hub.config import Settings
from hub.database import GONE, Database
from hub.errors import DatabaseError, DependencyUnavailable
from hub.seal import header
from producers.bench.arriving import ADMIN, Feed, arriving
from producers.bench.delays import Began, legs, taken
from producers.bench.pace import at_rate
from producers.outbox import Draft, record
from producers.synthetic.households import city

_REMEDY: Final = "This machine cannot commit as many changes a second: give less with --per-second"


@dataclass(frozen=True, slots=True)
class Committing:
    """One way: each of `moves` committed in the registry, and what is told of it read from the topics of `read`."""

    settings: Settings
    registry: Database
    per_second: int
    moves: Iterator[Draft]
    read: list[Feed]

    async def turn(self, seconds: float) -> tuple[list[float], dict[str, list[float]]]:
        """Milliseconds from commit to readable of each output that counts, and of each of its legs."""
        count, changes = int(seconds * self.per_second), topics.changes(self.settings.prefix)
        since = (await bus.ends(self.settings, ADMIN, [changes]))[changes]
        async with arriving(self.settings, self.read, _jti, count) as told:
            begun = await at_rate(map(self._commit, self.moves), self.per_second, count)
            arrived = await told()
        sealed = await _sealed(self.settings, changes, since)
        return taken(begun.marks, arrived, begun.counts_from), legs(begun, arrived, sealed)

    async def _commit(self, draft: Draft) -> Began:
        try:
            async with self.registry.transaction() as tx:
                [recorded] = await record(tx, [draft], now())
                at = time.time()
        except DatabaseError as failed:
            if failed.code != GONE:
                raise
            raise DependencyUnavailable("rate-not-kept", "the registry", _REMEDY) from None  # no connection was left
        marks = [(feed.name, _disclosure(recorded.id, feed.name)) for feed in self.read]
        return Began(marks, draft.resident.int % self.settings.partitions, at)


async def _sealed(settings: Settings, changes: str, since: Mapping[int, int]) -> dict[int, list[float]]:
    found = defaultdict[int, list[float]](list)
    async with bus.reader(settings, ADMIN, changes, [*since]) as reader:
        await reader.seek({**since})
        for change in await reader.read_to_end():
            found[change.partition].append(change.timestamp_ms / 1000)
    return found


def moves(residents: int, seed: int) -> Iterator[Draft]:
    """Residents of the city, one after the other, over and over, who move within it (転居)."""
    number, today = 0, now().date().isoformat()
    while True:
        for home in city(residents, seed):
            for resident, before in home.members:
                number += 1
                after = {**before, "address": {"text": f"計測市仮町{number}番地"}}
                yield Draft(resident, "RELOCATE", before, after, today)


def _disclosure(change: UUID, contract: str) -> str:
    return str(uuid5(change, contract))


def _jti(record: Incoming) -> str:
    return str(header(record.value)["jti"])
