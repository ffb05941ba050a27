"""The measurements of the whole line run, and what they counted is what was decided."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import pytest

from contracts import book
from hub.config import Settings, inherited
from hub.database import connect
from producers import city
from producers.bench import first_load, whole_year
from producers.snapshot import mirrors
from producers.todokede import answer, today
from producers.year.calendar import brought_at, year

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

RESIDENTS, SEED, YEAR, LIMIT = 60, 7, 2027, 40
VILLAGE = ("--residents", str(RESIDENTS), "--seed", str(SEED))


def measured(folder: Path, *words: str) -> Any:
    command = [sys.executable, "-m", "hub", "bench", *words, "--data", str(folder / "bench"), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=inherited(), cwd=folder)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_measured_first_load_told_each_contract_what_is_decided(tmp_path: Path) -> None:
    day = today(datetime.now(UTC))
    found = measured(tmp_path, "snapshot", *VILLAGE)
    shipped = book.load()
    wanted = first_load.expected(shipped, RESIDENTS, SEED, day)
    assert (found["residents"], found["told"]) == (RESIDENTS, wanted)
    assert found["disclosures"] == sum(wanted.values()) > RESIDENTS
    assert {name for name, count in wanted.items() if count} <= {*mirrors(shipped.contracts, day)}
    assert min(found["topic_bytes"], found["broker_bytes"]) > 0
    assert 0 < found["registry_seconds"] <= found["seconds"]


async def test_the_measured_year_carried_every_change_of_its_notices(tmp_path: Path, databases: Settings) -> None:
    found = measured(tmp_path, "year", *VILLAGE, "--year", str(YEAR), "--limit", str(LIMIT))
    notices = list(islice(year(RESIDENTS, SEED, YEAR), LIMIT))
    async with connect(databases.registry_dsn, 1) as registry:
        await city.load(registry, RESIDENTS, SEED)
        filed = [await answer(registry, orjson.dumps(notice), brought_at(notice)) for notice in notices]
    assert found["notices"] == len(notices) > 0
    assert found["changes"] == sum(len(one.changes) for one in filed) > 0
    assert found["persons"] == sum(map(whole_year.persons, notices))
    assert 0 < found["filing_seconds"] <= found["seconds"]


def test_measured_delays_stand_beside_those_of_the_broker_alone_and_of_the_broker_beside_them(tmp_path: Path) -> None:
    found = measured(tmp_path, "latency", "--contracts", "2", "--per-second", "20", "--seconds", "3")
    changes, raw, beside = (found[name] for name in ("changes", "raw", "beside"))
    assert changes["count"] > beside["count"] > 0  # two topics, 20 a second; and one, about 10
    assert all(0 < one["p50"] <= one["p99"] <= one["longest"] for one in (changes, raw, beside))
    assert (found["times_raw"], found["times_beside"]) == (changes["p99"] / raw["p99"], changes["p99"] / beside["p99"])
