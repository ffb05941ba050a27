"""The subscriber's library and the program on its page, on a real topic and a real database."""

import asyncio
import json
import re
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from joserfc.jwk import ECKey

from consumers import subscribe
from consumers.subscribe import (
    Access,
    Disclosure,
    Erased,
    Expired,
    Gap,
    Keys,
    NotVisible,
    Place,
    Repeated,
    Subscription,
    SubscriptionError,
    subscription,
)
from hub import bus, topics
from hub.broker_admin import connection
from hub.bus import Outgoing, Position
from hub.clock import now
from hub.database import connect
from hub.envelope import DISCLOSURE
from hub.granting import grant
from hub.keys import KeyStore
from hub.seal import ContentKey, Sheet, seal
from hub.seal import Place as Sealed
from hub.wrapping import wrapper
from tests.house import World

CONTRACT = "child-policy"
PAGE = Path(subscribe.__file__).with_name("README.md")
DAY = date(2026, 4, 2)
DESTROYED = "child-policy.2026-04-01"
SECRET = "見本𠮷髙葛󠄀"
PATIENCE_SECONDS = 60.0
TABLE = "CREATE TABLE children (resident bytea PRIMARY KEY, name text)"


@dataclass
class Department:
    """A department with keys of its own, and what the hub tells it on partition 0."""

    world: World
    folder: Path
    keys: KeyStore

    @property
    def access(self) -> Access:
        return Access(CONTRACT, self.world.settings.kafka, self.world.settings.secrets_dir, self.world.settings.prefix)

    @property
    def topic(self) -> str:
        return topics.disclosures(self.world.settings.prefix, CONTRACT)

    def ring(self) -> Keys:
        return Keys(self.folder / "keys.jwe", self.folder / "private.jwk")

    async def fetch_keys(self) -> None:
        """As `jukihub keys grant` gives them, without those that were destroyed."""
        private = ECKey.generate_key("P-256")
        granted = await grant(self.keys, CONTRACT, private)
        (self.folder / "keys.jwe").write_text(granted, encoding="ascii")
        (self.folder / "private.jwk").write_text(json.dumps(private.as_dict(private=True)), encoding="ascii")

    async def tell(self, numbers: Sequence[int], earlier: int) -> None:
        """These numbers, each of a resident of its own, as the router does; one under a key of the day before."""
        before = await self.keys.content_key(CONTRACT, date.fromisoformat(DESTROYED.rsplit(".", 1)[1]))
        today = await self.keys.content_key(CONTRACT, DAY)
        settings, at = self.world.settings, int(now().timestamp() * 1000)
        records = [self._sealed(n, before if n == earlier else today, at) for n in numbers]
        transaction, group = topics.router_transaction(settings.prefix, 0), topics.router_group(settings.prefix)
        async with bus.transactional_writer(settings, "router", transaction) as writer:
            placed = {0: Position(0, "")}
            await writer.commit({(self.topic, 0): records}, group, topics.changes(settings.prefix), placed)

    def _sealed(self, n: int, key: ContentKey, at: int) -> Outgoing:
        own = n.to_bytes(16, "big")
        sheet = Sheet(n, str(UUID(int=n, version=4)), orjson.dumps(said(n)), own)
        return Outgoing(own, seal(key, Sealed(CONTRACT, self.topic, 0), "0" * 64, 1, [sheet])[0], DISCLOSURE, at)


def said(n: int) -> dict[str, Any]:
    return {
        "id": str(UUID(int=n, version=4)), "contract": CONTRACT, "version": n, "state": "entered",
        "recorded_at": "2026-04-02T10:15:00.123456+09:00", "items": {"name": f"{SECRET}{n}"},
    }  # fmt: skip


@pytest.fixture
async def department(world: World, tmp_path: Path) -> AsyncIterator[Department]:
    async with connect(world.settings.database) as database:
        made = Department(world, tmp_path, KeyStore(database, wrapper(world.settings)))
        await made.tell((1, 2, 3, 4, 7), earlier=3)
        await database.execute("DELETE FROM hub.keys WHERE kid = $1", DESTROYED)
        await made.fetch_keys()
        yield made


