"""Whoever carries stands still for nobody: what hangs is given up and begun again, and the others go on meanwhile."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pytest

from hub.errors import DatabaseError, ProduceFailed
from hub.lifecycle import FRESH_SECONDS, Process
from producers import carrying
from producers.outbox import SHARDS

Carried = Callable[[tuple[int, ...]], Any]


class Registry:
    """On all shards that are asked for something waits; at the first looks it may not answer."""

    def __init__(self, refuses: int = 0) -> None:
        self.looks = 0
        self._refuses = refuses

    async def fetch(self, _sql: str, shards: Sequence[int]) -> list[dict[str, int]]:
        self.looks += 1
        if self.looks <= self._refuses:
            raise DatabaseError("connection-lost")
        return [{"shard": shard} for shard in shards]


class Relay:
    """Notes what it is given to carry, and does with it what the test says."""

    def __init__(self, does: Carried) -> None:
        self.lots: list[tuple[int, ...]] = []
        self._does = does

    async def carry(self, source: Any) -> int:
        self.lots.append(source.shards)
        return await self._does(source.shards) or 0


class Source(NamedTuple):
    """Another source, which has nothing of an outbox."""

    shards: tuple[int, ...]


async def carried(does: Carried, registry: Registry, process: Process) -> list[tuple[int, ...]]:
    """All lots, in order, until the process is to stop."""
    relay: Any = Relay(does)
    reg: Any = registry
    async with asyncio.timeout(10):
        await carrying.Carrier(process, reg, [relay] * SHARDS).carry_on()
    return relay.lots


async def test_all_that_waits_is_carried_in_one_lot() -> None:
    process = Process("relay")

    async def once(_: tuple[int, ...]) -> None:
        process.stopping.set()

    assert await carried(once, Registry(), process) == [tuple(range(SHARDS))]


@pytest.mark.trap("A3")
async def test_an_attempt_that_hangs_is_given_up_and_begun_again_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying, "CARRY_SECONDS", 0.05)
    process = Process("relay")

    async def hangs_at_first(lot: tuple[int, ...]) -> None:
        if len(lot) > 1:
            await asyncio.Event().wait()
        process.stopping.set()

    first, *then = await carried(hangs_at_first, Registry(), process)
    assert first == tuple(range(SHARDS))
    assert then
    assert all(len(lot) == 1 for lot in then)


async def test_while_one_shard_waits_for_its_broker_the_others_go_on() -> None:
    process, answered, passed = Process("relay"), asyncio.Event(), []

    async def first_waits(lot: tuple[int, ...]) -> int:
        if lot == (0,):
            await answered.wait()
            return 1
        if 0 in lot:
            raise ProduceFailed("not-acknowledged")
        passed.append(lot)
        if len(passed) == 30:  # each of which would be late if it waited for the one that is
            process.stopping.set()
            answered.set()
        return 1

    async with asyncio.timeout(30 * carrying.LATE_SECONDS / 3):
        lots = await carried(first_waits, Registry(), process)
    assert lots.count((0,)) == 1


async def test_after_a_large_lot_all_shards_are_carried_side_by_side() -> None:
    process, inside = Process("relay"), asyncio.Barrier(SHARDS)

    async def together(lot: tuple[int, ...]) -> int:
        if len(lot) == 1:
            await inside.wait()
            process.stopping.set()
        return carrying.PLENTY

    lots = await carried(together, Registry(), process)
    assert lots == [tuple(range(SHARDS)), *((shard,) for shard in range(SHARDS))]


async def test_a_registry_that_does_not_answer_is_asked_again(capsys: pytest.CaptureFixture[str]) -> None:
    process, registry = Process("relay"), Registry(refuses=2)

    async def once(_: tuple[int, ...]) -> None:
        process.stopping.set()

    assert len(await carried(once, registry, process)) == 1
    assert registry.looks == 3
    assert "connection-lost" in "".join(capsys.readouterr())


@pytest.mark.trap("A3")
async def test_another_source_that_hangs_is_given_up_and_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying, "CARRY_SECONDS", 0.05)
    process = Process("relay")

    async def hangs_at_first(_: tuple[int, ...]) -> None:
        if len(relay.lots) == 1:
            await asyncio.Event().wait()
        process.stopping.set()

    relay: Any = Relay(hangs_at_first)
    async with asyncio.timeout(10):
        await carrying.carry_log(process, relay, Source((0,)))
    assert len(relay.lots) == 2


@pytest.mark.parametrize(("carried", "seconds"), [(0, 0.02), (1, 0.025), (4, 0.04), (5, 0.045), (249, 0.045)])
def test_the_more_was_carried_the_longer_it_rests_but_never_long(carried: int, seconds: float) -> None:
    assert carrying.rest(carried) == pytest.approx(seconds)


@pytest.mark.trap("A3")
async def test_a_look_that_hangs_is_given_up_and_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying, "ANSWER_SECONDS", 0.05)
    process = Process("relay")

    class Hangs(Registry):
        async def fetch(self, sql: str, shards: Sequence[int]) -> list[dict[str, int]]:
            found = await super().fetch(sql, shards)
            if self.looks == 1:
                await asyncio.Event().wait()
            return found

    async def once(_: tuple[int, ...]) -> None:
        process.stopping.set()

    assert await carried(once, Hangs(), process) == [tuple(range(SHARDS))]


async def test_a_lot_that_hangs_is_told_by_the_health_of_the_process() -> None:
    now, passed, enough = [0.0], [], asyncio.Event()
    process = Process("relay", clock=lambda: now[0])

    async def hangs(lot: tuple[int, ...]) -> int:
        if len(lot) > 1:
            raise ProduceFailed("not-acknowledged")
        if lot == (0,):
            now[0] = FRESH_SECONDS
            await enough.wait()
            process.stopping.set()
        passed.append(process.status)
        if len(passed) == 3 * SHARDS:  # the others have beaten since
            enough.set()
        return 1

    await carried(hangs, Registry(), process)
    assert passed[-1] == "stalled"

