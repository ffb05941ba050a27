"""A subscriber's library in front of a real database: applied once, with its offset, whatever gets in the way."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import pytest
from joserfc.jwk import OctKey

from consumers.subscribe import (
    Access,
    Applied,
    ApplyFailed,
    Disclosure,
    Erased,
    Event,
    Gap,
    Place,
    RecordRefused,
    Repeated,
    StoreFailed,
    Subscription,
    SubscriptionError,
)
from consumers.subscribe.own import Own
from consumers.subscribe.token import Record, opened
from hub.seal import ContentKey, Sheet, seal
from hub.seal import Place as Sealed

ACCESS = Access("tax", "", Path())
TODAY = date(2026, 4, 2)
SECRET = "見本𠮷髙葛󠄀"
FRESH = """DROP SCHEMA IF EXISTS juki_subscription CASCADE; DROP TABLE IF EXISTS taken;
CREATE TABLE taken (resident bytea, name text CHECK (name <> 'poison'))"""


class Ring:
    """The keys of today; those of earlier days were destroyed."""

    def __init__(self) -> None:
        self.day = TODAY.isoformat()

    def find(self, kid: str) -> OctKey | None:
        return OctKey.import_key(bytes(32)) if kid == f"tax.{self.day}" else None

    def destroyed(self, kid: str) -> bool:
        return kid < f"tax.{self.day}"


class MemoryFeed:
    """The topic in memory, with a Feed's verbs. `records`: partition -> what lies there."""

    partitions = (0, 1)

    def __init__(self, records: Mapping[int, list[Record]]) -> None:
        self.records = records
        self.positions: dict[int, int] = {}
        self.paused: set[int] = set()
        self.committed: dict[int, int] = {}

    async def bounds(self) -> dict[int, tuple[int, int]]:
        return {part: (0, len(self.records.get(part, []))) for part in self.partitions}

    def seek(self, offsets: Mapping[int, int]) -> None:
        self.positions, self.paused = dict(offsets), set()

    async def batch(self, _timeout_ms: int, most: int) -> tuple[int, list[Record]] | None:
        for part, at in self.positions.items():
            if part not in self.paused and (found := self.records.get(part, [])[at : at + most]):
                self.positions[part] += len(found)
                return part, found
        return None

    def again(self, at: Place, seconds: float = 0.0) -> None:
        self.positions[at.partition] = at.offset
        self.paused |= {at.partition} if seconds else set()

    async def commit(self, partition: int, offset: int) -> None:
        self.committed[partition] = offset


class Topic:
    """What the hub has told, and readers of it."""

    def __init__(self, pool: Any) -> None:
        self.pool = pool
        self.records: dict[int, list[Record]] = {}
        self.seq: dict[int, int] = {}
        self.ring = Ring()

    def tell(self, *names: str, part: int = 0, **changed: Any) -> None:
        """One disclosure per name, of one resident unless `resident` says whose."""
        for name in names:
            lies = self.records.setdefault(part, [])
            seq = changed.get("seq", self.seq.get(part, 0) + 1)
            self.seq[part] = max(seq, self.seq.get(part, 0))
            n = changed.get("version", 1_000 * part + len(lies) + 1)
            said = {"id": str(UUID(int=n, version=4)), "contract": "tax", "version": n, "state": "inside",
                    "recorded_at": "2026-04-02T10:15:00+09:00", "items": {"name": name}}  # fmt: skip
            key = ContentKey.of(f"tax.{changed.get('day', TODAY)}", bytes(32))
            own = changed.get("resident", part + 1).to_bytes(16, "big")
            place = Sealed("tax", changed.get("topic", ACCESS.topic), part)
            token = seal(key, place, "0" * 64, 1, [Sheet(seq, str(said["id"]), orjson.dumps(said), own)])[0]
            lies.append(Record(ACCESS.topic, Place(part, len(lies)), own, token))

    def reader(self) -> Subscription:
        return Subscription(ACCESS, self.ring, MemoryFeed(self.records), Own(self.pool, ACCESS.topic))  # type: ignore[arg-type]

    async def told(self) -> list[str]:
        return [row["name"] for row in await self.pool.fetch("SELECT name FROM taken ORDER BY ctid")]


@pytest.fixture
async def topic(inbox_dsn: str) -> AsyncIterator[Topic]:
    async with asyncpg.create_pool(inbox_dsn, min_size=1, max_size=4) as pool:
        await pool.execute(FRESH)
        yield Topic(pool)


async def apply(connection: Any, told: Disclosure) -> None:
    await connection.execute("INSERT INTO taken VALUES ($1, $2)", told.resident, told.items["name"])


async def drained(reader: Subscription) -> list[Event]:
    """What happens until nothing more does."""
    found: list[Event] = []
    while events := await reader.once(apply, 0):
        found += events
    return found


def kinds(events: Sequence[Event]) -> list[str]:
    return [type(event).__name__ for event in events]


async def test_each_is_applied_once_by_whoever_starts_again(topic: Topic) -> None:
    topic.tell("a", "b")
    assert kinds(await drained(topic.reader())) == ["Applied", "Applied"]
    topic.tell("c", part=1)
    assert kinds(await drained(topic.reader())) == ["Applied"]
    assert await topic.told() == ["a", "b", "c"]


async def test_two_processes_apply_nothing_twice(topic: Topic) -> None:
    readers = [topic.reader(), topic.reader()]
    for round_ in range(20):
        topic.tell(f"{round_}a", f"{round_}b", part=round_ % 2)
        await asyncio.gather(*(drained(reader) for reader in readers))
    assert sorted(await topic.told()) == sorted(f"{n}{each}" for n in range(20) for each in "ab")


