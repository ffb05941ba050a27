"""What a room needs to bring routes of its own: `APIRouter`, and `Caller`, who has proved who they are.

    def routes() -> APIRouter:
        router = APIRouter(tags=["letters"])

        @router.get("/letters")
        async def letters(caller: Caller) -> list[LetterForm]:
            async with caller.acting(Act.LETTERS_SEE, "all"):
                return [… for one in await listed(caller.database)]

        return router

Here too, what is shown is returned after the block of `acting` where it matters that it was noted.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from hub import tokens
from hub.acting import Details, acting_as
from hub.api.problems import TooMany
from hub.config import Settings
from hub.database import Database
from hub.errors import JukiError, NotPermitted
from hub.listing import Listing
from hub.people import Act, Person
from hub.tokens import Bearer

PER_MINUTE: Final = 600
"""Requests of one person; a console in use sends a few each second."""

FAILURES_PER_MINUTE: Final = 60
"""Requests from one address that prove nothing. A token cannot be guessed: this is against noise."""


@dataclass(slots=True)
class Window:
    """Counts per key within the minute of the clock, and forgets all of them when it is over."""

    limit: int
    minute: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def take(self, key: str, now: datetime, shares: int = 1) -> None:
        """TooMany where the minute's shares of `key` are used up, or would be by these."""
        if (minute := int(now.timestamp()) // 60) != self.minute:
            self.minute, self.counts = minute, Counter()
        self.counts[key] += shares
        if self.counts[key] > self.limit:
            raise TooMany("too-many-requests")


@dataclass(frozen=True, slots=True)
class Hub:
    """What every request finds: made when the process starts."""

    settings: Settings
    database: Database
    now: Callable[[], datetime]
    persons: Window
    failures: Window
    store: Database | None = None
    listing: Listing = field(default_factory=Listing, repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """One request of somebody whose token is ours; whether it still counts is seen when they act.

    `token`: what they have proved it with, for a request that goes on for long.
    """

    hub: Hub
    bearer: Bearer
    token: str = field(repr=False, default="")

    @property
    def settings(self) -> Settings:
        return self.hub.settings

    @property
    def database(self) -> Database:
        return self.hub.database

    @property
    def store(self) -> Database:
        """The service's own database."""
        if self.hub.store is None:
            raise JukiError("no-store", "service")
        return self.hub.store

    def now(self) -> datetime:
        """The clock of the process."""
        return self.hub.now()

    async def anew(self) -> "Call":
        """The same request with the bearer read anew: whose token no longer counts, or who has lost a duty, stops."""
        return replace(self, bearer=await tokens.bearer(self.database, self.token, self.now()))

    def take(self, shares: int) -> None:
        """So many shares of the caller's minute, beside that of the request itself; TooMany where there are not."""
        self.hub.persons.take(str(self.bearer.person.id), self.now(), shares)

    def acting(self, act: Act, object: str, details: Details | None = None) -> AbstractAsyncContextManager[Person]:  # noqa: A002 - as authorise calls it
        """The one way to do anything: authorised, done, and noted in any case."""
        return acting_as(self.bearer, self.database, act, object, self.hub.now, details)


_TOKEN: Final = HTTPBearer(auto_error=False, description="A personal token: `jukihub people token new`")


async def _call(
    request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_TOKEN)]
) -> Call:
    hub: Hub = request.app.state.hub
    token = given.credentials if given else ""
    try:
        bearer = await tokens.bearer(hub.database, token, hub.now())
    except NotPermitted:
        hub.failures.take(request.client.host if request.client else "", hub.now())
        raise
    hub.persons.take(str(bearer.person.id), hub.now())
    return Call(hub, bearer, token)


Caller = Annotated[Call, Depends(_call)]

__all__ = ["APIRouter", "Call", "Caller", "Hub", "Path", "Query", "Request", "Response", "Window"]
