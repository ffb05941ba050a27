"""Reconciliation (件数照合): how many records a counterpart holds, beside how many it should hold; once a night.

It is counted from the ledger, so that what this room believes to have delivered is compared with what was told. Nobody
is named and nothing is sent but the question. While something is on its way the two may differ by as much; a
difference beyond that stands in the metrics until a later count finds none, and raises an alarm.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from consumers import copies
from consumers.adapters import ADAPTERS, Adapter, http
from consumers.adapters.http import Line
from contracts.change import JAPAN
from contracts.contract import Contract
from hub import given, log, metrics
from hub.config import Settings
from hub.database import Database, connect, queries
from hub.errors import DependencyUnavailable, UsageError
from hub.outcome import Deferred
from hub.outside import checked_url
from hub.standing import standing

NIGHT: Final = time(3)
"""When the nightly count is due, by the clock of Japan."""
_SQL = queries(Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True, slots=True)
class Tally:
    """One count. `unsettled`: how many disclosures were on their way, and so by how much it may be wrong."""

    contract: str
    at: datetime
    expected: int
    held: int
    unsettled: int

    @property
    def beyond(self) -> int:
        """By how many records the two differ beyond what is on its way."""
        return max(0, abs(self.held - self.expected) - self.unsettled)

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "contract": self.contract, "at": self.at.isoformat(), "expected": self.expected, "held": self.held,
            "unsettled": self.unsettled, "beyond": self.beyond,
        }  # fmt: skip


def is_due(last: datetime | None, now: datetime) -> bool:
    """Whether the count of this night is missing."""
    here = now.astimezone(JAPAN)
    night = here.replace(hour=NIGHT.hour, minute=NIGHT.minute, second=0, microsecond=0)
    return last is None or last < (night if night <= here else night - timedelta(days=1))


class Reconciler:
    """Counts for one contract whose counterpart can be asked how many records it holds."""

    def __init__(
        self, database: Database, contract: str, adapter: Adapter, line: Line, now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._contract = contract
        self._adapter = adapter
        self._line = line
        self._now = now

    async def once(self) -> Tally | None:
        """The count of this night, where it is due; shows how the last one came out. Lets go of what is void."""
        if self._contract == copies.CONTRACT:
            await copies.expire(self._database, self._now())
        tally = await last(self._database, self._contract)
        if self._adapter.count and is_due(tally.at if tally else None, self._now()):
            tally = await self.count()
        if tally:
            metrics.COUNT_BEYOND.labels(self._contract).set(tally.beyond)
            metrics.RECONCILED.labels(self._contract).set(tally.at.timestamp())
        return tally

    async def count(self) -> Tally:
        """Ask, compare and note; DependencyUnavailable where the counterpart does not say."""
        before, held = await self._unsettled(), await self._held()
        expected = int(await self._database.fetchval(_SQL["expected"], self._contract))
        unsettled = max(before, await self._unsettled())
        tally = Tally(self._contract, self._now(), expected, held, unsettled)
        await self._database.execute(_SQL["note"], tally.contract, tally.at, expected, held, unsettled)
        if tally.beyond:
            log.get().error("count-differs", contract=self._contract, code="count-differs", count=tally.beyond)
        return tally

    async def _unsettled(self) -> int:
        (found,) = await standing(self._database, [self._contract])
        return found.waiting + found.unarrived + found.unrecorded

    async def _held(self) -> int:
        if self._adapter.count is None:
            raise UsageError("not-counted", "--contract", "Its counterpart cannot be asked how many records it holds")
        answer = await self._line.send(self._adapter.count, str(uuid4()), {})
        stored = None if isinstance(answer, Deferred) or answer.status != 200 else http.said(answer.body).get("stored")
        if type(stored) is not int or stored < 0:
            raise DependencyUnavailable("counterpart-unavailable", self._contract, "Count again later")
        return stored


async def last(database: Database, contract: str) -> Tally | None:
    """The last count of a contract."""
    row = await database.fetchrow(_SQL["last"], contract)
    return Tally(**row) if row else None


async def reconcile(settings: Settings, name: str, now: Callable[[], datetime]) -> Tally:
    """Count now, for whoever types the command."""
    contract = _contract(settings, name)
    if name not in settings.counterpart_urls:
        raise UsageError("no-counterpart", "HUB_COUNTERPARTS", f"Name {name}")
    url = checked_url(settings.counterpart_urls[name])
    async with connect(settings.database, size=1) as database, Line(url) as line:
        return await Reconciler(database, name, ADAPTERS[contract.via], line, now).count()


def _contract(settings: Settings, name: str) -> Contract:
    contract = given.book(settings).contracts.get(name)
    if contract is None:
        raise UsageError("unknown-contract", "--contract")
    if contract.via not in ADAPTERS:
        raise UsageError("not-handed-over", "--contract")
    return contract
