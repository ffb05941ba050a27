"""整合性確認: does a counterpart hold what the register has for it? Both sides tell keyed digests, and of nobody more.

What is compared of a resident is what the contract lets its subscriber keep (`contracts.kept`), and nothing else; how
it is digested is `contracts.digests`. Of buckets that differ every digest is compared, here: the other side is told
nothing but which buckets are asked for. How the real ones compare is not public: this definition is agreed with the
stand-ins and with the subscribers' library.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Protocol
from uuid import UUID

import orjson

from contracts import digests as protocol
from contracts.contract import Contract
from contracts.digests import bucket_of, record_digest
from contracts.kept import kept
from hub.database import Connection
from producers.accuracy import PAGE, SQL
from producers.household import Record

Form = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""What of a kept record is digested."""
Name = Callable[[Contract, UUID, Record], str | None]
"""By what both sides name a resident; None where they have none."""


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

    async def bucket(self, name: str) -> Mapping[bytes, bytes] | None:
        """Code digest -> record digest; None where it does not say (yet)."""
        ...


def whole(held: Mapping[str, Any]) -> Mapping[str, Any]:
    """All that is kept."""
    return held


def by_identifier(contract: Contract, _resident: UUID, record: Record) -> str | None:
    """As every counterpart names them."""
    identifier = record.get(contract.identifier)
    return str(identifier) if identifier else None


@dataclass(frozen=True, slots=True)
class Side:
    """How the other side digests."""

    form: Form = whole
    name: Name = by_identifier


COUNTERPART: Final = Side()


def code_digest(
    key: bytes, contract: Contract, resident: UUID, record: Record, side: Side = COUNTERPART
) -> bytes | None:
    """By what both sides name the person of a record; None where they have no name for them."""
    name = side.name(contract, resident, record)
    return None if name is None else protocol.code_digest(key, name)


def digested(  # noqa: PLR0913 - whose, of what, by what
    key: bytes, contract: Contract, on: date, resident: UUID, record: Record, side: Side = COUNTERPART
) -> Digested | None:
    """The digests of one record; None where the subscriber keeps no copy of it, or could not name it."""
    held, code = kept(record, contract, on), code_digest(key, contract, resident, record, side)
    return None if held is None or code is None else Digested(resident, code, record_digest(key, side.form(held)))


async def digests(tx: Connection, key: bytes, contract: Contract, on: date, side: Side = COUNTERPART) -> Buckets:
    """Everybody on the register whom the contract's subscriber keeps, by bucket."""
    found: dict[str, dict[bytes, Digested]] = defaultdict(dict)
    async for resident, record in registered(tx):
        if one := digested(key, contract, on, resident, record, side):
            found[one.bucket][one.code] = one
    return found


async def registered(tx: Connection) -> AsyncIterator[tuple[UUID, Record]]:
    """Everybody on the register, a page at a time."""
    last = UUID(int=0)
    while rows := await tx.fetch(SQL["digested"], last, PAGE):
        for row in rows:
            last = UUID(int=row["resident"].int)
            yield last, orjson.loads(row["record"])


async def compare(ours: Buckets, counterpart: Counterpart) -> AsyncIterator[Difference]:
    """Everybody who differs, is missing there, or is there alone; only buckets that differ are asked for."""
    theirs = await counterpart.buckets()
    for name in sorted(ours.keys() | theirs.keys()):
        here = ours.get(name, {})
        if theirs.get(name) == protocol.bucket_digest(one.record for one in here.values()):
            continue
        if (there := await counterpart.bucket(name)) is not None:
            for each in differences(here, there):
                yield each


def differences(here: Mapping[bytes, Digested], there: Mapping[bytes, bytes]) -> Iterator[Difference]:
    """What differs within one bucket, in the order of the code digests."""
    for code, digest in protocol.differences({one.code: one.record for one in here.values()}, there):
        one = here.get(digest)
        yield Difference(code, one.resident if one else None, digest)
