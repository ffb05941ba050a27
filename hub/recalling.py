"""Recalling Changes: what lay behind many disclosures, read again in one pass over juki.changes.

The ledger says of which change a disclosure came, and the keyed digest of its bytes; juki.changes holds the Change for
seven days. Only records of the residents who are asked for are opened. The pass goes to the end of the topic, so that
whatever came later of the same residents is seen as well, and may be continued from there.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Collection, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final
from uuid import UUID

from contracts.change import Change
from hub import books, bus, topics
from hub.bus import Reader
from hub.config import Settings
from hub.database import Database, queries
from hub.lookback import SKEW, Sight

PRINCIPAL: Final = "replay"
PAGE: Final = 1000

_SQL = queries(Path(__file__).with_name("recalling.sql"))


@dataclass(frozen=True, slots=True)
class Past:
    """Where a disclosure came from. `subject`: the resident on the ledger; `key`: the same on juki.changes."""

    change: UUID
    partition: int
    digest: bytes
    subject: bytes
    key: bytes
    day: date


@dataclass(frozen=True, slots=True)
class Recalled:
    """One Change as it was found. `key`: its resident on juki.changes; `digest`: as the ledger keeps it."""

    key: bytes
    change: Change
    digest: bytes


async def pasts(database: Database, sight: Sight, contract: str, disclosures: Sequence[UUID]) -> dict[UUID, Past]:
    """The past of every disclosure that the ledger names; told twice: its first line counts."""
    found: dict[UUID, Past] = {}
    for start in range(0, len(disclosures), PAGE):
        for row in await database.fetch(_SQL["pasts"], contract, list(disclosures[start : start + PAGE])):
            key = sight.record_key(row["subject"])
            if key is not None:
                found[row["disclosure"]] = Past(
                    row["change"], row["partition"], row["digest"], row["subject"], key, row["decided_on"]
                )  # fmt: skip
    return found


class Recall:
    """One pass over juki.changes, of some residents."""

    def __init__(self, reader: Reader, sight: Sight, residents: Collection[bytes]) -> None:
        self._reader = reader
        self._sight = sight
        self._residents = residents

    async def changes(self) -> AsyncGenerator[list[Recalled], None]:
        """What there is of them from where the pass stands to what is now the end, poll by poll."""
        async with aclosing(self._reader.to_end()) as polls:
            async for records in polls:
                yield [
                    Recalled(record.key, read[0].change, read[1])
                    for record in records
                    if record.key is not None and record.key in self._residents
                    and (read := await self._sight.read(record))
                ]  # fmt: skip


@asynccontextmanager
async def recalling(settings: Settings, sight: Sight, known: Collection[Past]) -> AsyncIterator[Recall]:
    """A pass from the day of the earliest on; DependencyUnavailable where no broker answers."""
    topic = topics.changes(settings.prefix)
    await bus.check_topics(settings, PRINCIPAL, [topic])
    partitions = sorted({past.partition for past in known})
    async with bus.reader(settings, PRINCIPAL, topic, partitions) as reader:
        earliest = min(past.day for past in known)
        await reader.seek_to_time(int((books.start_of(earliest) - SKEW).timestamp() * 1000))
        yield Recall(reader, sight, {past.key for past in known})
