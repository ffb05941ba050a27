"""Reading one record of juki.changes: who it is about by its record key, and the Change inside the seal.

A record that cannot be read parks its resident and nobody else; one whose key names nobody stops its partition,
because nobody can say who would have to wait.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from contracts.change import Change, parse
from hub.bus import Incoming
from hub.envelope import CHANGE
from hub.errors import ChangeRefused, TokenRefused
from hub.keys import CHANGES, KeyStore
from hub.pseudonym import Pseudonyms
from hub.seal import Place, check_place, header, opened


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record that goes to quarantine, with a closed code."""

    resident: UUID
    code: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """A Change, and the bytes it came in: what the ledger's digest is made of."""

    change: Change
    content: bytes
    record: Incoming | None = field(default=None, repr=False, compare=False)
    """As it came, for whoever has to keep it."""

    @property
    def resident(self) -> UUID:
        """Whose change it is."""
        return self.change.resident


class Intake:
    """Opens what the relay sealed."""

    def __init__(self, keys: KeyStore, pseudonyms: Pseudonyms) -> None:
        self._keys = keys
        self._pseudonyms = pseudonyms

    async def read(self, record: Incoming) -> Accepted | Unreadable | None:
        """What `record` holds; None where its key names no resident, or another one than the Change does."""
        return await self._read(record, self._pseudonyms.resident(record.key or b""))

    async def read_all(self, records: Sequence[Incoming]) -> list[Accepted | Unreadable | None]:
        """What each of `records` holds, in the same order; their record keys are one call of the cipher."""
        residents = self._pseudonyms.residents([record.key or b"" for record in records])
        return [await self._read(record, resident) for record, resident in zip(records, residents, strict=True)]

    def resident(self, key: bytes) -> UUID | None:
        """Who is behind a record key."""
        return self._pseudonyms.resident(key)

    async def _read(self, record: Incoming, resident: UUID | None) -> Accepted | Unreadable | None:
        if resident is None:
            return None
        try:
            content = await self._opened(record)
            change = parse(content)
        except (TokenRefused, ChangeRefused) as refused:
            return Unreadable(resident, refused.code)
        return Accepted(change, content, record) if change.resident == resident else None

    async def _opened(self, record: Incoming) -> bytes:
        read, place = header(record.value), Place(CHANGES, record.topic, record.partition)
        check_place(read, place, record.key)
        if record.headers != CHANGE:
            raise TokenRefused("foreign-headers")
        key = await self._keys.by_kid(read["kid"])
        return opened(record.value or b"", read, key).rstrip(b" ")
