"""The desk at which persons deal with numbers: searching, looking through, asking, approving. Each leaves a line.

Who they are and what they may do is the hub's; what they deal with is the registry's. The audit has the id of a
request, never a number of a resident.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from hub import accounts
from hub.acting import Clock, acting_as
from hub.caller import present
from hub.config import Settings
from hub.database import Database, connect
from hub.people import Act as HubAct
from hub.tokens import Bearer
from hub.wording import case as of_case
from producers.atena import asking, joining, listing, translating
from producers.atena.asking import Asked
from producers.atena.translating import Answered


@dataclass(frozen=True, slots=True)
class Desk:
    """One caller at the desk."""

    hub: Database
    registry: Database
    bearer: Bearer
    now: Clock
    case: Mapping[str, str | int] = field(default_factory=dict)
    """What what it shows is noted with (hub/wording.py)."""

    async def search(self, my_numbers: Sequence[str]) -> list[Answered | None]:
        """検索 (0320004) by 個人番号; the answers have numbers in them, and never a 個人番号."""
        details: dict[str, str | int] = {"count": len(my_numbers), **self.case}
        async with acting_as(self.bearer, self.hub, HubAct.ATENA_SHOW, "search", self.now, details):
            return [await translating.search(self.registry, one) for one in my_numbers]

    async def duplicates(self) -> list[dict[str, Any]]:
        """Who could be the same person."""
        async with acting_as(self.bearer, self.hub, HubAct.ATENA_SHOW, "duplicates", self.now, self.case):
            return [one.wire() async for one in listing.duplicates(self.registry)]

    async def trail(self) -> list[dict[str, Any]]:
        """Every merge, split and changed 個人番号."""
        async with acting_as(self.bearer, self.hub, HubAct.ATENA_SHOW, "trail", self.now, self.case):
            return [one async for one in listing.trail(self.registry)]

    async def requests(self) -> list[dict[str, Any]]:
        """What waits for another person's approval."""
        async with acting_as(self.bearer, self.hub, HubAct.ATENA_SHOW, "requests", self.now, self.case):
            return [one.as_json() for one in await asking.waiting(self.registry, self.now())]

    async def ask(self, act: joining.Act, reason: str) -> Asked:
        """Ask for a merge or a split."""
        details: dict[str, str | int] = {"reason": reason}
        async with acting_as(
            self.bearer, self.hub, HubAct.ATENA_CORRECT, joining.name(act), self.now, details
        ) as person:
            asked = await asking.ask(self.registry, act, reason, person, self.now())
            details["request"] = str(asked.id)
            return asked

    async def approve(self, number: UUID) -> str:
        """Approve what another person has asked for, and carry it out; the number that it is about afterwards."""
        act = HubAct.ATENA_CORRECT_APPROVE
        async with acting_as(self.bearer, self.hub, act, str(number), self.now) as person:
            asked = await asking.one(self.registry, number)
            await accounts.check_asker(self.hub, asked.requested_by, HubAct.ATENA_CORRECT)
            return await asking.approve(self.registry, number, person, self.now())


@asynccontextmanager
async def opened(settings: Settings, now: Clock, case: str | None = None) -> AsyncIterator[Desk]:
    """The desk for whoever types the command. `case`: the one that it is typed for."""
    noted = of_case(case)
    async with connect(settings.database, 1) as hub, connect(settings.registry_dsn, 2) as registry:
        yield Desk(hub, registry, await present(settings, hub, now()), now, noted)
