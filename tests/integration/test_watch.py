"""The watch on a real broker: whatever becomes of a record or of a process, every tally equals the ledger.

The way is the real one: lines written in transactions, archived by `jukihub run ledger`, forwarded, carried by Faust in
`jukihub run watch`, counted in PostgreSQL.
"""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from hub import bus, topics
from hub.broker_admin import connection
from hub.bus import Outgoing, Position, TransactionalWriter
from hub.bus.sending import acknowledged, batched
from hub.database import connect
from tests.house import House, World, made_world
from tests.processes import Processes, text_of, until

CONTRACTS = ("prefecture", "child-policy", "tax")
LEDGER_READER = "ledger"


class Ledger:
    """The ledger of one world, written as the router writes it."""

    def __init__(self, world: World, folder: Path) -> None:
        self.settings, self.seqs = world.settings, Counter[tuple[str, int]]()
        self.processes = Processes(world.env, folder)
        self.topic = topics.ledger(world.settings.prefix)

    def lines(self, count: int) -> dict[tuple[str, int], list[Outgoing]]:
        made: dict[tuple[str, int], list[Outgoing]] = {}
        for nth in range(count):
            part = nth % self.settings.partitions
            made.setdefault((self.topic, part), []).append(self._line(part, CONTRACTS[: nth % 3 + 1]))
        return made

    def _line(self, part: int, told: tuple[str, ...]) -> Outgoing:
        for name in told:
            self.seqs[name, part] += 1
        entries = [
            {"contract": name, "contract_hash": "0" * 64, "disclosure": str(uuid4()), "state": "inside",
             "seq": self.seqs[name, part], "items": ["name"], "token_sha256": "0" * 64} for name in told
        ]  # fmt: skip
        content: dict[str, Any] = {
            "change": str(uuid4()), "subject": "0" * 32, "book": "b" * 64, "decided_on": "2026-04-01", "told": entries,
            "recorded_at": datetime.now(UTC).isoformat(), "digest": "0" * 64, "version": int(time.time() * 1e6),
        }  # fmt: skip
        return Outgoing(b"k" * 16, orjson.dumps(content), (), int(time.time() * 1000))

    async def write(self, count: int) -> None:
        async with self.writer() as writer:
            lines = self.lines(count)
            positions = {part: Position(0, "{}") for _, part in lines}
            prefix = self.settings.prefix
            await writer.commit(lines, topics.router_group(prefix), topics.changes(prefix), positions)

    async def write_and_abort(self, count: int) -> None:
        before = self.seqs.copy()
        async with self.writer() as writer:
            await writer._producer.begin_transaction()
            await acknowledged(writer._producer, batched(writer._producer, self.lines(count)))
            await writer._producer.abort_transaction()
        self.seqs = before

    @asynccontextmanager
    async def writer(self) -> AsyncIterator[TransactionalWriter]:
        transaction = topics.router_transaction(self.settings.prefix, 0)
        async with bus.transactional_writer(self.settings, "router", transaction) as writer:
            yield writer

    @property
    def told(self) -> dict[str, int]:
        return {name: sum(self.seqs[name, part] for part in range(self.settings.partitions)) for name in CONTRACTS}

    async def tallied(self) -> dict[str, int]:
        """What the watch has counted, all hours together."""
        async with connect(self.settings.database, 1) as database:
            rows = await database.fetch("SELECT contract, sum(told)::int AS n FROM hub.watch_hours GROUP BY contract")
            return {row["contract"]: row["n"] for row in rows}

    async def equal(self) -> None:
        """Every tally equals the ledger, and stays so when everything is looked at once more."""
        await until(self.tallied, lambda seen: seen == self.told, f"tallies {self.told}")
        async with connect(self.settings.database, 1) as database:
            told = await database.fetch("SELECT contract, count(*) AS n FROM hub.told GROUP BY contract")
        assert {row["contract"]: row["n"] for row in told} == self.told

    def limit(self, size: int) -> None:
        """The largest batch that the broker takes on the topic of the watch."""
        admin = AdminClient(connection(self.settings.kafka, self.settings.secrets_dir, "admin"))
        entry = ConfigEntry("max.message.bytes", str(size), incremental_operation=AlterConfigOpType.SET)
        topic = topics.watch(self.settings.prefix)
        resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
        for answer in admin.incremental_alter_configs([resource]).values():
            answer.result()

    async def metric(self, name: str) -> float:
        text = await asyncio.to_thread(text_of, f"http://127.0.0.1:{self.processes.port('watch')}/metrics")
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name))


@pytest.fixture(scope="module")
def ledger(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """One world for all tests of this module: each adds to the same ledger, and looks at the whole of it."""
    folder = tmp_path_factory.mktemp("watch")
    with made_world(house, folder / "data") as world:
        ledger = Ledger(world, folder)
        ledger.processes.hub("ledger", "ledger")
        ledger.processes.hub("watch", "watch")
        yield ledger
        ledger.processes.stop()


@pytest.mark.trap("F10", "F11")
async def test_what_a_transaction_took_back_is_not_counted_and_no_marker_hides_a_line(ledger: Ledger) -> None:
    await ledger.write(40)
    await ledger.write_and_abort(40)
    for _ in range(5):
        await ledger.write(8)
    await ledger.equal()


@pytest.mark.trap("F1", "F5", "F8")
async def test_what_is_no_record_of_the_archive_costs_no_tally_and_is_counted(ledger: Ledger) -> None:
    refused = await ledger.metric("hub_watch_refused_records_total")
    watched = topics.watch(ledger.settings.prefix)
    poison = [Outgoing(None, value, (), int(time.time() * 1000)) for value in (b"{", b'{"lines":[{}]}', None, b"\xff")]
    async with bus.writer(ledger.settings, LEDGER_READER) as writer:
        await writer.send({(watched, 0): poison})
    await ledger.write(20)
    await ledger.equal()
    await until(lambda: ledger.metric("hub_watch_refused_records_total"), lambda n: n == refused + 4, "refusals")


@pytest.mark.trap("F2")
async def test_what_the_broker_refuses_is_forwarded_once_it_takes_it(ledger: Ledger) -> None:
    ledger.limit(100)
    await ledger.write(20)

    async def waits() -> bool:
        return '"forwarding-waits"' in ledger.processes.logs()

    await until(waits, bool, "a refusal")
    assert await ledger.tallied() != ledger.told
    ledger.limit(1_048_588)
    await ledger.equal()


@pytest.mark.faults
@pytest.mark.trap("F3", "F5", "F6", "input-25")
async def test_a_killed_watch_and_one_that_comes_and_goes_change_no_tally(ledger: Ledger) -> None:
    await ledger.write(40)
    ledger.processes.kill("watch")
    await ledger.write(40)
    ledger.processes.hub("watch", "watch")
    ledger.processes.hub("watch-1", "watch", "--slot", "1")
    await ledger.write(40)
    await ledger.equal()
    ledger.processes.kill("watch-1", signal.SIGTERM)
    ledger.processes.hub("watch-1", "watch", "--slot", "1")
    await ledger.write(40)
    await ledger.equal()
