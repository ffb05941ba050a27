"""Looking for drift: both sides digest what the contract lets be kept, and who differs is looked at a second time.

A change that was on its way during the first look has arrived by the second, or is seen in outbox, ledger or inbox. So
what is found differs for longer than a change takes. The counterpart is asked for digests and told nothing. Digests on
paper do not move: whatever was recorded, or not read, when they were taken is on its way.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import orjson

from contracts.contract import Contract
from contracts.decide import belongs
from hub.database import Connection, Database, queries
from hub.errors import UsageError
from hub.keys import PseudonymKeys
from hub.last_told import standings
from producers import accuracy, digests
from producers.accuracy import PAGE
from producers.digests import COUNTERPART, Counterpart, Difference, Side
from producers.drift import paper as papers
from producers.drift.finding import Finding, found
from producers.drift.paper import Paper
from producers.drift.ways import WAYS, Asked, Not
from producers.outbox import microseconds
from producers.review import SQL as REVIEW

NEVER: Final = 2**63 - 1
"""A version that nothing recorded has."""

SQL = queries(Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True, slots=True)
class Look:
    """What it takes to look: both sides, the key of their digests, and the day on which it is judged."""

    registry: Database
    there: Counterpart
    key: bytes = field(repr=False)
    contract: Contract
    on: date
    side: Side = COUNTERPART

    @property
    def paper(self) -> Paper | None:
        """The other side, where it is one that cannot be asked."""
        return self.there if isinstance(self.there, Paper) else None


def comparable(contract: Contract | None, name: str, on: date) -> Contract:
    """The contract, if it can be compared with what its subscriber holds; UsageError says why not."""
    if contract is None:
        raise UsageError("unknown-contract", name)
    if isinstance(way := WAYS[contract.via], Not):
        raise UsageError("not-comparable", name, way.why)
    if not contract.in_force(on):
        raise UsageError("not-in-force", name, "It may keep nothing")
    return contract


def checkable(contract: Contract, paper: Paper | None, on: date) -> None:
    """UsageError where the other side is not there in the way in which this contract is compared."""
    is_asked = isinstance(WAYS[contract.via], Asked)
    if is_asked and paper is not None:
        raise UsageError("counterpart-is-asked", "--theirs", f"That of {contract.id} tells its digests itself")
    if not is_asked and paper is None:
        raise UsageError("no-digests", contract.id, "Its subscriber hands over a file with them: --theirs FILE")
    if paper is not None:
        papers.lawful(paper, contract, on)


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
        ours = await digests.digests(tx, look.key, look.contract, look.on, look.side)
    return [one async for one in digests.compare(ours, look.there)]


async def named(
    look: Look, hub: Database, key_of: PseudonymKeys, differences: Sequence[Difference]
) -> list[Finding]:
    """Whose each difference is, what they were told last, and what is to be done."""
    async with accuracy.snapshot(look.registry) as tx:
        former = await _known(tx, look, {one.digest for one in differences if one.resident is None})
        whose = [one.resident or former.get(one.digest) for one in differences]
        ours = [who for who in whose if who is not None]
        coming = await _coming(tx, look, ours)
    standing = await standings(hub, key_of, look.contract, ours)
    return [
        found(one, who, look.contract, standing[who] if who else None, who in coming, look.paper)
        for one, who in zip(differences, whose, strict=True)
    ]  # fmt: skip


async def _coming(tx: Connection, look: Look, residents: Sequence[UUID]) -> set[UUID]:
    """Of whom something has yet to arrive: in the outbox, recorded since the paper was written, or a birthday that
    has not been reviewed."""
    since = microseconds(look.paper.said.taken_at) if look.paper else NEVER
    reviewed = await tx.fetchval(REVIEW["last_day"])
    return {
        UUID(int=row["resident"].int) for row in await tx.fetch(SQL["standing"], residents, since)
        if row["coming"] or awaits_review(look.contract, look.on, orjson.loads(row["record"]), reviewed)
    }  # fmt: skip


def awaits_review(contract: Contract, on: date, record: Mapping[str, Any], reviewed: date | None) -> bool:
    """Whether somebody is in or out of the population by a birthday behind the last day that was reviewed."""
    return reviewed is not None and belongs(record, contract, reviewed) is not belongs(record, contract, on)


async def _known(tx: Connection, look: Look, wanted: Collection[bytes]) -> dict[bytes, UUID]:
    """Who of ours has, or had last, the numbers that the counterpart alone has."""
    known: dict[bytes, UUID] = {}
    last = UUID(int=0)
    while wanted and (rows := await tx.fetch(SQL["everybody"], last, PAGE)):
        for row in rows:
            last = UUID(int=row["resident"].int)
            code = digests.code_digest(look.key, look.contract, last, orjson.loads(row["record"]), look.side)
            if code in wanted and code is not None:
                known[code] = last
    return known
