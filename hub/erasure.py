"""Destroying content keys: asked for by one person, approved by another, carried out at once, and never undone.

What an order names is fixed when it is asked for: the content keys of one owner for days that are over. Carried out, it
is first written to juki.erasures, acknowledged by all replicas, and then to the database: the keys' rows go, a row per
key in hub.erased_keys and the act's end come, in one transaction. Cut off in between, it is completed by whatever
starts next (destroyed.py); cut off before, by approving it again.
"""

import json
from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from contracts.change import JAPAN
from hub import acts, bus, destroyed, given, topics
from hub.acting import Clock, acting_as
from hub.acts import End, new_release
from hub.caller import present
from hub.config import Settings
from hub.database import Database, connect, queries
from hub.destroyed import BY_ORDER, Erasure
from hub.errors import JukiError, TokenRefused, UsageError
from hub.keys import CHANGES
from hub.people import Act, Person
from hub.retention import certificates
from hub.seal import header
from hub.tokens import Bearer
from hub.wanted import ERASER, WEEK_MS
from hub.ways import walked

BEFORE: Final = "destroyed-before"
"""How an order ends whose keys another act has destroyed meanwhile."""

_PAGE: Final = 5000
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SQL = queries(Path(__file__).with_name("erasure.sql"))


@dataclass(frozen=True, slots=True)
class Wish:
    """The content keys of `owner` (a contract, or hub:changes) for the days up to `until`, in Japan."""

    owner: str
    until: date


@dataclass(frozen=True, slots=True)
class View:
    """What would no longer open. `told`: tokens that the archive names under these keys; `on_topic`: those of them that
    the broker still keeps; `waiting`, `dead`: in the inbox, not delivered yet."""

    wish: Wish
    kids: tuple[str, ...]
    told: int
    on_topic: int
    waiting: int
    dead: int

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "contract": self.wish.owner, "until": self.wish.until.isoformat(), "keys": list(self.kids),
            "told": self.told, "on_topic": self.on_topic, "waiting": self.waiting, "dead": self.dead,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody has asked for. `kids`: what it names, no more and no less."""

    id: UUID
    wish: Wish
    kids: tuple[str, ...]
    name: str
    expires_at: datetime
    reason: str

    def as_json(self) -> dict[str, Any]:
        """For machines: ids as text, times in RFC 3339."""
        return {
            "request": str(self.id), "contract": self.wish.owner, "until": self.wish.until.isoformat(),
            "keys": list(self.kids), "requested_by": self.name, "expires_at": self.expires_at.isoformat(),
            "reason": self.reason,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Eraser:
    """One caller who has to do with the destruction of keys. Each act leaves a line in the audit."""

    settings: Settings
    database: Database
    bearer: Bearer
    now: Clock

    @property
    def topic(self) -> str:
        return topics.erasures(self.settings.prefix)

    async def view(self, wish: Wish) -> View:
        """What would no longer open; nothing is done."""
        async with acting_as(self.bearer, self.database, Act.ERASURE_SEE, wish.owner, self.now):
            return await view(self.settings, self.database, wish, self.now())

    async def requests(self) -> list[Order]:
        """What waits for another person's approval."""
        async with acting_as(self.bearer, self.database, Act.ERASURE_SEE, "requests", self.now):
            rows = await self.database.fetch(_SQL["waiting"], self.topic, self.now())
            return [_order(row) for row in rows]

    async def ask(self, wish: Wish, reason: str) -> Order:
        """Ask for it; UsageError where there is no such key, or a day is not over."""
        until = f"until {wish.until.isoformat()}"
        details: dict[str, str | int] = {"contract": wish.owner, "filter": until, "reason": reason}
        async with acting_as(self.bearer, self.database, Act.ERASURE, wish.owner, self.now, details) as person:
            order = await ask(self.database, self.topic, wish, person, reason, self.now())
            details |= {"request": str(order.id), "count": len(order.kids)}
        return order

    async def approve(self, number: UUID) -> End:
        """Approve what another person has asked for, and carry it out; what was approved and cut off is carried on."""
        async with acting_as(self.bearer, self.database, Act.ERASURE_APPROVE, str(number), self.now) as person:
            await destroyed.settled(self.settings, self.database, ERASER)
            if await acts.ended(self.database, number) is None:
                await self._carried_out(number, person)
            if (ended := await acts.ended(self.database, number)) is None:
                raise JukiError("not-carried-out", str(number))
            await self._check_own(number)
            await certificates.issued(self.settings, self.database, number, self.now())
        return ended

    async def _check_own(self, number: UUID) -> None:
        """UsageError that says which act it was, where another has destroyed all that this one was to destroy."""
        if before := await self.database.fetchval(_SQL["before"], number):
            raise UsageError("destroyed-before", str(before), f"`jukihub erase certificate {before}` certifies it")

    async def _carried_out(self, number: UUID, person: Person) -> None:
        if await self.database.fetchrow(_SQL["due"], number) is None:
            await acts.approve(self.database, self.topic, number, person, self.now(), acts.KEYS)
        row = await self.database.fetchrow(_SQL["due"], number)
        if row is None:
            raise JukiError("not-carried-out", str(number))
        if await self.database.fetchval(_SQL["before"], number):
            await acts.end(self.database, number, End(BEFORE, 0), self.now())
            return
        erasure = Erasure(number, row["rule"], tuple(row["kids"]), row["orderer"], row["approver"], self.now())
        async with bus.writer(self.settings, ERASER) as writer:
            await writer.send({(self.topic, 0): destroyed.records(erasure)})
        await destroyed.destroy(self.database, [erasure])


