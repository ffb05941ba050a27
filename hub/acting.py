"""What every command and every route goes through: who calls, may they, do it, and a line in the audit in any case.

    details: dict[str, str | int] = {}
    async with acting(settings, database, Act.REPLAY_PLAN, contract, now, details) as person:
        plan = await made(database, person, …)
        details["made"] = str(plan.id)
    typer.echo(plan)              # shown after the block: what could not be noted is not shown

An act that changes something is noted as `begun` before it begins, so that one which was cut off is seen as well; every
act is noted when it ends: `done`, or the code of what refused or failed it. A caller who is nobody cannot be noted, and
who comes with a token that no longer counts is noted once an hour for each token, whatever it was tried for: they could
fill the audit otherwise. How often it is tried all the same, the answers of the API say (hub_api_answers_total, 401).
Leave the block in peace or by an error of ours, and end the command after it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

from contracts.errors import JukiError
from hub.audit import BEGUN, DONE, Entry, note
from hub.caller import present
from hub.config import Settings
from hub.database import Database
from hub.errors import DatabaseError
from hub.people import Act, Person, authorise
from hub.tokens import Bearer, is_to_be_noted

Clock = Callable[[], datetime]
Details = Mapping[str, str | int]

INTERRUPTED = "interrupted"
INTERNAL = "internal-error"


@asynccontextmanager
async def acting(  # noqa: PLR0913 - who, where, what, to what, when
    settings: Settings, database: Database, act: Act, object: str, now: Clock, details: Details | None = None  # noqa: A002 - its name
) -> AsyncIterator[Person]:  # fmt: skip
    """One act of whoever types the command. `details` may be filled until the block ends; see hub.audit.KEYS."""
    async with acting_as(await present(settings, database, now()), database, act, object, now, details) as person:
        yield person


@asynccontextmanager
async def acting_as(  # noqa: PLR0913 - as above
    bearer: Bearer, database: Database, act: Act, object: str, now: Clock, details: Details | None = None  # noqa: A002 - as above
) -> AsyncIterator[Person]:  # fmt: skip
    """One act of somebody who has proved who they are in another way."""
    noting = _Noting(database, bearer.person, act, object, now, details if details is not None else {})
    try:
        bearer.check()
        authorise(bearer.person, act, object)
        if not act.only_sees:
            await noting.note(BEGUN)
        yield bearer.person
    except BaseException as failed:
        with suppress(DatabaseError):  # then the cause is told, and not that it could not be noted
            await asyncio.shield(noting.refused(bearer) if bearer.refused else noting.note(code_of(failed)))
        raise
    await noting.note(DONE)


def code_of(failed: BaseException) -> str:
    """The closed code of an error, of whatever kind."""
    if isinstance(failed, JukiError):
        return failed.code
    if isinstance(failed, BaseExceptionGroup):
        return code_of(failed.exceptions[0])
    return INTERNAL if isinstance(failed, Exception) else INTERRUPTED


@dataclass(frozen=True, slots=True)
class _Noting:
    database: Database
    person: Person
    act: Act
    object: str
    now: Clock
    details: Details

    async def note(self, code: str) -> None:
        await note(self.database, self._entry(code))

    async def refused(self, bearer: Bearer) -> None:
        entry = self._entry(bearer.refused)
        async with self.database.transaction() as held:
            if await is_to_be_noted(held, bearer.id, entry.at):
                await note(held, entry)

    def _entry(self, code: str) -> Entry:
        return Entry(self.person.id, self.act, self.object, code, self.now(), self.details)
