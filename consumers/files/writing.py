"""Writing one file, whole or not at all: begun in the database, pieces, manifest, read back, and only then settled.

    begun      name, number and disclosures stand in inbox.files
    pieces     each put whole; then the storage says that all of them are there, as long as they are
    manifest   put last, read back byte by byte: from here on the file exists
    settled    each disclosure is Delivered, its receipt is the file's name

Whoever comes next after a crash looks whether the manifest is there. Where it is, the rest is settled; where it is not,
or is none of ours, nobody has seen the file: it is given up, its objects are removed, and everything is written anew
under another name and the same number. Whether it is ours says its digest, noted before it is put, or else its seal.
Where neither can say, nothing is given up: readers may have the file. One writer of a contract works at a time.
"""

import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from consumers.alone import alone
from consumers.files import lines, manifest
from consumers.files.manifest import Contents, Kind, Piece, Title
from consumers.files.outside import Report
from consumers.files.reading import SQL, Chosen, Line, Reading
from consumers.files.sealing import Binding, sealed
from consumers.files.store import Store
from consumers.settle import Settler, Together
from contracts.change import JAPAN
from contracts.columns import Columns
from contracts.contract import Contract
from hub.database import Connection, Database, Row
from hub.errors import Contested, DependencyUnavailable, NotPermitted, TokenRefused
from hub.keys import KeyStore
from hub.stops import Stops

PIECE_BYTES: Final = 2**20
"""Lines are gathered into pieces of at most so much; each but the last is padded to it, so sizes tell little."""
SETTLED_AT_ONCE: Final = 2000
LATECOMERS: Final = timedelta(days=7)
"""How long objects of a file that was given up are looked for: what was on its way then may come late."""
_UNVERIFIED: Final = "Its key is not to be had. If no reader has this file, remove its manifest.json and run it again"

Seen = Callable[[int, int], None]
"""Told how many lines of how many are written."""


@dataclass(frozen=True, slots=True)
class Written:
    """One file that readers have. `outside`: characters that JIS X 0213 does not have; None where it was written by
    somebody who was cut off before it could be said.
    """

    contract: str
    kind: str
    number: int
    name: str
    day: date
    rows: int
    pieces: int | None = None
    size: int | None = None
    outside: int | None = None


