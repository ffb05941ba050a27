"""Looking for drift: both sides digest what the contract lets be kept, and who differs is looked at a second time.

A change that was on its way during the first look has arrived by the second, or is seen in outbox, ledger or inbox. So
what is found differs for longer than a change takes. The counterpart is asked for digests and told nothing.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final
from uuid import UUID

import orjson

from contracts.contract import Contract
from hub.database import Connection, Database, queries
from hub.errors import UsageError
from hub.keys import PseudonymKeys
from hub.last_told import standings
from producers import accuracy, digests
from producers.accuracy import PAGE
from producers.digests import Counterpart, Difference
from producers.drift.finding import Finding, found

DIGESTING: Final = frozenset({"prefecture", "intermediate-server", "convenience-store"})
"""Ways of handing over whose counterpart can tell digests."""

SQL = queries(Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True, slots=True)
class Look:
    """What it takes to look: both sides, the key of their digests, and the day on which it is judged."""

    registry: Database
    there: Counterpart
    key: bytes = field(repr=False)
    contract: Contract
    on: date


def checkable(contract: Contract | None, name: str, on: date) -> Contract:
    """The contract, if its counterpart can be asked; UsageError says why not."""
    if contract is None:
        raise UsageError("unknown-contract", name)
    if contract.via not in DIGESTING:
        raise UsageError("no-digests", name, f"Those handed over by {', '.join(sorted(DIGESTING))} can be asked")
    if not contract.in_force(on):
        raise UsageError("not-in-force", name, "It may keep nothing")
    return contract


async def differing(look: Look, settle: Callable[[], Awaitable[None]]) -> list[Difference]:
    """What differs at two looks with `settle` between them; where nothing differs, there is one."""
    first = await _once(look)
    if not first:
        return []
    await settle()
    again = {(one.code, one.digest) for one in await _once(look)}
    return [one for one in first if (one.code, one.digest) in again]


async def _once(look: Look) -> list[Difference]:
    async with accuracy.snapshot(look.registry) as tx:
        ours = await digests.digests(tx, look.key, look.contract, look.on)
    return [one async for one in digests.compare(ours, look.there)]


async def named(
    look: Look, hub: Database, key_of: PseudonymKeys, differences: Sequence[Difference]
) -> list[Finding]:
    """Whose each difference is, what they were told last, and what is to be done."""
    async with accuracy.snapshot(look.registry) as tx:
        former = await _known(tx, look, {one.digest for one in differences if one.resident is None})
        whose = [one.resident or former.get(one.digest) for one in differences]
        ours = [who for who in whose if who is not None]
        waiting = {UUID(int=row["resident"].int) for row in await tx.fetch(SQL["in_outbox"], ours)}
    standing = await standings(hub, key_of, look.contract.id, ours)
    return [
        found(one, who, look.contract, standing[who] if who else None, who in waiting)
        for one, who in zip(differences, whose, strict=True)
    ]  # fmt: skip


async def _known(tx: Connection, look: Look, wanted: Collection[bytes]) -> dict[bytes, UUID]:
    """Who of ours has, or had last, the numbers that the counterpart alone has."""
    known: dict[bytes, UUID] = {}
    last = UUID(int=0)
    while wanted and (rows := await tx.fetch(SQL["everybody"], last, PAGE)):
        for row in rows:
            last = UUID(int=row["resident"].int)
            code = digests.code_digest(look.key, look.contract, orjson.loads(row["record"]))
            if code in wanted and code is not None:
                known[code] = last
    return known
