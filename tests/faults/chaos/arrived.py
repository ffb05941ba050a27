"""What has arrived: the topics, opened with the hub's own keys; the archive; the counterparts' memory; the inbox."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from typing import Any

import orjson

from contracts.contract import Contract
from hub import bus, topics
from hub.bus import Incoming
from hub.config import Settings
from hub.confirmed import is_confirmation
from hub.database import Database
from hub.errors import TokenRefused
from hub.keys import CHANGES, KeyStore
from hub.pseudonym import Pseudonyms
from hub.seal import Place, header, open_token
from hub.wanted import reader_of
from hub.ways import FILED, PULLED
from hub.wrapping import wrapper
from tests.faults.chaos.judge import Effect, Entry, Evidence, Kept, Line, Record
from tests.processes import asked

_SUPERSEDED = "SELECT contract, id FROM inbox.disclosures WHERE state = 'superseded'"
_KEPT = "SELECT partition, seq, id, state FROM inbox.disclosures WHERE contract = $1 ORDER BY position"
_DEAD = "SELECT contract, count(*) AS n FROM inbox.disclosures WHERE state = 'dead' GROUP BY contract"
_GAPS = "SELECT contract, count(*) AS n FROM inbox.gaps GROUP BY contract"
_LINES = "SELECT partition, ledger_offset, change, digest FROM hub.ledger"
_TOLD = "SELECT contract, partition, seq, disclosure, change, state, items FROM hub.told"


async def evidence(
    settings: Settings, database: Database, contracts: dict[str, Contract], urls: dict[str, str]
) -> Evidence:
    """Everything that is there now."""
    archive, seen = Topics(settings, KeyStore(database, wrapper(settings))), {}
    for kind, url in urls.items():
        seen[kind] = await asyncio.to_thread(asked, url, "/told")
    return Evidence(
        partitions=settings.partitions,
        published=Counter([change async for change in archive.changes()]),
        ledger=await _lines(database),
        ledger_topic=frozenset([place async for place in archive.ledger()]),
        entries=await _entries(database),
        records=[record for contract in contracts.values() async for record in archive.disclosures(contract)],
        effects={kind: [_effect(told) for told in memory["told"]] for kind, memory in seen.items()},
        superseded=frozenset((row["contract"], str(row["id"])) for row in await database.fetch(_SUPERSEDED)),
        dead=await _counted(database, _DEAD) | {f"{kind} refused": len(seen[kind]["refused"]) for kind in seen}
        | {"quarantine": await archive.quarantined()},
        inbox_gaps=await _counted(database, _GAPS),
        kept={name: await _kept(database, name) for name in collected(contracts)},
    )  # fmt: skip


def collected(contracts: Mapping[str, Contract]) -> list[str]:
    """Whose disclosures lie in our inbox until they are fetched, or put into a file."""
    return [name for name, one in contracts.items() if one.via in PULLED | FILED]


async def _kept(database: Database, contract: str) -> list[Kept]:
    rows = await database.fetch(_KEPT, contract)
    return [Kept(row["partition"], row["seq"], str(row["id"]), row["state"]) for row in rows]


class Topics:
    """The topics, read from the beginning to what is now their end."""

    def __init__(self, settings: Settings, keys: KeyStore) -> None:
        self._settings = settings
        self._keys = keys

    async def changes(self) -> AsyncIterator[str]:
        """The id of every Change as often as it was published."""
        topic = topics.changes(self._settings.prefix)
        for record in await self._records("router", topic):
            _, payload = await self._opened(record, CHANGES)
            yield str(orjson.loads(payload)["id"])

    async def ledger(self) -> AsyncIterator[tuple[int, int]]:
        """Where the lines of Changes lie; what was confirmed has lines of its own between them."""
        for record in await self._records("ledger", topics.ledger(self._settings.prefix)):
            if not is_confirmation(orjson.loads(record.value or b"{}")):
                yield record.partition, record.offset

    async def quarantined(self) -> int:
        """How many Changes could not be read."""
        return len(await self._records("router", topics.quarantine(self._settings.prefix)))

    async def disclosures(self, contract: Contract) -> AsyncIterator[Record]:
        """What one contract was told."""
        residents = Pseudonyms(await self._keys.pseudonym_key(contract.id))
        topic = topics.disclosures(self._settings.prefix, contract.id)
        for record in await self._records(reader_of(contract), topic):
            yield await self._record(record, contract, residents)

    async def _record(self, record: Incoming, contract: Contract, residents: Pseudonyms) -> Record:
        place = (contract.id, record.partition, record.offset)
        try:
            head, payload = await self._opened(record, contract.id)
        except TokenRefused:
            return Record(*place, 0, "", None)
        said = orjson.loads(payload)
        fits = (said["id"], said["contract"], head["ctr"]) == (head["jti"], contract.id, contract.hash)
        content = (residents.resident(record.key or b""), said["version"], said["state"], said["items"],
                   said.get("protected"))  # fmt: skip
        return Record(*place, head["seq"], head["jti"], content if fits else None)

    async def _opened(self, record: Incoming, owner: str) -> tuple[dict[str, Any], bytes]:
        key = await self._keys.by_kid(header(record.value)["kid"])
        return open_token(record.value, key, Place(owner, record.topic, record.partition), record.key)

    async def _records(self, principal: str, topic: str) -> list[Incoming]:
        async with bus.reader(self._settings, principal, topic, range(self._settings.partitions)) as reader:
            return await reader.read_to_end()


async def _lines(database: Database) -> list[Line]:
    rows = await database.fetch(_LINES)
    return [Line(row["partition"], row["ledger_offset"], str(row["change"]), row["digest"]) for row in rows]


async def _entries(database: Database) -> list[Entry]:
    return [
        Entry(row["contract"], row["partition"], row["seq"], str(row["disclosure"]), str(row["change"]), row["state"],
              tuple(row["items"]))
        for row in await database.fetch(_TOLD)
    ]  # fmt: skip


async def _counted(database: Database, sql: str) -> dict[str, int]:
    return {row["contract"]: row["n"] for row in await database.fetch(sql)}


def _effect(told: dict[str, Any]) -> Effect:
    return Effect(told["id"], told["subject"], told["version"], told["body"])
