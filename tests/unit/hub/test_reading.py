"""A record that the client library cannot take apart stops its partition and no other."""

from collections import namedtuple
from typing import Any

import pytest
from aiokafka import TopicPartition

from hub.bus.reading import Reader

Record = namedtuple("Record", "topic partition offset key value headers timestamp")


class Consumer:
    """As the library behaves: a poll that meets such a record raises, and what it had of other partitions is lost."""

    def __init__(self, topic: str, lengths: dict[int, int], poisoned: dict[int, int]) -> None:
        self.records = {
            TopicPartition(topic, part): [Record(topic, part, n, b"k", b"v", (), 0) for n in range(length)]
            for part, length in lengths.items()
        }
        self.poisoned = {TopicPartition(topic, part): offset for part, offset in poisoned.items()}
        self.at: dict[TopicPartition, int] = {}
        self.stopped: set[TopicPartition] = set()

    def assignment(self) -> set[TopicPartition]:
        return set(self.at)

    def assign(self, places: list[TopicPartition]) -> None:
        self.at = dict.fromkeys(places, 0)

    def seek(self, place: TopicPartition, offset: int) -> None:
        self.at[place] = offset

    async def seek_to_beginning(self, place: TopicPartition) -> None:
        self.at[place] = 0

    def pause(self, place: TopicPartition) -> None:
        self.stopped.add(place)

    def paused(self) -> set[TopicPartition]:
        return self.stopped

    async def getmany(self, *places: TopicPartition, **_limits: Any) -> dict[TopicPartition, list[Record]]:
        found = {}
        for place in places or set(self.at) - self.stopped:
            fresh = self.records[place][self.at[place] :]
            self.at[place] += len(fresh)
            if any(record.offset == self.poisoned.get(place) for record in fresh):
                raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")
            found[place] = fresh
        return found


@pytest.mark.trap("input-13", "D6")
async def test_an_unparsable_record_stops_its_partition_and_loses_nothing_of_the_others() -> None:
    consumer = Consumer("juki.changes", {0: 3, 1: 4, 2: 5}, poisoned={1: 2})
    reader = Reader(consumer, "juki.changes")
    await reader.seek({0: None, 1: None, 2: 2})
    found = [(record.partition, record.offset) for record in await reader.poll()]
    assert sorted(found) == [(0, 0), (0, 1), (0, 2), (2, 2), (2, 3), (2, 4)]
    assert [place.partition for place in consumer.stopped] == [1]
    assert consumer.at[TopicPartition("juki.changes", 1)] == 0, "it is read again from where it stood"
