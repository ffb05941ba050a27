"""The city's own operations at the 中間サーバー: a copy is erased, and everybody is registered anew (全件再登録).

A copy is erased by two persons: one asks for it, another one types the same number once more and so approves. The
number comes from a file, never from the command; here it stays wrapped by the KEK until it is done or void, and then
not at all. What has begun at the server is carried on at any time, by any second person with the number.
The server is asked again afterwards, and only its own word that the copy is not there ends the operation: that is a
confirmation on the ledger, under the id of the request.

A full re-registration is begun by one person, everybody is told again (`jukihub snapshot intermediate-server`), and it
is ended by another one, with the number of people that were told since. Nobody is erased unless everybody whom the
ledger knows to be there was told again, and unless the server counts as many as we; then it erases every copy that was
not told again. That is a confirmation on the ledger as well. Nothing may be on its way meanwhile.
"""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

from consumers.adapters import http
from consumers.adapters.http import Answer, Line, Settings
from hub import wording
from hub.accounts import check_asker
from hub.acting import acting
from hub.config import Settings as Config
from hub.database import Database, Row, connect, queries
from hub.errors import DependencyUnavailable, NotPermitted, UsageError
from hub.outcome import Deferred, Delivered
from hub.outside import checked_url
from hub.people import Act, second_person
from hub.standing import standing
from hub.wrapping import kek_of, wrapper

CONTRACT: Final = "intermediate-server"
ERASED: Final = "copy-erased"
RELOADED: Final = "copies-reloaded"
"""What the ledger says was confirmed."""
WAITS: Final = timedelta(days=1)
"""How long a request can be approved."""

