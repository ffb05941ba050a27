"""Each kind of fault as a block: inside it the fault is at work, on leaving the block it is healed.

`Refused` says why a fault cannot be had here. What is healed is not yet in step again: a node that was killed answers
again and has to catch up, a process that was killed is started by the keeper, and how long everything takes is measured
at the end.
"""

import asyncio
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from hub.errors import DatabaseError, DependencyUnavailable
from tests.faults.chaos.database import Server
from tests.faults.chaos.disk import Disk
from tests.faults.chaos.keeper import Keeper
from tests.faults.chaos.schedule import Fault
from tests.faults.cluster import Cluster
from tests.processes import PATIENCE_SECONDS, ordered

TOGETHER_SECONDS = 3.0
"""How long a process that was thawed and its successor are left side by side."""


class Refused(Exception):
    """This fault cannot be had on this machine, or not now."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that faults can happen to."""

    cluster: Cluster
    database: Server
    keeper: Keeper
    disks: Mapping[str, Disk]


Block = Callable[[Stage, Fault], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def process_killed(stage: Stage, fault: Fault) -> AsyncIterator[None]:
    stage.keeper.signal(fault.target, signal.SIGKILL)
    yield


@asynccontextmanager
async def process_frozen(stage: Stage, fault: Fault) -> AsyncIterator[None]:
    process = stage.keeper.signal(fault.target, signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


@asynccontextmanager
async def process_replaced(stage: Stage, fault: Fault) -> AsyncIterator[None]:
    """Frozen, taken for dead and replaced; then it goes on beside its successor, as zombies do."""
    stage.keeper.signal(fault.target, signal.SIGSTOP)
    elder = stage.keeper.replace(fault.target)
    try:
        yield
    finally:
        elder.send_signal(signal.SIGCONT)
        with suppress(subprocess.TimeoutExpired):
            await asyncio.to_thread(elder.wait, TOGETHER_SECONDS)
        elder.kill()
        elder.wait()


@asynccontextmanager
async def node_killed(stage: Stage, fault: Fault) -> AsyncIterator[None]:
    """One node, or several at once."""
    nodes = [int(node) for node in fault.target.split("+")]
    await asyncio.gather(*(asyncio.to_thread(stage.cluster.kill, node) for node in nodes))
    try:
        yield
    finally:
        await _started(stage)


@asynccontextmanager
async def controller_killed(stage: Stage, fault: Fault) -> AsyncIterator[None]:
    node = await asyncio.to_thread(stage.cluster.controller)
    if node is None:
        raise Refused("there was no controller")
    async with node_killed(stage, Fault(fault.at, fault.lasts, fault.kind, str(node), "")):
        yield


@asynccontextmanager
async def node_stopped(stage: Stage, fault: Fault) -> AsyncIterator[None]:
    await asyncio.to_thread(stage.cluster.stop, int(fault.target))
    try:
        yield
    finally:
        await _started(stage)


@asynccontextmanager
async def node_frozen(stage: Stage, fault: Fault) -> AsyncIterator[None]:
    stage.cluster.freeze(int(fault.target))
    try:
        yield
    finally:
        stage.cluster.thaw(int(fault.target))


@asynccontextmanager
async def cut_off(stage: Stage, fault: Fault) -> AsyncIterator[None]:
    """Bytes are lost, or held, in one direction or both, between a node and its clients, or between it and everyone."""
    node, there = int(fault.target), fault.how in {"both", "towards-node", "held"}
    back = fault.how in {"both", "towards-clients", "from-node", "held"}
    among: Any = "clients" if fault.kind == "clients-cut-off" else "everyone"
    await asyncio.to_thread(stage.cluster.cut, node, there, back, among=among, held=fault.how == "held")
    try:
        yield
    finally:
        await asyncio.to_thread(stage.cluster.heal, node)


@asynccontextmanager
async def node_slow(stage: Stage, fault: Fault) -> AsyncIterator[None]:
    await asyncio.to_thread(stage.cluster.slow, int(fault.target), float(fault.how))
    try:
        yield
    finally:
        await asyncio.to_thread(stage.cluster.heal, int(fault.target))


@asynccontextmanager
async def node_disk_full(stage: Stage, fault: Fault) -> AsyncIterator[None]:
    """Then it is started anew, as a person would who has made room."""
    async with _disk_full(stage, f"node-{fault.target}"):
        yield
    await asyncio.to_thread(stage.cluster.kill, int(fault.target))
    await _started(stage)


@asynccontextmanager
async def database_killed(stage: Stage, fault: Fault) -> AsyncIterator[None]:
    await asyncio.to_thread(stage.database.kill, fault.how)
    try:
        yield
    finally:
        await asyncio.to_thread(stage.database.start)


@asynccontextmanager
async def database_sessions_ended(stage: Stage, _fault: Fault) -> AsyncIterator[None]:
    await _sessions_ended(stage)
    yield
    await _sessions_ended(stage)


async def _sessions_ended(stage: Stage) -> None:
    """A server that is still recovering has no sessions yet."""
    until = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while True:
        try:
            return await stage.database.end_sessions()
        except (DependencyUnavailable, DatabaseError):
            if asyncio.get_running_loop().time() > until:
                raise
        await asyncio.sleep(0.1)


@asynccontextmanager
async def database_connections_exhausted(stage: Stage, _fault: Fault) -> AsyncIterator[None]:
    async with AsyncExitStack() as held:
        taking = asyncio.create_task(stage.database.take_connections(held))
        try:
            yield
        finally:
            taking.cancel()
            await asyncio.wait([taking])


@asynccontextmanager
async def database_disk_full(stage: Stage, _fault: Fault) -> AsyncIterator[None]:
    """A server that could not even write its journal has ended; then it is started again."""
    async with _disk_full(stage, "database"):
        yield
    await asyncio.to_thread(stage.database.start)


@asynccontextmanager
async def counterpart_killed(stage: Stage, fault: Fault) -> AsyncIterator[None]:
    stage.keeper.resting.add(fault.target)
    stage.keeper.signal(fault.target, signal.SIGKILL)
    try:
        yield
    finally:
        stage.keeper.resting.discard(fault.target)


@asynccontextmanager
async def counterpart_down(stage: Stage, fault: Fault) -> AsyncIterator[None]:
    async with _ordered(stage, fault, {"fault": "down", "how": fault.how}):
        yield


@asynccontextmanager
async def counterpart_slow(stage: Stage, fault: Fault) -> AsyncIterator[None]:
    seconds, when = fault.how.split("/")
    async with _ordered(stage, fault, {"fault": "slow", "seconds": float(seconds), "when": when}):
        yield


@asynccontextmanager
async def counterpart_talks_nonsense(stage: Stage, fault: Fault) -> AsyncIterator[None]:
    how, when = fault.how.split("/")
    async with _ordered(stage, fault, {"fault": "nonsense", "how": how, "when": when}):
        yield


@asynccontextmanager
async def clock_jumps(stage: Stage, fault: Fault) -> AsyncIterator[None]:
    clock = stage.keeper.clock(fault.target)
    clock.write_text(fault.how, encoding="ascii")
    try:
        yield
    finally:
        clock.unlink()


@asynccontextmanager
async def _ordered(stage: Stage, fault: Fault, order: dict[str, Any]) -> AsyncIterator[None]:
    await _told(stage, fault.target, **order)
    try:
        yield
    finally:
        await _told(stage, fault.target, fault="clear")


async def _told(stage: Stage, counterpart: str, **order: Any) -> None:
    """Give an order to a stand-in, which may be starting just now."""
    until = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while True:
        try:
            return await asyncio.to_thread(ordered, stage.keeper.urls[counterpart], **order)
        except OSError:
            if asyncio.get_running_loop().time() > until:
                raise
        await asyncio.sleep(0.1)


@asynccontextmanager
async def _disk_full(stage: Stage, name: str) -> AsyncIterator[None]:
    disk = stage.disks[name]
    if disk.refused:
        raise Refused(disk.refused)
    await asyncio.to_thread(disk.fill)
    try:
        yield
    finally:
        disk.free()


async def _started(stage: Stage) -> None:
    """Until all nodes answer: one that is still starting is no healed one."""
    await asyncio.to_thread(stage.cluster.start_all)


FAULTS: Mapping[str, Block] = {
    "process-killed": process_killed,
    "process-frozen": process_frozen,
    "process-frozen-beyond-its-transaction": process_frozen,
    "process-replaced-while-frozen": process_replaced,
    "node-killed": node_killed,
    "node-stopped": node_stopped,
    "node-frozen": node_frozen,
    "controller-killed": controller_killed,
    "quorum-killed": node_killed,
    "clients-cut-off": cut_off,
    "node-cut-off": cut_off,
    "node-slow": node_slow,
    "node-disk-full": node_disk_full,
    "database-killed": database_killed,
    "database-sessions-ended": database_sessions_ended,
    "database-connections-exhausted": database_connections_exhausted,
    "database-disk-full": database_disk_full,
    "counterpart-killed": counterpart_killed,
    "counterpart-down": counterpart_down,
    "counterpart-slow": counterpart_slow,
    "counterpart-talks-nonsense": counterpart_talks_nonsense,
    "clock-jumps": clock_jumps,
}
