"""A PostgreSQL of our own, from the house's own script: started, killed, its sessions ended, its connections taken."""

import asyncio
import json
import os
import signal
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

import asyncpg

from hub.database import connect
from hub.errors import DatabaseError, DependencyUnavailable
from tests.faults.cluster import waited
from tests.house import POSTGRES, script

OURS = "('hub', 'registry')"
CONNECTIONS = 100
_AGAIN = 0.3


class Server:
    """The server in `folder`. `dsns`: of `hub`, `registry` and the superuser (`postgres`)."""

    def __init__(self, folder: Path, secrets: Path) -> None:
        self.folder = folder
        self._where = ("--data", str(folder), "--secrets", str(secrets))
        self.dsns: dict[str, str] = {}
        self._process = 0

    def start(self) -> None:
        """Start it, or find it running."""
        options = ("--max-connections", str(CONNECTIONS), "--memory-mb", "32")
        done = script(POSTGRES, "start", *self._where, *options)
        assert done.returncode == 0, done.stderr
        self._said(json.loads(done.stdout))

    def _said(self, said: dict[str, Any]) -> None:
        self.dsns = {name: said[name] for name in ("hub", "registry", "postgres")}
        self._process = said["pid"]

    def kill(self, how: str) -> None:
        """SIGQUIT is PostgreSQL's immediate shutdown; SIGKILL is what it says."""
        os.kill(self._process, signal.SIGQUIT if how == "immediate" else signal.SIGKILL)
        waited(lambda: not _runs(self._process), "the database to be gone")

    def follow(self, primary: "Server") -> None:
        """Begin as the standby of another server."""
        done = script(POSTGRES, "follow", *self._where, "--primary", str(primary.folder), "--memory-mb", "32")
        assert done.returncode == 0, done.stderr
        self._said(json.loads(done.stdout))

    def promote(self) -> None:
        """Take the place of the primary, which is gone."""
        done = script(POSTGRES, "promote", *self._where)
        assert done.returncode == 0, done.stderr

    def stop(self) -> None:
        """End it in order."""
        script(POSTGRES, "stop", *self._where)

    async def end_sessions(self, *spared: int) -> None:
        """pg_terminate_backend of every session of ours but those `spared`."""
        async with connect(self.dsns["postgres"], 1) as database:
            await database.fetch(
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename IN {OURS}"
                " AND NOT pid = ANY($1::int[])", [*spared],
            )  # fmt: skip

    async def take_connections(self, held: AsyncExitStack) -> None:
        """Take every connection there is, also those that others have, until cancelled; `held` gives them back.

        Connections, not pools: a pool whose connection is lost opens another one by itself.
        """
        mine: list[int] = []
        while len(mine) < CONNECTIONS:
            try:
                taken = await asyncpg.connect(self.dsns["hub"], timeout=5)
                held.callback(taken.terminate)
                mine.append(taken.get_server_pid())
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._take_over(mine)

    async def _take_over(self, mine: list[int]) -> None:
        with suppress(DependencyUnavailable, DatabaseError):  # even the superuser's last connections may be taken
            await self.end_sessions(*mine)
        await asyncio.sleep(_AGAIN)


def _runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False
