"""What the tests of the registry share: drafts about made-up people, and a publisher that keeps what it is given."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import orjson

from hub.bus import Batches
from hub.database import Database
from hub.errors import ProduceFailed
from hub.keys import CHANGES
from hub.seal import Place, header, open_token
from producers import outbox
from producers.capture import Source
from producers.household import Record
from producers.outbox import Draft
from producers.register import SQL as REGISTER
from producers.relay import Relay
from tests.fakes import MemoryKeys

NOW = datetime(2026, 4, 2, 1, 15, tzinfo=UTC)


async def residents(db: Database) -> list[tuple[UUID, Record]]:
    """Everybody on the register."""
    rows = await db.fetch("SELECT resident, record FROM registry.resident ORDER BY atena_no")
    return [(UUID(int=row["resident"].int), orjson.loads(row["record"])) for row in rows]


def correction(resident: UUID, record: Record, number: int = 0) -> Draft:
    """A small correction; `number` tells one from the other."""
    return Draft(resident, "MINOR_CORRECTION", record, {**record, "alias_name": f"見本 {number}"}, "2026-04-01")


async def changed(db: Database, who: UUID, kind: str, before: Record, after: Record, now: datetime) -> None:
    """A Change, recorded with the register's own."""
    async with db.transaction() as tx:
        await tx.execute("UPDATE registry.resident SET record = $2, protected = $3 WHERE resident = $1", who,
                         orjson.dumps(after), after["protected"])  # fmt: skip
        await outbox.record(tx, [Draft(who, kind, before, after, "2026-04-02")], now)


async def died(db: Database, who: UUID, last: Record, now: datetime) -> None:
    """Somebody is taken off the register."""
    async with db.transaction() as tx:
        await tx.execute(REGISTER["remove"], who, orjson.dumps(last))
        await outbox.record(tx, [Draft(who, "DEATH", last, None, "2026-04-01")], now)


async def versions(db: Database, order: str) -> list[int]:
    """The versions in the outbox, read in an order given in SQL."""
    rows = await db.fetch(f"SELECT change FROM registry.outbox ORDER BY {order}")
    return [orjson.loads(row["change"])["version"] for row in rows]


@dataclass(frozen=True)
class Hand:
    """A relay with shards of its own, to be told when to carry."""

    relay: Relay
    source: Source

    async def carry(self, source: Source | None = None) -> int:
        return await self.relay.carry(source or self.source)


class Published:
    """A publisher in memory: opens what it is given and keeps (resident, id, version) in the order of arrival."""

    def __init__(self, keys: MemoryKeys, refuse: Callable[[int], bool] = lambda _: False) -> None:
        self.seen: list[tuple[str, str, int]] = []
        self.attempts = 0
        self.batches: list[Batches] = []
        self._keys = keys
        self._refuse = refuse

    async def send(self, batches: Batches) -> None:
        self.attempts += 1
        if self._refuse(self.attempts):
            raise ProduceFailed("not-acknowledged")
        self.batches.append(batches)
        for (topic, part), records in batches.items():
            for record in records:
                key = await self._keys.by_kid(header(record.value)["kid"])
                _, payload = open_token(record.value, key, Place(CHANGES, topic, part), record.key)
                change = orjson.loads(payload)
                self.seen.append((change["resident"], change["id"], change["version"]))

    def rising(self) -> bool:
        """Whether every resident's versions came in rising order."""
        last: dict[str, int] = {}
        for resident, _, version in self.seen:
            if version <= last.get(resident, 0):
                return False
            last[resident] = version
        return True
