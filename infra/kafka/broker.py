"""A real Kafka broker without a container: `python infra/kafka/broker.py start|stop|status|prepare --data FOLDER`.

Promises: the first start makes everything (jars, own CA, passwords, an empty log); `prepare` brings the jars alone, so
that what is missing is known before anything starts; a later start finds its data, also after kill -9; a start while
one runs says so and is no error; `start` returns when the broker has answered the administrator over TLS and SCRAM;
`stop` returns when the process is gone. stdout is one line of JSON, stderr is for people. Exit 0, or 1 (`status`: not
running), 2 (usage), 6 (something is missing: one sentence says what).
"""

import argparse
import json
import socket
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import certificates
import java as java_runtime
import storage
from node import Node

from hub.errors import DependencyUnavailable, JukiError

Said = dict[str, Any]


def main(arguments: list[str]) -> int:
    """Run one command; its exit code."""
    given = _parser().parse_args(arguments)
    given.data, given.secrets, given.libs = (path.resolve() for path in (given.data, given.secrets, given.libs))
    commands: dict[str, Callable[[argparse.Namespace], Said]] = {
        "start": start, "stop": stop, "status": status, "prepare": prepare,
    }  # fmt: skip
    try:
        said = commands[given.command](given)
    except JukiError as refused:
        print(refused, file=sys.stderr)
        return int(refused.exit_code)
    print(json.dumps(said))
    return 0 if given.command != "status" or said["running"] else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="A Kafka broker of one node: KRaft, TLS, SCRAM, ACLs.")
    parser.add_argument("command", choices=["start", "stop", "status", "prepare"])
    parser.add_argument("--data", type=Path, default=Path(".data/kafka"), help="the broker's folder")
    parser.add_argument("--secrets", type=Path, default=Path(".data/secrets"), help="folder of CA and passwords")
    parser.add_argument("--libs", type=Path, default=storage.HERE / "libs", help="folder of the jars")
    parser.add_argument("--port", type=int, default=0, help="0: the last one, or a free one")
    parser.add_argument("--memory-mb", type=int, default=768, help="heap, MiB")
    parser.add_argument("--timeout", type=float, default=90.0, help="seconds until it must have answered")
    return parser


def prepare(given: argparse.Namespace) -> Said:
    """Have a Java and the jars; DependencyUnavailable where one cannot be had. A broker that runs has both."""
    if _node(given).running() is None:
        java_runtime.bring_jars(given.libs, java_runtime.find_java())
    return {"prepared": True}


def start(given: argparse.Namespace) -> Said:
    """Start the broker, or find it running."""
    until, node = time.monotonic() + given.timeout, _node(given)
    if node.running() is None:
        _launch(given, node)
    else:
        print("the broker is running already", file=sys.stderr)
    node.wait(f"127.0.0.1:{_remembered(given)['port']}", until)
    return status(given)


def stop(given: argparse.Namespace) -> Said:
    """End the broker in order, or by force where it takes too long."""
    return {"running": False, "outcome": _node(given).stop()}


def status(given: argparse.Namespace) -> Said:
    """Where the broker is, if it runs."""
    process = _node(given).running()
    if process is None:
        return {"running": False}
    return {"running": True, "pid": process, "kafka": f"127.0.0.1:{_remembered(given)['port']}"}


def _node(given: argparse.Namespace) -> Node:
    return Node(given.data, given.secrets, given.libs, given.memory_mb)


def _launch(given: argparse.Namespace, node: Node) -> None:
    program = node.prepare()
    certificates.ensure(given.secrets, datetime.now(UTC))
    port, controller_port = _ports(given)
    (given.data / "broker.json").write_text(json.dumps({"port": port, "controller_port": controller_port}))
    names = {"port": port, "controller_port": controller_port}
    node.launch(program, storage.SINGLE.read_text(encoding="utf-8"), names, storage.cluster_id())


def _ports(given: argparse.Namespace) -> tuple[int, int]:
    """The wanted port, else the last ones, else free ones."""
    last = _remembered(given)
    return _free(given.port or last["port"], given.port != 0), _free(last["controller_port"], wanted=False)


def _free(port: int, wanted: bool) -> int:
    with socket.socket() as asking:
        asking.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            asking.bind(("127.0.0.1", port))
        except OSError:
            if wanted:
                raise DependencyUnavailable("port-in-use", f"127.0.0.1:{port}", "Choose another port, or 0") from None
            return _free(0, wanted=False)
        chosen: int = asking.getsockname()[1]
        return chosen


def _remembered(given: argparse.Namespace) -> dict[str, int]:
    file = given.data / "broker.json"
    ports: dict[str, int] = json.loads(file.read_text()) if file.exists() else {"port": 0, "controller_port": 0}
    return ports


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
