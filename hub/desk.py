"""The desk at which persons deal with quarantine: who waits, asking for a release, approving one. Each leaves a line.

The command line and the HTTP API come here with whoever has proved who they are.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from hub import acts, bus, topics
from hub.acting import Clock, acting_as
from hub.acts import Release, Request
from hub.caller import present
from hub.config import Settings
from hub.database import Database, connect
from hub.listing import Listing
from hub.people import Act
from hub.quarantine import Line
from hub.tokens import Bearer
from hub.wanted import DESK


@dataclass(frozen=True, slots=True)
class Desk:
    """One caller at the desk. `kind`: whether it is about letters, or about records that stop their partition.

    `listing`: who waits, as the process remembers it.
    """

    settings: Settings
    database: Database
    bearer: Bearer
    now: Clock
    kind: str = acts.RELEASE
    listing: Listing = field(default_factory=Listing, repr=False)

    @property
    def topic(self) -> str:
        """Where what is asked for lies."""
        return {acts.RELEASE: topics.quarantine, acts.RECORD: topics.changes}[self.kind](self.settings.prefix)

    async def lines(self) -> list[Line]:
        """Who waits behind what could not be read."""
        async with acting_as(self.bearer, self.database, Act.QUARANTINE_SEE, "lines", self.now):
            await bus.check_topics(self.settings, DESK, [self.topic])
            return await self.listing.lines(self.settings)

    async def requests(self) -> list[Request]:
        """What waits for another person's approval."""
        async with acting_as(self.bearer, self.database, Act.QUARANTINE_SEE, "requests", self.now):
            return await acts.waiting(self.database, self.topic, self.now())

    async def ask(self, release: Release, reason: str) -> Request:
        """Ask for it; UsageError (no-such-letter) where no such letter waits.

        Where a partition stands still the desk cannot see: there the router says so when it has been approved.
        """
        act, where = Act.QUARANTINE_RELEASE, str(release.id)
        details: dict[str, str | int] = {
            "partition": release.partition, "offset": release.letter, "discarded": len(release.discarded),
            "reason": reason,
        }  # fmt: skip
        async with acting_as(self.bearer, self.database, act, where, self.now, details) as person:
            if self.kind == acts.RELEASE:
                await bus.check_topics(self.settings, DESK, [self.topic])
                self.listing.check(release, await self.listing.lines(self.settings))
            return await acts.request(self.database, self.topic, release, person, reason, self.now())

    async def approve(self, number: UUID) -> Release:
        """Approve what another person has asked for."""
        act, where = Act.QUARANTINE_RELEASE_APPROVE, str(number)
        async with acting_as(self.bearer, self.database, act, where, self.now) as person:
            return await acts.approve(self.database, self.topic, number, person, self.now(), self.kind)


@asynccontextmanager
async def opened(settings: Settings, now: Clock, kind: str = acts.RELEASE) -> AsyncIterator[Desk]:
    """The desk for whoever types the command."""
    async with connect(settings.database, size=1) as database:
        yield Desk(settings, database, await present(settings, database, now()), now, kind)
