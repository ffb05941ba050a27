"""Changes that lie ready, sealed as the relay seals them, and are put before a router all at once.

They are written in one transaction: who reads committed records sees nothing while they are written, and then all of
them. So whoever is measured waits idle, warm, with nothing to start any more, and the writing costs it nothing.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar
from uuid import UUID

from contracts.change import JAPAN
from hub import bus, envelope, topics
from hub.bus import Outgoing, Position
from hub.clock import now
from hub.config import Settings
from hub.keys import CHANGES, KeyStore
from hub.pseudonym import Pseudonyms
from hub.seal import Place, Sheet, seal

ADMIN: Final = "admin"
MARKER: Final = 1
"""Offsets that the end of a transaction takes on each partition."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Lot:
    """Sealed changes by partition."""

    records: dict[int, list[Outgoing]]

    def ends(self, begins: Mapping[int, int]) -> dict[int, int]:
        """By partition the offset behind its last record, where the first one has the offset in `begins`, else 0."""
        return {part: begins.get(part, 0) + len(records) for part, records in self.records.items()}


async def sealed(settings: Settings, keys: KeyStore, contents: Iterable[tuple[UUID, bytes]]) -> Lot:
    """The changes, sealed for the topic of these settings."""
    residents = Pseudonyms(await keys.pseudonym_key(CHANGES))
    key = await keys.content_key(CHANGES, now().astimezone(JAPAN).date())
    topic, at, records = topics.changes(settings.prefix), int(time.time() * 1000), defaultdict(list)
    for resident, content in contents:
        part, own = resident.int % settings.partitions, residents.of([resident])[0]
        token = seal(key, Place(CHANGES, topic, part), "", 0, [Sheet(0, "", content, own)])[0]
        records[part].append(Outgoing(own, token, envelope.CHANGE, at))
    return Lot(dict(records))


async def put(settings: Settings, lot: Lot, seen: Callable[[], T]) -> T:
    """Write the lot: nothing of it can be read before its end. What `seen` says in the moment when all of it can."""
    topic = topics.changes(settings.prefix)
    gate = f"{settings.prefix}-gate"
    async with bus.transactional_writer(settings, ADMIN, gate) as writer:
        batches = {(topic, part): records for part, records in lot.records.items()}
        await writer.commit(batches, gate, topic, {0: Position(0, "")})
        return seen()
