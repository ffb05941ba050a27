"""Content keys, one per owner and day, and pseudonym keys, one per owner. Kept wrapped in PostgreSQL.

An owner is a contract, or the hub itself (`hub:changes` for what the relay seals to the router). A key is made by
whoever first needs it; of two that do so at once, both get the same. Plain keys live in the memory of the processes
that hold a database role for them, and nowhere else. A key that was destroyed is neither given out nor made again, and
a process that has it forgets it within seconds. Whoever wants a KeyStore gets it from `hub.destroyed.keys`, which lets
each use of a content key be counted for the audit (uses.py).
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Final

from hub import metrics
from hub.database import Database, Row, queries
from hub.errors import DatabaseError, DependencyUnavailable, KeyDestroyed, TokenRefused
from hub.seal import ContentKey
from hub.uses import Uses
from hub.wrapping import KeyWrapper, kek_of

CHANGES = "hub:changes"
LEDGER = "hub:ledger"
"""Owners that are the hub itself; no contract can be called so, because the names of contracts have no colon."""

DESTROYED: Final = "key-destroyed"
"""Why a token never opens again."""

LOOK_SECONDS: Final = 5.0
"""Between two looks at which of the keys in memory are still there: one question for all of them, none per token."""

ASKED_SECONDS: Final = 2.0
"""For that question, because whoever seals waits for it."""

UNSEEN_SECONDS: Final = 300.0
"""How long keys are used while the database cannot be asked. Nobody destroys a key there without it."""

PseudonymKeys = Callable[[str], Awaitable[bytes]]
"""Owner -> pseudonym key."""

_SQL = queries(Path(__file__).with_name("keys.sql"))


class KeyStore:
    """The keys of one database. Every content key is unwrapped once and then remembered while it is there.

    `destroyed`: the names of keys that are known to be destroyed, whatever the database has. `uses`: where each use of
    a content key is counted.
    """

    def __init__(
        self, database: Database, wrapper: KeyWrapper, destroyed: Collection[str] = (), uses: Uses | None = None
    ) -> None:
        self._database = database
        self._wrapper = wrapper
        self._uses = uses
        self._known: dict[str, ContentKey] = {}
        self._destroyed = set(destroyed)
        self._look_due, self._looked_at = 0.0, time.monotonic()

    async def content_key(self, owner: str, day: date) -> ContentKey:
        """The content key of `owner` for `day` (Japan), made where there is none; KeyDestroyed where it was."""
        kid = f"{owner}.{day.isoformat()}"
        await self._forget()
        if (known := self._used(kid)) is not None:
            return known
        with _counted(owner):
            return await self._remember(kid, await self._made(kid, owner, "content"))

    async def by_kid(self, kid: str, times: int = 1) -> ContentKey:
        """The content key that so many tokens name; TokenRefused where there is none, KeyDestroyed where there was."""
        await self._forget()
        if (known := self._used(kid, times)) is not None:
            return known
        row = await self._found(kid)
        if row is None or row["purpose"] != "content":
            raise TokenRefused("unknown-kid")
        return await self._remember(kid, self._wrapper.unwrap(row["wrapped"], kid))

    async def content_keys(self, owner: str) -> list[ContentKey]:
        """Every content key of `owner` that still exists, oldest first."""
        rows = await self._database.fetch(_SQL["list_content"], owner)
        wrapped = {row["kid"]: row["wrapped"] for row in rows if row["kid"] not in self._destroyed}
        await self._noted(*wrapped)
        return [ContentKey.of(kid, self._wrapper.unwrap(one, kid)) for kid, one in wrapped.items()]

    async def pseudonym_key(self, owner: str) -> bytes:
        """The pseudonym key of `owner`: 32 bytes, the same as long as the owner exists."""
        with _counted(owner):
            return await self._made(f"{owner}.pseudonym", owner, "pseudonym")

    async def _made(self, kid: str, owner: str, purpose: str) -> bytes:
        row = await self._found(kid)
        if row is None:
            wrapped = self._wrapper.wrap(os.urandom(32), kid)
            await self._database.execute(_SQL["insert"], kid, owner, purpose, wrapped, kek_of(wrapped))
            row = await self._found(kid)
        if row is None:
            raise TokenRefused("unknown-kid")
        return self._wrapper.unwrap(row["wrapped"], kid)

    async def _found(self, kid: str) -> Row | None:
        """The wrapped key; once a key is known to be destroyed, the database is not asked for it any more."""
        row = None if kid in self._destroyed else await self._database.fetchrow(_SQL["find"], kid)
        if row is None or row["is_destroyed"]:
            self._destroyed.add(kid)
            raise KeyDestroyed("key-destroyed")
        return row if row["wrapped"] is not None else None

    async def _forget(self) -> None:
        """Whatever was destroyed meanwhile. Where nobody can say, what is known is used for a while."""
        now = time.monotonic()
        if now < self._look_due:
            return
        self._look_due, asked = now + LOOK_SECONDS, [*self._known]
        if not asked:
            self._looked_at = now
            return
        try:
            async with asyncio.timeout(ASKED_SECONDS):
                await self._noted()
                standing = {row["kid"] for row in await self._database.fetch(_SQL["standing"], asked)}
        except (DatabaseError, DependencyUnavailable, TimeoutError):
            if now - self._looked_at > UNSEEN_SECONDS:
                self._known.clear()
            return
        self._looked_at = now
        for kid in asked:
            if kid not in standing:
                self._known.pop(kid, None)

    def _used(self, kid: str, times: int = 1) -> ContentKey | None:
        """The key where it is known; that it is used is counted."""
        known = self._known.get(kid)
        if known is not None and self._uses is not None:
            self._uses.take(kid, times)
        return known

    async def _noted(self, *kids: str) -> None:
        """Once more each of these; what was counted is put down."""
        if self._uses is not None:
            for kid in kids:
                self._uses.take(kid)
            await self._uses.noted()

    async def _remember(self, kid: str, key: bytes) -> ContentKey:
        await self._noted(kid)
        return self._known.setdefault(kid, ContentKey.of(kid, key))


async def named(
    keys: KeyStore, owner: str, kids: Mapping[str, int], *passing: type[Exception]
) -> list[ContentKey]:  # fmt: skip
    """The content keys of `owner` among `kids` (how many tokens name each) that are there.

    Whose key is not there is left for its token to be looked at alone, and told why. `passing`: what else only costs a
    key here; any other error is the caller's.
    """
    found = []
    for kid, times in kids.items():
        if kid.rsplit(".", 1)[0] == owner:
            with suppress(TokenRefused, *passing):
                found.append(await keys.by_kid(kid, times))
    return found


@contextmanager
def _counted(owner: str) -> Iterator[None]:
    """A key that cannot be had is counted for its owner, who is one of the Book's or the hub itself."""
    try:
        yield
    except (DependencyUnavailable, DatabaseError):
        metrics.KEYS_UNAVAILABLE.labels(owner).inc()
        raise
