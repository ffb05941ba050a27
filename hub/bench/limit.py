"""The broker's limit: Kafka's own kafka-producer-perf-test, with as many records of the same mean length.

One producer, no transactions, acks=all, batches as the router's, on one topic of as many partitions, through the same
door (TLS and SCRAM). What it writes means nothing: nobody reads, decides or seals.
"""

import asyncio
import re
import resource
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from hub import topics
from hub.bench import jvm
from hub.bench.lots import ADMIN
from hub.bench.spent import cpu_seconds, machine_seconds, peak_mb
from hub.bench.stand import Stand
from hub.bench.table import LIMIT, Run
from hub.errors import JukiError
from hub.house import infra

WARM: Final = 100_000
"""Records before those that count, so that they meet compiled code."""
TYPICAL: Final = 2_000
"""Bytes of a record, before it is known."""
_SAID: Final = re.compile(r"^(\d+) steady state records sent, ([0-9.]+) records/sec", re.MULTILINE)


async def load(stand: Stand) -> None:
    """What comes before that counts, alone."""
    async with stand.topics():
        with _properties(stand) as file:
            await asyncio.to_thread(_finished, stand, _command(stand, file, 2 * WARM, TYPICAL))


async def measure(stand: Stand, number: int, changes: int, outputs: int, record_bytes: int) -> Run:
    """The limit in round `number`: one record for each output, and one for each line of the ledger."""
    records = outputs + changes
    async with stand.topics():
        with _properties(stand) as file:
            command = _command(stand, file, WARM + records, record_bytes)
            before, machine = cpu_seconds([stand.broker_pid()]), machine_seconds()
            said, client, memory = await asyncio.to_thread(_finished, stand, command)
            broker, machine = cpu_seconds([stand.broker_pid()]) - before, machine_seconds() - machine
    counted = records / (WARM + records)  # of the whole that the CPU was used for, its start included
    other = max(0.0, machine - client - broker)
    return Run(LIMIT, number, changes, outputs, seconds(said), client * counted, broker * counted, memory, record_bytes,
               other_seconds=other * counted)  # fmt: skip


def _command(stand: Stand, file: Path, records: int, size: int) -> list[str]:
    java = [str(jvm.home() / "bin" / "java"), "-Xmx512m", "-cp", f"{infra('kafka') / 'libs'}/*"]
    return [
        *java, "org.apache.kafka.tools.ProducerPerformance", "--topic", topics.changes(stand.settings.prefix),
        "--num-records", str(records), "--warmup-records", str(WARM), "--record-size", str(size), "--throughput", "-1",
        "--command-config", str(file),
    ]  # fmt: skip


@contextmanager
def _properties(stand: Stand) -> Iterator[Path]:
    """A file of its owner alone, because the administrator's password is in it."""
    secrets = stand.settings.secrets_dir.resolve()
    file = stand.data / "limit.properties"
    file.touch(mode=0o600)
    login = "org.apache.kafka.common.security.scram.ScramLoginModule"
    password = (secrets / f"{ADMIN}.password").read_text(encoding="ascii").strip()
    file.write_text("\n".join((
        f"bootstrap.servers={stand.settings.kafka}", "security.protocol=SASL_SSL", "ssl.truststore.type=PEM",
        f"ssl.truststore.location={secrets / 'ca.pem'}", "sasl.mechanism=SCRAM-SHA-512",
        f'sasl.jaas.config={login} required username="{ADMIN}" password="{password}";',
        "acks=all", "batch.size=262144", "linger.ms=5", "buffer.memory=134217728", "max.request.size=1048576",
    )), encoding="ascii")  # fmt: skip
    try:
        yield file
    finally:
        file.unlink()


def _finished(stand: Stand, command: list[str]) -> tuple[str, float, float]:
    """What it said, its CPU from its start to its end, and the most memory that was seen."""
    log, memory, before = stand.data / "log" / "limit.log", 0.0, _children()
    log.parent.mkdir(exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)  # noqa: S603 - ours
        while process.poll() is None:
            memory = max(memory, peak_mb([process.pid]))
            time.sleep(0.1)
    if process.returncode:
        raise JukiError("limit-failed", str(log))
    return log.read_text(encoding="utf-8"), _children() - before, memory


def _children() -> float:
    """CPU of the processes that were waited for. Those that are detached are nobody's to wait for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def seconds(said: str) -> float:
    """How long the records that count took, as it says itself."""
    count, rate = _SAID.findall(said)[-1]
    return int(count) / float(rate)