@pytest.mark.trap("V3")
async def test_what_apply_raises_stops_at_its_record_and_says_no_value(topic: Topic) -> None:
    topic.tell("a", "poison", "c")
    reader = topic.reader()
    assert kinds(await reader.once(apply, 0)) == ["Applied"]
    for _ in range(2):
        with pytest.raises(ApplyFailed) as failed:
            await reader.once(apply, 0)
        assert str(failed.value).startswith("partition 0 offset 1 CheckViolationError 23514 test_subscribe.py:")
        assert (failed.value.__cause__, failed.value.__context__) == (None, None)
    assert await topic.told() == ["a"]
    await reader.pass_over(failed.value.at)
    assert await drained(reader) == [Gap(0, 2, 2), Applied(topic_disclosure(topic, 2))]
    assert await topic.told() == ["a", "c"]


def topic_disclosure(topic: Topic, offset: int, part: int = 0) -> Disclosure:
    found = opened(topic.records[part][offset], "tax", topic.ring)
    assert isinstance(found, Disclosure)
    return found


@pytest.mark.threat("B2")
@pytest.mark.trap("C5")
async def test_a_refused_record_stops_its_partition_until_a_person_passes_it_over(topic: Topic) -> None:
    topic.tell("a")
    topic.tell("moved", topic="juki.disclosures.elections")
    topic.tell("c")
    reader = topic.reader()
    assert kinds(await reader.once(apply, 0)) == ["Applied"]
    with pytest.raises(SubscriptionError, match="not-stopped-there"):
        await reader.pass_over(Place(0, 1))
    with pytest.raises(RecordRefused, match="partition 0 offset 1: moved-token") as refused:
        await reader.once(apply, 0)
    await reader.pass_over(refused.value.at)
    assert kinds(await drained(reader)) == ["Gap", "Applied"]
    assert await topic.told() == ["a", "c"]


@pytest.mark.threat("B3")
@pytest.mark.trap("C5")
async def test_a_gap_is_still_known_after_a_crash_until_it_is_closed(topic: Topic) -> None:
    topic.tell("a")
    topic.tell("d", seq=4)
    assert kinds(await drained(topic.reader())) == ["Applied", "Gap", "Applied"]
    again = topic.reader()
    assert await again.gaps() == [Gap(0, 2, 3)]
    await again.close_gap(Gap(0, 2, 3))
    assert await again.gaps() == []


async def test_a_repeat_and_what_is_older_are_not_applied(topic: Topic) -> None:
    topic.tell("a", version=5)
    topic.tell("b", version=9)
    topic.tell("b", version=9)
    topic.tell("a", version=5)
    reader = topic.reader()
    assert kinds(await drained(reader)) == ["Applied", "Applied", "Repeated", "Repeated"]
    once_more = await reader.apply_once(topic_disclosure(topic, 0), apply)
    assert once_more == Repeated(topic_disclosure(topic, 0))
    assert await topic.told() == ["a", "b"]


@pytest.mark.threat("B3")
@pytest.mark.trap("C5")
async def test_a_number_that_falls_back_is_a_repeat_or_is_refused(topic: Topic) -> None:
    topic.tell("a", "b", version=5)
    topic.tell("a", version=5, seq=1)
    assert kinds(await drained(topic.reader())) == ["Applied", "Repeated", "Repeated"]
    topic.tell("new", seq=1, version=9)
    with pytest.raises(RecordRefused, match="sequence-not-rising"):
        await drained(topic.reader())
    assert await topic.told() == ["a"]


async def test_what_nobody_can_open_any_more_is_told_and_the_feed_goes_on(topic: Topic) -> None:
    topic.tell("gone", day=date(2026, 3, 1))
    topic.tell("b")
    erased = Erased(Place(0, 0), 1, "tax.2026-03-01")
    assert await drained(topic.reader()) == [erased, Applied(topic_disclosure(topic, 1))]


async def test_a_partition_waits_for_its_key_and_the_others_go_on(topic: Topic) -> None:
    topic.tell("a")
    topic.tell("tomorrow", day=date(2026, 4, 3))
    topic.tell("z", part=1)
    reader = topic.reader()
    assert kinds(await drained(reader)) == ["Applied", "KeysWanted", "Applied"]
    assert await topic.told() == ["a", "z"]
    topic.ring.day = "2026-04-03"
    assert (await drained(topic.reader()))[0] == Applied(topic_disclosure(topic, 1))


@pytest.mark.trap("V3")
async def test_a_database_that_fails_is_an_error_without_a_value_and_nothing_is_lost(topic: Topic) -> None:
    reader = topic.reader()
    assert await reader.once(apply, 0) == []
    topic.tell("a", "b")
    await topic.pool.execute("ALTER TABLE juki_subscription.residents RENAME TO away")
    with pytest.raises(StoreFailed) as failed:
        await reader.once(apply, 0)
    assert str(failed.value) == "UndefinedTableError 42P01: database-failed"
    assert (failed.value.__cause__, failed.value.__context__) == (None, None)
    await topic.pool.execute("ALTER TABLE juki_subscription.away RENAME TO residents")
    assert kinds(await drained(reader)) == ["Applied", "Applied"]


async def test_a_topic_that_was_made_anew_is_not_read_on_in_silence(topic: Topic) -> None:
    topic.tell("a", "b")
    await drained(topic.reader())
    topic.records[0] = topic.records[0][:1]
    with pytest.raises(SubscriptionError, match="partition 0: topic-was-replaced"):
        await topic.reader().once(apply, 0)
