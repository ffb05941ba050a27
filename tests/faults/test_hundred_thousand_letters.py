"""A crowd of dead letters is replayed in living traffic: cancelled half-way, run by two at once, killed, some failing.

Everything is real: the changes come through router and topic, the letters are planned, approved and run by commands
that persons type, the prefecture's stand-in takes what it is told. `JUKI_TEST_LETTERS` is the size of the crowd
(100,000). What is measured is printed (-s): letters a second, and how long a living change takes from its publication
to the counterpart's receipt, before the replay and during it.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest

from tests import people
from tests.house import House, made_world
from tests.integration.replay.office import City, city
from tests.processes import Processes, asked, ordered

pytestmark = pytest.mark.faults
SIZES = [
    pytest.param(300, id="three-hundred"),
    pytest.param(int(os.environ.get("JUKI_TEST_LETTERS", "100000")), id="all", marks=pytest.mark.timeout(7200)),
]
CONTRACT = "prefecture"
LIVING = 10_000_000
"""Living residents are numbered from here on."""
LIVING_SECONDS = 0.2
"""Between two of them: forty times what a city of 500,000 has in its busiest hour."""
FEW = 1000
"""Fewer letters than this would be through before anybody cancels: a twentieth of them is let go a second."""
FLOOR_SECONDS = 0.1
"""Below this a latency is noise."""
PATIENCE_SECONDS = 1800.0
LOOK_SECONDS = 1.0
"""Counting a crowd is work for the database as well."""


class Office:
    """The city, what of it has been told, and what lives in it besides."""

    def __init__(self, made: City, size: int) -> None:
        self.city, self.size = made, size
        self.prefecture = made.processes.urls[CONTRACT]
        self.sent: dict[UUID, datetime] = {}
        self.enough = False

    @property
    def pace(self) -> list[str]:
        return ["--rate", str(self.size / 20)] if self.size < FEW else []

    async def counted(self, sql: str, *values: Any) -> int:
        return int(await self.city.database.fetchval(f"SELECT count(*) FROM inbox.{sql}", *values))

    async def until(self, count: int, sql: str, *values: Any) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while (found := await self.counted(sql, *values)) < count:
            assert time.monotonic() < end, f"{found} of {count}: {sql}"
            await asyncio.sleep(LOOK_SECONDS)

    async def publish(self, residents: range) -> None:
        for start in range(0, len(residents), 500):
            await self.city.relocate(*residents[start : start + 500])

    async def live(self) -> None:
        """One resident after another moves."""
        while not self.enough:
            now = datetime.now(UTC)
            [change] = await self.city.relocate(LIVING + len(self.sent))
            self.sent[uuid5(change, CONTRACT)] = now
            await asyncio.sleep(LIVING_SECONDS)

    async def seconds(self, since: datetime, until: datetime) -> list[float]:
        """How long took what was published in between, until the counterpart's receipt was kept."""
        meant = {disclosure: at for disclosure, at in self.sent.items() if since <= at < until}
        sql = "SELECT id, settled_at FROM inbox.disclosures WHERE state = 'delivered' AND id = ANY($1)"
        rows = await self.city.database.fetch(sql, [*meant])
        assert len(rows) == len(meant)
        return sorted((row["settled_at"] - meant[UUID(str(row["id"]))]).total_seconds() for row in rows)

    async def approved(self) -> str:
        """A plan of all letters, made by one and approved by another person."""
        made = await self.sees("ito", "replay", "plan", "--contract", CONTRACT, "--reason", "repaired")
        assert (await self.sees("kato", "replay", "approve", made["plan"]))["state"] == "approved"
        return str(made["plan"])

    async def sees(self, *words: str) -> Any:
        return await asyncio.to_thread(self.city.sees, *words)

    def runs(self, person: str, plan: str) -> "subprocess.Popen[str]":
        return self.city.begins(person, "replay", "run", plan, "--json", *self.pace)

    async def handed(self, plan: str, count: int) -> None:
        await self.until(count, "plan_items WHERE plan = $1 AND handed_at IS NOT NULL", UUID(plan))

    async def nothing_on_its_way(self) -> None:
        """What a cancelled plan had handed over ends as it ends, and nobody waits for it: it is waited for here."""
        end = time.monotonic() + PATIENCE_SECONDS
        while found := await self.counted("plan_items WHERE state = 'handed'"):
            assert time.monotonic() < end, f"{found} are on their way"
            await asyncio.sleep(LOOK_SECONDS)


@pytest.fixture
async def office(house: House, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Office]:
    """A crowd of dead letters, every tenth with a follower; every fiftieth resident is refused still."""
    with made_world(house, tmp_path / "data") as world:
        environment = {**world.env, "HUB_MAX_WAITING": "1000000"}
        processes = Processes(environment, tmp_path)
        try:
            async with city(world, processes) as made:
                found = Office(made, request.param)
                await dead(found)
                yield found
        finally:
            processes.stop()


