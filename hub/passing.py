"""Letting a stopped partition go on: two persons have looked at the record before which it stands still.

A record without a usable record key, or with another resident's, stops its partition: nobody can say who would have to
wait behind it. When two persons have ordered it, the router moves that one record, unaltered and under no resident,
into quarantine and goes on with the next, in one transaction. An order names the place: one that is not the place where
the partition stands does nothing, so that nothing else is ever passed over. A record that the broker's log or the
client library cannot give out at all cannot be moved, and is not passed over in this way.
"""

from hub import quarantine
from hub.acts import End, Release
from hub.config import Settings
from hub.router import PRINCIPAL, Router

DONE = "passed-over"
NOT_THERE = "not-stopped-there"


async def passed(settings: Settings, router: Router, act: Release) -> End | None:
    """How `act` ended; None where the partition has not come that far yet. Its letter is an offset of the Changes."""
    part, record = act.partition, router.stopped.get(act.partition)
    if record is not None and record.offset == act.letter:
        await router.pass_over(part, act.id)
        return End(DONE, 1)
    if record is None and router.offsets.get(part, 0) <= act.letter:
        return None
    return End(*((DONE, 1) if await _lies_there(settings, act) else (NOT_THERE, 0)))


async def _lies_there(settings: Settings, act: Release) -> bool:
    """Whether a router has done it and could not say so."""
    return quarantine.was_passed(await quarantine.records(settings, PRINCIPAL, [act.partition]), act.id)
