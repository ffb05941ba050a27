"""Reading one record of juki.changes: who it is about by its record key, and the Change inside the seal.

A record that cannot be read parks its resident and nobody else; one whose key names nobody stops its partition,
because nobody can say who would have to wait.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from uuid import UUID

from contracts.change import Change, parse
from contracts.written import Seen, change_of
from hub.bus import Incoming
from hub.envelope import CHANGE
from hub.errors import ChangeRefused, TokenRefused
from hub.kernel.form import Kernel
from hub.keys import CHANGES, KeyStore, named
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
    """Opens what the relay sealed; what is plain by the quick door of the `kernel`, where it has one."""

    def __init__(self, keys: KeyStore, pseudonyms: Pseudonyms, kernel: Kernel | None = None) -> None:
        self._keys = keys
        self._pseudonyms = pseudonyms
        self._kernel = kernel
        self._door = kernel.door() if kernel is not None else None

    async def read(self, record: Incoming) -> Accepted | Unreadable | None:
        """What `record` holds; None where its key names no resident, or another one than the Change does."""
        resident = self._pseudonyms.resident(record.key or b"")
        return _parsed(await self._opened(record, resident), record, resident)

    async def read_all(self, records: Sequence[Incoming]) -> list[Accepted | Unreadable | None]:
        """What each of `records` holds, in the same order; their record keys are one call of the cipher."""
        residents = self._pseudonyms.residents([record.key or b"" for record in records])
        quickly = await self._plain(records, residents)
        rows = [*zip(records, residents, quickly, strict=True)]
        opened = [plain or await self._opened(record, resident) for record, resident, plain in rows]
        return [_parsed(each, *row[:2]) for each, row in zip(opened, rows, strict=True)]

    async def _plain(
        self, records: Sequence[Incoming], residents: Sequence[UUID | None]
    ) -> Sequence[Accepted | Unreadable | None]:
        """Those that the quick door takes; None: look at it strictly."""
        if self._kernel is None or self._door is None:
            return [None] * len(records)
        tokens = [record.value if record.headers == CHANGE and record.value else b"" for record in records]
        keys = await named(self._keys, CHANGES, self._kernel.kids(tokens))
        found: list[Accepted | Unreadable | None] = []
        rows = zip(records, residents, tokens, strict=True)
        for (topic, part), lot in groupby(rows, key=lambda row: (row[0].topic, row[0].partition)):
            own = [*lot]
            seen = self._door.read(keys, Place(CHANGES, topic, part), [
                (token, record.key or b"", resident.bytes if resident else b"") for record, resident, token in own
            ])  # fmt: skip
            found += [_accepted(one, *row) for one, row in zip(seen, own, strict=True)]
        return found

    def resident(self, key: bytes) -> UUID | None:
        """Who is behind a record key."""
        return self._pseudonyms.resident(key)

    async def _opened(self, record: Incoming, resident: UUID | None) -> bytes | Unreadable | None:
        if resident is None:
            return None
        try:
            return await self._content(record)
        except TokenRefused as refused:
            return Unreadable(resident, refused.code)

    async def _content(self, record: Incoming) -> bytes:
        read, place = header(record.value), Place(CHANGES, record.topic, record.partition)
        check_place(read, place, record.key)
        if record.headers != CHANGE:
            raise TokenRefused("foreign-headers")
        key = await self._keys.by_kid(read["kid"])
        return opened(record.value or b"", read, key).rstrip(b" ")


def _parsed(
    found: bytes | Accepted | Unreadable | None, record: Incoming, resident: UUID | None
) -> Accepted | Unreadable | None:  # fmt: skip
    """What was found; of bytes, what they hold."""
    if resident is None:
        return None
    if not isinstance(found, bytes):
        return found
    try:
        change = parse(found)
    except ChangeRefused as refused:
        return Unreadable(resident, refused.code)
    return Accepted(change, found, record) if change.resident == resident else None


def _accepted(
    seen: Seen | None, record: Incoming, resident: UUID | None, _token: bytes
) -> Accepted | Unreadable | None:
    if seen is None or resident is None:
        return None
    try:
        change = change_of(seen, resident)
    except ChangeRefused as refused:
        return Unreadable(resident, refused.code)
    return None if change is None else Accepted(change, seen[0], record)
