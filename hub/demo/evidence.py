"""What arrived, and what the ledger says was sent. Nothing here knows what should come out."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from contracts.contract import Contract
from hub import archive, bus, topics
from hub.config import Settings
from hub.database import Database, connect
from hub.demo.stage import asked
from hub.seal import header
from hub.wanted import reader_of


@dataclass(frozen=True, slots=True)
class Filed:
    """A notice that was accepted: its act and the Changes it made."""

    act: str
    changes: tuple[str, ...]


Told = Mapping[tuple[str, str], Mapping[str, Any]]
"""(change, contract) -> what the ledger says of it: state, items, disclosure."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The ledger's archive, and every counterpart's own memory."""

    settings: Settings

    async def told(self) -> Told:
        """Every disclosure that the ledger names."""
        sql = "SELECT change, contract, state, items, disclosure FROM hub.told"
        async with connect(self.settings.database, size=1) as database:
            return {(str(row["change"]), row["contract"]): row for row in await database.fetch(sql)}

    async def totals(self) -> dict[str, int]:
        """How many disclosures the ledger names, by contract."""
        async with connect(self.settings.database, size=1) as database:
            return await archive.totals(database)

    async def changes(self) -> int:
        """How many Changes the ledger names."""
        async with connect(self.settings.database, size=1) as database:
            return await _changes(database)

    async def records(self) -> list[dict[str, Any]]:
        """Every record that the registry has or had of anybody: what a copy is compared with."""
        async with connect(self.settings.registry_dsn, size=1) as registry:
            now = await registry.fetch("SELECT record FROM registry.resident")
            past = await registry.fetch("SELECT body FROM registry.history")
        changes = [json.loads(row["body"]) for row in past]
        before = [one[side] for one in changes for side in ("before", "after") if one[side] is not None]
        return [json.loads(row["record"]) for row in now] + before

    def memory(self, contract: str) -> Mapping[str, Any]:
        """What a counterpart says that it was told, and what it holds now."""
        found: Mapping[str, Any] = asked(self.settings.counterpart_urls[contract] + "/told")
        return found

    def arrived(self) -> dict[str, int]:
        """How many disclosures each counterpart took."""
        return {name: len(self.memory(name)["told"]) for name in self.settings.counterpart_urls}

    async def lying(self, contracts: Iterable[Contract]) -> dict[str, int]:
        """How many disclosures lie committed on the topic of each of `contracts`, read as whoever may read it."""
        return {contract.id: len(await self._committed(contract)) for contract in contracts}

    async def _committed(self, contract: Contract) -> set[str]:
        topic, parts = topics.disclosures(self.settings.prefix, contract.id), range(self.settings.partitions)
        async with bus.reader(self.settings, reader_of(contract), topic, parts) as reader:
            return {header(record.value)["jti"] for record in await reader.read_to_end()}


async def _changes(database: Database) -> int:
    found: int = await database.fetchval("SELECT count(DISTINCT change) FROM hub.ledger")
    return found


def members(bodies: Iterable[Any]) -> set[str]:
    """Every name of a member, at any depth, of what a counterpart was told."""
    names: set[str] = set()
    for body in bodies:
        if isinstance(body, Mapping):
            names |= {*body} | members(body.values())
    return names


def values(bodies: Iterable[Any]) -> Iterator[str]:
    """Every text, at any depth, of what a counterpart was told."""
    for body in bodies:
        if isinstance(body, Mapping):
            yield from values(body.values())
        elif isinstance(body, list):
            yield from values(body)
        elif isinstance(body, str):
            yield body
