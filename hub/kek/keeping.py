"""What persons do with KEKs: each act allowed, done, and noted.

The first KEK of a token is made by one person, because nothing is wrapped yet that it could put at risk.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from hub.acting import Clock, acting_as
from hub.caller import present
from hub.config import Settings
from hub.database import Database, connect
from hub.errors import NotPermitted
from hub.people import Act
from hub.tokens import Bearer
from hub.wrapping import KeyWrapper, wrapper


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

    async def make(self) -> str:
        """The first KEK of its place; NotPermitted where there is one."""
        details: dict[str, str | int] = {}
        async with acting_as(self.bearer, self.database, Act.KEK_ROTATE, "first", self.now, details):
            if self.wrapper.place.ids():
                raise NotPermitted("kek-there", "KEK", "The next one comes by `jukihub keys kek rotate`")
            details["made"] = made = self.wrapper.place.make()
        return made


@asynccontextmanager
async def opened(settings: Settings, now: Clock) -> AsyncIterator[Keeper]:
    """For whoever types the command."""
    async with connect(settings.database, size=2) as database:
        yield Keeper(settings, database, await present(settings, database, now()), now)
