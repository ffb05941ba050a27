"""How many residents 随時移転 may tell of outside allowed terminals: a sum per day, person and contract.

A large extraction that is broken up into small orders is a large one. So what counts is the sum of a day, in Japan: of
whoever asks and of whoever runs, in either part. An order is counted before anything of it is told, in one transaction
with the look at the sum, so that of two that are run at once the second sees the first; carried on, it counts once a
day. What is run on an allowed terminal neither counts nor is bounded.
"""

from datetime import date, datetime
from pathlib import Path

from contracts.change import JAPAN
from hub.database import Connection, Database, queries
from hub.errors import NotPermitted
from hub.people import Person
from hub.transfers import Order

_SQL = queries(Path(__file__).with_suffix(".sql"))
_ALONE = "More than {most} residents are extracted on an allowed terminal alone: `jukihub terminals`"
_REMAINS = (
    "Of {most} residents of a contract, a day and a person, {remains} remain today; this order has {count}. Run it on "
    "an allowed terminal (`jukihub terminals`), or on another day"
)


async def count(database: Database, order: Order, person: Person, most: int, now: datetime) -> None:
    """Count an order that `person` is about to run outside allowed terminals; NotPermitted beyond `most`."""
    day = now.astimezone(JAPAN).date()
    async with database.transaction() as held:
        await held.fetchval(_SQL["one_at_a_time"], order.wish.contract)
        check(order, await _spent(held, order, person, day), most)
        await held.execute(_SQL["count"], day, order.id, person.id)


def check(order: Order, spent: int, most: int) -> None:
    """NotPermitted: too large by itself (terminal-not-allowed), or on top of what is spent (bulk-used-up)."""
    if order.count > most:
        raise NotPermitted("terminal-not-allowed", str(order.id), _ALONE.format(most=most))
    if spent + order.count > most:
        said = _REMAINS.format(most=most, remains=max(0, most - spent), count=order.count)
        raise NotPermitted("bulk-used-up", str(order.id), said)


async def _spent(held: Connection, order: Order, person: Person, day: date) -> int:
    return int(await held.fetchval(_SQL["spent"], order.wish.contract, day, order.id, person.id))
