"""Who calls: a client that has shown an access token of ours. Whether it still counts is asked anew, each time."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated, Final

from consumers.pull import access, clients
from consumers.pull.access import Access, AccessKeys
from consumers.pull.clients import Client
from consumers.pull.feeds import Feed, Waiters
from consumers.pull.oauth import TOKEN, Issuer, standing
from consumers.pull.scopes import Right, scope
from consumers.settle import Settler
from contracts.book import Book
from contracts.contract import Contract
from hub.api.door import Hub, Request
from hub.api.machines import Depends, credentials
from hub.config import Settings
from hub.errors import DependencyUnavailable, NotPermitted
from hub.keys import KeyStore
from hub.wrapping import wrapper

SCHEME: Final = credentials(TOKEN, {
    scope("<system>", "<contract>", right): f"{right}, of one contract" for right in Right
})  # fmt: skip


@dataclass(slots=True)
class Pull:
    """What all routes of one process share. `url`: under which subscribers know it, without a slash at the end."""

    settings: Settings
    book: Book
    feeds: Mapping[str, Feed]
    url: str = ""
    waiters: Waiters = field(default_factory=Waiters)
    _issuer: Issuer | None = None

    def renew(self, book: Book) -> None:
        """Go by another Book from here on."""
        self.book = book
        if self._issuer is not None:
            self._issuer = replace(self._issuer, book=book)

    def issuer(self, hub: Hub) -> Issuer:
        """Who issues tokens here; made with the first request."""
        if self._issuer is None:
            kek = wrapper(self.settings)
            keys = AccessKeys(hub.database, kek)
            self._issuer = Issuer(self.settings, self.book, kek, hub.database, keys, self.url, hub.persons)
        return self._issuer


@dataclass(frozen=True, slots=True)
class Caller:
    """A client that has shown a token of ours."""

    pull: Pull
    hub: Hub
    access: Access

    @property
    def contract(self) -> Contract:
        """Its contract, as the Book of now has it; NotPermitted where there is none any more."""
        found = self.pull.book.contracts.get(self.access.contract)
        if found is None:
            raise NotPermitted("contract-not-pulled", "client")
        return found

    @property
    def feed(self) -> Feed:
        """What its contract is told; DependencyUnavailable where this process does not read it."""
        found = self.pull.feeds.get(self.access.contract)
        if found is None:
            raise DependencyUnavailable("not-ready", "feed", "It has yet to be read: ask again")
        return found

    @property
    def keys(self) -> KeyStore:
        """The content keys, of every contract alike: a process that serves one has them open."""
        for feed in self.pull.feeds.values():
            return feed.keys
        raise DependencyUnavailable("not-ready", "keys", "Ask again")

    @property
    def settler(self) -> Settler:
        return Settler(self.hub.database, self.contract.id, self.hub.now)

    async def check(self) -> None:
        """NotPermitted where client or contract do not count now."""
        client = await clients.found(self.hub.database, self.access.client)
        if code := _lacking(self.pull.book, client, self.access, self.hub.now()):
            raise NotPermitted(code, "client")

    def allow(self, right: Right) -> None:
        """NotPermitted unless the token has the scope."""
        name = scope(self.pull.settings.system, self.contract.id, right)
        if name not in self.access.scopes:
            raise NotPermitted("scope-missing", right, f"Needed: {name}")


def calling_at(pull: Pull) -> Callable[..., Awaitable[Caller]]:
    """The dependency that says who calls."""

    async def calling(request: Request, given: Annotated[str | None, Depends(SCHEME)]) -> Caller:
        hub: Hub = request.app.state.hub
        kind, _, token = (given or "").partition(" ")
        shown = token.strip() if kind.lower() == "bearer" else ""
        issuer = pull.issuer(hub)
        found = await access.read(issuer.keys, shown, issuer.url, hub.now()) if shown else "no-token"
        if isinstance(found, str):
            hub.failures.take(address(request), hub.now())
            raise NotPermitted(found, "token")
        hub.persons.take(str(found.client), hub.now())
        caller = Caller(pull, hub, found)
        await caller.check()
        return caller

    return calling


def _lacking(book: Book, client: Client | None, found: Access, now: datetime) -> str:
    if client is None or client.contract != found.contract:
        return "token-unknown"
    return standing(book, client, now)


def address(request: Request) -> str:
    """Where a request comes from."""
    return request.client.host if request.client else ""
