"""Who owns which partition of the Changes. Routers come and go with any --slots, and no partition has two owners.

Kafka fences by transactional id alone and does not ask, when offsets are committed, whose partitions they are. So two
routers with different ids that read one partition would both tell its changes. Each partition therefore has a row in
PostgreSQL that names its owner and the id which that owner writes under. To take partitions over:

1. read their rows: who owns them, under which id, at which epoch;
2. start the own producer, and fence every id that was found: after this no transaction of an earlier owner can commit;
3. move the rows on by compare-and-set of their epochs. Only then read the committed positions and route.

Whoever took one of them in between has moved its epoch, so (3) fails, nothing was routed, and it begins again. A row
names an id only after that id's producer was started, and the next owner fences the id that it names: hence what an
owner commits it commits before it is fenced, and what its successor reads as committed is everything. Nothing is held
while the broker is asked, so a process that stands still blocks nobody.

The first take-over of a process claims all its partitions, because whoever comes last is meant. Every later one renews
what is still its own: a router that others have taken partitions from goes on with the rest, and ends where none is
left. The id is that of its lowest partition, so that two owners, whose partitions differ, never share one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from hub import topics
from hub.config import Settings
from hub.database import Database, queries
from hub.errors import Contested, Fenced

_SQL = queries(Path(__file__).with_name("owners.sql"))


@dataclass(frozen=True, slots=True)
class Owned:
    """One row. No owner: nobody has ever taken this partition, or nobody says so any more."""

    partition: int
    owner: UUID | None
    transaction: str | None
    epoch: int


@dataclass(frozen=True, slots=True)
class Stake:
    """What is about to be taken over: partition -> epoch, the own transactional id, and those that must be fenced."""

    epochs: Mapping[int, int]
    transaction: str
    fences: frozenset[str]

    @property
    def partitions(self) -> list[int]:
        return sorted(self.epochs)


def stake(rows: Iterable[Owned], owner: UUID, prefix: str, count: int) -> Stake:
    """What taking over `rows` takes. `count`: partitions of the topic, and so the number of possible ids."""
    rows = list(rows)
    transaction = topics.router_transaction(prefix, min(row.partition for row in rows))
    named = {row.transaction for row in rows if row.owner != owner and row.transaction is not None}
    if any(row.owner is None for row in rows):  # whoever it may be
        named |= {topics.router_transaction(prefix, part) for part in range(count)}
    return Stake({row.partition: row.epoch for row in rows}, transaction, frozenset(named - {transaction}))


class Tenure:
    """The partitions of one process: all that it is given at first, and later what of them is still its own."""

    def __init__(self, database: Database, settings: Settings, partitions: Sequence[int]) -> None:
        self._database = database
        self._settings = settings
        self._topic = topics.changes(settings.prefix)
        self._given = list(partitions)
        self._me = uuid4()
        self._has_begun = False

    async def survey(self) -> Stake:
        """What to take over now; Fenced where everything belongs to others."""
        if not self._has_begun:
            await self._database.execute(_SQL["prepare"], self._topic, self._given)
        rows = await self._rows()
        if not rows:
            raise Fenced("fenced")
        return stake(rows, self._me, self._settings.prefix, self._settings.partitions)

    async def take(self, found: Stake) -> None:
        """All of `found` belongs to this process from here on; Contested where somebody was faster."""
        parts = found.partitions
        async with self._database.transaction() as held:
            epochs = [found.epochs[part] for part in parts]
            taken = await held.execute(_SQL["take"], self._topic, self._me, found.transaction, parts, epochs)
            if taken != len(parts):
                raise Contested("taken-meanwhile", self._topic)
        self._has_begun = True

    async def left(self) -> int:
        """How many partitions are still its own."""
        return len(await self._rows())

    async def _rows(self) -> list[Owned]:
        found = [Owned(**row) for row in await self._database.fetch(_SQL["owners"], self._topic, self._given)]
        return [row for row in found if row.owner == self._me] if self._has_begun else found
