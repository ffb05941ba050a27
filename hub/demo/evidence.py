"""What the demonstration shows, computed from what arrived: who was told what of which notice, and every claim checked.

Nothing here knows what should come out: the ledger says what was sent, the counterparts' own memory and the stock
subscriber's output say what arrived.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.database import Database


@dataclass(frozen=True, slots=True)
class Filed:
    """A notice that was accepted: its act and the Changes it made."""

    act: str
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence, and whether what arrived bears it out."""

    text: str
    holds: bool


Told = Mapping[tuple[str, str], Mapping[str, Any]]
"""(change, contract) -> what the ledger says of it: state, items, disclosure."""


async def told(database: Database) -> Told:
    """The ledger's archive."""
    rows = await database.fetch("SELECT change, contract, state, items, disclosure FROM hub.told")
    return {(str(row["change"]), row["contract"]): row for row in rows}


async def archived(database: Database) -> int:
    """How many Changes the archive knows."""
    found: int = await database.fetchval("SELECT count(DISTINCT change) FROM hub.ledger")
    return found


def items_of(bodies: Iterable[Any]) -> set[str]:
    """Every name of a member, at any depth, of what a counterpart was told."""
    names: set[str] = set()
    for body in bodies:
        if isinstance(body, Mapping):
            names |= {*body} | items_of(body.values())
    return names


def summary(filed: Sequence[Filed], seen: Told, contracts: Sequence[str]) -> list[tuple[str, ...]]:
    """One row per notice: the act, the number of Changes, and per contract what was told of them."""
    return [
        (one.act, str(len(one.changes)), *(_cell([seen.get((c, name)) for c in one.changes]) for name in contracts))
        for one in filed
    ]


def _cell(rows: Sequence[Mapping[str, Any] | None]) -> str:
    said = [f"{row['state']} ({len(row['items'])} items)" for row in rows if row is not None]
    counted = [f"{said.count(one)} × {one}" if said.count(one) > 1 else one for one in dict.fromkeys(said)]
    return ", ".join(counted) or "—"
