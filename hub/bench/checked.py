"""Whether a measured system did the work: every disclosure that `decide` says is there once, opens, and says that.

Nothing of the system is asked. The topics are read as each subscriber reads them and every token is opened; what must
be there is decided from the Changes once more. The ledger's lines are held against the same tokens.
"""

import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid5

import orjson

from contracts.book import Book
from contracts.change import Change
from contracts.contract import Contract
from contracts.decide import Disclosure, decide
from hub import bus, topics
from hub.bench.lots import ADMIN
from hub.bus import Incoming
from hub.config import Settings
from hub.errors import JukiError, TokenRefused
from hub.keys import KeyStore
from hub.seal import Place, header, open_token
from hub.wanted import reader_of

Told = tuple[str, str]
"""(contract, id of the disclosure)."""


@dataclass(frozen=True, slots=True)
class Found:
    """What lies on the topics: digest of the content by disclosure, and what was written in all; of it the ledger."""

    told: Mapping[Told, bytes]
    records: int
    size: int
    ledger_size: int


def due(book: Book, changes: Iterable[Change], today: date) -> dict[Told, bytes]:
    """Every disclosure that has to come of the changes, with a digest of its state and items."""
    found = {}
    told_today = [contract for contract in book.contracts.values() if contract.in_force(today)]
    for change in changes:
        for contract in told_today:
            decided = decide(change, contract, change.day)
            if isinstance(decided, Disclosure):
                said = {"state": decided.state, "items": decided.items, "protected": decided.protected}
                found[contract.id, str(uuid5(UUID(change.id), contract.id))] = _digest(said)
    return found


def _digest(said: Mapping[str, Any]) -> bytes:
    """Of the content, in whatever order its members stand."""
    told = orjson.dumps([said["state"], said["items"], said.get("protected")], option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(told, digest_size=8).digest()


async def check(settings: Settings, book: Book, keys: KeyStore, due: Mapping[Told, bytes], changes: int) -> Found:
    """What is there; JukiError where it is not exactly what is due."""
    told: dict[Told, bytes] = {}
    tokens: dict[str, str] = {}
    records = size = 0
    for contract in book.contracts.values():
        seqs: dict[int, list[int]] = {}
        async for record in _records(settings, reader_of(contract), topics.disclosures(settings.prefix, contract.id)):
            read, content = await _opened(record, contract, keys)
            if (contract.id, read["jti"]) in told:
                raise JukiError("told-twice", contract.id)
            told[contract.id, read["jti"]] = _digest(content)
            tokens[read["jti"]] = hashlib.sha256(record.value or b"").hexdigest()
            seqs.setdefault(record.partition, []).append(read["seq"])
            records, size = records + 1, size + _size(record)
        _check_gapless(seqs, contract.id)
    if told != due:
        raise JukiError("not-what-was-decided", ", ".join(sorted(different(due, told))))
    lines, ledger_size = await _check_ledger(settings, book, tokens)
    if lines != changes:
        raise JukiError("not-what-was-decided", "ledger")
    return Found(told, records + lines, size + ledger_size, ledger_size)


def different(due: Mapping[Told, bytes], told: Mapping[Told, bytes]) -> set[str]:
    """The contracts that were not told what is due."""
    return {place[0] for place in due.keys() | told.keys() if due.get(place) != told.get(place)}


async def _records(settings: Settings, principal: str, topic: str) -> AsyncIterator[Incoming]:
    parts = range(settings.partitions)
    async with bus.reader(settings, principal, topic, parts) as reader, aclosing(reader.to_end()) as polls:
        async for records in polls:
            for record in records:
                yield record


def _size(record: Incoming) -> int:
    return len(record.value or b"") + len(record.key or b"")


async def _opened(record: Incoming, contract: Contract, keys: KeyStore) -> tuple[dict[str, Any], dict[str, Any]]:
    place = Place(contract.id, record.topic, record.partition)
    try:
        key = await keys.by_kid(header(record.value)["kid"])
        read, payload = open_token(record.value, key, place, record.key)
    except TokenRefused as refused:
        raise JukiError(refused.code, contract.id) from None
    content = orjson.loads(payload)
    if (content["id"], content["contract"], read["ctr"]) != (read["jti"], contract.id, contract.hash):
        raise JukiError("not-what-was-decided", contract.id)
    return read, content


def _check_gapless(seqs: Mapping[int, list[int]], contract: str) -> None:
    if any(numbers != [*range(1, len(numbers) + 1)] for numbers in seqs.values()):
        raise JukiError("sequence-lost", contract)


async def _check_ledger(settings: Settings, book: Book, tokens: Mapping[str, str]) -> tuple[int, int]:
    """Lines and their bytes; each token is named once, by its own digest."""
    named: Counter[str] = Counter()
    lines = size = 0
    async for record in _records(settings, ADMIN, topics.ledger(settings.prefix)):
        line = orjson.loads(record.value or b"")
        lines, size = lines + 1, size + _size(record)
        for told in line["told"]:
            named[told["disclosure"]] += 1
            if line["book"] != book.hash or tokens.get(told["disclosure"]) != told["token_sha256"]:
                raise JukiError("not-what-was-decided", "ledger")
    if named != Counter(tokens.keys()):
        raise JukiError("not-what-was-decided", "ledger")
    return lines, size
