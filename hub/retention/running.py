"""The daily run: what the rules end alone is ended and certified; what needs a person is asked for.

Each rule is one act with an id of its own, written down before anything is destroyed. Keys go as in any destruction:
first into juki.erasures, then out of the database (destroyed.py). Rows go in the room that holds them, counted in the
same transaction. Cut off anywhere, the next run ends what is still there and certifies what has gone.

Whoever types the command chooses rules, Book and clock by their settings, and so by themselves end nothing with them:
only rules that come with the installation and the Book in use end anything alone, on the earlier of two days.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

from contracts.book import Book
from contracts.change import JAPAN
from contracts.retention import Rule, digest, rules
from hub import books, bus, destroyed, erasure, given, topics
from hub.acting import Clock, acting_as
from hub.caller import present
from hub.config import Settings
from hub.database import Database, connect, queries
from hub.destroyed import Erasure
from hub.erasure import Wish
from hub.people import Act, Person
from hub.retention import certificates
from hub.retention.due import BY_NOBODY, OTHER_BOOK, OTHER_RULES, Due, by_persons, due, spans
from hub.retention.rooms import ROOMS, statements
from hub.retention.signing import Signed
from hub.tokens import Bearer
from hub.wanted import ERASER

_SQL = queries(Path(__file__).with_suffix(".sql"))

_REASON: Final = "規則 {key}（{article}）により期間が満了した。{why}"
_WHY: Final = {
    "undelivered": "受け取られていない提供情報が残る", "files": "ファイルで渡す契約である",
    "no-contract": "今の提供契約にない", "by-persons": "規則が承認を求める",
    OTHER_RULES: "製品に付属する規則ではない", OTHER_BOOK: "今使われている提供契約ではない",
}  # fmt: skip


async def _clock(database: Database) -> datetime:
    at: datetime = await database.fetchval(_SQL["clock"])
    return at


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run has done. `ended`: by id; `asked`: the requests that it made; `waiting`: asked for before; `left`:
    rows that are over, by a rule that ends nothing alone and by why."""

    ended: dict[UUID, int]
    asked: tuple[UUID, ...]
    waiting: int
    certified: tuple[UUID, ...]
    left: tuple[tuple[str, str], ...]

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "ended": [{"id": str(number), "count": count} for number, count in self.ended.items()],
            "asked": [str(number) for number in self.asked], "waiting": self.waiting,
            "certified": [str(number) for number in self.certified],
            "left": [{"rule": rule, "ends": why} for rule, why in self.left],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Retainer:
    """One caller who sees what is due, or lets it be ended. `shipped`: the digest of the rules that end alone;
    `theirs`: the clock of the database, which no caller puts ahead."""

    settings: Settings
    database: Database
    bearer: Bearer
    now: Clock
    shipped: str = field(default_factory=digest)
    theirs: Callable[[Database], Awaitable[datetime]] = _clock

    async def plan(self) -> list[Due]:
        """What is due today; nothing is done."""
        async with acting_as(self.bearer, self.database, Act.ERASURE_SEE, "due", self.now):
            return await self._due(given.book(self.settings), digest(self.settings.contracts), await self._today())

    async def run(self) -> Ran:
        """End what the rules end alone, ask for the rest, certify."""
        details: dict[str, str | int] = {}
        async with acting_as(self.bearer, self.database, Act.RETENTION_RUN, "due", self.now, details) as person:
            await destroyed.settled(self.settings, self.database, ERASER)
            book, their_rules = given.book(self.settings), digest(self.settings.contracts)
            details |= {"rules": their_rules, "hash": book.hash}
            today = await self._today()
            found = [one for one in await self._due(book, their_rules, today) if one.count and one.why != BY_NOBODY]
            ended = await self._ended([one for one in found if not one.why], person, today)
            asked = [await self._asked(one, person) for one in found if one.why and one.kids]
            left = tuple((one.key, one.why) for one in found if one.why and not one.kids)
            certified = await certificates.all_issued(self.settings, self.database, self.now())
            made = tuple(one for one in asked if one)
            details |= {"count": sum(ended.values()), "made": len(made)}
        return Ran(ended, made, len(asked) - len(made), tuple(certified), left)

    async def certificate(self, number: UUID) -> tuple[Signed, dict[str, Any] | None]:
        """The certificate of an erasure, and where the ledger has its line."""
        async with acting_as(self.bearer, self.database, Act.ERASURE_SEE, str(number), self.now):
            made = await certificates.issued(self.settings, self.database, number, self.now())
            return made, await certificates.place(self.database, number)

    async def certificates(self) -> list[dict[str, Any]]:
        """The newest thousand."""
        async with acting_as(self.bearer, self.database, Act.ERASURE_SEE, "certificates", self.now):
            return await certificates.listed(self.database)

    async def _today(self) -> date:
        return min(self.now(), await self.theirs(self.database)).astimezone(JAPAN).date()

    async def _due(self, book: Book, their_rules: str, today: date) -> list[Due]:
        own = rules(self.settings.contracts)
        found = await due(self.database, self.settings.registry_dsn, book, own, today)
        if their_rules != self.shipped:
            return by_persons(found, OTHER_RULES)
        return by_persons(found, OTHER_BOOK) if await books.in_use(self.database) not in (None, book.hash) else found

    async def _ended(self, found: Sequence[Due], person: Person, today: date) -> dict[UUID, int]:
        """Rule by rule, each as one act."""
        ended: dict[UUID, int] = {}
        for key, group in groupby(found, key=lambda one: one.key):
            several = list(group)
            number = await self._begun(key, several[0].rule, person, today)
            if several[0].kids:
                await self._destroyed(number, key, tuple(kid for one in several for kid in one.kids), person)
            else:
                await self._removed(number, several[0].rule, today)
            ended[number] = sum(one.count for one in several)
        return ended

    async def _begun(self, key: str, rule: Rule, person: Person, today: date) -> UUID:
        number, now = uuid4(), self.now()
        since, until = spans(rule, today)
        said = json.dumps(rule.as_json(key), ensure_ascii=False)
        await self.database.execute(_SQL["begin"], number, key, said, rule.holds, since, until, person.id, now)
        return number

    async def _destroyed(self, number: UUID, key: str, kids: tuple[str, ...], person: Person) -> None:
        one = Erasure(number, key, kids, person.id, None, self.now())
        async with bus.writer(self.settings, ERASER) as writer:
            await writer.send({(topics.erasures(self.settings.prefix), 0): destroyed.records(one)})
        await destroyed.destroy(self.database, [one])

    async def _removed(self, number: UUID, rule: Rule, today: date) -> None:
        since, until = spans(rule, today)
        async with connect(self.settings.registry_dsn, size=1) as there:
            await there.execute(statements(ROOMS[rule.holds])[f"{rule.holds}_end"], number, since, until)

    async def _asked(self, one: Due, person: Person) -> UUID | None:
        """The request for what no rule ends alone; None where it waits already."""
        if await self.database.fetchval(_SQL["asked"], one.owner, list(one.kids), self.now()):
            return None
        reason = _REASON.format(key=one.key, article=one.rule.name, why=_WHY[one.why])
        topic, wish = topics.erasures(self.settings.prefix), Wish(one.owner, one.newest or one.until)
        rule = one.rule.as_json(one.key)
        order = await erasure.ask(self.database, topic, wish, person, reason, self.now(), one.kids, rule)
        return order.id


@asynccontextmanager
async def opened(settings: Settings, now: Clock) -> AsyncIterator[Retainer]:
    """For whoever types the command."""
    async with connect(settings.database, size=2) as database:
        yield Retainer(settings, database, await present(settings, database, now()), now)
