"""Input 25: a backup from before a key's destruction is restored; real servers, real commands, a real process."""

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from contracts import book
from hub import accounts, books, bus, tokens
from hub.database import Database, connect
from hub.keys import KeyStore
from hub.people import Duty
from hub.wrapping import wrapper
from infra.postgres.account import program
from tests.house import World
from tests.integration.consumers.line import DAY, now
from tests.integration.consumers.test_process import NAME, VIA, Feed, told
from tests.processes import Processes, until

KID = f"{VIA}.{DAY}"
STATES = "SELECT state FROM inbox.disclosures ORDER BY partition, record_offset"


def backed_up(world: World, file: Path) -> None:
    """What an operator does every night."""
    ran("pg_dump", "--clean", "--if-exists", "--no-owner", "-n", "hub", "-n", "inbox", "-f", str(file),
        world.settings.database)  # fmt: skip


def restored(world: World, file: Path) -> None:
    """The backup over whatever is there now."""
    ran("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(file), world.settings.database)


def ran(name: str, *arguments: str) -> None:
    done = subprocess.run([program(name), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


async def token(database: Database, name: str, duty: Duty) -> str:
    person = await accounts.add(database, name, frozenset({duty}), "three blue birds fly", now())
    return (await tokens.new(database, person.id, "test", timedelta(days=1), now()))[1]


def destroyed(processes: Processes, ito: str, kato: str) -> None:
    """By two persons and their commands."""
    asked = processes.command(
        "erase", "request", "--contract", VIA, "--until", f"{DAY}", "--reason", "it is time", HUB_TOKEN=ito
    )
    assert asked.returncode == 0, asked.stderr
    alone = processes.command("erase", "approve", asked.stdout.strip(), HUB_TOKEN=ito)
    approved = processes.command("erase", "approve", asked.stdout.strip(), HUB_TOKEN=kato)
    assert (alone.returncode, approved.returncode) == (5, 0), approved.stderr


async def kids(world: World, table: str) -> list[str]:
    async with connect(world.settings.database, size=1) as database:
        sql = f"SELECT kid FROM hub.{table} WHERE kid LIKE '{VIA}.2%' ORDER BY kid"
        return [row["kid"] for row in await database.fetch(sql)]


@pytest.mark.threat("D6")
@pytest.mark.faults
@pytest.mark.trap("input-25", "C12")
async def test_a_backup_from_before_a_keys_destruction_brings_no_key_back(
    world: World, processes: Processes, tmp_path: Path
) -> None:
    dump, later = tmp_path / "backup.sql", DAY + timedelta(days=1)
    async with connect(world.settings.database, size=2) as database, bus.writer(world.settings, "router") as writer:
        await books.remember(database, book.load(), now())
        feed = Feed(world, KeyStore(database, wrapper(world.settings)), writer)
        await feed.send(1, 1)
        sent = await feed.send(1, 2, day=later) + await feed.send(2, 1, day=later)
        ito, kato = await token(database, "ito", Duty.OPERATOR), await token(database, "kato", Duty.APPROVER)
    backed_up(world, dump)
    destroyed(processes, ito, kato)
    assert (await kids(world, "keys"), await kids(world, "erased_keys")) == ([f"{VIA}.{later}"], [KID])
    restored(world, dump)
    assert (await kids(world, "keys"), await kids(world, "erased_keys")) == ([KID, f"{VIA}.{later}"], [])
    processes.hub(NAME, "deliver", "--contract", VIA)
    seen = await told(processes, len(sent))
    assert sorted(one["id"] for one in seen["told"]) == sorted(sent)
    assert (await kids(world, "keys"), await kids(world, "erased_keys")) == ([f"{VIA}.{later}"], [KID])
    async with connect(world.settings.database, size=1) as database:

        async def states() -> list[str]:
            return sorted(row["state"] for row in await database.fetch(STATES))

        await until(states, lambda seen: seen == ["delivered", "delivered", "erased"], "everything to be settled")
