"""Fakes that keep the promises of the real thing in memory: keys, a topic to read, a transaction to write."""

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime
from typing import Any

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from consumers.adapters.http import Answer, Settings
from hub.bus import Batches, Incoming, Outgoing, Position
from hub.errors import KeyDestroyed, ProduceFailed, TokenRefused
from hub.seal import ContentKey
from producers import outbox
from producers.outbox import Draft


class MemoryKek:
    """One KEK of a place of its own."""

    driver = "memory"

    def __init__(self) -> None:
        self._ciphers = [AESGCM(bytes(32))]

    def ids(self) -> list[str]:
        return [f"{self.driver}-{n}" for n in range(1, len(self._ciphers) + 1)]

    def make(self) -> str:
        self._ciphers.append(AESGCM(os.urandom(32)))
        return self.ids()[-1]

    def destroy(self, kek: str) -> None:
        self._ciphers[self.ids().index(kek)] = AESGCM(os.urandom(32))

    def encrypt(self, kek: str, nonce: bytes, key: bytes, bound: bytes) -> bytes:
        return self._ciphers[self.ids().index(kek)].encrypt(nonce, key, bound)

    def decrypt(self, kek: str, nonce: bytes, sealed: bytes, bound: bytes) -> bytes:
        return self._ciphers[self.ids().index(kek)].decrypt(nonce, sealed, bound)


class MemoryKeys:
    """A KeyStore without a database: the same names, the same refusals."""

    def __init__(self) -> None:
        self._content: dict[str, ContentKey] = {}
        self._pseudonym: dict[str, bytes] = {}
        self.destroyed: set[str] = set()

    async def content_key(self, owner: str, day: date) -> ContentKey:
        kid = f"{owner}.{day.isoformat()}"
        self._check(kid)
        return self._content.setdefault(kid, ContentKey.of(kid, os.urandom(32)))

    async def by_kid(self, kid: str, _times: int = 1) -> ContentKey:
        self._check(kid)
        if kid not in self._content:
            raise TokenRefused("unknown-kid")
        return self._content[kid]

    def _check(self, kid: str) -> None:
        if kid in self.destroyed:
            raise KeyDestroyed("key-destroyed")

    async def content_keys(self, owner: str) -> list[ContentKey]:
        return [key for kid, key in sorted(self._content.items()) if kid.rsplit(".", 1)[0] == owner]

    async def pseudonym_key(self, owner: str) -> bytes:
        return self._pseudonym.setdefault(owner, os.urandom(32))


class MemoryContracts:
    """The hashes that a contract has had, without a database."""

    def __init__(self, *hashes: str) -> None:
        self._hashes = hashes

    async def knows(self, contract_hash: str) -> bool:
        return contract_hash in self._hashes


class MemoryBroker:
    """Topics in memory: a Reader of one of them and a TransactionalWriter to all of them."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, int], list[Outgoing]] = {}
        self.committed: dict[int, Position] = {}
        self.paused: set[int] = set()
        self.refuse_next = False

    def put(self, topic: str, part: int, *records: Outgoing) -> None:
        self.records.setdefault((topic, part), []).extend(records)

    def read(self, topic: str, part: int = 0) -> list[Incoming]:
        return [
            Incoming(topic, part, offset, one.key, one.value, one.headers, one.timestamp_ms)
            for offset, one in enumerate(self.records.get((topic, part), []))
        ]

    def reader(self, topic: str, partitions: Sequence[int]) -> "MemoryReader":
        return MemoryReader(self, topic, dict.fromkeys(partitions, 0))

    @asynccontextmanager
    async def transaction(self, _group: str, _topic: str) -> AsyncIterator["MemoryTransaction"]:
        yield MemoryTransaction(self)

    async def commit(self, batches: Batches, group: str, topic: str, positions: Mapping[int, Position]) -> None:
        async with self.transaction(group, topic) as transaction:
            await transaction.write(batches)
            await transaction.commit(positions)


class MemoryTransaction:
    """What is written is there once it is committed."""

    def __init__(self, broker: MemoryBroker) -> None:
        self._broker = broker
        self._written: list[Batches] = []

    async def write(self, batches: Batches) -> None:
        self._written.append(batches)

    async def commit(self, positions: Mapping[int, Position]) -> None:
        if self._broker.refuse_next:
            self._broker.refuse_next = False
            raise ProduceFailed("not-committed")
        for batches in self._written:
            for (topic, part), records in batches.items():
                self._broker.put(topic, part, *records)
        self._broker.committed |= positions


class MemoryReader:
    """Reads one topic of a MemoryBroker."""

    def __init__(self, broker: MemoryBroker, topic: str, at: dict[int, int]) -> None:
        self._broker = broker
        self._topic = topic
        self._at = at

    async def poll(self, max_records: int = 2000, timeout_ms: int = 0) -> list[Incoming]:
        found: list[Incoming] = []
        for part in [part for part in self._at if part not in self._broker.paused]:
            fresh = self._broker.read(self._topic, part)[self._at[part] :][:max_records]
            self._at[part] += len(fresh)
            found += fresh
        return found

    def pause(self, partition: int) -> None:
        self._broker.paused.add(partition)

    async def go_on(self, partition: int, offset: int) -> None:
        self._broker.paused.discard(partition)
        self._at[partition] = offset


class MemoryCounterpart:
    """The line to a counterpart that gives a receipt, or refuses: what it was told, by idempotency key.

    What is asked of it beside disclosures (ASIDE) it answers as one that has done everything.
    """

    ASIDE = frozenset({"/auto-answer", "/results", "/codes", "/records/state"})

    def __init__(self, refusing: bool = False) -> None:
        self.told: dict[str, dict[str, Any]] = {}
        self._refusing = refusing

    async def send(self, settings: Settings, key: str, message: dict[str, Any]) -> Answer:
        if self._refusing:
            return Answer(422, b'{"code": "not-accepted"}')
        if settings.path in self.ASIDE:
            said = {"receipt": message.get("receipt", "R-0"), "state": "erased", "result": "registered", "linked": True}
            return Answer(200, orjson.dumps(said))
        self.told.setdefault(key, message)
        return Answer(200, b'{"receipt": "R-%d", "state": "stored"}' % len(self.told))


def recorded(drafts: Sequence[Draft], now: datetime) -> list[bytes]:
    """What the outbox holds after `drafts` were recorded together: one Change each, UTF-8 JSON."""
    return [outbox._recorded(draft, outbox.microseconds(now)).body for draft in drafts]
