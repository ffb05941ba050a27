"""A crowd of dead letters is replayed in living traffic: cancelled half-way, run by two at once, cut off, some failing.

The database is real, the topics are in memory, the counterpart takes two milliseconds, and each run has a thread and a
loop of its own, as it has a process of its own in a city. `JUKI_TEST_LETTERS` is the size of the crowd (100,000); some
hundreds of the same show the same in a minute. What is measured is printed: letters a second, and how long a
living disclosure takes from the topic to the counterpart's receipt, before the replay and during it.
"""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from consumers import chunk, planning, running
from consumers.disclosure import Disclosure
from consumers.plans import Plan, Progress
from hub.database import connect
from hub.errors import NotPermitted
from hub.outcome import Outcome
from hub.people import Person
from tests.house import House, made_databases
from tests.integration.replay.desk import CROWD, ITO, KATO, MORI, Anybody, Desk, bound, in_order

SIZES = [
    pytest.param(300, id="three-hundred", marks=pytest.mark.faults),
    pytest.param(
        int(os.environ.get("JUKI_TEST_LETTERS", "100000")), id="all",
        marks=[pytest.mark.faults, pytest.mark.timeout(7200)],
    ),
]  # fmt: skip
LIVING = 10_000_000
"""Living residents are numbered from here on."""
FLOOR_SECONDS = 0.05
"""Below this a latency is noise."""
FULL_SPEED = running.Pace()


class Slow(Anybody):
    """Anybody who takes their time, and whose clock is looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.told_at: dict[str, float] = {}

    async def hand_over(self, line: Any, said: Disclosure) -> Outcome:
        await asyncio.sleep(0.002)
        outcome = await super().hand_over(line, said)
        self.told_at.setdefault(str(said.items[self.identifier]), time.monotonic())
        return outcome


class Living:
    """Living traffic: one resident after another moves, and it is looked at how long it takes until that is told."""

    def __init__(self, desk: Desk, counterpart: Slow) -> None:
        self.desk, self.counterpart = desk, counterpart
        self.sent: dict[int, float] = {}
        self.enough = False

    async def flow(self) -> None:
        while not self.enough:
            resident = LIVING + len(self.sent)
            self.sent[resident] = time.monotonic()
            await self.desk.relocate(resident)
            await asyncio.sleep(0.04)

    def seconds(self, since: float, until: float) -> list[float]:
        """What took how long, of everything that was sent in between and is told by now."""
        told = self.counterpart.told_at
        return sorted(told[code] - sent for resident, sent in self.sent.items()
                      if since <= sent < until and (code := self.desk.identifier(resident)) in told)  # fmt: skip


def p99(seconds: list[float]) -> float:
    return seconds[min(len(seconds) - 1, int(len(seconds) * 0.99))]


@asynccontextmanager
async def crowd(house: House, folder: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> AsyncIterator[Desk]:
    """A desk with `size` dead letters, every tenth with a follower; every fiftieth resident is still refused."""
    with made_databases(house, folder) as settings:
        async with connect(settings.database, 8) as database:
            desk = Desk(settings, database, monkeypatch)
            desk.book = bound({desk.name: desk.contract})
            desk.counterpart = Slow()
            await desk.many(range(1, size + 1))
            await desk.receive()
            await database.execute(
                "UPDATE inbox.disclosures SET state = 'dead', code = 'counterpart-not-accepted', attempts = 1,"
                " settled_at = received_at, first_failed_at = received_at"
            )
            await desk.many(range(10, size + 1, 10))
            await desk.receive()
            for resident in range(50, size + 1, 50):
                desk.refuse(resident)
            await database.execute("ANALYZE inbox.disclosures")
            yield desk


async def beside(work: Coroutine[Any, Any, Any]) -> Any:
    """In a thread with a loop of its own: what is a process of its own in a city."""
    return await asyncio.to_thread(asyncio.run, work)


async def run(
    desk: Desk, plan: Plan, person: Person, stop_at: int | None = None, pace: running.Pace = FULL_SPEED
) -> Progress:
    """One operator's run of a plan; cancelled by the same person once so many are handed over."""

    async def cancel() -> None:
        async with connect(desk.settings.database, 1) as own:
            await running.plans.note(own, plan.id, running.Event("cancelled", "", person.id, desk.now))

    async def ran() -> Progress:
        cancelling: list[asyncio.Future[None]] = []

        def seen(progress: Progress, _state: str) -> None:
            if stop_at is not None and progress.handed >= stop_at and not cancelling:
                cancelling.append(asyncio.ensure_future(cancel()))

        async with connect(desk.settings.database, 4) as own:
            done = await running.run(desk.settings, own, plan.id, person, pace, seen, desk.clock)
            await asyncio.gather(*cancelling)
            return done

    return await beside(ran())  # type: ignore[no-any-return]


async def approved(desk: Desk) -> Plan:
    """Planned by one, approved by another, beside the living traffic."""

    async def made() -> Plan:
        async with connect(desk.settings.database, 2) as own:
            wanted = planning.Filter(desk.name)
            plan = await planning.plan(desk.settings, own, desk.book, wanted, ITO, "repaired", desk.now)
            await planning.approve(desk.settings, own, desk.book, plan.id, KATO, desk.now)
            return plan

    return await beside(made())  # type: ignore[no-any-return]


