"""A real Kafka cluster on one machine, no container: `python infra/kafka/cluster.py start|stop|status --data FOLDER`.

Each node is broker and controller in one process, with a folder `node-<N>`, a lock and a certificate of its own; CA,
users, ACLs and settings are those of broker.py. Promises: the nodes start side by side; `start` returns when each of
them has answered the administrator, `start --node N --no-wait` as soon as the process is there (a node without the
others cannot answer); the ports and the cluster's id are chosen once and kept. stdout is one line of JSON, stderr is
for people. Exit 0, or 1 (`status`: a node does not run), 2 (usage), 6 (something is missing: one sentence says what).
"""

import argparse
import json
import random
import socket
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import certificates
import storage
from node import Node

from hub.errors import DependencyUnavailable, JukiError

Said = dict[str, Any]
PORTS = range(20000, 32000)
"""Below those that the kernel gives away: who calls a dead node again and again must not be given its port."""
STOP_SECONDS = 20.0
"""Less than a single broker has: the last node may find no controller to take its leave of."""


def main(arguments: list[str]) -> int:
    """Run one command; its exit code."""
    given = _given(arguments)
    commands: dict[str, Callable[[argparse.Namespace], Said]] = {"start": start, "stop": stop, "status": status}
    try:
        said = commands[given.command](given)
    except JukiError as refused:
        print(refused, file=sys.stderr)
        return int(refused.exit_code)
    print(json.dumps(said))
    return 0 if given.command != "status" or all(node["running"] for node in said["nodes"].values()) else 1


def _given(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A Kafka cluster on this machine: KRaft, TLS, SCRAM, ACLs.")
    parser.add_argument("command", choices=["start", "stop", "status"])
    parser.add_argument("--data", type=Path, default=Path(".data/cluster"), help="the cluster's folder")
    parser.add_argument("--secrets", type=Path, default=Path(".data/secrets"), help="folder of CA and passwords")
    parser.add_argument("--libs", type=Path, default=storage.HERE / "libs", help="folder of the jars")
    parser.add_argument("--nodes", type=int, default=3, help="how many; at least 3, and always the same")
    parser.add_argument("--node", type=int, help="only this one; from 1")
    parser.add_argument("--no-wait", action="store_true", help="do not wait until it has answered")
    parser.add_argument("--known-as", type=_doors, default=[], metavar="PORT/PORT,…",
                        help="per node the ports of a proxy before its clients' and its controller's door")  # fmt: skip
    parser.add_argument("--memory-mb", type=int, default=256, help="heap of each node, MiB")
    parser.add_argument("--timeout", type=float, default=90.0, help="seconds until all must have answered")
    given = parser.parse_args(arguments)
    if given.nodes < 3 or (given.node or 1) not in range(1, given.nodes + 1):
        parser.error("at least 3 nodes, and --node is one of them")
    if len(given.known_as) not in {0, given.nodes}:
        parser.error("--known-as names two ports for every node")
    given.data, given.secrets, given.libs = (path.resolve() for path in (given.data, given.secrets, given.libs))
    return given


def _doors(text: str) -> list[list[int]]:
    return [[int(client), int(controller)] for client, controller in (each.split("/") for each in text.split(","))]


def start(given: argparse.Namespace) -> Said:
    """Start the nodes that do not run."""
    until = time.monotonic() + given.timeout
    given.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    certificates.ensure(given.secrets, datetime.now(UTC), [f"broker-{number}" for number in _all(given)])
    storage.password(given.secrets, "admin")  # before the nodes, which would each make one
    known = _remember(given)
    _each(given, lambda number: _start(given, known, number, until))
    return status(given)


def stop(given: argparse.Namespace) -> Said:
    """End the nodes in order, or by force where it takes too long."""
    return {"outcomes": _each(given, lambda number: _node(given, number).stop(STOP_SECONDS))}


def status(given: argparse.Namespace) -> Said:
    """Which nodes run, and where clients find them."""
    pids = {number: _node(given, number).running() for number in _chosen(given)}
    nodes = {number: {"running": pid is not None} | ({"pid": pid} if pid else {}) for number, pid in pids.items()}
    known = _remembered(given)
    return {"kafka": ",".join(f"127.0.0.1:{port}" for port, _ in known.get("known_as", [])), "nodes": nodes}


def _start(given: argparse.Namespace, known: Said, number: int, until: float) -> None:
    node = _node(given, number)
    if node.running() is None:
        _launch(node, known, number)
    else:
        print(f"node {number} is running already", file=sys.stderr)
    if not given.no_wait:
        node.wait(f"127.0.0.1:{known['known_as'][number - 1][0]}", until)


def _launch(node: Node, known: Said, number: int) -> None:
    program = node.prepare()
    (port, controller_port), doors = known["ports"][number - 1], known["known_as"]
    for wanted in (port, controller_port):
        if not _free(wanted):
            raise DependencyUnavailable("port-in-use", f"127.0.0.1:{wanted}", "End what uses it, or start empty")
    voters = ",".join(f"{voter}@127.0.0.1:{controller}" for voter, (_, controller) in enumerate(doors, 1))
    known_port, known_controller_port = doors[number - 1]
    names = {"node": number, "voters": voters, "port": port, "controller_port": controller_port,
             "known_port": known_port, "known_controller_port": known_controller_port}  # fmt: skip
    texts = (file.read_text(encoding="utf-8") for file in (storage.SINGLE, storage.SEVERAL))
    node.launch(program, storage.overlaid(*texts), names, known["cluster_id"])


def _remember(given: argparse.Namespace) -> Said:
    """The cluster's id and ports, chosen at its first start; under which ports it is known may change when it rests."""
    known = _remembered(given)
    if not known:
        known = {"cluster_id": storage.cluster_id(), "ports": _ports(given.nodes)}
    if len(known["ports"]) != given.nodes:
        raise DependencyUnavailable("other-nodes", str(given.data), f"This cluster has {len(known['ports'])} nodes")
    known["known_as"] = given.known_as or known.get("known_as") or known["ports"]
    certificates.write_private(_file(given), json.dumps(known).encode())
    return known


def _ports(nodes: int) -> list[list[int]]:
    """Two free ports for each node."""
    free = [port for port in random.sample(PORTS, 20 * nodes) if _free(port)]
    return [free[2 * node : 2 * node + 2] for node in range(nodes)]


def _free(port: int) -> bool:
    with socket.socket() as asking:
        asking.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return _bound(asking, port)


def _bound(asking: socket.socket, port: int) -> bool:
    try:
        asking.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True


def _each(given: argparse.Namespace, work: Callable[[int], Any]) -> dict[int, Any]:
    """`work` for all chosen nodes at once; the first error when all have ended."""
    with ThreadPoolExecutor(given.nodes) as beside:
        begun = {number: beside.submit(work, number) for number in _chosen(given)}
    return {number: one.result() for number, one in begun.items()}


def _all(given: argparse.Namespace) -> range:
    return range(1, given.nodes + 1)


def _chosen(given: argparse.Namespace) -> list[int]:
    return [given.node] if given.node else [*_all(given)]


def _node(given: argparse.Namespace, number: int) -> Node:
    return Node(given.data / f"node-{number}", given.secrets, given.libs, given.memory_mb)


def _remembered(given: argparse.Namespace) -> Said:
    known: Said = json.loads(_file(given).read_text()) if _file(given).exists() else {}
    return known


def _file(given: argparse.Namespace) -> Path:
    found: Path = given.data / "cluster.json"
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
