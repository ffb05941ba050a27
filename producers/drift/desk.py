"""The desk at which persons look for drift and let it be healed: each act allowed, done, and noted.

Looking needs the register, which is why it is done here; nothing of it is shown but pseudonyms and who differs, and
nothing is told but through the outbox. Who differs is an answer to whoever can write digests, about a whole record that
they guess: so that somebody looks is noted before, with which digests and of how many. Up to HUB_TOLD_AGAIN_ALONE
residents one person may have told again; of more a second one approves.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from contracts.contract import Contract
from hub import destroyed, given, telling_again
from hub.acting import Clock, acting_as
from hub.caller import present
from hub.config import Settings
from hub.database import Database, connect
from hub.people import Act, Person
from hub.pseudonym import Pseudonyms
from hub.telling_again import Order
from hub.tokens import Bearer
from hub.wording import said
from producers import counterpart
from producers.digests import COUNTERPART
from producers.drift.finding import NOTHING_TO_TELL, TELL_AGAIN, Finding, curable
from producers.drift.looking import Look, checkable, comparable, differing, named
from producers.drift.paper import Paper, side_of
from producers.drift.telling import tell_again
from producers.todokede import today

Settle = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Healed:
    """What was found, who of them is told again, and what waits for a second person."""

    findings: list[Finding]
    told: list[Finding]
    order: Order | None

    @property
    def left(self) -> list[Finding]:
        """What is left for a person."""
        return [one for one in self.findings if one not in self.told]


@dataclass(frozen=True, slots=True)
class Desk:
    """One caller at the desk."""

    settings: Settings
    hub: Database
    registry: Database
    bearer: Bearer
    now: Clock

    async def look(self, name: str, key: bytes, settle: Settle, paper: Paper | None = None) -> list[Finding]:
        """Who differs, and what is missing. `paper`: the other side, where it is one that cannot be asked."""
        details: dict[str, str | int] = {"contract": name, **(paper.noted if paper else {})}
        async with acting_as(self.bearer, self.hub, Act.DRIFT_SEE, name, self.now, details):
            found = await self._found(self._contract(name), key, settle, paper)
            details["count"] = len(found)
        return found

    async def heal(
        self, name: str, key: bytes, settle: Settle, reason: str, paper: Paper | None = None
    ) -> Healed:
        """The same, and whoever can be told again is, or is asked for where they are many."""
        limit = self.settings.told_again_alone
        details: dict[str, str | int] = {"contract": name, "reason": said(reason, "reason"), "limit": limit}
        details |= paper.noted if paper else {}
        async with acting_as(self.bearer, self.hub, Act.TELL_AGAIN, name, self.now, details) as person:
            contract = self._contract(name)
            found = await self._found(contract, key, settle, paper)
            healed = await self._healed(contract, found, person, reason, details)
            details["count"] = len(healed.told)
        return healed

    async def _healed(
        self, contract: Contract, found: list[Finding], person: Person, reason: str, details: dict[str, str | int]
    ) -> Healed:
        if len(whom := curable(found)) > self.settings.told_again_alone:
            subjects = [one.pseudonym for one in found if one.remedy == TELL_AGAIN and one.pseudonym]
            order = await telling_again.ask(
                self.hub, self.settings.prefix, contract.id, subjects, person, reason, self.now()
            )  # fmt: skip
            details["request"] = str(order.id)
            return Healed(found, [], order)
        run = uuid4()
        details["made"] = str(run)
        told = {*await tell_again(self.registry, run, contract, whom, self.now())}
        said = [
            one if one.remedy != TELL_AGAIN or one.resident in told else replace(one, remedy=NOTHING_TO_TELL)
            for one in found
        ]
        return Healed(said, [one for one in said if one.remedy == TELL_AGAIN], None)

    async def requests(self) -> list[Order]:
        """What waits for another person's approval."""
        async with acting_as(self.bearer, self.hub, Act.DRIFT_SEE, "requests", self.now):
            return await telling_again.waiting(self.hub, self.now())

    async def approve(self, number: UUID) -> tuple[str, int]:
        """Approve what another person has asked for, and carry it out: to which contract, of how many residents."""
        details: dict[str, str | int] = {}
        act = Act.TELL_AGAIN_APPROVE
        async with acting_as(self.bearer, self.hub, act, str(number), self.now, details) as person:
            name, subjects = await telling_again.approved(self.hub, number, person, self.now())
            pseudonyms = Pseudonyms(await destroyed.pseudonym_keys(self.settings, self.hub)(name))
            whom = [who for subject in subjects if (who := pseudonyms.resident(subject)) is not None]
            told = await tell_again(self.registry, number, self._contract(name), whom, self.now())
            await telling_again.end(self.hub, number, len(told), self.now())
            details |= {"contract": name, "count": len(told)}
        return name, len(told)

    def _contract(self, name: str) -> Contract:
        return comparable(given.book(self.settings).contracts.get(name), name, today(self.now()))

    async def _found(self, contract: Contract, key: bytes, settle: Settle, paper: Paper | None) -> list[Finding]:
        on, key_of = today(self.now()), destroyed.pseudonym_keys(self.settings, self.hub)
        checkable(contract, paper, on)
        side = side_of(contract, paper, Pseudonyms(await key_of(contract.id))) if paper else COUNTERPART
        async with nullcontext(paper) if paper else counterpart.asked(self.settings, contract.id) as there:
            look = Look(self.registry, there, key, contract, on, side)
            differences = await differing(look, settle)
        return await named(look, self.hub, key_of, differences) if differences else []


@asynccontextmanager
async def opened(settings: Settings, now: Clock) -> AsyncIterator[Desk]:
    """The desk for whoever types the command."""
    async with connect(settings.database, 1) as hub, connect(settings.registry_dsn, 2) as registry:
        yield Desk(settings, hub, registry, await present(settings, hub, now()), now)
