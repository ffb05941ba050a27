"""Three real Kafka nodes for tests, to be killed, frozen, cut off and slowed down: `with cluster(folder) as three:`.

They are started by infra/kafka/cluster.py, side by side, and are gone when the block is left. With `proxied=True` every
connection passes a proxy: those of clients, those between brokers and those between controllers. The proxy knows which
node a connection comes from, so that a cut concerns a node and not only its doors: of a node that is cut off in both
directions nobody hears anything, and it hears nobody.

Methods may be called from any thread and block until they are done; in a coroutine use `asyncio.to_thread`.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from hub import detached
from hub.broker_admin import connection
from tests.faults.peers import owner
from tests.faults.proxy import FINE, Door, Proxy, Way
from tests.house import INFRA

SCRIPT = INFRA / "kafka" / "cluster.py"
NODES = (1, 2, 3)
PATIENCE = 240
"""Seconds for three Java machines to start on a machine that has other work; a quiet one needs a tenth."""
CLIENT = ""
"""The source of what is no node."""

Among = Literal["everyone", "clients", "nodes"]


@dataclass(frozen=True, slots=True)
class Cut:
    """What is lost, or held, between one node and the others."""

    towards_broker: bool
    towards_client: bool
    among: Among
    held: bool

    def concerns(self, other: str) -> bool:
        """Whether it lies between the node and `other`."""
        return self.among == "everyone" or (self.among == "clients") == (other == CLIENT)


class Cluster:
    """Three nodes, numbered from 1."""

    nodes = NODES

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.secrets = folder / "secrets"
        self.bootstrap = ""
        self._proxy: Proxy | None = None
        self._doors: dict[int, list[Door]] = {}
        self._cuts: dict[int, Cut] = {}  # replaced, never changed: the proxy's thread reads it
        self._slow: dict[int, float] = {}

    # What can happen to a node.

    def kill(self, node: int) -> None:
        """SIGKILL; returns when the process is gone."""
        self._signal(node, signal.SIGKILL)
        waited(lambda: self.pid(node) is None, f"node {node} to be gone")

    def stop(self, node: int) -> None:
        """End it in order."""
        self._said("stop", "--node", str(node))

    def start(self, node: int, *, wait: bool = True) -> None:
        """Start it again; with `wait` until it answers, which needs a second node that runs."""
        self._said("start", "--node", str(node), *([] if wait else ["--no-wait"]))

    def start_all(self) -> None:
        """Start those that do not run, side by side, and wait until all answer."""
        self._said("start")

    def freeze(self, node: int) -> None:
        """SIGSTOP: it is there, its connections are, and it does nothing."""
        self._signal(node, signal.SIGSTOP)

    def thaw(self, node: int) -> None:
        """SIGCONT."""
        self._signal(node, signal.SIGCONT)

    # What can happen to its network; with proxies only.

    def cut(
        self, node: int, towards_broker: bool = True, towards_client: bool = True,
        *, among: Among = "everyone", held: bool = False,
    ) -> None:  # fmt: skip
        """Lose all bytes on their way to the node, or from it, or both; connections stay, and nobody is told.

        `held` bytes are not lost: they arrive when it heals, late, as those that TCP sends again.
        """
        self._cuts = {**self._cuts, node: Cut(towards_broker, towards_client, among, held)}
        self._weather_changed()

    def slow(self, node: int, seconds: float) -> None:
        """Make everything to and from the node late by `seconds`."""
        self._slow = {**self._slow, node: seconds}
        self._weather_changed()

    def heal(self, node: int) -> None:
        """End `cut` and `slow`. Connections that have lost something are reset."""
        self._cuts = {other: cut for other, cut in self._cuts.items() if other != node}
        self._slow = {other: late for other, late in self._slow.items() if other != node}
        self._weather_changed()

    def heal_all(self) -> None:
        """All nodes run, nothing is frozen or cut; returns before they are in step again: see `wait_healthy`."""
        for node in NODES:
            self.heal(node) if self._proxy else None
            self.thaw(node)
        self.start_all()

    # What is seen of it.

    def pid(self, node: int) -> int | None:
        """Its process, if it runs; a frozen one does."""
        return detached.running(self._data(node) / "broker.lock")

    def log(self, node: int) -> Path:
        """What the node has said."""
        return self._data(node) / "server.log"

    def segment(self, node: int, topic: str, partition: int) -> Path:
        """The one file that holds the node's copy of a partition which has only begun."""
        [file] = (self._data(node) / "log" / f"{topic}-{partition}").glob("*.log")
        return file

    def leader_of(self, topic: str, partition: int) -> int | None:
        """Who leads the partition, as far as the node that answers knows; None while nobody leads, or answers."""
        with suppress(KafkaException, KeyError):
            leader: int = self._metadata(topic).topics[topic].partitions[partition].leader
            return leader if leader in NODES else None
        return None

    def controller(self) -> int | None:
        """The active controller: whom the newest of the votes that the living nodes have written down has elected."""
        votes = [vote for node in NODES if self.pid(node) and (vote := self._vote(node))]
        newest = max(votes, key=lambda vote: vote["leaderEpoch"], default=None)
        return newest["leaderId"] if newest and newest["leaderId"] in NODES else None

    def wait_healthy(self, timeout: float = 60.0) -> float:
        """Until all nodes have every record of every partition; how many seconds that took."""
        began = time.monotonic()
        waited(self._healthy, "all nodes to be in step", timeout)
        return time.monotonic() - began

    def _healthy(self) -> bool:
        try:
            seen = self._metadata()
        except KafkaException:
            return False
        parts = [part for topic in seen.topics.values() for part in topic.partitions.values()]
        everywhere = all(part.leader in NODES and len(part.isrs) == len(part.replicas) for part in parts)
        return everywhere and len(seen.brokers) == len(NODES) and self.controller() is not None

    def _metadata(self, *topic: str) -> Any:
        return AdminClient(connection(self.bootstrap, self.secrets, "admin")).list_topics(*topic, timeout=15.0)

    def _vote(self, node: int) -> Any:
        with suppress(FileNotFoundError, ValueError):
            return json.loads((self._data(node) / "log" / "__cluster_metadata-0" / "quorum-state").read_text())

    def _data(self, node: int) -> Path:
        return self.folder / "cluster" / f"node-{node}"

    def _signal(self, node: int, number: int) -> None:
        if process := self.pid(node):
            os.kill(process, number)

    def _said(self, command: str, *options: str) -> Any:
        folders = ("--data", str(self.folder / "cluster"), "--secrets", str(self.secrets))
        done = subprocess.run(
            [sys.executable, str(SCRIPT), command, *folders, *options, "--timeout", str(PATIENCE)],
            capture_output=True, text=True, check=False, timeout=2 * PATIENCE,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    # The proxies.

    def _up(self, proxy: Proxy | None) -> None:
        self._proxy = proxy
        if proxy is not None:
            self._doors = {node: [self._door(proxy, node, at) for at in (0, 1)] for node in NODES}
        ports = ",".join("/".join(str(door.port) for door in doors) for doors in self._doors.values())
        self.bootstrap = self._said("start", *(["--known-as", ports] if ports else []))["kafka"]

    def _down(self) -> None:
        for node in NODES:
            self.kill(node)

    def _door(self, proxy: Proxy, node: int, at: int) -> Door:
        """The door before the clients' (0) or the controller's (1) port of `node`."""
        known = self.folder / "cluster" / "cluster.json"

        def target() -> int:
            port: int = json.loads(known.read_text())["ports"][node - 1][at]
            return port

        return proxy.door(target, lambda source: self._ways(source, node), self._who)

    def _ways(self, source: str, node: int) -> tuple[Way, Way]:
        """There and back between `source` and the door of `node`. A node's talk with itself is no network."""
        if source == str(node):
            return FINE, FINE
        ends = (source, str(node))
        return self._way(*ends), self._way(*reversed(ends))

    def _way(self, giver: str, taker: str) -> Way:
        cuts = [
            cut for node, cut in self._cuts.items()
            if (taker == str(node) and cut.towards_broker and cut.concerns(giver))
            or (giver == str(node) and cut.towards_client and cut.concerns(taker))
        ]  # fmt: skip
        latency = max((late for node, late in self._slow.items() if str(node) in {giver, taker}), default=0.0)
        lost = any(not cut.held for cut in cuts)
        return Way(latency, lost=lost, held=bool(cuts) and not lost)

    def _who(self, port: int) -> str:
        pids = {pid: str(node) for node in NODES if (pid := self.pid(node))}
        return pids.get(owner(port, pids) or 0, CLIENT)

    def _weather_changed(self) -> None:
        assert self._proxy is not None, "there are no proxies: cluster(folder, proxied=True)"
        self._proxy.changed()


def waited(look: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
    """Until `look` is true; a failed test that names what was waited for otherwise."""
    until = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < until, f"waited too long for {what}"
        time.sleep(0.05)


@contextmanager
def cluster(folder: Path, *, proxied: bool = False) -> Iterator[Cluster]:
    """Three nodes that answer; gone, with their processes and not with their files, when the block is left."""
    three = Cluster(folder)
    with ExitStack() as held:
        proxy = held.enter_context(Proxy()) if proxied else None
        held.callback(three._down)
        three._up(proxy)
        yield three
