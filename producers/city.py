"""Load a made-up city into an empty registry: in bulk, with flat memory, in one transaction.

A first load is another path than Changes, so none are written; announced, each resident is told by one SNAPSHOT.
The same city again is recognised and left alone; a registry that holds anything else is never touched.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from hub.clock import now
from hub.database import Connection, Database, queries
from hub.errors import UsageError
from producers.atena import loading
from producers.outbox import Draft, record
from producers.synthetic.households import Household, city
from producers.todokede import today

SQL = queries(Path(__file__).with_suffix(".sql"))
_LOT = 2000
_HOUSEHOLD = ["household_no", "head"]
_RESIDENT = ["resident", "atena_no", "household_no", "my_number", "status", "protected", "record"]

Progress = Callable[[int], None]
Entry = tuple[UUID, dict[str, Any]]


async def load(
    db: Database, residents: int, seed: int, announced_at: datetime | None = None, progress: Progress = lambda _: None
) -> bool:
    """Load the city of `residents` and `seed`; False where it was there already. `progress` hears how many are in.

    `announced_at`: also tell each resident by a SNAPSHOT, recorded at that time; None: no Changes.
    UsageError `register-not-empty` where the registry holds anything else.
    """
    async with db.transaction() as tx:
        if await _is_there(tx, residents, seed):
            return False
        people = households = 0
        for lot in _lots(city(residents, seed)):
            await _copy(tx, lot)
            if announced_at is not None:
                await _announce(tx, lot, announced_at)
            people, households = people + sum(len(home.members) for home in lot), households + len(lot)
            progress(people)
        await tx.execute(SQL["continue_numbers"], people, households)
    return True


async def _is_there(tx: Connection, residents: int, seed: int) -> bool:
    loaded = await tx.fetchrow(SQL["loaded"])
    if loaded is not None and (loaded["residents"], loaded["seed"]) == (residents, seed):
        return True
    if not await tx.fetchval(SQL["empty"]):
        raise UsageError("register-not-empty", "registry")
    await tx.execute(SQL["mark"], residents, seed)
    return False


async def check_made_up(db: Database) -> None:
    """UsageError `not-a-made-up-city` where the registry does not hold one: nobody backdates a real register."""
    if await db.fetchrow(SQL["loaded"]) is None:
        raise UsageError("not-a-made-up-city", "registry")


def _lots(homes: Iterator[Household]) -> Iterator[list[Household]]:
    while lot := list(islice(homes, _LOT)):
        yield lot


async def _copy(tx: Connection, lot: list[Household]) -> None:
    heads = [(home.number.encode(), home.members[0][0]) for home in lot]
    await tx.copy("registry", "household", _HOUSEHOLD, heads)
    await tx.copy("registry", "resident", _RESIDENT, (_row(*entry) for entry in _people(lot)))
    await loading.copy(tx, (record for _, record in _people(lot)), now())


def _row(resident: UUID, entry: dict[str, Any]) -> tuple[Any, ...]:
    numbers = (entry[name].encode() for name in ("atena_no", "household_no", "my_number"))
    return (resident, *numbers, "registered", entry["protected"], orjson.dumps(entry))


async def _announce(tx: Connection, lot: list[Household], now: datetime) -> None:
    day = today(now).isoformat()
    await record(tx, [Draft(resident, "SNAPSHOT", None, entry, day) for resident, entry in _people(lot)], now)


def _people(lot: Iterable[Household]) -> Iterator[Entry]:
    return (entry for home in lot for entry in home.members)
