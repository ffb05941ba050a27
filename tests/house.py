"""One real Kafka and one real PostgreSQL for a whole test session; a world of its own for every test.

Both are started by the same scripts as everywhere else. A world is isolated by its names: topics, groups and
transactional ids under a fresh prefix, and two databases cloned from migrated ones. Principals are shared, their
rights are the world's own. Its Book has a few contracts, unless all are asked for: sixteen cost the broker seconds.
`world.env` is for processes, `world.settings` for what runs inside the test.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from contracts import book
from contracts.book import Book
from contracts.folder import SHIPPED
from hub.broker_admin import Broker
from hub.config import Settings, inherited, read
from hub.database import connect
from hub.migrate import migrate_all
from hub.wanted import wanted

INFRA = Path(__file__).resolve().parents[1] / "infra"
SUBSCRIBERS = SHIPPED / "subscribers"
KAFKA, POSTGRES = INFRA / "kafka" / "broker.py", INFRA / "postgres" / "server.py"
PARTITIONS = 4
DATABASES = ("hub", "registry")
FEW = ("child-policy", "convenience-store", "intermediate-server", "prefecture", "tax")
"""The contracts of a small Book: read from its topic, handed over to three counterparts, and put into files."""
MEMORY, ROOM_BYTES = Path("/dev/shm"), 3 << 30  # noqa: S108 - a folder of our own is made in it
KEPT = "JUKI_TEST_HOUSE"
"""A folder whose servers are used and left running: for whoever runs a few tests again and again."""


@dataclass(frozen=True, slots=True)
class House:
    """The servers of a session: bootstrap servers, DSNs of the superuser and of the templates, and their folders."""

    folder: Path
    kafka: str
    postgres: str
    templates: Mapping[str, str]

    @property
    def secrets(self) -> Path:
        return self.folder / "secrets"

    @property
    def kafka_data(self) -> Path:
        return self.folder / "kafka"

    @property
    def postgres_data(self) -> Path:
        return self.folder / "postgres"

    def broker(self) -> Broker:
        """The broker, seen by its administrator."""
        return Broker(self.kafka, self.secrets)


@dataclass(frozen=True, slots=True)
class World:
    """What one test has to itself."""

    settings: Settings
    env: Mapping[str, str]
    house: House
    book: Book


def script(file: Path, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run one of the scripts of infra/ as a person would."""
    return subprocess.run(
        [sys.executable, str(file), *arguments], capture_output=True, text=True, check=False, env=env, timeout=120
    )


@contextmanager
def standing() -> Iterator[House]:
    """Both servers, up and migrated, until the block is left; those of JUKI_TEST_HOUSE stay up for the next run."""
    kept = os.environ.get(KEPT)
    # not pytest's own folder: that one is closed to the account which PostgreSQL runs under when we are root
    worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    folder = Path(kept).resolve() / worker if kept else Path(tempfile.mkdtemp(prefix="juki-house-", dir=_quick()))
    try:
        yield _furnished(folder)
    finally:
        if not kept:
            _ended(folder)


def _quick() -> Path | None:
    """In memory where there is room: each test makes and drops hundreds of files, and a disk spends a third of both
    cores on finding places for them. None is the usual place."""
    return MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM_BYTES else None


def _furnished(folder: Path) -> House:
    with ThreadPoolExecutor(2) as both:
        kafka = both.submit(_started, KAFKA, folder / "kafka", folder, "--memory-mb", "512")
        postgres = both.submit(_started, POSTGRES, folder / "postgres", folder, "--memory-mb", "64")
    dsns = postgres.result()
    house = House(folder, kafka.result()["kafka"], dsns["postgres"], {name: dsns[name] for name in DATABASES})
    _elsewhere(_hurried(house)).result()
    _elsewhere(migrate_all(_settings(house, house.templates, folder / "data", "template"))).result()
    return house


def _ended(folder: Path) -> None:
    for file, name in ((KAFKA, "kafka"), (POSTGRES, "postgres")):
        script(file, "stop", "--data", str(folder / name), "--secrets", str(folder / "secrets"))
    shutil.rmtree(folder, ignore_errors=True)


def few() -> Book:
    """The small Book."""
    return only(*FEW)


