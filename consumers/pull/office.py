"""What persons do with clients: each act allowed, done, and noted. Nothing here decides.

One person asks for a client and another approves it, who is shown the secret this once and hands it to the subscriber.
Revoking takes one person, because it only takes away.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from consumers.pull import clients, handing, publics
from consumers.pull.clients import Asked, Client
from consumers.pull.oauth import may_ask
from consumers.pull.publics import PublicKey
from consumers.pull.scopes import Right
from contracts.change import JAPAN
from contracts.contract import Contract
from hub import destroyed, given
from hub.acting import Clock, acting_as
from hub.caller import present
from hub.config import Settings
from hub.database import Database, connect
from hub.errors import UsageError
from hub.granting import days_from, grant
from hub.people import Act
from hub.stops import Stops
from hub.tokens import Bearer
from hub.wanted import DESK
from hub.wrapping import wrapper


@dataclass(frozen=True, slots=True)
class Office:
    """Where one person does it."""

    settings: Settings
    database: Database
    bearer: Bearer
    now: Clock

    async def everyone(self, contract: str | None = None) -> list[Client]:
        """Every client of a contract or of all."""
        async with acting_as(self.bearer, self.database, Act.CLIENTS_SEE, contract or "all", self.now):
            return await clients.everyone(self.database, contract)

    async def requests(self) -> list[Asked]:
        """What waits for another person's approval."""
        async with acting_as(self.bearer, self.database, Act.CLIENTS_SEE, "requests", self.now):
            return await clients.waiting(self.database, self.now())

    async def ask(self, contract: str, label: str, rights: Sequence[Right], reason: str) -> Asked:
        """Ask for a client of `contract`."""
        details: dict[str, str | int] = {"contract": contract, "label": label, "reason": reason}
        async with acting_as(self.bearer, self.database, Act.CLIENTS_REGISTER, contract, self.now, details) as person:
            self._check(contract, rights)
            asked = await clients.ask(self.database, contract, label, rights, person, reason, self.now())
            details["request"] = str(asked.id)
        return asked

    async def approve(self, number: UUID) -> tuple[Client, str]:
        """Approve what another person has asked for: the client, and its secret."""
        details: dict[str, str | int] = {"request": str(number)}
        act = Act.CLIENTS_REGISTER_APPROVE
        async with acting_as(self.bearer, self.database, act, str(number), self.now, details) as person:
            asked = await clients.asked(self.database, number)
            self._check(asked.contract, asked.rights)
            made = await clients.approve(self.database, wrapper(self.settings), asked, person, self.now())
            details |= {"made": str(made[0].id), "contract": asked.contract}
        return made

    async def revoke(self, number: UUID, reason: str) -> None:
        """The client counts no more."""
        details: dict[str, str | int] = {"reason": reason, "ended": "client"}
        act, where = Act.CLIENTS_REVOKE, str(number)
        async with acting_as(self.bearer, self.database, act, where, self.now, details) as person:
            await clients.revoke(self.database, number, person, reason, self.now())

    async def public_keys(self, contract: str | None = None) -> list[PublicKey]:
        """Every public key that a contract registered or asked for, the newest first."""
        async with acting_as(self.bearer, self.database, Act.CLIENTS_SEE, contract or "all", self.now):
            return await publics.everyone(self.database, contract)

    async def ask_key(self, contract: str, jwk: bytes, reason: str) -> PublicKey:
        """Ask for a public key to be registered: to its holder content keys of `contract` will be handed out."""
        details: dict[str, str | int] = {"contract": contract, "reason": reason}
        async with acting_as(self.bearer, self.database, Act.CLIENTS_REGISTER, contract, self.now, details) as person:
            self._check(contract, [Right.KEYS])
            asked = await publics.ask(self.database, contract, jwk, person, reason, self.now())
            details |= {"request": str(asked.id), "hash": asked.thumbprint}
        return asked

    async def approve_key(self, number: UUID) -> PublicKey:
        """Approve it, as another person who has compared its thumbprint with the subscriber's own word."""
        details: dict[str, str | int] = {"request": str(number)}
        act = Act.CLIENTS_REGISTER_APPROVE
        async with acting_as(self.bearer, self.database, act, str(number), self.now, details) as person:
            made = await publics.approve(self.database, number, person, self.now())
            details |= {"contract": made.contract, "hash": made.thumbprint}
        return made

    async def end_key(self, number: UUID, reason: str) -> None:
        """Nothing is handed out to it any more."""
        details: dict[str, str | int] = {"reason": reason, "ended": "public-key"}
        act, where = Act.CLIENTS_REVOKE, str(number)
        async with acting_as(self.bearer, self.database, act, where, self.now, details) as person:
            await publics.end(self.database, number, person, reason, self.now())

    async def grant(self, contract: str, to: str | None, ahead: int) -> str:
        """Every content key of a contract, and those of so many days to come, sealed to a public key that counts."""
        details: dict[str, str | int] = {"days": ahead}
        async with acting_as(self.bearer, self.database, Act.KEYS_GRANT, contract, self.now, details):
            await Stops(self.database, self._check(contract, [Right.KEYS])).check()
            details["hash"], public = await publics.counting(self.database, contract, to)
            keys = await destroyed.keys(self.settings, self.database, DESK)
            return await grant(keys, contract, public, days_from(self.now().astimezone(JAPAN).date(), ahead))

    async def handed_out(self, contract: str | None, limit: int) -> list[dict[str, Any]]:
        """Which keys programs have fetched or were refused, the newest first."""
        async with acting_as(self.bearer, self.database, Act.CLIENTS_SEE, contract or "all", self.now):
            return await handing.handed_out(self.database, contract, limit)

    def _check(self, name: str, rights: Sequence[Right]) -> Contract:
        contract = given.book(self.settings).contracts.get(name)
        if contract is None:
            raise UsageError("unknown-contract", "--contract")
        if not may_ask(contract, rights):
            remedy = 'Only a contract with via = "rest" is fetched by programs; other departments have keys:read alone'
            raise UsageError("not-pulled", "--contract", remedy)
        return contract


@asynccontextmanager
async def opened(settings: Settings, now: Clock) -> AsyncIterator[Office]:
    """The office for whoever types the command."""
    async with connect(settings.database, size=1) as database:
        yield Office(settings, database, await present(settings, database, now()), now)