_WIDE: Final = 32  # what a wrapper takes
_NUMBER: Final = re.compile(r"[0-9]{1,15}")
_NOT_THERE: Final = frozenset({"erased", "unknown"})
_ERASE, _STATE, _RELOAD = (Settings(path=path) for path in ("/erasures", "/copies/state", "/reloads"))
_SQL = queries(Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True, slots=True)
class Operations:
    """The operations, for whoever types the command."""

    settings: Config
    database: Database
    line: Line
    now: Callable[[], datetime]

    async def ask(self, typed: bytes, reason: str) -> UUID:
        """Ask for the copy of whoever has this number to be erased; the id of the request."""
        who, why, request = number(typed), wording.said(reason, "--reason"), uuid4()
        async with acting(self.settings, self.database, Act.COPIES_ERASE, str(request), self.now) as person:
            await expire(self.database, self.now())
            wrapped = self._wrapped(request, who)
            asked = (request, CONTRACT, wrapped, why, person.id, self.now(), kek_of(wrapped))
            await self.database.execute(_SQL["request"], *asked)
        return request

    async def requests(self) -> list[Row]:
        """What another person has yet to approve."""
        async with acting(self.settings, self.database, Act.COPIES_SEE, CONTRACT, self.now):
            await expire(self.database, self.now())
            return await self.database.fetch(_SQL["waiting"], CONTRACT, self.now() - WAITS)

    async def approve(self, request: UUID, typed: bytes) -> None:
        """Approve it by the same number: the copy is erased, and that was read back. Again, where the server failed.

        That it has begun is written down before the server is asked: from then on it cannot become void.
        """
        who = number(typed)
        async with acting(self.settings, self.database, Act.COPIES_ERASE_APPROVE, str(request), self.now) as person:
            asked = await self._asked(request)
            second_person(asked["requested_by"], person)
            if asked["begun_at"] is None:
                await check_asker(self.database, asked["requested_by"], Act.COPIES_ERASE)
            if not compare_digest(self._unwrapped(request, asked["number_wrapped"]), who.encode()):
                raise NotPermitted("another-number", "request", "It was asked for another number than this one")
            if not await self.database.execute(_SQL["begin_erasing"], request, person.id, self.now()):
                _check_begun(asked)
            receipt = await self._erased(request, who)
            await self.database.execute(_SQL["erased"], request, self.now(), self._part(request), ERASED, receipt)

    async def begin_reload(self) -> UUID:
        """Begin a full re-registration; one that was not ended is given up with it."""
        reload, at = uuid4(), self.now()
        async with acting(self.settings, self.database, Act.COPIES_RELOAD, str(reload), self.now) as person:
            await self._check_still()
            await self._sent(_RELOAD, str(reload), {"operation": "begin", "count": 0})
            async with self.database.transaction() as held:
                await held.execute(_SQL["give_up"], CONTRACT, at)
                await held.execute(_SQL["begin"], reload, CONTRACT, at, person.id)
        return reload

    async def end_reload(self) -> tuple[int, int]:
        """End what another person has begun: how many were told since, and how many copies were erased because their
        people were not. NotPermitted where somebody who should be there was not told again, or nobody was."""
        begun = await self.database.fetchrow(_SQL["begun"], CONTRACT)
        details: dict[str, str | int] = {}
        act, where = Act.COPIES_RELOAD_END, str(begun["id"]) if begun else "none"
        async with acting(self.settings, self.database, act, where, self.now, details) as person:
            if begun is None:
                raise UsageError("no-reload", "reload", "jukihub copies reload begin")
            second_person(begun["begun_by"], person)
            await check_asker(self.database, begun["begun_by"], Act.COPIES_RELOAD)
            told = await self._told_again(begun["begun_at"])
            answer = await self._sent(_RELOAD, str(uuid4()), {"operation": "end", "count": told})
            erased, taken = int(http.said(answer.body).get("erased", 0)), http.read(answer)
            receipt = taken.receipt if isinstance(taken, Delivered) else ""
            await self.database.execute(
                _SQL["end"], begun["id"], self.now(), told, erased, person.id, self._part(begun["id"]), RELOADED,
                receipt,
            )  # fmt: skip
            details |= {"count": told, "discarded": erased}
        return told, erased

    async def _told_again(self, since: datetime) -> int:
        """How many were told since then; NotPermitted unless everybody was whom the ledger knows to be there."""
        await self._check_still()
        row = await self.database.fetchrow(_SQL["expected"], CONTRACT, since)
        told = int(await self.database.fetchval(_SQL["told"], CONTRACT, since))
        if row is None or not row["expected"] or not told:
            raise NotPermitted("nobody-told-again", CONTRACT, "jukihub snapshot intermediate-server")
        if row["missing"]:
            raise NotPermitted("not-all-told-again", CONTRACT, f"{row['missing']} of {row['expected']} were not")
        return told

    async def _asked(self, request: UUID) -> Row:
        row = await self.database.fetchrow(_SQL["one"], request, CONTRACT)
        if row is None:
            raise UsageError("unknown-request", "request", "jukihub copies requests")
        if row["erased_at"] is not None:
            raise NotPermitted("already-approved", "request")
        over = row["requested_at"] + WAITS <= self.now()
        if row["expired_at"] is not None or (over and row["begun_at"] is None):
            await expire(self.database, self.now())
            raise NotPermitted("request-expired", "request", "Ask again")
        return row

    async def _erased(self, request: UUID, who: str) -> str:
        answer = await self._sent(_ERASE, str(request), {"togo_atena_no": who})
        taken = http.read(answer)
        again = await self.line.send(_STATE, str(request), {"togo_atena_no": who})
        gone = isinstance(again, Answer) and again.status == 200 and http.said(again.body).get("state") in _NOT_THERE
        if not gone or not isinstance(taken, Delivered):
            raise DependencyUnavailable("not-erased", "request", "It is still there, or nobody says: approve again")
        return taken.receipt

    async def _sent(self, settings: Settings, key: str, message: dict[str, Any]) -> Answer:
        answer = await self.line.send(settings, key, message)
        if isinstance(answer, Deferred):
            raise DependencyUnavailable("counterpart-unavailable", CONTRACT, "Again later")
        if answer.status == 409:
            raise NotPermitted("counterpart-bad-count", CONTRACT, "It has counted others: nothing was erased")
        if answer.status != 200:
            raise DependencyUnavailable("counterpart-unavailable", CONTRACT, "Again later")
        return answer

    async def _check_still(self) -> None:
        (found,) = await standing(self.database, [CONTRACT])
        if found.waiting or found.unarrived or found.unrecorded or found.dead:
            raise NotPermitted("on-its-way", CONTRACT, "Something waits or is a dead letter: see jukihub status")

    def _part(self, act: UUID) -> int:
        return act.int % self.settings.partitions

    def _wrapped(self, request: UUID, who: str) -> bytes:
        return wrapper(self.settings).wrap(who.encode().rjust(_WIDE), str(request))

    def _unwrapped(self, request: UUID, wrapped: bytes) -> bytes:
        return wrapper(self.settings).unwrap(wrapped, str(request)).strip()


def _check_begun(asked: Row) -> None:
    """NotPermitted where somebody else has begun it, or it became void, in this very moment."""
    if asked["begun_at"] is None:
        raise NotPermitted("request-moved-on", "request", "`jukihub copies requests` says where it is")


async def expire(database: Database, now: datetime) -> None:
    """What nobody has approved in time is void, and the wrapped number goes."""
    await database.execute(_SQL["expire"], CONTRACT, now, now - WAITS)


def number(typed: bytes) -> str:
    """The 団体内統合宛名番号 in a file; UsageError, which says nothing of it, where there is another thing."""
    text = typed.decode("ascii", "replace").strip()
    if not _NUMBER.fullmatch(text):
        raise UsageError("bad-number", "NUMBER", "A 団体内統合宛名番号: 1 to 15 digits")
    return text


@asynccontextmanager
async def opened(settings: Config, now: Callable[[], datetime]) -> AsyncIterator[Operations]:
    """The operations, and the line to the server, until the block is left."""
    if CONTRACT not in settings.counterpart_urls:
        raise UsageError("no-counterpart", "HUB_COUNTERPARTS", f"Name {CONTRACT}")
    url = checked_url(settings.counterpart_urls[CONTRACT])
    async with connect(settings.database, size=2) as database, Line(url) as line:
        yield Operations(settings, database, line, now)