class Writer:
    """Writes the files of one contract, whose lock it holds."""

    def __init__(  # noqa: PLR0913 - the wiring of one command
        self, database: Database, held: Connection, store: Store, keys: KeyStore, contract: Contract, reading: Reading,
        settler: Settler, now: Callable[[], datetime], stops: Stops,
    ) -> None:  # fmt: skip
        self._database = database
        self._stops = stops
        self._held = held
        self._store = store
        self._keys = keys
        self._contract = contract
        self._reading = reading
        self._settler = settler
        self._now = now

    async def tidy(self) -> Written | None:
        """End what another one has begun: settled where readers have it, given up where they do not."""
        row = await self._database.fetchrow(SQL["unfinished"], self._contract.id)
        finished = await self._resumed(row) if row is not None else None
        for given_up in await self._database.fetch(SQL["garbage"], self._contract.id, self._now() - LATECOMERS):
            await self._cleared(given_up["name"])
        return finished

    async def write(self, kind: Kind, day: date, chosen: Sequence[Chosen], columns: Columns, seen: Seen) -> Written:
        """One file of these disclosures, and their settlement."""
        title = await self._begun(kind, day, chosen)
        try:
            contents, binding = await self._put(title, chosen, columns, seen)
        except BaseException:
            await self.given_up(title.name)
            raise
        digest = await self._published(title, contents, binding)
        await self._settled(title.name, digest, [Together(one.id, one.attempts, one.version) for one in chosen])
        size, outside = sum(piece.size for piece in contents.pieces), sum(contents.characters["counts"].values())
        return Written(self._contract.id, kind, title.number, title.name, day, len(chosen), len(contents.pieces), size,
                       outside)  # fmt: skip

    async def given_up(self, name: str) -> None:
        """Nobody has seen this file, and nobody will."""
        await self._database.execute(SQL["abandon"], self._contract.id, name, self._now())

    async def _begun(self, kind: Kind, day: date, chosen: Sequence[Chosen]) -> Title:
        last = await self._database.fetchrow(SQL["last"], self._contract.id)
        number = last["number"] + 1 if last else 1
        name = f"{number:08d}-{day.isoformat()}-{kind}-{os.urandom(4).hex()}"
        told = [one.id for one in chosen], [one.attempts for one in chosen], [one.version for one in chosen]
        await self._database.execute(SQL["begin"], self._contract.id, name, number, kind, day, *told, self._now())
        return Title(self._contract.id, kind, number, name, day, last["digest"] if last else None)

    async def _put(
        self, title: Title, chosen: Sequence[Chosen], columns: Columns, seen: Seen
    ) -> tuple[Contents, Binding]:
        now = self._now()
        key = await self._keys.content_key(self._contract.id, now.astimezone(JAPAN).date())
        binding = Binding(self._contract.id, title.name, key.kid, self._contract.hash, int(now.timestamp()))
        gathered, pieces = Gathered(lines.header(columns)), list[Piece]()
        async for payload, count, last in gathered.pieces(self._reading.lines(chosen)):
            content = sealed(key, binding, len(pieces) + 1, payload, last=last)
            pieces.append(Piece.of(len(pieces) + 1, count, content))
            await self._store.put(self._path(title.name, pieces[-1].name), content)
            seen(sum(piece.lines for piece in pieces), len(chosen))
        await self._check_there(title.name, pieces)
        await self._reading.check_still(chosen)
        return Contents(columns.names, pieces, gathered.seqs, gathered.report.document()), binding

    async def _check_there(self, name: str, pieces: Sequence[Piece]) -> None:
        there = await self._store.sizes(self._path(name, ""))
        if there != {self._path(name, piece.name): piece.size for piece in pieces}:
            raise DependencyUnavailable("store-lost-pieces", "HUB_FILES", "Run it again: another name is taken")

    async def _published(self, title: Title, contents: Contents, binding: Binding) -> str:
        """Put the manifest and read it back; its digest."""
        key = await self._keys.by_kid(binding.kid)
        content, path = manifest.document(title, contents, binding, key, self._now()), self._path(title.name)
        digest = sha256(content).hexdigest()
        if not await self._held.execute(SQL["publishing"], self._contract.id, title.name, digest):
            raise Contested("file-given-up", self._contract.id)
        await self._stops.check()
        await self._store.put(path, content)
        if await self._store.get(path) != content:
            raise DependencyUnavailable("manifest-not-there", "HUB_FILES", "Run it again: it finds out what is there")
        return digest

    async def _settled(self, name: str, digest: str, told: Sequence[Together]) -> None:
        for at in range(0, len(told), SETTLED_AT_ONCE):
            await self._settler.delivered_together(told[at : at + SETTLED_AT_ONCE], name)
        if not await self._database.execute(SQL["settled"], self._contract.id, name, digest, self._now()):
            raise Contested("file-given-up", self._contract.id)

    async def _resumed(self, row: Row) -> Written | None:
        content = await self._store.get(self._path(row["name"]))
        if content is None or not await self._ours(row, content):
            await self.given_up(row["name"])
            return None
        told = [Together(*each) for each in zip(row["disclosures"], row["attempts"], row["versions"], strict=True)]
        await self._settled(row["name"], sha256(content).hexdigest(), told)
        return Written(self._contract.id, row["kind"], row["number"], row["name"], row["day"], row["rows"])

    async def _ours(self, row: Row, content: bytes) -> bool:
        """Whether this is the manifest of a file that was begun; DependencyUnavailable where that cannot be said."""
        if sha256(content).hexdigest() == row["digest"]:
            return True
        kid = manifest.kid_of(content)
        if kid.rpartition(".")[0] != self._contract.id:
            return False  # whoever has another contract's keys seals no file of this one
        try:
            key = await self._keys.by_kid(kid)
        except TokenRefused:
            raise DependencyUnavailable("manifest-not-verified", row["name"], _UNVERIFIED) from None
        title = Title(self._contract.id, row["kind"], row["number"], row["name"], row["day"], None)
        return manifest.belongs(content, title, row["rows"], key)

    async def _cleared(self, name: str) -> None:
        await self._store.remove([*await self._store.sizes(self._path(name, ""))])

    def _path(self, name: str, part: str = manifest.NAME) -> str:
        return f"{self._contract.id}/{name}/{part}"


class Gathered:
    """Gathers lines into pieces, and what the manifest says of them."""

    def __init__(self, header: bytes) -> None:
        self._lines = [header]
        self._size = len(header)
        self._count = 0
        self.seqs: dict[int, tuple[int, int]] = {}
        self.report = Report()

    async def pieces(self, told: AsyncIterator[Line]) -> AsyncIterator[tuple[bytes, int, bool]]:
        """Content, lines, and whether it is the last one."""
        async for line in told:
            if self._count and self._size + len(line.content) > PIECE_BYTES:
                yield (*self._taken(), False)
            self._add(line)
        yield (*self._taken(), True)

    def _add(self, line: Line) -> None:
        self._lines.append(line.content)
        self._size += len(line.content)
        self._count += 1
        self.report.add(line.texts)
        if line.seq is not None:
            first, last = self.seqs.get(line.partition, (line.seq, line.seq))
            self.seqs[line.partition] = (min(first, line.seq), max(last, line.seq))

    def _taken(self) -> tuple[bytes, int]:
        taken, count = b"".join(self._lines), self._count
        self._lines, self._size, self._count = [], 0, 0
        return taken, count


def one_writer(database: Database, contract: str) -> AbstractAsyncContextManager[Connection]:
    """The connection that holds the lock of a contract's files; NotPermitted where another one does."""
    busy = NotPermitted("file-is-being-written", contract, "Another command writes a file of this contract")
    return alone(database, f"files {contract}", busy)


def end_of(day: date) -> int:
    """The end of a day in Japan, in microseconds, as versions count."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=JAPAN) + timedelta(days=1)
    return int(midnight.timestamp()) * 1_000_000


def until(chosen: Sequence[Chosen], end: int) -> list[Chosen]:
    """Those recorded before `end`; of each resident up to the first that was not, so that the order stays."""
    later: set[bytes] = set()
    kept = []
    for one in chosen:
        if one.version >= end or one.subject in later:
            later.add(one.subject)
        else:
            kept.append(one)
    return kept


def as_json(written: Written) -> dict[str, Any]:
    """For stdout."""
    return {name: getattr(written, name) for name in Written.__slots__}
