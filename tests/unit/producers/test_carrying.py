"""Whoever carries stands still for nobody: what hangs is given up and begun again, and the others go on meanwhile."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from hub.errors import DatabaseError, ProduceFailed
from hub.lifecycle import Process
from producers import carrying
from producers.outbox import SHARDS

Carried = Callable[[tuple[int, ...]], Any]


class Registry:
    """On all shards that are asked for so many rows wait; at the first looks it may not answer."""

    def __init__(self, rows: int = 1, refuses: int = 0) -> None:
        self.looks = 0
        self._rows, self._refuses = rows, refuses

    async def fetch(self, _sql: str, shards: Sequence[int], _most: int) -> list[dict[str, int]]:
        self.looks += 1
        if self.looks <= self._refuses:
            raise DatabaseError("connection-lost")
        return [{"shard": shard, "rows": self._rows} for shard in shards]


class Relay:
    """Notes what it is given to carry, and does with it what the test says."""

    shard = 0

    def __init__(self, does: Carried) -> None:
        self.lots: list[tuple[int, ...]] = []
        self._does = does

    async def carry(self, source: Any = None) -> int:
        lot = source.shards if source else (0,)
        self.lots.append(lot)
        return await self._does(lot) or 0


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


async def test_while_one_shard_waits_for_its_broker_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying, "LATE_SECONDS", 0.01)
    process, answered, passed = Process("relay"), asyncio.Event(), []

    async def first_waits(lot: tuple[int, ...]) -> None:
        if lot == (0,):
            await answered.wait()
            return
        passed.append(lot)
        if len(passed) > 3 * SHARDS:
            process.stopping.set()
            answered.set()
        if 0 in lot:
            raise ProduceFailed("not-acknowledged")

    lots = await carried(first_waits, Registry(), process)
    assert lots.count((0,)) == 1


async def test_a_shard_on_which_much_waits_is_carried_beside_the_others() -> None:
    process, inside = Process("relay"), asyncio.Barrier(SHARDS)

    async def together(_: tuple[int, ...]) -> int:
        await inside.wait()
        process.stopping.set()
        return carrying.BATCH

    lots = await carried(together, Registry(rows=carrying.BATCH), process)
    assert lots == [(shard,) for shard in range(SHARDS)]


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
        await carrying.carry_on(process, relay)
    assert len(relay.lots) == 2


@pytest.mark.parametrize(("carried", "seconds"), [(0, 0.02), (1, 0.025), (4, 0.04), (5, 0.045), (249, 0.045)])
def test_the_more_was_carried_the_longer_it_rests_but_never_long(carried: int, seconds: float) -> None:
    assert carrying.rest(carried) == pytest.approx(seconds)
