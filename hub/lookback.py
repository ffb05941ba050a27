"""Looking back at one change: what the ledger says of it, under which Book, and the Change itself while it is there.

The ledger names nobody and holds no value; juki.changes holds the Change for seven days, sealed, under a record key.
Who may unwrap the hub's keys can turn the ledger's pseudonym into that record key, so only one resident's records are
opened. A Change is believed if its id and the ledger's keyed digest of its bytes fit, so that another one that came
under the same id is not taken for it. Where the broker is away or the time is over, there is no Change, and no error.
"""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hmac import compare_digest
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import orjson

from contracts.book import Book
from contracts.change import JAPAN, Change
from hub import books, bus, destroyed, topics
from hub.bus import Incoming
from hub.config import Settings
from hub.database import Database, connect, queries
from hub.errors import DependencyUnavailable, UsageError
from hub.intake import Accepted, Intake
from hub.keys import CHANGES, LEDGER, KeyStore
from hub.pseudonym import Pseudonyms
from hub.telling import digest, digest_key

PRINCIPAL: Final = "router"
PROCESS: Final = "explain"
"""For which uses of keys are counted: no router asks here."""
AWAY: Final = frozenset({"broker-unavailable", "no-credentials", "topic-missing"})
"""Codes that mean: there is no broker to ask."""
PATIENCE: Final = 30.0
"""Seconds after which a broker that does not answer counts as away."""
SKEW: Final = timedelta(hours=1)
"""By how much the relay's clock may be behind the registry's."""

_SQL = queries(Path(__file__).with_name("lookback.sql"))


@dataclass(frozen=True, slots=True)
class Telling:
    """One disclosure as the ledger names it. `items`: ids, in the order in which they were sealed. `transfer`: the
    order of a 随時移転, None for all else."""

    contract: str
    state: str
    items: tuple[str, ...]
    contract_hash: str
    seq: int
    partition: int
    disclosure: str
    transfer: str | None = None


