"""The office that keeps the accounts, for one caller: everybody sees their own, administrators make the others.

The command line and the HTTP API come here with whoever has proved who they are; each act leaves a line.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from hub import accounts, passwords, tokens
from hub.accounts import Account
from hub.acting import Clock, acting_as
from hub.caller import present
from hub.config import Settings
from hub.database import Database, connect
from hub.people import Act, Duty, check_duties
from hub.tokens import Bearer, Kept


@dataclass(frozen=True, slots=True)
class Registrar:
    """The office, with one caller before it."""

    database: Database
    bearer: Bearer
    now: Clock

    async def everybody(self) -> list[Account]:
        """Every account, also those that are retired."""
        async with acting_as(self.bearer, self.database, Act.PEOPLE_SEE, "all", self.now):
            return await accounts.everybody(self.database)

    async def shown(self, name: str | None = None) -> Account:
        """One account: the caller's own, or that of `name`."""
        accounts.check_name(name or self.bearer.person.name)
        own = name in {None, self.bearer.person.name}
        act = Act.SELF_SEE if own else Act.PEOPLE_SEE
        async with acting_as(self.bearer, self.database, act, name or self.bearer.person.name, self.now) as person:
            return await accounts.named(self.database, name or person.name)

    async def add(self, name: str, duties: frozenset[Duty]) -> tuple[Account, str]:
        """An account and its password, which its person has to change before anything else."""
        accounts.check_name(name)
        password, details = passwords.provisional(name), _said(duties)
        async with acting_as(self.bearer, self.database, Act.PEOPLE_MANAGE, name, self.now, details):
            person = await accounts.add(self.database, name, duties, password, self.now())
            details["account"] = str(person.id)
            return await accounts.named(self.database, name), password

    async def set_duties(self, name: str, duties: frozenset[Duty]) -> Account:
        """Other duties from now on."""
        accounts.check_name(name)
        async with acting_as(self.bearer, self.database, Act.PEOPLE_MANAGE, name, self.now, _said(duties)):
            return await accounts.set_duties(self.database, name, check_duties(duties))

    async def retire(self, name: str) -> Account:
        """Neither the account nor its tokens count any more."""
        accounts.check_name(name)
        async with acting_as(self.bearer, self.database, Act.PEOPLE_MANAGE, name, self.now, {"ended": "account"}):
            return await accounts.retire(self.database, name, self.now())

    async def reset(self, name: str) -> str:
        """A password that its person has to change, where the old one was forgotten; tokens are revoked."""
        accounts.check_name(name)
        password = passwords.provisional(name)
        async with acting_as(self.bearer, self.database, Act.PEOPLE_MANAGE, name, self.now, {"ended": "password"}):
            await accounts.reset(self.database, name, password, self.now())
            return password

    async def new_token(self, label: str, lasting: timedelta) -> tuple[UUID, str]:
        """A token of the caller's own, and its id."""
        details: dict[str, str | int] = {"days": lasting.days}
        async with acting_as(self.bearer, self.database, Act.SELF_TOKENS, "new", self.now, details) as person:
            number, token = await tokens.new(self.database, person.id, label, lasting, self.now())
            details["token"] = str(number)
            return number, token

    async def tokens(self, of: str | None = None) -> list[Kept]:
        """What is known of the tokens of one account."""
        account = await self.shown(of)
        return await tokens.kept(self.database, account.person.id)

    async def revoke(self, number: UUID, of: str | None = None) -> None:
        """A token of the caller's, or of `of`, no longer counts."""
        own = of in {None, self.bearer.person.name}
        act = Act.SELF_TOKENS if own else Act.PEOPLE_MANAGE
        async with acting_as(self.bearer, self.database, act, str(number), self.now, {"ended": "token"}) as person:
            holder = person if own or of is None else (await accounts.named(self.database, of)).person
            await tokens.revoke(self.database, holder.id, number, self.now())


@asynccontextmanager
async def opened(settings: Settings, now: Clock) -> AsyncIterator[Registrar]:
    """The office for whoever types the command."""
    async with connect(settings.database, size=1) as database:
        yield Registrar(database, await present(settings, database, now()), now)


def _said(duties: frozenset[Duty]) -> dict[str, str | int]:
    return {"duties": " ".join(sorted(duties))}
