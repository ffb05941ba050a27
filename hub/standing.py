"""How things stand per contract: what is told and not delivered, since when, and what the ledger knows of it.

Exact, because it is asked of the ledger and of the inbox, and not estimated from offsets: the oldest disclosure that
is not settled, wherever it is (on its topic, in the inbox, behind a dead letter, a dead letter itself). What is told
to a subscriber that reads its topic itself leaves our hands there: nothing here knows whether it was read.

Room above: consumers/ writes the inbox; this reads its tables, because both rooms share one database and people ask
how things stand while no process of theirs runs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from hub.database import Connection, Database, queries

SQL = queries(Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True, slots=True)
class Standing:
    """One contract. Times are those of telling, `oldest_recorded` that of recording; None where there is nothing.

    `waiting` includes `behind` (a dead letter of the same resident), and neither includes `unarrived`.
    """

    contract: str
    waiting: int
    dead: int
    behind: int
    oldest: datetime | None
    oldest_due: datetime | None
    oldest_behind: datetime | None
    oldest_dead: datetime | None
    oldest_recorded: datetime | None
    unarrived: int = 0
    unrecorded: int = 0


async def standing(database: Database, contracts: Sequence[str]) -> list[Standing]:
    """How each of `contracts` stands, in their order."""
    read = {row["contract"]: row for row in await database.fetch(SQL["read"], list(contracts))}
    rows = {row["contract"]: Standing(**row) for row in await database.fetch(SQL["standing"], list(contracts))}
    return [
        replace(rows[name], unarrived=read[name]["unarrived"], unrecorded=read[name]["unrecorded"])
        if name in read else rows[name] for name in contracts
    ]  # fmt: skip


async def protecting(held: Connection, contract: str, said: Sequence[tuple[object, int]]) -> None:
    """Remember disclosures (id, version) that say that somebody is protected, until that holds."""
    if said:
        await held.execute(SQL["protecting"], contract, [each for each, _ in said], [version for _, version in said])


async def protected(database: Database, contract: str) -> tuple[list[float], datetime | None]:
    """The seconds that each protection took which holds now, told once; since when the oldest has not held yet."""
    rows = await database.fetch(SQL["protected"], contract)
    held = [row["seconds"] for row in rows if row["seconds"] is not None]
    return held, await database.fetchval(SQL["unprotected"], contract)