def cut_off_once(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """After so many chunks one run dies between the ledger and the hand-over."""
    let_go, count = chunk.Chunks._let_go, [0]

    async def dying(self: chunk.Chunks, held: Any, free: Any) -> None:
        count[0] += 1
        if count[0] == after:
            raise RuntimeError("cut off")
        await let_go(self, held, free)

    monkeypatch.setattr(chunk.Chunks, "_let_go", dying)


async def nothing_on_its_way(desk: Desk) -> None:
    """What a cancelled plan had handed over ends as it ends, and nobody waits for it: it is waited for here."""
    end = time.monotonic() + 120
    while on_its_way := await desk.database.fetchval("SELECT count(*) FROM inbox.plan_items WHERE state = 'handed'"):
        assert time.monotonic() < end, f"{on_its_way} are on their way"
        await asyncio.sleep(0.05)


@pytest.mark.trap("input-24", "D7", "D8", "D10")
@pytest.mark.parametrize("size", SIZES)
async def test_a_crowd_of_letters_is_replayed_in_living_traffic_without_loss_doubling_or_disorder(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    async with crowd(house, tmp_path / "data", monkeypatch, size) as desk:
        living = Living(desk, desk.counterpart)  # type: ignore[arg-type]
        async with desk.handing_over():
            flow = asyncio.create_task(living.flow())
            started = time.monotonic()
            await asyncio.sleep(max(2.0, min(20.0, size / 500)))  # what it is like without any replay
            begun = time.monotonic()
            counts = await replayed(desk, size, monkeypatch)
            ended = time.monotonic()
            living.enough = True
            await flow
            await everything_told(desk, size + size // 10 + len(living.sent))
        failing = size // 50
        assert counts == {"dead": failing, "waiting": failing}
        before, during = living.seconds(started, begun), living.seconds(begun, ended)
        report(size, ended - begun, before, during)
        await judged(desk, size, len(living.sent))
        if size > 10 * CROWD:
            assert p99(during) <= 2 * max(p99(before), FLOOR_SECONDS)


async def replayed(desk: Desk, size: int, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Cancelled half-way, by two at once, cut off, and to its end; then what still fails. What is left of the crowd."""
    first = await approved(desk)
    pace = running.Pace(size / 5) if size <= CROWD else FULL_SPEED  # so few would be through before anybody cancels
    ended = await asyncio.gather(
        run(desk, first, ITO, size // 2, pace), run(desk, first, MORI, size // 2, pace), return_exceptions=True
    )  # fmt: skip
    codes = {one.code for one in ended if isinstance(one, NotPermitted)}
    assert codes <= {"plan-is-running", "plan-cancelled"}
    assert len(codes) == 1
    await nothing_on_its_way(desk)
    second = await approved(desk)
    cut_off_once(monkeypatch, after=1)
    with pytest.raises(RuntimeError, match="cut off"):
        await run(desk, second, ITO)
    await run(desk, second, MORI)
    await nothing_on_its_way(desk)
    sql = (
        "SELECT state, count(*) AS n FROM inbox.disclosures d WHERE state = 'dead' OR (state = 'waiting' AND EXISTS"
        " (SELECT FROM inbox.disclosures e WHERE e.subject = d.subject AND e.state = 'dead')) GROUP BY state"
    )
    left = {row["state"]: row["n"] for row in await desk.database.fetch(sql)}
    desk.accept()
    third = await approved(desk)
    assert (await run(desk, third, ITO)).ended == {"delivered": size // 50}
    return left


async def everything_told(desk: Desk, count: int) -> None:
    end = time.monotonic() + 120
    while len(desk.counterpart.taken) < count:
        assert time.monotonic() < end, f"{len(desk.counterpart.taken)} of {count} told"
        await asyncio.sleep(0.05)


async def judged(desk: Desk, size: int, living: int) -> None:
    """Nothing lost, nothing doubled, order kept; a line of the ledger for every release, and none too many."""
    told = desk.told()
    assert len(told) == len(set(told)) == size + size // 10 + living
    assert in_order(desk.counterpart.taken, desk.counterpart.identifier)
    assert await desk.states() == {"delivered": len(told)}
    await desk.archive()
    sql = (
        "SELECT count(*) FILTER (WHERE r.plan IS NULL) AS unnamed, count(*) FILTER (WHERE i.letter IS NULL) AS unknown"
        " FROM (SELECT * FROM inbox.plan_items WHERE handed_at IS NOT NULL) i"
        " FULL JOIN hub.releases r ON r.plan = i.plan AND r.disclosure = i.letter"
    )
    counts = await desk.database.fetchrow(sql)
    assert counts is not None
    assert (counts["unnamed"], counts["unknown"]) == (0, 0)


def report(size: int, seconds: float, before: list[float], during: list[float]) -> None:
    """What was measured; seen with -s."""
    sys.stdout.write(
        f"\n{size} letters in {seconds:.0f} s ({size / seconds:.0f}/s; planning, approving, cancelling and a crash"
        f" included); living p99 {p99(before) * 1000:.0f} ms before ({len(before)}),"
        f" {p99(during) * 1000:.0f} ms during ({len(during)})\n"
    )
