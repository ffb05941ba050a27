"""What persons do with KEKs: each act allowed, done, and noted.

Two persons replace a KEK, because a KEK in a token that only one of them can reach would hold everything, and two
persons destroy one, because whatever a backup has under it never opens again. What was approved and cut off is carried
on by one person (`resume`), and so is what a restored backup brings back under an older KEK; but only under the KEK
that the database knows as its newest, whatever HUB_KEK says. The first KEK of a database takes one person: nothing is
wrapped yet that it could put at risk.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from hub import acts, destroyed
from hub.accounts import check_approver
from hub.acting import Clock, acting_as
from hub.acts import End, new_release
from hub.caller import present
from hub.config import Settings
from hub.database import Database, connect, queries
from hub.errors import JukiError, NotPermitted, UsageError
from hub.kek import rewrapping
from hub.kek.rewrapping import HowFar, Kek
from hub.people import Act, Person
from hub.tokens import Bearer
from hub.wanted import ERASER
from hub.wrapping import KeyWrapper, wrapper

ROTATE: Final = "rotate"
DESTROY: Final = "destroy"
ROTATED: Final = "rotated"
DESTROYED: Final = "kek-destroyed"
"""How the two acts end."""

_TOPIC: Final = "kek"
"""Stands where other acts name the topic that they are about; no topic is called so."""

_ACTS: Final = {ROTATE: (Act.KEK_ROTATE, Act.KEK_ROTATE_APPROVE), DESTROY: (Act.KEK_DESTROY, Act.KEK_DESTROY_APPROVE)}
_KINDS: Final = {ROTATE: acts.ROTATE_KEK, DESTROY: acts.DESTROY_KEK}
_NEXT: Final = "Two persons make the next one: `jukihub keys kek rotate`, then `jukihub keys kek approve`"
_SQL = queries(Path(__file__).with_suffix(".sql"))

Progress = Callable[[HowFar], None]


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody has asked for. `kek`: the one that is to be destroyed; empty for a replacement."""

    id: UUID
    what: str
    kek: str
    name: str
    expires_at: datetime
    reason: str

    def as_json(self) -> dict[str, Any]:
        """For machines: ids as text, times in RFC 3339."""
        return {
            "request": str(self.id), "what": self.what, "kek": self.kek, "requested_by": self.name,
            "expires_at": self.expires_at.isoformat(), "reason": self.reason,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Done:
    """What has come of it. `kek`: the one that wraps now, or that was destroyed; `retired`: under which nothing is."""

    kek: str
    moved: HowFar
    retired: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {"kek": self.kek, "wrapped": self.moved.done, "lost": self.moved.lost, "retired": list(self.retired)}


@dataclass(frozen=True, slots=True)
class Keeper:
    """One caller who has to do with KEKs."""

    settings: Settings
    database: Database
    bearer: Bearer
    now: Clock

    @property
    def wrapper(self) -> KeyWrapper:
        return wrapper(self.settings)

    async def status(self) -> list[Kek]:
        """Every KEK, and how much is wrapped under it."""
        async with acting_as(self.bearer, self.database, Act.KEK_SEE, "all", self.now):
            return await rewrapping.keks(self.database, self.wrapper)

    async def make(self) -> str:
        """The first KEK of a database; NotPermitted where the place has one, or anything was ever wrapped."""
        details: dict[str, str | int] = {}
        async with acting_as(self.bearer, self.database, Act.KEK_ROTATE, "first", self.now, details):
            if self.wrapper.place.ids():
                raise NotPermitted("kek-there", "KEK", _NEXT)
            if await self.database.fetchval(_SQL["any"]):
                raise NotPermitted("kek-not-ordered", "KEK", _NEXT)
            details["made"] = made = self.wrapper.place.make()
        return made

    async def ask(self, what: str, kek: str, reason: str) -> Order:
        """Ask for a new KEK, or for the end of one that is retired."""
        details: dict[str, str | int] = {"reason": reason}
        async with acting_as(self.bearer, self.database, _ACTS[what][0], kek or "newest", self.now, details) as person:
            if what == DESTROY:
                await self._check_retired(kek)
            order = await self._asked(what, kek, person, reason)
            details["request"] = str(order.id)
        return order

    async def requests(self) -> list[Order]:
        """What waits for another person's approval."""
        async with acting_as(self.bearer, self.database, Act.KEK_SEE, "requests", self.now):
            return [_order(row) for row in await self.database.fetch(_SQL["waiting"], self.now())]

    async def approve(self, number: UUID, progress: Progress) -> Done:
        """Approve what another person has asked for, and carry it out; what was approved and cut off is carried on."""
        row = await self.database.fetchrow(_SQL["one"], number)
        details: dict[str, str | int] = {}
        act = _ACTS[row["what"] if row else ROTATE][1]
        async with acting_as(self.bearer, self.database, act, str(number), self.now, details) as person:
            if row is None:
                raise UsageError("unknown-request", "request", "`jukihub keys kek requests` names those that wait")
            if (approver := await self.database.fetchval(_SQL["approved"], number)) is None:
                await acts.approve(self.database, _TOPIC, number, person, self.now(), _KINDS[row["what"]])
            elif await acts.ended(self.database, number) is None:
                await check_approver(self.database, approver)
            done = await (self._destroyed(number, row["kek"]) if row["kek"] else self._rotated(progress, number))
            details |= {"made": done.kek, "count": done.moved.done, "failed": done.moved.lost}
        return done

    async def resume(self, progress: Progress) -> Done:
        """Wrap under the newest KEK whatever is not: after a run that was cut off, or a backup that was restored.

        NotPermitted where the newest of HUB_KEK is not the one that the database knows: two persons replace a KEK.
        """
        details: dict[str, str | int] = {}
        async with acting_as(self.bearer, self.database, Act.KEK_ROTATE, "resume", self.now, details):
            done = await self._rotated(progress)
            details |= {"made": done.kek, "count": done.moved.done, "failed": done.moved.lost}
        return done

    async def _asked(self, what: str, kek: str, person: Person, reason: str) -> Order:
        release = new_release(0, 0, [])
        async with self.database.transaction() as held:
            asked = await acts.request(held, _TOPIC, release, person, reason, self.now())
            await held.execute(_SQL["ask"], release.id, what, kek or None)
        return Order(release.id, what, kek, person.name, asked.expires_at, asked.reason)

    async def _rotated(self, progress: Progress, act: UUID | None = None) -> Done:
        """A new KEK for `act` where it has none yet; then everything under the newest, if that is an ordered one."""
        await destroyed.settled(self.settings, self.database, ERASER)  # what a backup brought back is not wrapped anew
        wrapper, begun = self.wrapper, await self.database.fetch(_SQL["begun"])
        for row in begun:
            if not row["has_kek"] and row["id"] == act:
                await self._made(row["id"], wrapper)
        await self._check_ordered(wrapper.version)
        moved = HowFar(0, 0, 0)
        async for moved in rewrapping.rewrapped(self.database, wrapper):
            progress(moved)
        retired = await rewrapping.retire(self.database, wrapper.version, self.now())
        for row in begun if not moved.lost else []:
            if row["has_kek"] or row["id"] == act:
                await acts.end(self.database, row["id"], End(ROTATED, moved.done), self.now())
        return Done(wrapper.version, moved, tuple(retired))

    async def _made(self, act: UUID, wrapper: KeyWrapper) -> None:
        """One that is there and was never used is the one that a run before us has made and was cut off after."""
        there = wrapper.place.ids()
        if not there or await self.database.fetchval(_SQL["used"], there[-1]):
            wrapper.place.make()
        async with self.database.transaction() as held:
            await held.execute(_SQL["known"], made := wrapper.version)
            await held.execute(_SQL["made"], act, made)

    async def _destroyed(self, number: UUID, kek: str) -> Done:
        if await acts.ended(self.database, number) is None:
            await self._check_retired(kek)
            self.wrapper.having(kek).destroy(kek)
            if kek in self.wrapper.ids():
                raise JukiError("not-carried-out", kek)
            await self.database.execute(_SQL["destroyed"], kek, self.now())
            await acts.end(self.database, number, End(DESTROYED, 1), self.now())
        return Done(kek, HowFar(0, 0, 0), ())

    async def _check_ordered(self, kek: str) -> None:
        """A place of one's own has another newest than the database knows; of an empty database nothing is at risk."""
        if await self.database.fetchval(_SQL["newest"]) not in (None, kek):
            raise NotPermitted("kek-not-ordered", "KEK", _NEXT)

    async def _check_retired(self, kek: str) -> None:
        if not await self.database.fetchval(_SQL["retired"], kek):
            remedy = "`jukihub keys kek status`: only one under which nothing is wrapped any more can be destroyed"
            raise UsageError("kek-not-retired", "KEK", remedy)


@asynccontextmanager
async def opened(settings: Settings, now: Clock) -> AsyncIterator[Keeper]:
    """For whoever types the command."""
    async with connect(settings.database, size=2) as database:
        yield Keeper(settings, database, await present(settings, database, now()), now)


def _order(row: Mapping[str, Any]) -> Order:
    return Order(row["id"], row["what"], row["kek"] or "", row["name"], row["expires_at"], row["reason"])
