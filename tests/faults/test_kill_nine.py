"""kill -9 of relay, router and consumers in turn, under load: nothing lost, nothing out of order, no effect twice.

An oracle files the notices itself, so it knows which Changes there are; the ledger says what each contract is told of
them; the counterparts' own memory, and the department's topic, say what arrived.
"""

import asyncio
import random
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from hub import bus, topics
from hub.database import Database, connect
from hub.keys import KeyStore
from hub.seal import Place, header, open_token
from hub.wrapping import wrapper
from producers import city, todokede
from tests.house import World
from tests.processes import KINDS, Processes, asked, until

pytestmark = pytest.mark.faults  # the short run after a seed kills as well, and is part of `make test`

VICTIMS = ("relay", "router", "deliver-prefecture", "router", "ledger", "relay", "deliver-convenience-store")


def relocation(receipt: int, household: list[str], dice: random.Random) -> bytes:
    number = f"{dice.randrange(1, 99)}番{dice.randrange(1, 20)}号"
    return orjson.dumps({
        "receipt": f"oracle-{receipt}", "act": "relocate", "notified_on": "2026-04-02", "atena_nos": household,
        "moved_on": "2026-04-01", "address": {"town": "架空町", "number": number, "text": f"架空市架空町{number}"},
    })  # fmt: skip


async def households(registry: Database) -> list[list[str]]:
    rows = await registry.fetch("SELECT record FROM registry.resident ORDER BY atena_no")
    found: dict[str, list[str]] = defaultdict(list)
    for record in (orjson.loads(row["record"]) for row in rows):
        found[record["household_no"]].append(record["atena_no"])
    return list(found.values())[:15]


class Oracle:
    """Files notices one after the other until it is told to end; knows every Change that it has made."""

    def __init__(self, registry: Database, seed: int) -> None:
        self.minted: set[str] = set()
        self.enough = False
        self._registry = registry
        self._dice = random.Random(seed)

    async def file(self, homes: list[list[str]]) -> None:
        receipt = 0
        while not self.enough:
            receipt += 1
            notice = relocation(receipt, self._dice.choice(homes), self._dice)
            answer = await todokede.answer(self._registry, notice, datetime.now(UTC))
            assert answer.code is None
            self.minted |= {str(change) for change in answer.changes}
            await asyncio.sleep(0.02)


async def archived(database: Database) -> int:
    return int(await database.fetchval("SELECT count(DISTINCT change) FROM hub.ledger"))


@pytest.mark.trap("input-16", "A21")
@pytest.mark.timeout(240)
async def test_kill_nine_in_turn_loses_repeats_and_reorders_nothing(world: World, tmp_path: Path) -> None:
    processes = Processes(world.env, tmp_path)
    processes.standins()
    async with connect(world.settings.registry_dsn) as registry, connect(world.settings.database) as database:
        await city.load(registry, 60, 3)
        oracle = Oracle(registry, 20260402)
        processes.all()
        filing = asyncio.create_task(oracle.file(await households(registry)))
        try:
            for victim in VICTIMS:
                before = await archived(database)
                await until(lambda: archived(database), lambda n, least=before + 20: n > least, "changes to flow")
                processes.kill(victim)
                processes.hub(victim, *arguments_of(victim))
            oracle.enough = True
            await filing
            await everything_arrived(database, processes, oracle.minted)
            await check_ledger(database, oracle.minted)
            for kind in KINDS:
                check_counterpart(asked(processes.urls[kind], "/told"))
            await check_department(world, database)
        finally:
            filing.cancel()
            processes.stop()


def arguments_of(victim: str) -> list[str]:
    return ["deliver", "--contract", victim.removeprefix("deliver-")] if victim.startswith("deliver-") else [victim]


async def everything_arrived(database: Database, processes: Processes, minted: set[str]) -> None:
    async def missing() -> dict[str, int]:
        rows = await database.fetch("SELECT contract, count(DISTINCT disclosure) AS n FROM hub.told GROUP BY contract")
        told = {row["contract"]: row["n"] for row in rows}
        arrived = {kind: len(asked(processes.urls[kind], "/told")["told"]) for kind in KINDS}
        lacking = {kind: told.get(kind, 0) - arrived[kind] for kind in KINDS}
        return lacking | {"ledger": len(minted) - await archived(database)}

    await until(missing, lambda found: not any(found.values()), "every disclosure")


async def check_ledger(database: Database, minted: set[str]) -> None:
    rows = await database.fetch("SELECT DISTINCT change FROM hub.ledger")
    assert {str(row["change"]) for row in rows} == minted
    gaps = await database.fetch("""
        SELECT contract, partition FROM hub.told GROUP BY contract, partition
        HAVING max(seq) <> count(*) OR min(seq) <> 1""")
    assert [dict(row) for row in gaps] == []


def check_counterpart(memory: dict[str, Any]) -> None:
    """Each disclosure had its effect once, and of each subject the versions rise."""
    ids = [one["id"] for one in memory["told"]]
    versions: dict[str, list[int]] = defaultdict(list)
    for one in memory["told"]:
        versions[one["subject"]].append(one["version"])
    assert len(ids) == len(set(ids))
    assert all(told == sorted(set(told)) for told in versions.values())
    assert memory["refused"] == []


async def check_department(world: World, database: Database) -> None:
    """The topic of a department: told what the ledger says, in order per resident, once a repeat is dropped."""
    settings, name = world.settings, "child-policy"
    topic = topics.disclosures(settings.prefix, name)
    keys = KeyStore(database, wrapper(settings))
    async with bus.reader(settings, f"subscriber-{name}", topic, range(settings.partitions)) as reader:
        records = await reader.read_to_end()
    versions: dict[bytes, list[int]] = defaultdict(list)
    seen: set[str] = set()
    for record in records:
        key = await keys.by_kid(header(record.value)["kid"])
        head, payload = open_token(record.value, key, Place(name, topic, record.partition), record.key)
        if head["jti"] not in seen:
            versions[record.key or b""].append(orjson.loads(payload)["version"])
        seen.add(head["jti"])
    rows = await database.fetch("SELECT DISTINCT disclosure FROM hub.told WHERE contract = $1", name)
    assert seen == {str(row["disclosure"]) for row in rows}
    assert all(told == sorted(set(told)) for told in versions.values())
