"""One command stops one contract's feed within seconds: its subscriber on the broker, the router with its next beat.

Nothing here waits for time to pass: the router notes at each beat of its own whether it knows of the stop.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta

import orjson
import pytest
from pydantic import SecretStr

from hub import accounts, bus, tokens, topics
from hub.bench.sample import changes
from hub.bus import Reader
from hub.clock import now
from hub.database import Database, connect
from hub.errors import DependencyUnavailable, NotPermitted
from hub.lifecycle import Process
from hub.people import Duty
from hub.plan import plan
from hub.recall.recaller import opened
from hub.router import Router
from hub.run import ACTS_SECONDS, Between, _route
from hub.stops import known
from hub.wanted import wanted
from tests.house import World, few
from tests.integration.test_router_on_kafka import Line
from tests.office import FIRST, cheap_passwords

CONTRACT, SUBSCRIBER, OTHER = "child-policy", "subscriber-child-policy", "tax"
COUNT = 12
SECONDS = 10.0
"""What "within seconds" may be on a machine that does everything else as well; most of it is the broker's."""


class Beats(Process):
    """The router's process, which notes the first beat at which it knows of the stop."""

    def __init__(self, router: Router) -> None:
        super().__init__("router-0")
        self.router = router
        self.knows_since = 0.0
        self.beaten = asyncio.Event()

    def beat(self, loop: str = "main") -> None:
        super().beat(loop)
        if not self.knows_since and CONTRACT in self.router.untold:
            self.knows_since = time.monotonic()
        self.beaten.set()

    async def until(self, done: Callable[[], bool]) -> None:
        """The beat at which it is so."""
        async with asyncio.timeout(60):
            while not done():
                self.beaten.clear()
                await self.beaten.wait()


async def publish(line: Line) -> None:
    """Changes of children."""
    for resident, content in changes(COUNT):
        read = orjson.loads(content)
        for side in ("before", "after"):
            read[side]["birth_date"] = "2015-04-01"
        await line.seal_and_put(resident, orjson.dumps(read))


async def stopped(world: World, database: Database) -> None:
    """As somebody types it, with the broker's administrator's password."""
    person = await accounts.add(database, "ito", frozenset({Duty.OPERATOR}), FIRST, now())
    token = (await tokens.new(database, person.id, "test", timedelta(hours=1), now()))[1]
    typed = world.settings.model_copy(update={"token": SecretStr(token)})
    async with opened(typed, now) as recaller:
        await recaller.stop(CONTRACT, "the contract is over")


async def refused(subscriber: Reader) -> float:
    """When a subscriber that reads is refused what it asks for next."""
    async with asyncio.timeout(60):
        while True:
            try:
                await subscriber.poll()
            except NotPermitted:
                return time.monotonic()


def told(router: Router, contract: str) -> int:
    return sum(sequences.get(contract, 0) for sequences in router.sequences.values())


@pytest.mark.trap("K5")
async def test_the_subscriber_and_the_router_know_of_a_stop_within_seconds(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    cheap_passwords(monkeypatch)
    topic, parts = topics.disclosures(world.settings.prefix, CONTRACT), range(world.settings.partitions)
    async with (
        connect(world.settings.database) as database, bus.writer(world.settings, "relay") as writer,
        bus.reader(world.settings, SUBSCRIBER, topic, parts) as subscriber,
    ):  # fmt: skip
        line = Line(world, database, writer)
        async with line.slot() as router:
            process = Beats(router)
            routing = asyncio.create_task(_route(router, process, Between(world.settings, database)))
            await publish(line)
            await process.until(lambda: sum(router.offsets.values()) == COUNT)
            assert (len(await line.lying(SUBSCRIBER, topic)), told(router, OTHER)) == (COUNT, COUNT)
            await subscriber.read_to_end()

            began = time.monotonic()
            await stopped(world, database)
            refused_after = await refused(subscriber) - began
            await process.until(lambda: process.knows_since > 0)
            known_after = process.knows_since - began
            await publish(line)
            await process.until(lambda: sum(router.offsets.values()) == 2 * COUNT)
            process.stopping.set()
            await routing
            assert (told(router, CONTRACT), told(router, OTHER)) == (COUNT, 2 * COUNT)
    assert (refused_after < SECONDS, known_after < ACTS_SECONDS + SECONDS) == (True, True), (refused_after, known_after)
    with pytest.raises((DependencyUnavailable, NotPermitted)):
        await bus.check_topics(world.settings, SUBSCRIBER, [topic])
    want = wanted(few(), world.settings, await known(world.settings, few()))
    assert plan(want, world.house.broker().state(want.topics), world.settings.prefix).empty, "nothing brings it back"
