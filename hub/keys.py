"""Content keys, one per owner and day, and pseudonym keys, one per owner. Kept wrapped in PostgreSQL.

An owner is a contract, or the hub itself (`hub:changes` for what the relay seals to the router). A key is made by
whoever first needs it; of two that do so at once, both get the same. Plain keys live in the memory of the processes
that hold a database role for them, and nowhere else.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from hub import metrics
from hub.database import Database, queries
from hub.errors import DatabaseError, DependencyUnavailable, TokenRefused
from hub.seal import ContentKey
from hub.wrapping import KeyWrapper

CHANGES = "hub:changes"
LEDGER = "hub:ledger"
"""Owners that are the hub itself; no contract can be called so, because the names of contracts have no colon."""

_SQL = queries(Path(__file__).with_name("keys.sql"))


class KeyStore:
    """The keys of one database. Every key is unwrapped once and then remembered."""

    def __init__(self, database: Database, wrapper: KeyWrapper) -> None:
        self._database = database
        self._wrapper = wrapper
        self._known: dict[str, ContentKey] = {}

    async def content_key(self, owner: str, day: date) -> ContentKey:
        """The content key of `owner` for `day` (Japan), made where there is none."""
        kid = f"{owner}.{day.isoformat()}"
        if kid not in self._known:
            with _counted(owner):
                self._remember(kid, await self._made(kid, owner, "content"))
        return self._known[kid]

    async def by_kid(self, kid: str) -> ContentKey:
        """The content key that a token names; TokenRefused where there is none."""
        if kid not in self._known:
            row = await self._database.fetchrow(_SQL["find"], kid)
            if row is None or row["purpose"] != "content":
                raise TokenRefused("unknown-kid")
            self._remember(kid, self._wrapper.unwrap(row["wrapped"], kid))
        return self._known[kid]

    async def content_keys(self, owner: str) -> list[ContentKey]:
        """Every content key of `owner` that still exists, oldest first."""
        rows = await self._database.fetch(_SQL["list_content"], owner)
        return [ContentKey.of(row["kid"], self._wrapper.unwrap(row["wrapped"], row["kid"])) for row in rows]

    async def pseudonym_key(self, owner: str) -> bytes:
        """The pseudonym key of `owner`: 32 bytes, the same as long as the owner exists."""
        with _counted(owner):
            return await self._made(f"{owner}.pseudonym", owner, "pseudonym")

    async def _made(self, kid: str, owner: str, purpose: str) -> bytes:
        row = await self._database.fetchrow(_SQL["find"], kid)
        if row is None:
            wrapped = self._wrapper.wrap(os.urandom(32), kid)
            await self._database.execute(_SQL["insert"], kid, owner, purpose, wrapped, self._wrapper.version)
            row = await self._database.fetchrow(_SQL["find"], kid)
        if row is None:
            raise TokenRefused("unknown-kid")
        return self._wrapper.unwrap(row["wrapped"], kid)

    def _remember(self, kid: str, key: bytes) -> ContentKey:
        return self._known.setdefault(kid, ContentKey.of(kid, key))


@contextmanager
def _counted(owner: str) -> Iterator[None]:
    """A key that cannot be had is counted for its owner, who is one of the Book's or the hub itself."""
    try:
        yield
    except (DependencyUnavailable, DatabaseError):
        metrics.KEYS_UNAVAILABLE.labels(owner).inc()
        raise
