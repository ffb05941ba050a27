"""整合性確認: does a counterpart hold what the register has for it? Both sides tell keyed digests, and of nobody more.

What is compared of a resident is what the contract lets its subscriber keep (`contracts.kept`), and nothing else. A
code digest is HMAC-SHA256(key, the contract's identifier); its first byte is the bucket. A record digest is
HMAC-SHA256(key, JSON of those items: members sorted, no spaces, UTF-8), a bucket's is SHA-256 over its record digests
in their order, one behind the other. Buckets that agree say nothing further; of the others every digest is compared,
here: the counterpart is told nothing at all. How the real ones compare is not public: this definition is agreed with
the stand-ins, as is the key, 32 bytes out of band, another one for each contract.
"""

import hashlib
import hmac
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol
from uuid import UUID

import orjson

from contracts.contract import Contract
from contracts.kept import kept
from hub.database import Connection
from producers.accuracy import PAGE, SQL
from producers.household import Record


@dataclass(frozen=True, slots=True)
class Digested:
    """One resident as both sides name them."""

    resident: UUID
    code: bytes
    record: bytes

    @property
    def bucket(self) -> str:
        return bucket_of(self.code)


@dataclass(frozen=True, slots=True)
class Difference:
    """What does not agree. Nobody of ours is named where the counterpart alone has somebody."""

    code: str
    resident: UUID | None
    digest: bytes


Buckets = Mapping[str, Mapping[bytes, Digested]]
"""Bucket -> code digest -> what it stands for."""


class Counterpart(Protocol):
    """The other side."""

    async def buckets(self) -> Mapping[str, str]:
        """Bucket -> digest, in hexadecimal; those in which somebody is."""
        ...

    async def bucket(self, name: str) -> Mapping[bytes, bytes]:
        """Code digest -> record digest."""
        ...


def bucket_of(code: bytes) -> str:
    """The bucket in which both sides look for this code digest."""
    return code[:1].hex()


def code_digest(key: bytes, contract: Contract, record: Record) -> bytes | None:
    """By what both sides name the person of a record; None where the record has not the contract's identifier."""
    identifier = record.get(contract.identifier)
    return _keyed(key, str(identifier).encode()) if identifier else None


def digested(key: bytes, contract: Contract, on: date, resident: UUID, record: Record) -> Digested | None:
    """The digests of one record; None where the subscriber keeps no copy of it, or could not name it."""
    held, code = kept(record, contract, on), code_digest(key, contract, record)
    return None if held is None or code is None else Digested(resident, code, record_digest(key, held))


def record_digest(key: bytes, held: Mapping[str, Any]) -> bytes:
    """The digest of what is kept of one resident."""
    return _keyed(key, orjson.dumps(held, option=orjson.OPT_SORT_KEYS))


def _keyed(key: bytes, what: bytes) -> bytes:
    return hmac.digest(key, what, "sha256")


async def digests(tx: Connection, key: bytes, contract: Contract, on: date) -> Buckets:
    """Everybody on the register whom the contract's subscriber keeps, by bucket."""
    found: dict[str, dict[bytes, Digested]] = defaultdict(dict)
    async for resident, record in registered(tx):
        if one := digested(key, contract, on, resident, record):
            found[one.bucket][one.code] = one
    return found


async def registered(tx: Connection) -> AsyncIterator[tuple[UUID, Record]]:
    """Everybody on the register, a page at a time."""
    last = UUID(int=0)
    while rows := await tx.fetch(SQL["digested"], last, PAGE):
        for row in rows:
            last = UUID(int=row["resident"].int)
            yield last, orjson.loads(row["record"])


def bucket_digest(people: Mapping[bytes, Digested]) -> str:
    """The digest of one bucket."""
    return hashlib.sha256(b"".join(sorted(one.record for one in people.values()))).hexdigest()


async def compare(ours: Buckets, counterpart: Counterpart) -> AsyncIterator[Difference]:
    """Everybody who differs, is missing there, or is there alone; only buckets that differ are asked for."""
    theirs = await counterpart.buckets()
    for name in sorted(ours.keys() | theirs.keys()):
        here = ours.get(name, {})
        if not here or theirs.get(name) != bucket_digest(here):
            for each in differences(here, await counterpart.bucket(name)):
                yield each


def differences(here: Mapping[bytes, Digested], there: Mapping[bytes, bytes]) -> Iterator[Difference]:
    """What differs within one bucket, in the order of the code digests."""
    for code in sorted(here.keys() | there.keys()):
        one = here.get(code)
        if one is None:
            yield Difference("unknown-here", None, code)
        elif code not in there:
            yield Difference("missing-there", one.resident, code)
        elif there[code] != one.record:
            yield Difference("differs", one.resident, code)
