"""kill -9 of relay, router and consumers in turn, under load: nothing lost, nothing out of order, no effect twice.

An oracle files the notices itself, so it knows which Changes there are; the ledger says what each contract is told of
them; the counterparts' own memory, and the department's topic, say what arrived.
"""

import random
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from tests.house import World

from hub import bus, topics
from hub.database import Database, connect
from hub.keys import KeyStore
from hub.seal import Place, header, open_token
from hub.wrapping import wrapper
from producers import city, todokede
from tests.processes import KINDS, Processes, asked, until

VICTIMS = ("relay", "router", "deliver-prefecture", "router", "relay", "deliver-convenience-store", "ledger",
           "router", "deliver-intermediate-server", "relay")  # fmt: skip
PER_VICTIM = 12


def relocation(receipt: int, atena_no: str, dice: random.Random) -> bytes:
    number = f"{dice.randrange(1, 99)}番{dice.randrange(1, 20)}号"
    return orjson.dumps({
        "receipt": f"oracle-{receipt}", "act": "relocate", "notified_on": "2026-04-02", "atena_nos": [atena_no],
        "moved_on": "2026-04-01", "address": {"town": "架空町", "number": number, "text": f"架空市架空町{number}"},
    })  # fmt: skip


async def people(registry: Database) -> list[str]:
    rows = await registry.fetch("SELECT record FROM registry.resident ORDER BY atena_no")
    records = [orjson.loads(row["record"]) for row in rows]
    return [one["atena_no"] for one in records if one["is_household_head"] and not one["protected"]][:20]


async def file_some(registry: Database, numbers: list[str], first: int, dice: random.Random) -> list[str]:
    made: list[str] = []
    for receipt in range(first, first + PER_VICTIM):
        answer = await todokede.answer(registry, relocation(receipt, dice.choice(numbers), dice), datetime.now(UTC))
        assert answer.code is None
        made += map(str, answer.changes)
    return made


@pytest.mark.timeout(240)
async def test_kill_nine_in_turn_loses_repeats_and_reorders_nothing(world: World, tmp_path: Path) -> None:
    dice = random.Random(20260402)
    processes = Processes(world.env, tmp_path)
    processes.standins()
    async with connect(world.settings.registry_dsn) as registry, connect(world.settings.database) as database:
        await city.load(registry, 120, 3, None, lambda _done: None)
        numbers = await people(registry)
        processes.all()
        try:
            minted: list[str] = []
            for turn, victim in enumerate(VICTIMS):
                minted += await file_some(registry, numbers, turn * PER_VICTIM, dice)
                processes.kill(victim)
                processes.hub(victim, *arguments_of(victim))
            await everything_arrived(database, processes, minted)
            await check_ledger(database, minted)
            for kind in KINDS:
                check_counterpart(asked(processes.urls[kind], "/told"))
            await check_department(world, database)
        finally:
            processes.stop()


def arguments_of(victim: str) -> list[str]:
    return ["deliver", "--contract", victim.removeprefix("deliver-")] if victim.startswith("deliver-") else [victim]


async def everything_arrived(database: Database, processes: Processes, minted: list[str]) -> None:
    async def missing() -> dict[str, int]:
        archived = await database.fetchval("SELECT count(DISTINCT change) FROM hub.ledger")
        rows = await database.fetch("SELECT contract, count(DISTINCT disclosure) AS n FROM hub.told GROUP BY contract")
        told = {row["contract"]: row["n"] for row in rows}
        arrived = {kind: len(asked(processes.urls[kind], "/told")["told"]) for kind in KINDS}
        return {"ledger": len(minted) - archived} | {kind: told.get(kind, 0) - arrived[kind] for kind in KINDS}

    await until(missing, lambda found: not any(found.values()), "every disclosure")


async def check_ledger(database: Database, minted: list[str]) -> None:
    rows = await database.fetch("SELECT DISTINCT change FROM hub.ledger")
    assert {str(row["change"]) for row in rows} == set(minted)
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
        head, payload = open_token(record.value, key, Place(name, topic, record.partition))
        if head["jti"] not in seen:
            versions[record.key or b""].append(orjson.loads(payload)["version"])
        seen.add(head["jti"])
    rows = await database.fetch("SELECT DISTINCT disclosure FROM hub.told WHERE contract = $1", name)
    assert seen == {str(row["disclosure"]) for row in rows}
    assert all(told == sorted(set(told)) for told in versions.values())
