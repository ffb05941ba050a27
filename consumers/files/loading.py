"""A full file is that of a first load (初期登録), because nothing else tells a whole population lawfully.

`jukihub snapshot` has every resident decided once more, for this contract, as of the day, with a line in the ledger for
each; the full file holds exactly what that told, one line per resident. Which of what waits belongs to the load is
known by the ids of its Changes, under a line that says which load it is, for whom and of how many: a part of it, or
that of another contract, takes nobody's place. What each resident was told before their line of the load, and what was
told of anybody before the load began, goes into a file of differences before it; what came later waits for the next
one. So whoever puts the full file in the place of their copy, and then goes on with the files behind it, has
everything.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid5

import orjson

from consumers.files.reading import SQL, Chosen
from contracts.contract import Contract
from hub.database import Database
from hub.errors import DependencyUnavailable, JukiError, UsageError

_MEANT: Final = "What `jukihub snapshot ids CONTRACT` prints is meant, all of it"
_OF_A_LOAD: Final = 5
"""The version of the ids that a load gives its Changes: derived from the run and the resident."""
_ENDED: Final = frozenset({"superseded", "erased", "discarded", "corrected"})
"""States of what is lawfully told no more."""


@dataclass(frozen=True, slots=True)
class Load:
    """A first load as it was named: its run, the contracts that it was decided for, and its Changes."""

    run: UUID
    contracts: frozenset[str]
    changes: tuple[UUID, ...]

    def check_for(self, contract: str) -> None:
        """UsageError where it is the load of others."""
        if contract not in self.contracts:
            raise UsageError("load-of-another", "--load", f"It is for {', '.join(sorted(self.contracts))}")


@dataclass(frozen=True, slots=True)
class Parted:
    """What goes into the file before the full one, and into the full one itself."""

    before: list[Chosen]
    load: list[Chosen]


def part(waiting: Sequence[Chosen], load: Collection[UUID]) -> Parted:
    """What waits, parted by the load. Pure; the order of each resident stays over all files."""
    at = {one.subject: place for place, one in enumerate(waiting) if one.id in load}
    first = min((waiting[place].version for place in at.values()), default=0)
    before = [one for place, one in enumerate(waiting)
              if one.id not in load and (place < at.get(one.subject, -1) or one.version < first)]  # fmt: skip
    return Parted(before, [one for one in waiting if one.id in load])


def named(text: str) -> Load:
    """The load that `jukihub snapshot ids` has printed; UsageError where it is none, or not all of it."""
    first, _, rest = text.strip().partition("\n")
    try:
        said = orjson.loads(first)
        ids = said.get("changes", rest.split())
        found, count = tuple(UUID(one) for one in ids), said["count"]
        load = Load(UUID(said["run"]), frozenset(map(str, said["contracts"])), found)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UsageError("not-a-load", "--load", _MEANT) from None
    if not found or any(one.version != _OF_A_LOAD for one in found):
        raise UsageError("not-a-load", "--load", _MEANT)
    if not len({*found}) == len(found) == count:
        raise UsageError("not-all-of-the-load", "--load", _MEANT)
    return load


async def told(database: Database, contract: Contract, changes: Sequence[UUID]) -> set[UUID]:
    """The disclosures to the contract that the load has led to; DependencyUnavailable until all of it is decided."""
    if not contract.mirror:
        raise UsageError("no-mirror", "--contract", "It keeps no copy, so there is nothing to load (mirror = true)")
    if await database.fetchval(SQL["decided"], list(changes)) < len({*changes}):
        raise DependencyUnavailable("load-under-way", contract.id, "Wait until the ledger has come to its end")
    rows = await database.fetch(SQL["told"], contract.id, [uuid5(change, contract.id) for change in changes])
    return {UUID(int=row["disclosure"].int) for row in rows}


async def check_whole(database: Database, contract: str, load: Collection[UUID], chosen: Sequence[Chosen]) -> None:
    """Half a load is none: an error with a code where something of it cannot go into the file now."""
    missing = {*load} - {one.id for one in chosen}
    rows = await database.fetch(SQL["states"], contract, list(missing))
    states = Counter(row["state"] for row in rows)
    if len(rows) < len(missing):
        raise DependencyUnavailable("load-under-way", contract, "Wait until the inbox has taken all of it in")
    if states["delivered"]:
        raise JukiError("load-was-filed", f"{contract}: begin another with `jukihub snapshot`")
    if left := sum(count for state, count in states.items() if state not in _ENDED):
        raise JukiError("load-has-letters", f"{contract}: {left} cannot be told before a letter is let go")
