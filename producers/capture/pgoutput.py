"""PostgreSQL's own output plug-in, protocol version 1: bytes to rows. Pure; what it does not need it passes over.

Values are text as PostgreSQL writes them. A value that was too long to stand in the row and did not change (TOAST) is
taken from the old row, which a table with REPLICA IDENTITY FULL always has.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
Values = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row that was written: in which table, what it was and what it is, and exactly where in the log.

    `lsn`: of the commit; `number`: which row of its transaction; `at`: when that was committed.
    """

    lsn: int
    number: int
    at: datetime
    table: str
    before: Values | None
    after: Values | None


@dataclass(slots=True)
class Decoder:
    """Reads the messages of whole transactions, in order. `lsn`: of the last commit; `end`: where the log goes on."""

    tables: dict[int, tuple[str, list[str]]] = field(default_factory=dict)
    lsn: int = 0
    end: int = 0
    at: datetime = _EPOCH
    number: int = 0

    def rows(self, messages: Iterable[bytes]) -> Iterator[RowChange]:
        """Each row that was inserted, updated or deleted."""
        for message in messages:
            kind, reader = message[:1], _Reader(message, 1)
            if kind == b"B":
                self.lsn, self.at = reader.number("q"), _EPOCH + timedelta(microseconds=reader.number("q"))
                self.number = 0
            elif kind == b"C":
                reader.number("b")
                reader.number("q")
                self.end = reader.number("q")
            elif kind == b"R":
                self._learn(reader)
            elif kind in (b"I", b"U", b"D"):
                yield self._row(reader)
                self.number += 1

    def _learn(self, reader: "_Reader") -> None:
        table = reader.number("I")
        name = f"{reader.text()}.{reader.text()}"
        reader.number("c")
        columns = []
        for _ in range(reader.number("H")):
            reader.number("b")
            columns.append(reader.text())
            reader.number("i")
            reader.number("i")
        self.tables[table] = (name, columns)

    def _row(self, reader: "_Reader") -> RowChange:
        name, columns = self.tables[reader.number("I")]
        before: dict[str, str | None] | None = None
        after: dict[str, str | None] | None = None
        while not reader.ended:
            part = reader.number("c")
            values = reader.values(columns, before or {})
            if part == b"N":
                after = values
            else:
                before = values
        return RowChange(self.lsn, self.number, self.at, name, before, after)


class _Reader:
    def __init__(self, message: bytes, at: int) -> None:
        self._message = message
        self._at = at

    @property
    def ended(self) -> bool:
        return self._at >= len(self._message)

    def number(self, form: str) -> Any:
        """A value of the form that `struct` calls so, big-endian."""
        (value,) = struct.unpack_from(f">{form}", self._message, self._at)
        self._at += struct.calcsize(f">{form}")
        return value

    def text(self) -> str:
        """A text that ends with a nought."""
        end = self._message.index(b"\0", self._at)
        value, self._at = self._message[self._at : end].decode(), end + 1
        return value

    def values(self, columns: list[str], old: Values) -> dict[str, str | None]:
        """The columns of one row."""
        found: dict[str, str | None] = {}
        for name in columns[: self.number("H")]:
            kind = self.number("c")
            if kind == b"t":
                size = self.number("i")
                found[name] = self._message[self._at : self._at + size].decode()
                self._at += size
            else:
                found[name] = old.get(name) if kind == b"u" else None
        return found