@contextmanager
def running(department: Department) -> Iterator[Iterator[str]]:
    """The program of the page, and the lines that it prints."""
    program = re.search(r"```python\n(import .*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert program is not None
    assert len([line for line in program[1].splitlines() if line.strip()]) <= 20
    file = department.folder / "program.py"
    file.write_text(program[1], encoding="utf-8")
    access = department.access
    arguments = (access.kafka, access.secrets, "keys.jwe", "private.jwk", department.world.settings.database)
    command = [sys.executable, file.name, *map(str, arguments)]
    env = {**department.world.env, "JUKI_PREFIX": access.prefix, "PYTHONPATH": str(Path(__file__).parents[3])}
    with subprocess.Popen(command, cwd=department.folder, env=env, stdout=subprocess.PIPE, text=True) as program_:
        late = threading.Timer(PATIENCE_SECONDS, program_.kill)
        late.start()
        try:
            yield iter(program_.stdout or [])
        finally:
            late.cancel()
            program_.kill()


async def refuse(_connection: Any, told: Disclosure) -> None:
    pytest.fail(f"applied twice: {told!r}")


async def test_the_program_on_the_page_and_what_the_library_answers_afterwards(department: Department) -> None:
    async with asyncpg.create_pool(department.world.settings.database, min_size=1, max_size=2) as pool:
        await pool.execute(TABLE)
        with running(department) as lines:
            events = await asyncio.to_thread(lambda: [line.split("(")[0] for line in islice(lines, 6)])
        assert events == ["Applied", "Applied", "Erased", "Applied", "Gap", "Applied"]
        names = [row["name"] for row in await pool.fetch("SELECT name FROM children ORDER BY resident")]
        assert names == [f"{SECRET}{n}" for n in (1, 2, 4, 7)]

        async with subscription(department.access, department.ring(), pool) as feed:
            assert await feed.once(refuse, 500) == []
            assert await feed.gaps() == [Gap(0, 5, 6)]
            await looked_back(department, feed)
        await fell_behind(department, pool)
        assert await seen_by_the_hub(department) == 1


async def looked_back(department: Department, feed: Subscription) -> None:
    again = [each async for each in feed.resend(0, 2, 6)]
    assert [getattr(each, "seq", each) for each in again] == [2, 3, 4, Gap(0, 5, 6)]
    assert isinstance(again[1], Erased)
    assert isinstance(again[0], Disclosure)
    assert isinstance(await feed.apply_once(again[0], refuse), Repeated)
    everything = [each async for each in feed.events()]
    assert everything[:2] == [each async for each in feed.resend(0, 1, 2)]
    assert [each async for each in feed.events(now() + timedelta(hours=1))] == []
    assert [each async for each in feed.events(now().astimezone(UTC) - timedelta(hours=1))] == everything
    fourth = next(each for each in everything if isinstance(each, Disclosure) and each.seq == 4)
    assert [each async for each in feed.events({0: fourth.at.offset})] == everything[-3:]
    for wrong, code in ((datetime(2026, 4, 1), "time-without-zone"), ({99: 0}, "no-such-partition")):  # noqa: DTZ001
        with pytest.raises(SubscriptionError, match=code):
            await anext(feed.events(wrong))
    forgotten(department, fourth.at)
    assert [each async for each in feed.resend(0, 1, 4)] == [Expired(0, 1, 3), fourth]
    assert [each async for each in feed.events()] == everything[-3:]


async def fell_behind(department: Department, pool: Any) -> None:
    """Retention has taken the records where it stands: it goes on with the first one left, and says what it missed."""
    await pool.execute("UPDATE juki_subscription.positions SET next_offset = 0, last_seq = 0 WHERE partition = 0")
    async with subscription(department.access, department.ring(), pool) as feed:
        events = await feed.once(refuse, 5000)
        assert [each for each in events if isinstance(each, Gap)] == [Gap(0, 1, 3), Gap(0, 5, 6)]
        assert [each.disclosure.seq for each in events if isinstance(each, Repeated)] == [4, 7]


def forgotten(department: Department, before: Place) -> None:
    """What the topic holds before this place is gone, as after its retention."""
    house = department.world.house
    admin = AdminClient(connection(house.kafka, house.secrets, "admin"))
    for answer in admin.delete_records([TopicPartition(department.topic, 0, before.offset)]).values():
        answer.result()


async def seen_by_the_hub(department: Department) -> int:
    """How many offsets the hub's watch sees the subscriber behind; 1 is the marker behind the last record."""
    settings, group = department.world.settings, department.access.group
    committed = await bus.committed_of(settings, "watch", [group])
    return (await bus.ends(settings, "watch", [department.topic]))[department.topic][0] - committed[group][0]


async def test_a_topic_that_the_broker_does_not_show_is_an_error_and_not_a_silence(world: World) -> None:
    elsewhere = Access(CONTRACT, world.settings.kafka, world.settings.secrets_dir, "elsewhere")
    with pytest.raises(NotVisible, match=r"elsewhere\.disclosures\.child-policy: topic-not-visible"):
        async with subscription(elsewhere, Keys(Path(), Path()), asyncpg.create_pool("")):
            pytest.fail("there is no such topic")
