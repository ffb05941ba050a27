"""Where the cases of an order come from, from a position on: the whole register, or the lines of a file.

A lot never has more than was asked for, so that its transaction stays small; its end is the position of the next one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path
from typing import Any, Final, Protocol
from uuid import UUID

import orjson

from contracts.door import read_json
from contracts.identifiers import municipal_number_fault
from hub.database import Connection, Database, Row, queries
from hub.errors import ChangeRefused
from producers.bulk import orders, verdicts
from producers.bulk.orders import Order
from producers.bulk.verdicts import Refused, Verdict
from producers.household import Record

SQL = queries(Path(__file__).with_name("running.sql"))
PAGE: Final = 2000
"""Records that are read at a time to find those that an order concerns."""

Judge = Callable[[Record | None], Verdict | None]


@dataclass(frozen=True, slots=True)
class Case:
    """Somebody whom an order may concern: how the order names the case, the 宛名番号, and what it makes of a record."""

    place: str
    atena_no: str
    judge: Judge


@dataclass(frozen=True, slots=True)
class Lot:
    """Cases with the position behind them; `ended` where nothing follows. `refused`: (place, code) without a person."""

    cases: Sequence[Case]
    position: bytes
    ended: bool
    refused: Sequence[tuple[str, str]] = ()


class Source(Protocol):
    """The cases of one order. `sweeps`: whether they are gone through again until nothing changes any more."""

    sweeps: bool

    async def lot(self, tx: Connection | Database, position: bytes, most: int) -> Lot:
        """The next cases behind a position; at the beginning it is empty."""
        ...


def source(order: Order) -> Source:
    """Where the cases of this order come from."""
    return Addresses(order) if order.act == "address" else Readings(order)


class Addresses:
    """Everybody on the register whose address the order changes or names. Who moves there meanwhile is swept later.

    A household is never torn: its members have one address, before a step and after it.
    """

    sweeps = True

    def __init__(self, order: Order) -> None:
        self._judge: Judge = lambda record: None if record is None else verdicts.address(record, order.changes)

    async def lot(self, tx: Connection | Database, position: bytes, most: int) -> Lot:
        """Those of the next households whom the order concerns: up to `most`, but one household at least."""
        homes, ended = await _homes(tx, position, PAGE)
        cases: list[Case] = []
        for number, home in homes:
            concerned = [case for row in home if (case := self._case(row))]
            if cases and concerned and len(cases) + len(concerned) > most:
                return Lot(cases, position, ended=False)
            cases, position = cases + concerned, number
        return Lot(cases, position, ended)

    def _case(self, row: Row) -> Case | None:
        record = orjson.loads(row["record"])
        if self._judge(record) is None:
            return None
        return Case(str(UUID(int=row["resident"].int)), record["atena_no"], self._judge)


async def _homes(tx: Connection | Database, position: bytes, page: int) -> tuple[list[tuple[bytes, list[Row]]], bool]:
    """The next households, whole, and whether nobody is behind them."""
    rows = await tx.fetch(SQL["registered"], position, page)
    homes = [(number, list(home)) for number, home in groupby(rows, lambda row: row["household_no"])]
    if len(rows) < page:
        return homes, True
    return (homes[:-1], False) if len(homes) > 1 else await _homes(tx, position, page * 2)


class Readings:
    """The lines of a file, each with a 宛名番号 and a 振り仮名."""

    sweeps = False

    def __init__(self, order: Order) -> None:
        self._file = order.file

    async def lot(self, _tx: Connection | Database, position: bytes, most: int) -> Lot:
        """The next lines; `position` is the byte and the line behind which they stand."""
        offset, number = map(int, (position or b"0 0").split())
        cases: list[Case] = []
        refused: list[tuple[str, str]] = []
        for behind, line in islice(orders.lines(self._file, offset), most):
            offset, number = behind, number + 1
            if number == 1 or not line.strip():
                continue
            found = _case(number, line)
            if isinstance(found, Case):
                cases.append(found)
            else:
                refused.append((f"line-{number:07d}", found.code))
        return Lot(cases, f"{offset} {number}".encode(), offset == self._file.stat().st_size, refused)


def _case(number: int, line: bytes) -> Case | Refused:
    try:
        value: Any = read_json(line)
    except ChangeRefused as fault:
        return Refused(fault.code)
    if not isinstance(value, dict) or value.keys() != {"atena_no", "name_furigana"}:
        return Refused("bad-line")
    atena_no, reading = value["atena_no"], value["name_furigana"]
    if not isinstance(atena_no, str) or municipal_number_fault(atena_no) or not isinstance(reading, str):
        return Refused("bad-line")
    return Case(f"line-{number:07d}", atena_no, lambda record: verdicts.furigana(record, reading))
