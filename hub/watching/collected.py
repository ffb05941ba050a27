"""How far subscribers have come that read their topic themselves, and what of it can be known.

Known: the offset that their group has committed, and where the topic ends. Every transaction of the router leaves a
record and a marker behind it, so a group that is one offset behind has read everything, and one that is two behind has
not. Known too: since when a group has not moved although there was something, as long as this process looks.

Not known: whether what was read was also taken into the subscriber's own records; anything at all of a subscriber that
keeps its offsets elsewhere (-1); how many *records* are behind, since markers count as well; and the age of the oldest
unread one, because nobody but the subscriber may read its topic.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from contracts.contract import Contract
from hub import bus, metrics, topics
from hub.config import Settings

PRINCIPAL = "watch"
UNKNOWN = -1
_MARKER = 1


@dataclass(frozen=True, slots=True)
class Place:
    """How far a subscriber has come. `behind`: offsets, or UNKNOWN. `since`: it stands still since then; 0: no."""

    committed: Mapping[int, int]
    behind: int
    since: float


def place(committed: Mapping[int, int], ends: Mapping[int, int], before: Place | None, now: float) -> Place:
    """The place of a group that has `committed` on a topic with these `ends`, after it was at `before`."""
    if not committed:
        return Place({}, UNKNOWN, 0)
    behind = sum(_behind(committed.get(part, 0), end) for part, end in ends.items())
    stands = before is not None and before.committed == committed and behind > 0
    return Place(dict(committed), behind, (before.since or now) if stands and before else 0)


def _behind(committed: int, end: int) -> int:
    return end - committed if end - committed > _MARKER else 0


class Collected:
    """Looks at every subscriber that reads its topic itself."""

    def __init__(self, settings: Settings, contracts: Mapping[str, Contract]) -> None:
        self._settings = settings
        self._contracts = [name for name, contract in contracts.items() if contract.via == "topic"]
        self._places: dict[str, Place] = {}

    async def once(self, now: float, stopped: Collection[str] = ()) -> None:
        """One look. DependencyUnavailable where the broker does not answer: the last figures stay.

        Whose contract is `stopped` may not read, and so does not stand still.
        """
        for name in stopped:
            metrics.UNCOLLECTED.labels(name).set(UNKNOWN)
            metrics.UNCOLLECTED_SINCE.labels(name).set(0)
        if reading := [name for name in self._contracts if name not in stopped]:
            await self._look(reading, now)

    async def _look(self, reading: Sequence[str], now: float) -> None:
        prefix = self._settings.prefix
        groups = {name: topics.group(prefix, f"subscriber-{name}") for name in reading}
        told = {name: topics.disclosures(prefix, name) for name in reading}
        ends = await bus.ends(self._settings, PRINCIPAL, [*told.values()])
        committed = await bus.committed_of(self._settings, PRINCIPAL, [*groups.values()])
        for name in reading:
            found = place(committed[groups[name]], ends[told[name]], self._places.get(name), now)
            self._places[name] = found
            metrics.UNCOLLECTED.labels(name).set(found.behind)
            metrics.UNCOLLECTED_SINCE.labels(name).set(found.since)
