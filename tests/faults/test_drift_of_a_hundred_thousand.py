"""Ten differences planted among 100,000 residents whom the convenience stores hold are found, each with the change that
is missing, and healed by what travels the normal way: outbox, relay, router, ledger, topic, inbox, hand-over.

Everything is real. What the counterpart holds of the many stands in its journal before it starts, because to hand
100,000 records over takes minutes and shows nothing of this; the ten are told by the line first. `JUKI_TEST_DRIFT` is
the number of residents. What is measured is printed (-s): seconds and memory of `jukihub drift`, seconds until healed.
"""

import asyncio
import json
import os
import secrets
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from consumers.adapters import ADAPTERS
from consumers.disclosure import Disclosure
from contracts.change import JAPAN
from contracts.kept import kept
from hub import accounts, destroyed, tokens
from hub.database import Database, connect
from hub.people import Duty
from hub.pseudonym import Pseudonyms
from producers import accuracy, digests
from producers.city import load
from producers.drift.telling import tell_again
from producers.household import Record
from tests.house import World
from tests.integration.producers.registry import changed, died
from tests.office import FIRST
from tests.processes import Processes, instructed, until

pytestmark = pytest.mark.faults
SIZES = [
    pytest.param(500, id="five-hundred"),
    pytest.param(int(os.environ.get("JUKI_TEST_DRIFT", "100000")), id="all", marks=pytest.mark.timeout(1800)),
]
STORE = "convenience-store"
ALTERED, LOST, DEAD, HIDDEN = range(4), range(4, 7), range(7, 9), 9
"""Places among the ten: whose record is altered, lost, held although they died, held although they are protected."""
MEASURE = {"category": "DV", "starts_on": "2026-04-01", "ends_on": None}
MEMORY_MB = 400
"""What looking may take, of 100,000 residents."""


def now() -> datetime:
    return datetime.now(UTC)


