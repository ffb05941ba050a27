"""The rows: what is tried and what must happen, out of inputs.toml and traps.toml; and what does not fit."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.catalogue.marks import Marked

HERE = Path(__file__).parent
INPUTS, TRAPS = "inputs.toml", "traps.toml"


@dataclass(frozen=True, slots=True)
class Row:
    """`open`: what is not shown yet, and why; empty where nothing is missing."""

    id: str
    tried: str
    must: str
    open: str = ""


def rows(file: str) -> list[Row]:
    """The rows of one of the two files, in its order."""
    read = tomllib.loads((HERE / file).read_text(encoding="utf-8"))
    return [Row(name, **texts) for name, texts in read.items()]


def tests_of(row: Row, marks: Sequence[Marked]) -> list[Marked]:
    """The tests that belong to `row`."""
    return [one for one in marks if row.id in one.ids]


def faults(every: Sequence[Row], marks: Sequence[Marked]) -> list[str]:
    """What does not fit: a test of an unknown row, a row with neither a test nor a reason why there is none."""
    known = {row.id for row in every}
    strange = [f"{one.id} belongs to {id_}, which is no row" for one in marks for id_ in one.ids if id_ not in known]
    empty = [f"{row.id} has neither a test nor a reason" for row in every if not row.open and not tests_of(row, marks)]
    return strange + empty
