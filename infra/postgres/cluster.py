"""One cluster folder: made by initdb, run by pg_ctl, configured by `hub.conf`, which is written anew at every start.

fsync stays on. Nothing that a statement says is logged: PostgreSQL quotes values in DETAIL and in the statement.
"""

import hashlib
import os
import re
import secrets as random
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import account
import remains

from hub.errors import DependencyUnavailable

SOCKET_PORT = 5432  # what clients assume where none is named
LONGEST_SOCKET = 100  # bytes of a socket's path; the kernel takes 107
ACCESS = """\
local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
local replication postgres scram-sha-256
"""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A server with its folder; `port` None is no TCP, 0 a free port; `wal_level` logical is for capture from a log."""

    data: Path
    secrets: Path
    port: int | None
    memory_mb: int
    max_connections: int
    timeout: int
    wal_level: str = "replica"

    def start(self) -> None:
        """Make the cluster where there is none, and start it. Tries again while a killed one's children still end."""
        account.prepare(self.data)
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._configure()
        until = time.monotonic() + self.timeout
        while self._pg_ctl("start", "-w", "-t", str(self.timeout), "-l", str(self.data / "server.log")):
            if time.monotonic() > until:
                raise DependencyUnavailable("database-not-started", "PostgreSQL", f"Read {self.data}/server.log")
            remains.clear(self.data)
            time.sleep(0.1)

    def stop(self) -> bool:
        """End the server; False when none was running."""
        if self.process() is None:
            return False
        if self._pg_ctl("stop", "-w", "-m", "fast", "-t", str(self.timeout)):
            raise DependencyUnavailable("still-running", str(self.data), "PostgreSQL's process does not end")
        return True

    def process(self) -> int | None:
        """The server's process number, or None."""
        file = self.data / "postmaster.pid"
        if not file.exists() or self._pg_ctl("status"):
            return None
        number = int(file.read_text().split(maxsplit=1)[0])
        return None if remains.is_dead(number) else number

    def dsn(self, role: str, database: str) -> str:
        """A DSN for `role`; its password is read from a file of the secrets folder by whoever connects."""
        place = quote(str(self.socket_folder()), safe="/")
        port = "" if self._last_port() == SOCKET_PORT else f"&port={self._last_port()}"
        passfile = quote(str(self.passfile(role)), safe="/")
        return f"postgresql://{role}@/{database}?host={place}{port}&passfile={passfile}"

    def passfile(self, role: str) -> Path:
        """The password file of `role` in PostgreSQL's own form; its password is made where there is none yet."""
        file = self.secrets / f"postgres-{role}.pgpass"
        if not file.exists():
            self.secrets.mkdir(parents=True, exist_ok=True, mode=0o700)
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as output:
                output.write(f"*:*:*:{role}:{random.token_urlsafe(32)}\n")
        return file

    def password(self, role: str) -> str:
        """The password of `role`."""
        return self.passfile(role).read_text().strip().rsplit(":", 1)[1]

    def socket_folder(self) -> Path:
        """The server's own folder, or a short one under the temporary folder where the path would be too long."""
        if len(os.fsencode(self.data / ".s.PGSQL.65535")) <= LONGEST_SOCKET:
            return self.data
        return Path(tempfile.gettempdir()) / f"juki-pg-{hashlib.sha256(os.fsencode(self.data)).hexdigest()[:12]}"

    def psql(self, statements: str, database: str = "postgres") -> str:
        """Run SQL as the superuser; what it answers. `statements` come by stdin, so that nobody sees them."""
        command = [account.program("psql"), self.dsn("postgres", database), "-XqAt", "-v", "ON_ERROR_STOP=1"]
        done = subprocess.run(command, input=statements, capture_output=True, text=True, check=False)
        if done.returncode:
            raise DependencyUnavailable("database-refuses", "PostgreSQL", f"Read {self.data}/server.log")
        return done.stdout

    def _initialise(self) -> None:
        password = self.data.with_name(f".{self.data.name}.first")
        account.write(password, self.password("postgres"))
        try:
            failed = account.run([account.program("initdb"), "-D", str(self.data), "-U", "postgres", "-E", "UTF8",
                                  "--locale=C.UTF-8", "--auth=scram-sha-256", f"--pwfile={password}"])  # fmt: skip
        finally:
            password.unlink()
        if failed:
            raise DependencyUnavailable("initdb-failed", str(self.data), "Choose an empty folder on a local disk")
        account.write(self.data / "pg_hba.conf", ACCESS)

    def _configure(self) -> None:
        folder = self.socket_folder()
        if folder != self.data:
            account.private_folder(folder)
        account.write(self.data / "hub.conf", "".join(f"{key} = '{value}'\n" for key, value in self._settings(folder)))
        main = self.data / "postgresql.conf"
        if "include 'hub.conf'" not in (text := main.read_text()):
            account.write(main, text + "\ninclude 'hub.conf'\n")

    def _settings(self, folder: Path) -> Sequence[tuple[str, object]]:
        return (
            ("listen_addresses", "" if self.port is None else "127.0.0.1"), ("port", self._next_port()),
            ("unix_socket_directories", folder), ("unix_socket_permissions", "0700"),
            ("max_connections", self.max_connections), ("shared_buffers", f"{self.memory_mb}MB"),
            ("fsync", "on"), ("synchronous_commit", "on"), ("full_page_writes", "on"), ("wal_level", self.wal_level),
            ("log_error_verbosity", "terse"), ("log_min_error_statement", "panic"), ("log_statement", "none"),
            ("log_parameter_max_length", 0), ("log_parameter_max_length_on_error", 0), ("log_timezone", "UTC"),
            ("timezone", "UTC"), ("password_encryption", "scram-sha-256"), ("jit", "off"),
        )  # fmt: skip

    def _next_port(self) -> int:
        """The port asked for, the last one, or a free one; without TCP it only names the socket."""
        if self.port is None:
            return SOCKET_PORT
        if self.port or self._last_port() != SOCKET_PORT:
            return self.port or self._last_port()
        with socket.socket() as asking:
            asking.bind(("127.0.0.1", 0))
            return int(asking.getsockname()[1])

    def _last_port(self) -> int:
        config = self.data / "hub.conf"
        last = re.search(r"^port = '(\d+)'", config.read_text(), re.MULTILINE) if config.exists() else None
        return int(last[1]) if last else SOCKET_PORT

    def _pg_ctl(self, *arguments: str) -> int:
        return account.run([account.program("pg_ctl"), "-s", "-D", str(self.data), *arguments])
