"""One chunk of a replay: sealed, on record, handed over; each step can be done again without harm.

    sealed      the new tokens and their lines of the ledger are kept
    on record   the lines are acknowledged by all replicas of juki.ledger
    handed      the letters wait for the deliverer again, under the new tokens, and not before

A run that is cut off in between finds what was sealed, and writes the very same lines again: the archive takes the
first of two. Handing over is a compare-and-set on the attempt and the token of every letter, all or nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from consumers import plans
from consumers.followers import due, parked_where_outdated
from consumers.plans import SQL, Member, Plan
from consumers.resealing import Resealed, Sealer
from hub import log
from hub.bus import Outgoing, Writer
from hub.database import Connection, Database, Row
from hub.errors import JukiError


class Moved(JukiError):
    """A letter of the chunk is no longer what was planned: nothing of the chunk was handed over."""


@dataclass(frozen=True, slots=True)
class Chunks:
    """The chunks of one plan."""

    database: Database
    made: Plan
    sealer: Sealer
    writer: Writer
    ledger: str
    now: Callable[[], datetime]

    async def release(self, rows: Sequence[Row]) -> int:
        """Release these letters of the plan; how many were handed over. Moved where one has changed meanwhile."""
        ready = await self._sealed(rows)
        await self._on_record(ready)
        return await self._handed(ready)

    async def _sealed(self, rows: Sequence[Row]) -> list[Resealed]:
        ready = {row["letter"]: Resealed(plans.member(row), row["sealed"], row["line"])
                 for row in rows if row["sealed"] is not None}  # fmt: skip
        fresh = [plans.member(row) for row in rows if row["sealed"] is None]
        for one in await self._seal(fresh):
            ready[one.member.letter] = one
        return [ready[row["letter"]] for row in rows]

    async def _seal(self, members: Sequence[Member]) -> list[Resealed]:
        letters = [one.letter for one in members]
        rows = await self.database.fetch(SQL["tokens"], self.made.contract, letters)
        tokens = {row["id"]: row["token"] for row in rows if row["token"] is not None}
        if len(tokens) != len(letters):
            raise Moved("letter-changed")
        made = await self.sealer.again(members, tokens, self.now())
        kept = ([one.member.letter for one in made], [one.token for one in made], [one.line for one in made])
        await self.database.execute(SQL["sealed"], self.made.id, *kept)
        return made

    async def _on_record(self, ready: Sequence[Resealed]) -> None:
        batches: dict[tuple[str, int], list[Outgoing]] = defaultdict(list)
        at = int(self.now().timestamp() * 1000)
        for one in ready:
            batches[self.ledger, one.member.partition].append(Outgoing(one.member.line_key, one.line, (), at))
        await self.writer.send(batches)

    async def _handed(self, ready: Sequence[Resealed]) -> int:
        letters, name = [one.member.letter for one in ready], self.made.contract
        async with self.database.transaction() as held:
            rows = await held.fetch(SQL["locked"], name, letters)
            blocked = {row["id"] for row in rows if row["is_blocked"]}
            free = [one for one in ready if one.member.letter not in blocked]
            await held.execute(SQL["kept_back"], self.made.id, [*blocked], self.now())
            parked = await self._park(held, free)
            await self._let_go(held, free)
            await due(held, name, _subjects(free), self.now())
        if parked:
            log.get().warning("followers-parked", contract=name, code="decide-again", count=parked)
        return len(free)

    async def _park(self, held: Connection, free: Sequence[Resealed]) -> int:
        return await parked_where_outdated(
            held, self.made.contract, self.sealer.contract, _subjects(free), self.now()
        )  # fmt: skip

    async def _let_go(self, held: Connection, free: Sequence[Resealed]) -> None:
        members = [one.member for one in free]
        letters = [one.letter for one in members]
        done = await held.execute(
            SQL["hand"], self.made.contract, self.made.id, self.now(), letters, [one.attempts for one in members],
            [one.token_sha256 for one in members], [one.token for one in free],
        )  # fmt: skip
        done += await held.execute(SQL["handed"], self.made.id, letters, self.now())
        if done != 2 * len(free):
            raise Moved("letter-changed")


def _subjects(free: Sequence[Resealed]) -> list[bytes]:
    return [one.member.subject for one in free if one.member.subject is not None]