@dataclass(frozen=True, slots=True)
class Again:
    """One release of a replay, as the ledger names it: the same disclosure once more, by two persons' accounts."""

    contract: str
    items: tuple[str, ...]
    contract_hash: str
    disclosure: str
    plan: str
    requested_by: str
    approved_by: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What was read back at the counterpart of one disclosure, or of an operation of the city, as the ledger names it.

    `receipt`: the digest of it.
    """

    contract: str
    what: str
    at: datetime
    receipt: str


@dataclass(frozen=True, slots=True)
class Stored:
    """What is left of a change. `book`: None where it was never kept; `change`: None where it can no longer be read.

    `routed_on`: the day in Japan on which the router told of it, on which a contract that had ended was told nothing.
    """

    id: str
    decided_on: date
    routed_on: date
    book: Book | None
    told: tuple[Telling, ...]
    change: Change | None
    released: tuple[Again, ...] = ()
    confirmed: tuple[Confirmed, ...] = ()


@dataclass(frozen=True, slots=True)
class Sight:
    """The keys that it takes to look back; where there is a line of the ledger, there are its keys."""

    intake: Intake
    digest_key: bytes
    subjects: Pseudonyms
    residents: Pseudonyms

    @classmethod
    async def of(cls, keys: KeyStore) -> "Sight":
        """The keys in this store."""
        residents = Pseudonyms(await keys.pseudonym_key(CHANGES))
        subjects = Pseudonyms(await keys.pseudonym_key(LEDGER))
        return cls(Intake(keys, residents), await digest_key(keys), subjects, residents)

    def record_key(self, subject: bytes) -> bytes | None:
        """The record key on juki.changes of the resident whom the ledger calls `subject`."""
        resident = self.subjects.resident(subject)
        return None if resident is None else self.residents.of([resident])[0]

    async def read(self, record: Incoming) -> tuple[Accepted, bytes] | None:
        """The Change in `record` and its digest; None where the router would not have decided it either."""
        read = await self.intake.read(record)
        return (read, digest(self.digest_key, read.content)) if isinstance(read, Accepted) else None


async def seeing(settings: Settings, database: Database) -> Sight | None:
    """The keys in this database; None where there is no broker to say which of them were destroyed."""
    if not settings.kafka:
        return None
    try:
        return await Sight.of(await destroyed.keys(settings, database, PRINCIPAL, PROCESS))
    except DependencyUnavailable as gone:
        if gone.code not in AWAY:
            raise
        return None


async def operated(settings: Settings, operation: str) -> tuple[Confirmed, ...]:
    """What was read back of an operation of the city with this id, which is no change and tells nobody anything."""
    async with connect(settings.database, size=1) as database:
        return _read_back(await database.fetch(_SQL["operation"], _id(operation)))


async def stored(settings: Settings, change_id: str) -> Stored | None:
    """What is left of the change with this id; None where the ledger has none. Told twice: its first line counts."""
    change = _id(change_id)
    async with connect(settings.database, size=1) as database:
        rows = await database.fetch(_SQL["lines"], change)
        if not rows:
            return None
        first = rows[0]
        again = [row for row in rows if (row["partition"], row["digest"]) == (first["partition"], first["digest"])]
        told = tuple(telling for row in again for telling in tellings(row))
        return Stored(
            id=str(change), decided_on=first["decided_on"],
            routed_on=first["recorded_at"].astimezone(JAPAN).date(), book=await books.kept(database, first["book"]),
            told=told,
            change=await _change(settings, database, change, first),
            released=tuple(map(_again, await database.fetch(_SQL["releases"], change))),
            confirmed=_read_back(
                await database.fetch(_SQL["confirmations"], [UUID(each.disclosure) for each in told])
            ),
        )  # fmt: skip


def tellings(row: Mapping[str, Any]) -> list[Telling]:
    """The disclosures that one archived line names."""
    return [
        Telling(
            one["contract"], one["state"], tuple(one["items"]), one["contract_hash"], one["seq"], row["partition"],
            one["disclosure"], one.get("transfer"),
        )
        for one in orjson.loads(row["line"])["told"]
    ]  # fmt: skip


def _again(row: Mapping[str, Any]) -> Again:
    return Again(
        row["contract"], tuple(row["items"]), row["contract_hash"], str(row["disclosure"]), str(row["plan"]),
        str(row["requested_by"]), str(row["approved_by"]), row["recorded_at"],
    )  # fmt: skip


def _read_back(rows: Iterable[Mapping[str, Any]]) -> tuple[Confirmed, ...]:
    return tuple(
        Confirmed(row["contract"], row["what"], row["confirmed_at"], row["receipt_sha256"].hex()) for row in rows
    )


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise UsageError("bad-change-id", "CHANGE", "The id of a change is a UUID") from None


async def _change(settings: Settings, database: Database, change: UUID, row: Mapping[str, Any]) -> Change | None:
    try:
        async with asyncio.timeout(PATIENCE):
            sight = await seeing(settings, database)
            key = sight and sight.record_key(row["subject"])
            return await _sought(settings, sight, key, change, row) if sight and key else None
    except TimeoutError:
        return None
    except DependencyUnavailable as gone:
        if gone.code not in AWAY:
            raise
        return None


async def _sought(
    settings: Settings, sight: Sight, key: bytes, change: UUID, row: Mapping[str, Any]
) -> Change | None:
    """The Change among its resident's records; none of them was published before the day of its recording."""
    topic = topics.changes(settings.prefix)
    await bus.check_topics(settings, PRINCIPAL, [topic])
    async with bus.reader(settings, PRINCIPAL, topic, [row["partition"]]) as reader:
        await reader.seek_to_time(int((books.start_of(row["decided_on"]) - SKEW).timestamp() * 1000))
        async with aclosing(reader.to_end()) as polls:
            async for records in polls:
                for record in records:
                    found = await sight.read(record) if record.key == key else None
                    if found and _is(found, change, row["digest"]):
                        return found[0].change
    return None


def _is(found: tuple[Accepted, bytes], change: UUID, expected: bytes) -> bool:
    return UUID(found[0].change.id) == change and compare_digest(found[1], expected)
