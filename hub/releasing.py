"""Letting a parked resident go: what is in quarantine is routed again, in order, unaltered, in one transaction.

The records are those that came, with their ids; they are read again as any other record of their partition, decided by
the Book of now, and told. Beside them, in the same transaction, a mark goes into the quarantine: who reads it from then
on knows that what lies before it waits no longer. All or nothing: where one of them still cannot be read and is not to
be discarded, nothing is done, and the resident waits on. Newer changes of the resident wait behind until it is done,
because one process does both, one after the other.
"""


from hub import acts, log, passing, quarantine, topics
from hub.acts import End, Release
from hub.config import Settings
from hub.database import Database
from hub.errors import DatabaseError
from hub.quarantine import Line
from hub.router import PRINCIPAL, Clock, Router

DONE = "released"


class Releaser:
    """Carries out what was ordered for the partitions of one router: releases, and records to be passed over."""

    def __init__(self, database: Database, settings: Settings, clock: Clock) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock

    async def once(self, router: Router) -> None:
        """Whatever is due. A database that is away is no reason to route nothing: it is asked again later."""
        prefix = self._settings.prefix
        try:
            for act in await acts.due(self._database, topics.quarantine(prefix), router.sequences):
                await self._ended(act, await self._carry_out(router, act), "quarantine-release")
            for act in await acts.due(self._database, topics.changes(prefix), router.sequences):
                if (ended := await passing.passed(self._settings, router, act)) is not None:
                    await self._ended(act, ended, "record-passed-over")
        except DatabaseError as failed:
            log.get().warning("acts-unread", code=failed.code)

    async def _ended(self, act: Release, ended: End, what: str) -> None:
        await acts.end(self._database, act.id, ended, self._clock())
        log.get().warning(what, code=ended.code, partition=act.partition, count=ended.count)

    async def _carry_out(self, router: Router, act: Release) -> End:
        records = await quarantine.records(self._settings, PRINCIPAL, [act.partition])
        done = quarantine.marked(records, act.id)
        if done is not None:
            return End(DONE, done)
        line = next((one for one in quarantine.lines(records) if act.letter in one.offsets), None)
        if line is None or not {*act.discarded} <= {*line.offsets}:
            return End("no-such-letter", 0)
        return await self._release(router, act, line)

    async def _release(self, router: Router, act: Release, line: Line) -> End:
        kept = [record for record in line.letters if record.offset not in act.discarded]
        read = await router.read_again(kept)
        if read is None:
            return End("still-unreadable", 0)
        mark = quarantine.mark(line.key, act.id, len(read), self._clock())
        await router.release(act.partition, line.key, read, mark)
        return End(DONE, len(read))
