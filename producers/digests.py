"""整合性確認: does the prefecture have what the register has? Both sides tell keyed digests, and nobody tells a person.

A code digest is HMAC-SHA256(key, 住民票コード); its first byte is the bucket. A record digest is HMAC-SHA256(key, JSON
of the nine ITEMS: members sorted, no spaces, UTF-8), a bucket's is SHA-256 over its record digests in their order, one
behind the other. Buckets that agree say nothing further; of the others every digest is compared. How the real check
compares is not public: this definition is agreed with the stand-in, as is the key, 32 bytes out of band.
"""

import hashlib
import hmac
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import UUID

import orjson

from hub.database import Connection
from producers.accuracy import PAGE, SQL
from producers.household import Record

ITEMS: Final = (
    "name", "name_furigana", "former_surname", "alias_name", "birth_date", "sex", "address", "my_number",
    "juminhyo_code",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Digested:
    """One resident as both sides name them."""

    resident: UUID
    code: bytes
    record: bytes

    @property
    def bucket(self) -> str:
        return self.code[:1].hex()


@dataclass(frozen=True, slots=True)
class Difference:
    """What does not agree. Nobody of ours is named where the prefecture alone has somebody."""

    code: str
    resident: UUID | None


Buckets = Mapping[str, Mapping[bytes, Digested]]
"""Bucket -> code digest -> what it stands for."""


class Prefecture(Protocol):
    """The other side."""

    async def buckets(self) -> Mapping[str, str]:
        """Bucket -> digest, in hexadecimal; those in which somebody is."""
        ...

    async def bucket(self, name: str) -> Mapping[bytes, bytes]:
        """Code digest -> record digest."""
        ...


def digested(key: bytes, resident: UUID, record: Record) -> Digested:
    """The digests of one record that has a 住民票コード."""
    said = orjson.dumps({item: record.get(item) for item in ITEMS}, option=orjson.OPT_SORT_KEYS)
    code = str(record["juminhyo_code"]).encode()
    return Digested(resident, _keyed(key, code), _keyed(key, said))


def _keyed(key: bytes, what: bytes) -> bytes:
    return hmac.digest(key, what, "sha256")


async def digests(tx: Connection, key: bytes) -> Buckets:
    """Everybody on the register who has a 住民票コード, by bucket."""
    found: dict[str, dict[bytes, Digested]] = defaultdict(dict)
    async for resident, record in _registered(tx):
        if record.get("juminhyo_code"):
            one = digested(key, resident, record)
            found[one.bucket][one.code] = one
    return found


async def _registered(tx: Connection) -> AsyncIterator[tuple[UUID, Record]]:
    last = UUID(int=0)
    while rows := await tx.fetch(SQL["digested"], last, PAGE):
        for row in rows:
            last = UUID(int=row["resident"].int)
            yield last, orjson.loads(row["record"])


def bucket_digest(people: Mapping[bytes, Digested]) -> str:
    """The digest of one bucket."""
    return hashlib.sha256(b"".join(sorted(one.record for one in people.values()))).hexdigest()


async def compare(ours: Buckets, prefecture: Prefecture) -> AsyncIterator[Difference]:
    """Everybody who differs, is missing there, or is there alone; only buckets that differ are asked for."""
    theirs = await prefecture.buckets()
    for name in sorted(ours.keys() | theirs.keys()):
        here = ours.get(name, {})
        if not here or theirs.get(name) != bucket_digest(here):
            for each in differences(here, await prefecture.bucket(name)):
                yield each


def differences(here: Mapping[bytes, Digested], there: Mapping[bytes, bytes]) -> Iterator[Difference]:
    """What differs within one bucket, in the order of the code digests."""
    for code in sorted(here.keys() | there.keys()):
        one = here.get(code)
        if one is None:
            yield Difference("unknown-here", None)
        elif code not in there:
            yield Difference("missing-there", one.resident)
        elif there[code] != one.record:
            yield Difference("differs", one.resident)