@asynccontextmanager
async def opened(settings: Settings, now: Clock) -> AsyncIterator[Eraser]:
    """For whoever types the command."""
    async with connect(settings.database, size=2) as database:
        yield Eraser(settings, database, await present(settings, database, now()), now)


async def ask(  # noqa: PLR0913 - every word that is kept
    database: Database, topic: str, wish: Wish, person: Person, reason: str, now: datetime,
    only: Collection[str] | None = None, rule: Mapping[str, Any] | None = None,
) -> Order:  # fmt: skip
    """Write down what is asked for, with the very keys; UsageError: day-not-over, no-such-key, or without a reason.

    `only`: of the keys that are meant these alone. `rule`: the one that asks for it, in the words of a certificate.
    """
    kids = tuple(kid for kid in await named(database, wish, now) if only is None or kid in only)
    release, by = new_release(0, 0, []), rule["id"] if rule else BY_ORDER
    said = json.dumps(rule, ensure_ascii=False) if rule else None
    async with database.transaction() as held:
        asked = await acts.request(held, topic, release, person, reason, now)
        await held.execute(_SQL["ask"], release.id, wish.owner, wish.until, list(kids), by, said)
    return Order(release.id, wish, kids, person.name, asked.expires_at, asked.reason)


async def named(database: Database, wish: Wish, now: datetime) -> tuple[str, ...]:
    """The keys that are meant, oldest first. Today's is in use, and so none of them."""
    if wish.until >= now.astimezone(JAPAN).date():
        raise UsageError("day-not-over", "--until", "A key can be destroyed once its day is over, in Japan")
    rows = await database.fetch(_SQL["named"], wish.owner, wish.until.isoformat())
    if not rows:
        raise UsageError("no-such-key", "--contract", "There is no content key of that name and those days")
    return tuple(row["kid"] for row in rows)


async def view(settings: Settings, database: Database, wish: Wish, now: datetime) -> View:
    """What would no longer open."""
    kids = await named(database, wish, now)
    days = [date.fromisoformat(kid.rsplit(".", 1)[1]) for kid in kids]
    contract = given.book(settings).contracts.get(wish.owner)
    kept_since = _BEGINNING if contract and not walked(contract) else now - timedelta(milliseconds=WEEK_MS)
    row = await database.fetchrow(_SQL["changes" if wish.owner == CHANGES else "told"], days, kept_since, wish.owner)
    found = Counter[str]()
    for (kid, state), count in (await undelivered(database, wish.owner)).items():
        found[state] += count if kid in kids else 0
    told, on_topic = (row["told"], row["on_topic"]) if row else (0, 0)
    return View(wish, kids, told, on_topic, found["waiting"], found["dead"])


async def undelivered(database: Database, owner: str) -> Counter[tuple[str | None, str]]:
    """What is not delivered yet, by the key that sealed it and by state: asked of the tokens themselves."""
    found: Counter[tuple[str | None, str]] = Counter()
    after = -1
    while rows := await database.fetch(_SQL["open"], owner, after, _PAGE):
        after = rows[-1]["position"]
        found.update((_kid(row["head"]), row["state"]) for row in rows)
    return found


def _kid(token: bytes) -> str | None:
    try:
        return str(header(token)["kid"])
    except TokenRefused:
        return None


def _order(row: Mapping[str, Any]) -> Order:
    wish = Wish(row["owner"], row["until"])
    return Order(row["id"], wish, tuple(row["kids"]), row["name"], row["expires_at"], row["reason"])
