"""A second source: the log of an existing registry's own database, by logical decoding, with nothing changed in it.

Its slot keeps every committed row until it is acknowledged. A row becomes a Change by a function that whoever knows
those tables writes; its id follows from its place in the log, its version from the time of its commit, and both are the
same however often it is read. In order: take whole transactions without consuming them, carry them, remember in our own
database how far they went together with the last versions, then let the slot go on. A crash before the memory repeats
the lot with the same ids; a crash after it is recognised by the memory. Of who is halted, rows wait in the outbox, and
whatever comes later of them waits behind.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import NAMESPACE_OID, UUID, uuid5

from hub.database import Connection, Database, queries
from producers import outbox
from producers.capture.pgoutput import Decoder, RowChange
from producers.capture.source import Taken
from producers.outbox import Draft

SQL = queries(Path(__file__).with_suffix(".sql"))
_NAMESPACE = uuid5(NAMESPACE_OID, "juki-hub/capture")

Translate = Callable[[RowChange], Draft | None]
"""From a row of the existing registry to what happened to a resident; None where it is about nobody."""


@dataclass(frozen=True, slots=True)
class Log:
    """One slot: `theirs` is the database in which it is, `registry` ours; `size`: rows per lot, if it may be."""

    theirs: Database
    registry: Database
    slot: str
    publication: str
    translate: Translate
    size: int = 1000

    @asynccontextmanager
    async def lot(self) -> AsyncIterator["LogLot | None"]:
        """The next transactions of the log; None where there are none, or somebody else reads this slot."""
        end = 0
        async with self.registry.transaction() as tx:
            if not await tx.fetchval(SQL["hold"], self.slot):
                yield None
                return
            decoder = Decoder()
            rows = list(decoder.rows(await self._peek()))
            lot = await self._lot(tx, rows)
            yield lot if lot.rows else None
            if end := decoder.end:
                await lot.diverted()
                await tx.execute(SQL["remember"], self.slot, decoder.lsn)
        if end:
            await self.theirs.fetch(SQL["advance"], self.slot, end)

    async def _peek(self) -> list[bytes]:
        return [row["data"] for row in await self.theirs.fetch(SQL["peek"], self.slot, self.size, self.publication)]

    async def _lot(self, tx: Connection, rows: Sequence[RowChange]) -> "LogLot":
        done = await tx.fetchval(SQL["done_up_to"], self.slot) or 0
        drafts = [(row, draft) for row in rows if row.lsn > done and (draft := self.translate(row)) is not None]
        residents = list({draft.resident for _, draft in drafts})
        known = {UUID(int=row["resident"].int): row["version"] for row in await tx.fetch(SQL["versions"], residents)}
        behind = {UUID(int=row["resident"].int) for row in await tx.fetch(SQL["behind"], residents)}
        taken = list(self._taken(drafts, known))
        await tx.execute(SQL["set_versions"], list(known), list(known.values()))
        ahead = [row for row in taken if row.resident not in behind]
        return LogLot(tx, ahead, [row for row in taken if row.resident in behind])

    def _taken(self, drafts: Sequence[tuple[RowChange, Draft]], known: dict[UUID, int]) -> Sequence[Taken]:
        return [
            Taken(place, draft.resident, self._body(row, draft, known)) for place, (row, draft) in enumerate(drafts)
        ]

    def _body(self, row: RowChange, draft: Draft, known: dict[UUID, int]) -> bytes:
        version = max(outbox.microseconds(row.at), known.get(draft.resident, 0) + 1)
        known[draft.resident] = version
        own = uuid5(_NAMESPACE, f"{self.slot}/{row.lsn}/{row.number}")
        return outbox.encoded(replace(draft, id=own), version)


@dataclass(slots=True)
class LogLot:
    """Rows of whole transactions; `waiting`: those that go into the outbox, behind what waits there."""

    tx: Connection
    rows: Sequence[Taken]
    waiting: list[Taken] = field(default_factory=list)

    async def acknowledge(self, ids: Sequence[int]) -> None:
        """What is not among these is of somebody who is halted, and waits in the outbox."""
        carried = set(ids)
        self.waiting += [row for row in self.rows if row.id not in carried]

    async def halt(self, resident: UUID, code: str) -> None:
        """Nothing more of this resident is carried."""
        await self.tx.execute(SQL["halt"], resident, code)

    async def diverted(self) -> None:
        """Put into the outbox what waits."""
        await outbox.put(self.tx, [(row.resident, row.change) for row in sorted(self.waiting, key=lambda row: row.id)])


def record_of(columns: Mapping[str, str], values: Mapping[str, str | None] | None) -> dict[str, str | None] | None:
    """A record out of a row whose columns carry items as they are: `columns` is column -> item."""
    return None if values is None else {item: values.get(column) for column, item in columns.items()}