async def dead(office: Office) -> None:
    size, processes = office.size, office.city.processes
    ordered(office.prefecture, fault="down")
    await office.publish(range(1, size + 1))
    await office.until(size, "disclosures")
    await asyncio.to_thread(processes.kill, "deliver")
    await office.city.database.execute(
        "UPDATE inbox.disclosures SET state = 'dead', code = 'counterpart-not-accepted', attempts = 1,"
        " settled_at = received_at, first_failed_at = received_at"
    )
    processes.hub("deliver", "deliver", "--contract", CONTRACT)
    await office.publish(range(10, size + 1, 10))
    await office.until(size + size // 10, "disclosures")
    await office.until(size, "disclosures WHERE mirrored_at IS NOT NULL")
    refuse(office)


def refuse(office: Office) -> None:
    ordered(office.prefecture, fault="clear")
    failing = [people.record(resident)["juminhyo_code"] for resident in range(50, office.size + 1, 50)]
    ordered(office.prefecture, fault="refuse-many", subjects=failing)


@pytest.mark.trap("input-24", "D7", "D8", "D10")
@pytest.mark.parametrize("office", SIZES, indirect=True)
async def test_a_crowd_of_letters_is_replayed_in_living_traffic_without_loss_doubling_or_disorder(
    office: Office,
) -> None:
    flow, started = asyncio.create_task(office.live()), datetime.now(UTC)
    await asyncio.sleep(max(3.0, min(60.0, office.size / 500)))  # what it is like without any replay
    begun = datetime.now(UTC)
    await cancelled_half_way_while_two_run_it(office)
    await killed_and_run_again(office)
    failing = office.size // 50
    assert await left(office) == {"dead": failing, "waiting": failing}
    await what_failed_is_replayed_when_it_can_be(office)
    ended = datetime.now(UTC)
    office.enough = True
    await flow
    await office.until(office.size + office.size // 10 + len(office.sent), "disclosures WHERE state = 'delivered'")
    before, during = await office.seconds(started, begun), await office.seconds(begun, ended)
    report(office.size, (ended - begun).total_seconds(), before, during)
    await judged(office)
    if office.size > FEW:
        assert p99(during) <= 2 * max(p99(before), FLOOR_SECONDS)


async def cancelled_half_way_while_two_run_it(office: Office) -> None:
    plan = await office.approved()
    both = [office.runs(person, plan) for person in ("ito", "mori")]
    await office.handed(plan, office.size // 2)
    cancelled = await asyncio.to_thread(office.city.types, "ito", "replay", "cancel", plan)
    assert cancelled.returncode == 0, cancelled.stderr
    said = await asyncio.gather(*(asyncio.to_thread(one.communicate) for one in both))
    assert sorted(one.returncode for one in both) == [3, 5], said  # one worked, and one was told that another does
    await office.nothing_on_its_way()


async def killed_and_run_again(office: Office) -> None:
    plan = await office.approved()
    first = office.runs("ito", plan)
    await office.handed(plan, office.size // 10)
    first.kill()
    await asyncio.to_thread(first.communicate)
    again = office.runs("mori", plan)
    out, errors = await asyncio.to_thread(again.communicate)
    assert again.returncode == 3, errors  # some are refused still
    assert json.loads(out)["ended"]["refused"] == office.size // 50
    await office.nothing_on_its_way()


async def left(office: Office) -> dict[str, int]:
    """What is left of the crowd: letters, and who waits behind them."""
    rows = await office.city.database.fetch(
        "SELECT state, count(*) AS n FROM inbox.disclosures d WHERE state = 'dead' OR (state = 'waiting' AND EXISTS"
        " (SELECT FROM inbox.disclosures e WHERE e.subject = d.subject AND e.state = 'dead')) GROUP BY state"
    )
    return {row["state"]: row["n"] for row in rows}


async def what_failed_is_replayed_when_it_can_be(office: Office) -> None:
    ordered(office.prefecture, fault="clear")
    last = office.runs("ito", await office.approved())
    out, errors = await asyncio.to_thread(last.communicate)
    assert last.returncode == 0, errors
    assert json.loads(out)["ended"] == {"delivered": office.size // 50}


async def judged(office: Office) -> None:
    """Nothing lost, nothing doubled, order kept; a line of the ledger for every release, and none too many."""
    seen = await asyncio.to_thread(asked, office.prefecture, "/told")
    told = Counter(one["id"] for one in seen["told"])
    assert (len(told), max(told.values())) == (office.size + office.size // 10 + len(office.sent), 1)
    versions: dict[str, int] = {}
    for one in seen["told"]:
        assert one["version"] > versions.get(one["subject"], 0)
        versions[one["subject"]] = one["version"]
    assert await office.counted("disclosures WHERE state <> 'delivered'") == 0
    released = await office.counted("plan_items WHERE handed_at IS NOT NULL")
    await office.until(released, "plan_items i JOIN hub.releases r ON r.plan = i.plan AND r.disclosure = i.letter")
    assert await office.city.database.fetchval("SELECT count(*) FROM hub.releases") == released


def p99(seconds: list[float]) -> float:
    return seconds[min(len(seconds) - 1, int(len(seconds) * 0.99))]


def report(size: int, seconds: float, before: list[float], during: list[float]) -> None:
    """What was measured; seen with -s."""
    sys.stdout.write(
        f"\n{size} letters in {seconds:.0f} s ({size / seconds:.0f}/s; planning, approving, cancelling and a crash"
        f" included); living p99 {p99(before) * 1000:.0f} ms before ({len(before)}),"
        f" {p99(during) * 1000:.0f} ms during ({len(during)})\n"
    )