class Town:
    """A register, the stores' counterpart, and everything in between."""

    def __init__(self, world: World, folder: Path, hub: Database, registry: Database) -> None:
        self.world, self.folder, self.hub, self.registry = world, folder, hub, registry
        self.processes = Processes(world.env, folder)
        self.key, self.journal = folder / "digests.key", folder / "stores.jsonl"
        self.contract = world.book.contracts[STORE]
        self.ten: list[tuple[UUID, Record]] = []

    async def settle(self, size: int) -> None:
        """Everybody moves in, the stores' journal says so, and everything starts."""
        await load(self.registry, size, 7)
        self.key.touch(mode=0o600)
        self.key.write_text(secrets.token_hex(32), encoding="ascii")
        with self.journal.open("wb") as file:
            async with accuracy.snapshot(self.registry) as tx:
                async for resident, record in digests.registered(tx):
                    self._noted(file, resident, record)
        options = ["--state", str(self.journal), "--digest-key-file", str(self.key)]
        self.processes.standins([STORE], {STORE: options})
        for name in ("relay", "router", "ledger"):
            self.processes.hub(name, name)
        self.processes.hub("deliver", "deliver", "--contract", STORE)
        await accounts.first(self.hub, "root", FIRST, now())
        operator = await accounts.add(self.hub, "ito", frozenset({Duty.OPERATOR}), FIRST, now())
        token = (await tokens.new(self.hub, operator.id, "test", tokens.LONGEST, now()))[1]
        self.processes.environment["HUB_TOKEN"] = token

    def _noted(self, file: Any, resident: UUID, record: Record) -> None:
        held = kept(record, self.contract, now().astimezone(JAPAN).date())
        if held is None:
            return
        if len(self.ten) < HIDDEN + 1:
            self.ten.append((resident, record))
        body = ADAPTERS[STORE].encode(Disclosure(resident, STORE, 1, "entered", held, False))
        said = {"n": 1, "id": str(resident), "subject": record["atena_no"], "version": 1, "receipt": "CONV-00000001",
                "state": "stored", "body": body}  # fmt: skip
        file.write(orjson.dumps(said) + b"\n")

    async def delivered(self, count: int) -> None:
        """Until so many hand-overs have ended, all of them well."""

        async def states() -> dict[str, int]:
            rows = await self.hub.fetch("SELECT state, count(*) AS n FROM inbox.disclosures GROUP BY state")
            return {row["state"]: row["n"] for row in rows}

        assert await until(states, lambda seen: sum(seen.values()) - seen.get("waiting", 0) == count, "the hand-overs")
        assert await states() == {"delivered": count}

    async def told(self) -> None:
        """The ten are told by the line; then two of them die, and one is protected."""
        await tell_again(self.registry, uuid4(), self.contract, [who for who, _ in self.ten], now())
        await self.delivered(len(self.ten))  # what began a protection would supersede what still waits
        for place in DEAD:
            await died(self.registry, *self.ten[place], now())
        who, record = self.ten[HIDDEN]
        hidden = record | {"protected": True, "dv_protection": MEASURE}
        await changed(self.registry, who, "PROTECTION_STARTED", record, hidden, now())
        await self.delivered(len(self.ten) + 3)

    async def planted(self) -> dict[str, tuple[str, UUID]]:
        """Plant ten differences: pseudonym -> sort and the change that is missing."""
        numbers = [record["atena_no"] for _, record in self.ten]
        gone = [numbers[place] for place in (*DEAD, HIDDEN)]
        instructed(self.processes.urls[STORE] + "/plant", {
            "altered": [numbers[place] for place in ALTERED], "lost": [numbers[place] for place in LOST],
            "foreign": dict.fromkeys(gone, numbers[0]),
        })  # fmt: skip
        key = await destroyed.pseudonym_keys(self.world.settings, self.hub)(STORE)
        names = Pseudonyms(key).of([who for who, _ in self.ten])
        sorts = {**dict.fromkeys(ALTERED, "different"), **dict.fromkeys(LOST, "missing")}
        return {
            name.hex(): (sorts.get(place, "foreign"), await self._last(self.ten[place][0]))
            for place, name in enumerate(names)
        }

    async def _last(self, who: UUID) -> UUID:
        found = await self.registry.fetchval(
            "SELECT change FROM registry.history WHERE resident = $1 ORDER BY version DESC LIMIT 1", who
        )
        return UUID(int=found.int)

    async def healed_in(self) -> float:
        """Seconds from the recording of the last SNAPSHOT to the last receipt of the counterpart."""
        version = await self.registry.fetchval("SELECT max(version) FROM registry.history WHERE kind = 'SNAPSHOT'")
        settled = await self.hub.fetchval("SELECT max(settled_at) FROM inbox.disclosures")
        return float(settled.timestamp() - version / 1_000_000)

    async def drift(self, *words: str) -> tuple[int, dict[str, Any]]:
        """`jukihub drift` as it is typed; its seconds and its memory are printed."""
        words = ("drift", STORE, "--key", str(self.key), "--settle", "1", "--json", *words)
        return await asyncio.to_thread(self._measured, words)

    def _measured(self, words: tuple[str, ...]) -> tuple[int, dict[str, Any]]:
        out, begin = self.folder / "said.json", time.monotonic()
        with out.open("wb") as file:
            process = subprocess.Popen([sys.executable, "-m", "hub", *words], stdout=file, cwd=self.folder,
                                       env=self.processes.environment)  # fmt: skip
            _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        memory = usage.ru_maxrss / 1024
        print(f"{' '.join(words[7:]) or 'drift'}: {time.monotonic() - begin:.1f} s, {memory:.0f} MB, "  # noqa: T201
              f"{usage.ru_utime + usage.ru_stime:.1f} s of CPU")  # fmt: skip
        assert memory < MEMORY_MB
        return process.returncode, json.loads(out.read_bytes())


@pytest.mark.parametrize("size", SIZES)
async def test_ten_differences_are_found_among_all_and_healed(world: World, tmp_path: Path, size: int) -> None:
    async with connect(world.settings.database, 2) as hub, connect(world.settings.registry_dsn, 2) as registry:
        town = Town(world, tmp_path, hub, registry)
        try:
            await town.settle(size)
            await town.told()
            assert await town.drift() == (0, {"contract": STORE, "counts": {}, "findings": [], "told_again": [],
                                              "request": None})  # fmt: skip
            expected = await town.planted()
            code, said = await town.drift("--heal", "--reason", "after a restore")
            found = {one["resident"]: (one["sort"], UUID(one["missing"]["change"])) for one in said["findings"]}
            assert (code, found, {*said["told_again"]}) == (0, expected, {*expected})
            await town.delivered(len(town.ten) + 3 + len(expected))
            print(f"healed {await town.healed_in():.1f} s after it was recorded")  # noqa: T201
            code, said = await town.drift()
            assert (code, said["findings"]) == (0, [])
        finally:
            town.processes.stop()
