"""Whoever types a command: who they are, and where their acts are noted.

In production that is always a person, or a timer with a personal token of an account of its own in HUB_TOKEN. In
development, where a made-up city is filled by a pipe, a login is used where there is one; without any nobody is named
and nothing is noted. A login that is there and does not count is refused in both: nobody becomes nobody by it.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass

from hub import tokens
from hub.acting import Clock, Details, acting_as
from hub.caller import has_token, present
from hub.config import Settings
from hub.database import Database, connect
from hub.people import Act, Person
from hub.tokens import Bearer


@dataclass(frozen=True, slots=True)
class Typist:
    """Who acts for as long as a command runs; without a bearer somebody in development whom nobody has named."""

    now: Clock
    noted: tuple[Database, Bearer] | None = None

    def acting(
        self, act: Act, object: str, details: Details | None = None  # noqa: A002 - as authorise calls it
    ) -> AbstractAsyncContextManager[Person | None]:  # fmt: skip
        """One act: authorised, done, and noted in any case."""
        if self.noted is None:
            return nullcontext()
        database, bearer = self.noted
        return acting_as(bearer, database, act, object, self.now, details)


@asynccontextmanager
async def typist(settings: Settings, now: Clock) -> AsyncIterator[Typist]:
    """Whoever types this command; NotPermitted (no-token) in production where nobody has logged in."""
    if not has_token(settings):
        if settings.env == "production":
            raise tokens.missing()
        yield Typist(now)
        return
    async with connect(settings.database, 1) as database:
        yield Typist(now, (database, await present(settings, database, now())))


@asynccontextmanager
async def typed(
    settings: Settings, act: Act, object: str, now: Clock, details: Details | None = None  # noqa: A002 - as above
) -> AsyncIterator[Person | None]:  # fmt: skip
    """The one act that a command is."""
    async with typist(settings, now) as one, one.acting(act, object, details) as person:
        yield person
