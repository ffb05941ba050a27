"""Input 21: a bit flips in the broker's log: it is seen, its partition stops, and it is never delivered as data."""

from pathlib import Path

import pytest

from hub import bus, metrics, topics
from hub.bus import Incoming
from hub.seal import header
from tests.integration.test_router_on_kafka import Line

BROKEN = 0


async def stored(line: Line) -> list[Incoming]:
    async with bus.reader(line.settings, "router", topics.changes(line.prefix), [BROKEN]) as reader:
        return await reader.read_to_end()


def flip(file: Path, token: bytes) -> None:
    """One bit of a token as it lies in the log becomes another one."""
    place = file.read_bytes().index(token) + len(token) // 2
    with file.open("r+b") as log:
        log.seek(place)
        was = log.read(1)[0]
        log.seek(place)
        log.write(bytes([was ^ 1]))


@pytest.mark.threat("B5")
@pytest.mark.trap("input-21")
async def test_a_flipped_bit_in_a_segment_stops_its_partition_and_is_never_told(line: Line) -> None:
    await line.publish(20)
    there = await stored(line)
    [segment] = (line.world.house.kafka_data / "log" / f"{topics.changes(line.prefix)}-{BROKEN}").glob("*.log")
    flip(segment, there[-1].value or b"")
    async with line.slot() as router:
        others = [part for part in line.parts if part != BROKEN]
        while sum(router.sequences[part].get("child-policy", 0) for part in others) < 20 - len(there):
            await router.once()
        while not metrics.PARTITIONS_STOPPED._value.get():
            await router.once()
    told = [header(one.value)["seq"] for one in await line.told("child-policy") if one.partition == BROKEN]
    assert told == [*range(1, len(told) + 1)]
    assert len(told) < len(there)