@cache
def only(*contracts: str) -> Book:
    """A Book of these of the shipped contracts."""
    document = book.load().document()
    return Book.of({**document, "contracts": {name: document["contracts"][name] for name in contracts}})


def shipped(folder: Path, contracts: Sequence[str]) -> Path:
    """`folder`, new, with these of the shipped contracts."""
    folder.mkdir(parents=True)
    for name in contracts:
        shutil.copy(SUBSCRIBERS / f"{name}.toml", folder)
    return folder


@contextmanager
def made_world(
    house: House, data: Path, *, whole: bool = False, contracts: Sequence[str] = FEW
) -> Iterator[World]:  # fmt: skip
    """A fresh world in `house`, with `data` as its data folder, gone when the block is left; `whole`: all contracts."""
    name = f"w{uuid.uuid4().hex[:8]}"
    given = book.load() if whole else only(*contracts)
    own = {} if whole else {"HUB_CONTRACTS": str(shipped(data / "contracts", contracts))}
    environment = _environment(house, _own(house, name), data, name) | own
    settings, broker = read(environment), house.broker()
    with ThreadPoolExecutor(1) as beside:
        applied = beside.submit(broker.apply, wanted(given, settings), name)
        _elsewhere(_clone(house, name)).result()
        applied.result()
    try:
        yield World(settings, {**inherited(), **environment}, house, given)
    finally:
        with ThreadPoolExecutor(1) as beside:
            forgotten = beside.submit(broker.forget, name)
            _elsewhere(_drop(house, name)).result()
            forgotten.result()


@contextmanager
def made_databases(house: House, data: Path) -> Iterator[Settings]:
    """Fresh databases, and nothing on the broker: for a test that asks no broker, and in a fraction of the time."""
    name = f"w{uuid.uuid4().hex[:8]}"
    _elsewhere(_clone(house, name)).result()
    try:
        yield _settings(house, _own(house, name), data, name)
    finally:
        _elsewhere(_drop(house, name)).result()


def _own(house: House, name: str) -> dict[str, str]:
    return {kind: house.templates[kind].replace(f"/{kind}?", f"/{kind}_{name}?") for kind in DATABASES}


def _started(file: Path, data: Path, folder: Path, *options: str) -> dict[str, Any]:
    done = script(file, "start", "--data", str(data), "--secrets", str(folder / "secrets"), *options)
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def _settings(house: House, dsns: Mapping[str, str], data: Path, prefix: str) -> Settings:
    return read(_environment(house, dsns, data, prefix))


def _environment(house: House, dsns: Mapping[str, str], data: Path, prefix: str) -> dict[str, str]:
    return {
        "HUB_KAFKA": house.kafka, "HUB_DATABASE": dsns["hub"], "HUB_REGISTRY": dsns["registry"],
        "HUB_DATA": str(data), "HUB_SECRETS": str(house.secrets), "HUB_PREFIX": prefix,
        "HUB_PARTITIONS": str(PARTITIONS), "HUB_TOKEN_FILE": str(data / "no-login"),
    }  # fmt: skip


def _elsewhere(work: Coroutine[Any, Any, None]) -> Future[None]:
    """Run `work` in a thread with a loop of its own: the test's loop is pytest's."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work)


async def _hurried(house: House) -> None:
    """Nothing is synced: a server that is killed finds everything again, and no test pulls the plug of the machine."""
    async with connect(house.postgres, size=1) as database:
        for setting in ("fsync", "full_page_writes"):
            await database.execute(f"ALTER SYSTEM SET {setting} = off")
        await database.execute("SELECT pg_reload_conf()")


async def _clone(house: House, name: str) -> None:
    async with connect(house.postgres, size=1) as database:
        for kind in DATABASES:
            own = f'"{kind}_{name}"'
            await database.execute(f'CREATE DATABASE {own} TEMPLATE "{kind}" OWNER "{kind}" STRATEGY file_copy')
            await database.execute(f"REVOKE ALL ON DATABASE {own} FROM PUBLIC")


async def _drop(house: House, name: str) -> None:
    async with connect(house.postgres, size=1) as database:
        for kind in DATABASES:
            await database.execute(f'DROP DATABASE "{kind}_{name}" WITH (FORCE)')
