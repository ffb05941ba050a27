"""`jukihub run deliver` as a process of its own, on the real Kafka and PostgreSQL: kill -9, twins, letters."""

import asyncio
import signal
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import orjson
import pytest

from contracts import book
from hub import books, bus, topics
from hub.bus import Outgoing
from hub.database import connect
from hub.envelope import DISCLOSURE
from hub.keys import KeyStore
from hub.seal import Place, Sheet, seal
from hub.wrapping import wrapper
from tests.conformance.samples import disclosure
from tests.house import World
from tests.integration.consumers.line import DAY, now
from tests.processes import Processes, asked, ordered, text_of, until

VIA = "prefecture"
NAME = f"deliver-{VIA}"


class Feed:
    """The router's part: seals disclosures and puts them on the real topic."""

    def __init__(self, world: World, keys: KeyStore, writer: bus.Writer) -> None:
        self.settings = world.settings
        self.keys = keys
        self.writer = writer
        self.ctr = book.load().contracts[VIA].hash
        self.seq = dict.fromkeys(range(world.settings.partitions), 0)

    async def send(self, seed: int, *nths: int, day: date = DAY) -> list[str]:
        """Disclosures of one resident, all on one partition, under the key of `day`; their ids."""
        part = seed % self.settings.partitions
        topic = topics.disclosures(self.settings.prefix, VIA)
        said = [disclosure(VIA, seed, nth=nth) for nth in nths]
        sheets = []
        for one in said:
            self.seq[part] += 1
            content = {
                "id": str(one.id), "contract": VIA, "version": one.version, "state": one.state, "items": one.items,
                "recorded_at": "2026-04-01T00:00:00+09:00",
            }  # fmt: skip
            sheets.append(Sheet(self.seq[part], str(one.id), orjson.dumps(content), seed.to_bytes(16, "big")))
        tokens = seal(await self.keys.content_key(VIA, day), Place(VIA, topic, part), self.ctr, 1, sheets)
        at = int(now().timestamp() * 1000)  # the broker deletes within minutes what is older than its topic keeps
        records = [Outgoing(seed.to_bytes(16, "big"), token, DISCLOSURE, at) for token in tokens]
        await self.writer.send({(topic, part): records})
        return [str(one.id) for one in said]


@pytest.fixture
async def feed(world: World) -> AsyncIterator[Feed]:
    async with connect(world.settings.database) as database, bus.writer(world.settings, "router") as writer:
        await books.remember(database, book.load(), now())  # as the router does, before it tells anything
        yield Feed(world, KeyStore(database, wrapper(world.settings)), writer)


async def told(processes: Processes, count: int) -> dict[str, Any]:
    async def look() -> Any:
        return asked(processes.urls[VIA], "/told")

    return dict(await until(look, lambda seen: len(seen["told"]) >= count, f"{count} told"))


async def settled(world: World, count: int) -> None:
    async with connect(world.settings.database, size=1) as database:

        async def look() -> int:
            sql = "SELECT count(*) FROM inbox.disclosures WHERE state = 'delivered'"
            return int(await database.fetchval(sql))

        await until(look, lambda seen: seen == count, f"{count} settled")


@pytest.mark.trap("input-16", "P6")
async def test_kill_nine_between_effect_and_settlement_has_one_effect(
    world: World, feed: Feed, processes: Processes
) -> None:
    ordered(processes.urls[VIA], fault="slow", seconds=5, when="after")
    processes.hub(NAME, "deliver", "--contract", VIA)
    await feed.send(1, 1)
    await told(processes, 1)  # the effect has happened; the answer is on its way for five seconds
    processes.kill(NAME)
    ordered(processes.urls[VIA], fault="clear")
    processes.hub(NAME, "deliver", "--contract", VIA)
    await settled(world, 1)
    seen = await told(processes, 1)
    assert (len(seen["told"]), seen["repeats"]) == (1, 1)


@pytest.mark.faults
@pytest.mark.trap("P9")
async def test_two_processes_of_one_contract_tell_everything_once_and_in_order(
    world: World, feed: Feed, processes: Processes
) -> None:
    processes.hub(NAME, "deliver", "--contract", VIA)
    processes.hub("twin", "deliver", "--contract", VIA)
    sent = [await feed.send(seed, *range(1, 11)) for seed in range(1, 21)]
    await settled(world, 200)
    seen = [one["id"] for one in (await told(processes, 200))["told"]]
    assert [[one for one in seen if one in mine] for mine in sent] == sent


@pytest.mark.trap("D1", "D2")
async def test_a_letter_is_mirrored_by_the_process_that_made_it(
    world: World, feed: Feed, processes: Processes
) -> None:  # fmt: skip
    subject = disclosure(VIA, 1).items["juminhyo_code"]
    ordered(processes.urls[VIA], fault="refuse-one", subject=subject)
    processes.hub(NAME, "deliver", "--contract", VIA)
    await feed.send(1, 1, 2, 3)
    async with connect(world.settings.database, size=1) as database:

        async def mirrored() -> int:
            return int(await database.fetchval("SELECT count(*) FROM inbox.disclosures WHERE mirrored_at IS NOT NULL"))

        await until(mirrored, lambda seen: seen == 1, "the letter on its topic")


async def test_the_process_ends_in_order_and_says_how_it_is(feed: Feed, processes: Processes) -> None:
    processes.hub(NAME, "deliver", "--contract", VIA)
    await feed.send(1, 1)
    await told(processes, 1)
    url = f"http://127.0.0.1:{processes.port(NAME)}"
    assert asked(url, "/health")["status"] == "ok"
    assert f'hub_deliveries_total{{contract="{VIA}",outcome="refused"}} 0.0' in text_of(url + "/metrics")
    await asyncio.to_thread(processes.kill, NAME, signal.SIGTERM)
    assert '"action": "process-stopped"' in processes.logs()


async def test_a_full_inbox_stops_reading_stays_healthy_drops_nothing_and_resumes(
    feed: Feed, processes: Processes
) -> None:
    processes.environment["HUB_MAX_WAITING"] = "10"
    ordered(processes.urls[VIA], fault="down")
    processes.hub(NAME, "deliver", "--contract", VIA)
    sent = [one for seed in range(1, 5) for one in await feed.send(seed, *range(1, 9))]

    async def figures() -> dict[str, str]:
        text = await asyncio.to_thread(text_of, f"http://127.0.0.1:{processes.port(NAME)}/metrics")
        return dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))

    full = f'hub_inbox_full{{contract="{VIA}"}}'
    held = await until(figures, lambda seen: seen[full] == "1.0", "the inbox to be full")
    assert held[f'hub_disclosures_received_total{{contract="{VIA}"}}'] == "10.0"
    assert asked(f"http://127.0.0.1:{processes.port(NAME)}", "/health")["status"] == "ok"
    ordered(processes.urls[VIA], fault="clear")
    seen = await told(processes, len(sent))
    assert sorted(one["id"] for one in seen["told"]) == sorted(sent)
    await until(figures, lambda seen: seen[full] == "0.0", "the inbox to have room")
    assert processes.logs().count('"action": "inbox-full"') >= 1
