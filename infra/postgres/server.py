"""A real PostgreSQL without a container: `python infra/postgres/server.py COMMAND --data FOLDER`.

Commands: start, stop, status, prepare; follow (--primary FOLDER), promote.

Promises: the first start makes the cluster, the roles and the databases `hub` and `registry`, each owned by a role of
its own that cannot enter the other one; a later start finds its data, also after kill -9; it outlives its starter;
`start` returns when it answers; `prepare` only looks whether the programs are there. Reached by a socket in its folder,
and by TCP on 127.0.0.1 where --port is given. The DSNs name a password file instead of a password. stdout is one line
of JSON, stderr is for people. Exit 0, or 1 (`status`: not running), 2 (usage), 6 (something is missing: one sentence
says what).
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import account
import roles
import standby
from cluster import Cluster

from hub.errors import JukiError

Said = dict[str, Any]


def main(arguments: list[str]) -> int:
    """Run one command; its exit code."""
    given = _parser().parse_args(arguments)
    commands: dict[str, Callable[[Cluster], Said]] = {
        "start": start, "stop": stop, "status": status, "prepare": prepare, "promote": promote,
        "follow": lambda cluster: follow(_cluster(given, given.primary), cluster),
    }  # fmt: skip
    try:
        said = commands[given.command](_cluster(given, given.data))
    except JukiError as refused:
        print(refused, file=sys.stderr)
        return int(refused.exit_code)
    print(json.dumps(said))
    return 0 if given.command != "status" or said["running"] else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="A PostgreSQL of one node, with the databases hub and registry.")
    parser.add_argument("command", choices=["start", "stop", "status", "prepare", "follow", "promote"])
    parser.add_argument("--data", type=Path, default=Path(".data/postgres"), help="the server's folder")
    parser.add_argument("--primary", type=Path, default=Path(".data/postgres"), help="the folder of whom to follow")
    parser.add_argument("--secrets", type=Path, default=Path(".data/secrets"), help="folder of passwords")
    parser.add_argument("--port", type=int, help="also listen on 127.0.0.1; 0: a free port, kept for later starts")
    parser.add_argument("--memory-mb", type=int, default=128, help="shared buffers, MiB")
    parser.add_argument("--max-connections", type=int, default=200)
    parser.add_argument("--wal-level", choices=["replica", "logical"], default="replica", help="logical: with slots")
    parser.add_argument("--timeout", type=int, default=60, help="seconds until it must have answered")
    return parser


def _cluster(given: argparse.Namespace, data: Path) -> Cluster:
    return Cluster(data.resolve(), given.secrets.resolve(), given.port, given.memory_mb, given.max_connections,
                   given.timeout, given.wal_level)  # fmt: skip


def prepare(_cluster: Cluster) -> Said:
    """Find PostgreSQL's programs; DependencyUnavailable where they are not installed."""
    account.program("postgres")
    return {"prepared": True}


def start(cluster: Cluster) -> Said:
    """Start the server, or find it running."""
    if cluster.process() is None:
        cluster.start()
    else:
        print("PostgreSQL is running already", file=sys.stderr)
    roles.ensure(cluster)
    return status(cluster)


def follow(primary: Cluster, cluster: Cluster) -> Said:
    """Make a standby of the primary, and start it."""
    standby.follow(primary, cluster)
    return status(cluster)


def promote(cluster: Cluster) -> Said:
    """Make a primary of a standby."""
    standby.promote(cluster)
    return status(cluster)


def stop(cluster: Cluster) -> Said:
    """End the server in order: sessions are cut, what was committed is on the disk."""
    outcome = "stopped" if cluster.stop() else "not-running"
    print(f"PostgreSQL: {outcome}", file=sys.stderr)
    return {"running": False, "outcome": outcome}


def status(cluster: Cluster) -> Said:
    """Where the server is, if it runs."""
    process = cluster.process()
    if process is None:
        return {"running": False}
    dsns = {name: cluster.dsn(name, name) for name in roles.DATABASES}
    return {"running": True, "pid": process, **dsns, "postgres": cluster.dsn("postgres", "postgres")}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
