"""One process of Kafka with a folder of its own: how it is prepared, started, found again, waited for and ended.

What broker.py (one node) and cluster.py (several) have in common, so that there is one way to start a broker. A process
is found by the lock that it inherits, also after kill -9.
"""

import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import java as java_runtime
import storage

from hub import broker_admin, detached
from hub.errors import DependencyUnavailable

STOP_SECONDS = 45.0
SMALL_MB = 512
SMALL = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""For a heap of at most that size, as tests have: one collecting thread, and no compiling for long runs."""


@dataclass(frozen=True, slots=True)
class Node:
    """A folder, and the process that works in it."""

    data: Path
    secrets: Path
    libs: Path
    memory_mb: int

    @property
    def lock(self) -> Path:
        return Path(os.fspath(self.data)) / "broker.lock"

    def running(self) -> int | None:
        """The process number, or None."""
        return detached.running(self.lock)

    def prepare(self) -> Path:
        """The Java to run it with; the jars and the folder are there afterwards."""
        program = java_runtime.find_java()
        java_runtime.bring_jars(self.libs, program)
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        if storage.formatted(self.data) and not (self.secrets / "admin.password").exists():
            raise DependencyUnavailable(
                "secrets-missing",
                str(self.secrets),
                (
                    "The broker's folder has data, but its passwords are gone: bring them back or start empty"
                ),
            )
        return program

    def launch(self, program: Path, template: str, names: Mapping[str, object], cluster_id: str) -> None:
        """Start the process with the settings of `template`; a folder that is empty is formatted first."""
        settings = storage.write_settings(self.data, self.secrets, template, names)
        classes = ["-cp", f"{self.libs}/*"]
        if not storage.formatted(self.data):
            print("preparing the broker's folder", file=sys.stderr)
            storage.format_log(self.data, self.secrets, [str(program), *self._sized, *classes], settings, cluster_id)
        command = [str(program), *self._options(), *classes, "kafka.Kafka", str(settings)]
        detached.start(self.lock, command, self.data / "broker.out")

    def wait(self, bootstrap: str, until: float) -> None:
        """Until it answers the administrator; DependencyUnavailable when it ends or stays silent."""
        log, patience = self.data / "server.log", 1.0
        while not broker_admin.answers(bootstrap, self.secrets, seconds=patience):
            patience = min(2 * patience, 8.0)  # on a busy machine one answer may take longer than a second
            if self.running() is None:
                raise DependencyUnavailable("broker-ended", "Kafka", f"It ended while starting; read {log}")
            if time.monotonic() > until:
                raise DependencyUnavailable("broker-silent", bootstrap, f"It does not answer; read {log}")

    def stop(self, seconds: float = STOP_SECONDS) -> str:
        """End it in order; after `seconds` by force, which costs it a recovery at the next start and no data."""
        outcome = detached.stop(self.lock, seconds)
        print(f"broker: {outcome}", file=sys.stderr)
        if outcome == "still-there":
            raise DependencyUnavailable("still-running", str(self.data), "The broker's process does not end")
        return outcome

    @property
    def _sized(self) -> tuple[str, ...]:
        return SMALL if self.memory_mb <= SMALL_MB else ()

    def _options(self) -> list[str]:
        return [
            f"-Xmx{self.memory_mb}m",
            "-Xms128m",
            *self._sized,
            "-XX:+ExitOnOutOfMemoryError",
            "-Djava.awt.headless=true",
            f"-Dkafka.logs.dir={self.data}",
            f"-Dlog4j2.configurationFile={storage.HERE / 'log4j2.properties'}",
        ]
