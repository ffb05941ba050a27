"""What is measured: the hub's own router as the processes that an operator runs, and the same work in Kafka Streams."""

import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import orjson

from contracts.book import Book
from contracts.change import JAPAN
from hub import topics
from hub.bench import jvm
from hub.bench.stand import Stand
from hub.bench.table import STREAMS
from hub.clock import now
from hub.config import Settings
from hub.demo.stage import repository
from hub.errors import DependencyUnavailable
from hub.keys import CHANGES, LEDGER, KeyStore
from hub.members import Member
from hub.telling import digest_key

JVM: Final = ("-Xms256m", "-Xmx512m", "-XX:+UseParallelGC")
THREADS: Final = 2
_MAIN: Final = "peer.Peer"
_READY_SECONDS: Final = 300.0


@dataclass(frozen=True, slots=True)
class System:
    """`group`: under which it commits how far it has come. `started`: its processes, while the block lasts."""

    name: str
    group: str
    started: Callable[[], AbstractContextManager["Processes"]]


@dataclass(frozen=True, slots=True)
class Processes:
    """Their numbers, and what the first of them says that it seals with."""

    pids: Sequence[int]
    kernel: str = ""


def named(name: str, stand: Stand, plan: dict[str, Any]) -> System:
    """By its name: ours-<processes>[-<kernel>], streams, or streams:<setting>[,<setting>…] for one that is tried."""
    if name.startswith(STREAMS):
        given = name.partition(":")[2]
        return streams(stand, plan, given.split(",") if given else ())
    _, processes, *kernel = name.split("-")
    return ours(stand, int(processes), *kernel)


def ours(stand: Stand, processes: int, kernel: str = "auto") -> System:
    """The router in so many processes, each with its share of the partitions, with the native kernel or its twin."""
    name = f"ours-{processes}" if kernel == "auto" else f"ours-{processes}-{kernel}"
    return System(name, topics.router_group(stand.settings.prefix), lambda: _routers(stand, processes, kernel))


@contextmanager
def _routers(stand: Stand, processes: int, kernel: str) -> Iterator[Processes]:
    with ExitStack() as several:
        members = [_router(stand, number, processes) for number in range(processes)]
        told = {"HUB_KERNEL": kernel}
        pids = [several.enter_context(stand.running(each.name, [*each.command], told)) for each in members]
        for each in members:
            each.wait()
        yield Processes(pids, _kernel(members[0]))


def _kernel(router: Member) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{router.port()}/metrics", timeout=30) as answer:
        return "native" if b"\nhub_kernel_native 1.0" in answer.read() else "python"


def _router(stand: Stand, number: int, processes: int) -> Member:
    slot = ("--slot", str(number), "--slots", str(processes))
    return Member(f"router-{number}", (sys.executable, "-m", "hub", "run", "router", *slot), stand.data)


def streams(stand: Stand, keys: dict[str, Any], tried: Sequence[str] = ()) -> System:
    """The peer. `keys`: what `plan` says; it lies in a file of its owner alone for as long as the peer runs.

    `tried`: settings in the place of its own, of Kafka Streams (name=value) or of the Java machine (-X…).
    """
    application = f"{stand.settings.prefix}-streams-{uuid4().hex[:8]}"
    name = ":".join((STREAMS, ",".join(tried))) if tried else STREAMS
    return System(name, application, lambda: peer(stand, keys | {"application": application}, tried))


@contextmanager
def peer(stand: Stand, plan: dict[str, Any], tried: Sequence[str]) -> Iterator[Processes]:
    """The peer on this plan, once each of its threads has partitions."""
    file = stand.data / "peer.json"
    file.touch(mode=0o600)
    file.write_bytes(orjson.dumps(plan))
    machine = [one for one in tried if one.startswith("-")]
    arguments = (stand.settings.kafka, stand.settings.secrets_dir.resolve(), file, stand.data / "peer", THREADS,
                 *(one for one in tried if one not in machine))  # fmt: skip
    try:
        with stand.running("peer", [*jvm.program(folder(), _MAIN, options(machine)), *map(str, arguments)]) as pid:
            _ready(stand)
            yield Processes([pid])
    finally:
        file.unlink()


def options(tried: Sequence[str]) -> list[str]:
    """Of its Java machine: ours, then those that are tried. There is one collector, so that a tried one is alone."""
    collects = any(one.endswith("GC") for one in tried)
    return [*(one for one in JVM if not (collects and one.endswith("GC"))), *tried]


def prepare(say: Callable[[str], None]) -> None:
    """Build the peer, so that what is missing is known before anything starts."""
    say("the peer is built, where it is not")
    jvm.program(folder(), _MAIN)


def folder() -> Path:
    """Where the peer lies: in a checkout, and in no wheel."""
    there = repository() / "tests" / "bench" / "streams"
    if not there.is_dir():
        raise DependencyUnavailable("no-peer", str(there), "Run this from a checkout of juki-hub")
    return there


def _ready(stand: Stand) -> None:
    log, until = stand.data / "log" / "peer.log", time.monotonic() + _READY_SECONDS
    while b"ready\n" not in log.read_bytes():
        if time.monotonic() > until or not stand.is_running("peer"):
            raise DependencyUnavailable("process-ended", "peer", f"Read {log}")
        time.sleep(0.05)


async def plan(settings: Settings, book: Book, keys: KeyStore) -> dict[str, Any]:
    """The compiled Book and the keys of today, as the peer takes them: so both decide by the same contracts."""
    today = now().astimezone(JAPAN).date()
    changes = await _key(keys, CHANGES, today) | {"topic": topics.changes(settings.prefix)}
    ledger = {"topic": topics.ledger(settings.prefix), "pseudonym": (await keys.pseudonym_key(LEDGER)).hex(),
              "digest": (await digest_key(keys)).hex()}  # fmt: skip
    contracts = [
        await _key(keys, name, today)
        | {"topic": topics.disclosures(settings.prefix, name)}
        | {"document": contract.document() | {"hash": contract.hash}}
        for name, contract in book.contracts.items()
    ]
    actions = {name: kind.action for name, kind in book.kinds.items()}
    return {"book": book.hash, "actions": actions, "changes": changes, "ledger": ledger, "contracts": contracts}


async def _key(keys: KeyStore, owner: str, today: date) -> dict[str, str]:
    key = await keys.content_key(owner, today)
    return {"kid": key.kid, "key": key.key.hex(), "pseudonym": (await keys.pseudonym_key(owner)).hex()}
