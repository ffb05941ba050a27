"""The desk for 随時移転: asked for, approved (決裁), run and looked at; each act allowed, done, and noted.

Asking and running need the register, and open it themselves; whoever approves has nothing to do with it. Nobody is
named by anything but the contract's pseudonyms, and nothing is told but through the outbox. Many residents in a day are
extracted on an allowed terminal alone (hub.transfers_by_day).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from uuid import UUID

from hub import destroyed, given, terminals, transfers, transfers_by_day
from hub.acting import Clock, acting_as
from hub.caller import present
from hub.config import Settings
from hub.database import Database, connect
from hub.people import Act
from hub.pseudonym import Pseudonyms
from hub.tokens import Bearer
from hub.transfers import Order, Wish
from hub.wording import said
from producers.todokede import today
from producers.transfer import lawful
from producers.transfer.choosing import Choice, Chosen, chosen
from producers.transfer.recording import carry_out, changes


@dataclass(frozen=True, slots=True)
class Shown:
    """An order, and how many lines the ledger has of it by now."""

    order: Order
    on_the_ledger: int


@dataclass(frozen=True, slots=True)
class Desk:
    """One caller at the desk."""

    settings: Settings
    hub: Database
    bearer: Bearer
    now: Clock

    async def ask(self, wish: Wish, choice: Choice) -> tuple[Order, Chosen]:
        """Ask for it; UsageError where it would not be lawful today, has no purpose, or is about nobody."""
        wish = replace(wish, purpose=said(wish.purpose, "--purpose"), chosen=choice.in_words())
        details = _details(wish)
        async with acting_as(self.bearer, self.hub, Act.TRANSFER_ASK, wish.contract, self.now, details) as person:
            book, on = given.book(self.settings), today(self.now())
            contract = lawful.contract_of(book, wish.contract, on)
            wish = replace(wish, items=lawful.asked(book, contract, wish, on))
            async with connect(self.settings.registry_dsn, 1) as registry:
                whom = await chosen(registry, choice, contract, on)
            subjects = (await self._pseudonyms(wish.contract)).of(whom.residents)
            order = await transfers.ask(self.hub, self.settings.prefix, wish, subjects, person, self.now())
            details |= {"request": str(order.id), "count": order.count, "basis": ", ".join(wish.basis)}
        return order, whom

    async def requests(self) -> list[Order]:
        """What waits for another person's approval."""
        async with acting_as(self.bearer, self.hub, Act.TRANSFER_SEE, "requests", self.now):
            return await transfers.waiting(self.hub, self.now())

    async def approve(self, number: UUID) -> Order:
        """決裁 of what another person has asked for; nothing is extracted yet."""
        details: dict[str, str | int] = {}
        act = Act.TRANSFER_APPROVE
        async with acting_as(self.bearer, self.hub, act, str(number), self.now, details) as person:
            order = await transfers.approve(self.hub, self.settings.prefix, number, person, self.now())
            details |= _details(order.wish) | {"count": order.count, "basis": ", ".join(order.wish.basis)}
        return order

    async def run(self, number: UUID) -> tuple[Order, int]:
        """Carry it out, or on where it was cut off: of how many residents the contract is told."""
        details: dict[str, str | int] = {"limit": self.settings.transfer_bulk}
        async with acting_as(self.bearer, self.hub, Act.TRANSFER_RUN, str(number), self.now, details) as person:
            if (terminal := await terminals.here(self.settings, self.hub)) is not None:
                details["terminal"] = terminal
            order = await transfers.runnable(self.hub, number, self.now())
            details |= _details(order.wish)
            contract, items = lawful.runs(given.book(self.settings), order.wish, today(self.now()))
            whom = await self._residents(order)
            if terminal is None:
                await transfers_by_day.count(self.hub, order, person, self.settings.transfer_bulk, self.now())
            async with connect(self.settings.registry_dsn, 2) as registry:
                count = await carry_out(registry, number, contract, items, whom, self.now)
            await transfers.end(self.hub, number, count, self.now())
            details["count"] = count
        return order, count

    async def show(self, number: UUID) -> Shown:
        """How an order stands."""
        async with acting_as(self.bearer, self.hub, Act.TRANSFER_SEE, str(number), self.now):
            order = await transfers.one(self.hub, number)
            told = changes(number, await self._residents(order))
            return Shown(order, await transfers.on_the_ledger(self.hub, order.wish.contract, told))

    async def _residents(self, order: Order) -> list[UUID]:
        pseudonyms = await self._pseudonyms(order.wish.contract)
        found = map(pseudonyms.resident, await transfers.subjects(self.hub, order.id))
        return [resident for resident in found if resident is not None]

    async def _pseudonyms(self, contract: str) -> Pseudonyms:
        return Pseudonyms(await destroyed.pseudonym_keys(self.settings, self.hub)(contract))


@asynccontextmanager
async def opened(settings: Settings, now: Clock) -> AsyncIterator[Desk]:
    """The desk for whoever types the command."""
    async with connect(settings.database, 1) as hub:
        yield Desk(settings, hub, await present(settings, hub, now()), now)


def _details(wish: Wish) -> dict[str, str | int]:
    return {
        "contract": wish.contract, "purpose": wish.purpose, "filter": wish.chosen, "expires": wish.until.isoformat(),
    }  # fmt: skip
