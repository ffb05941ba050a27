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


def measured(folder: Path, *words: str) -> Any:
    command = [sys.executable, "-m", "hub", "bench", *words, "--residents", str(RESIDENTS), "--seed", str(SEED)]
    done = subprocess.run(
        [*command, "--data", str(folder / "bench"), "--json"], capture_output=True, text=True, check=False,
        env=inherited(), cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_measured_first_load_told_each_contract_what_is_decided(tmp_path: Path) -> None:
    day = today(datetime.now(UTC))
    found = measured(tmp_path, "snapshot")
    shipped = book.load()
    wanted = first_load.expected(shipped, RESIDENTS, SEED, day)
    assert (found["residents"], found["told"]) == (RESIDENTS, wanted)
    assert found["disclosures"] == sum(wanted.values()) > RESIDENTS
    assert {name for name, count in wanted.items() if count} <= {*mirrors(shipped.contracts, day)}
    assert min(found["topic_bytes"], found["broker_bytes"]) > 0
    assert 0 < found["registry_seconds"] <= found["seconds"]


async def test_the_measured_year_carried_every_change_of_its_notices(tmp_path: Path, databases: Settings) -> None:
    found = measured(tmp_path, "year", "--year", str(YEAR), "--limit", str(LIMIT))
    notices = list(islice(year(RESIDENTS, SEED, YEAR), LIMIT))
    async with connect(databases.registry_dsn, 1) as registry:
        await city.load(registry, RESIDENTS, SEED)
        filed = [await answer(registry, orjson.dumps(notice), brought_at(notice)) for notice in notices]
    assert found["notices"] == len(notices) > 0
    assert found["changes"] == sum(len(one.changes) for one in filed) > 0
    assert found["persons"] == sum(map(whole_year.persons, notices))
    assert 0 < found["filing_seconds"] <= found["seconds"]
