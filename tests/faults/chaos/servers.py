"""The house of one run: three nodes behind proxies and a PostgreSQL, topics and rights applied, a small city loaded."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.book import load
from hub import given
from hub.broker_admin import Broker
from hub.config import Settings, inherited, read
from hub.database import connect
from hub.errors import DependencyUnavailable
from hub.migrate import migrate_all
from hub.wanted import wanted
from producers import city
from tests.faults.chaos.database import Server
from tests.faults.chaos.disk import Disk, small_disk
from tests.faults.chaos.faults import Stage
from tests.faults.chaos.keeper import Keeper
from tests.faults.chaos.schedule import FULL_NODE
from tests.faults.cluster import Cluster
from tests.faults.proxy import Proxy
from tests.house import shipped

PREFIX = "chaos"
PARTITIONS = 4
RESIDENTS = 120
DATABASE_MB, NODE_MB = 1500, 700
PATIENCE_SECONDS = 600.0
"""For the start of everything; a quiet machine takes a twentieth of it."""


@dataclass(frozen=True, slots=True)
class House:
    """What stands before the first process of the hub does."""

    stage: Stage
    settings: Settings


class Nodes(Cluster):
    """A cluster on a machine that may be busy with other things: what was not up in time is asked again."""

    def _said(self, command: str, *options: str) -> Any:
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return super()._said(command, *options)
            except AssertionError:
                if time.monotonic() > until:
                    raise

    @contextmanager
    def standing(self) -> Iterator[None]:
        """Up behind proxies; gone when the block is left."""
        with ExitStack() as held:
            proxy = held.enter_context(Proxy())
            held.callback(self._down)
            self._up(proxy)
            yield


@asynccontextmanager
async def house(folder: Path, seed: int, contracts: Sequence[str]) -> AsyncIterator[House]:
    """Everything below the hub, in `folder`, for a Book of these contracts."""
    logs = folder / "logs"
    logs.mkdir()
    with ExitStack() as held:
        disks = {
            "database": held.enter_context(small_disk(folder / "database", DATABASE_MB)),
            f"node-{FULL_NODE}": held.enter_context(small_disk(folder / "cluster" / f"node-{FULL_NODE}", NODE_MB)),
        }
        nodes = Nodes(folder)
        server = Server(folder / "database" / "postgres", nodes.secrets)
        held.callback(server.stop)
        starting = asyncio.to_thread(server.start)
        await asyncio.gather(starting, asyncio.to_thread(held.enter_context, nodes.standing()))
        yield await _furnished(folder, nodes, server, disks, seed, contracts)


async def _furnished(
    folder: Path, nodes: Cluster, server: Server, disks: Mapping[str, Disk], seed: int, contracts: Sequence[str]
) -> House:
    environment = {
        "HUB_KAFKA": nodes.bootstrap, "HUB_DATABASE": server.dsns["hub"], "HUB_REGISTRY": server.dsns["registry"],
        "HUB_DATA": str(folder / "data"), "HUB_SECRETS": str(nodes.secrets), "HUB_PREFIX": PREFIX,
        "HUB_PARTITIONS": str(PARTITIONS), "HUB_REPLICATION": "3", "HUB_CONTRACTS": str(_contracts(folder, contracts)),
    }  # fmt: skip
    settings = read(environment)
    await migrate_all(settings)
    async with connect(settings.registry_dsn, 1) as registry:
        await city.load(registry, RESIDENTS, seed)
    await asyncio.to_thread(_applied, settings)
    keeper = Keeper({**inherited(), **environment}, folder / "logs")
    return House(Stage(nodes, server, keeper, disks), settings)


def _contracts(folder: Path, contracts: Sequence[str]) -> Path:
    """A folder with these of the shipped contracts; with all of them where none is named."""
    return shipped(folder / "contracts", contracts or [*load().contracts])


def _applied(settings: Settings) -> None:
    """Topics, principals and rights; carried on where a busy broker was too slow to answer."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            Broker(settings.kafka, settings.secrets_dir).apply(wanted(given.book(settings), settings), settings.prefix)
        except DependencyUnavailable:
            if time.monotonic() > until:
                raise
        else:
            return
