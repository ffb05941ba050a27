"""A standby: a copy of a running server that follows it, and can take its place.

Commits wait for it (synchronous replication): what was told to be committed is on both, so that a primary may be lost
with its disk and nothing with it. Where the standby is lost instead, commits wait until it is back.
"""

import account
from cluster import Cluster

from hub.errors import DependencyUnavailable


def follow(primary: Cluster, standby: Cluster) -> None:
    """Copy `primary`, which must be running, into the empty folder of `standby`, and let that one follow."""
    account.prepare(standby.data)
    password = standby.data.with_name(f".{standby.data.name}.pgpass")
    account.write(password, primary.passfile("postgres").read_text())
    where = f"host={primary.socket_folder()} user=postgres passfile={password} application_name={standby.data.name}"
    if account.run([account.program("pg_basebackup"), "-D", str(standby.data), "-d", where, "-R", "-c", "fast"]):
        raise DependencyUnavailable("not-copied", str(standby.data), "Is the primary up, and the folder empty?")
    for left in standby.data.glob(".s.PGSQL.*"):
        left.unlink()  # the primary's own lock, copied with it: its socket is in its folder
    standby.start()
    primary.psql("ALTER SYSTEM SET synchronous_standby_names = '*'; SELECT pg_reload_conf();")


def promote(standby: Cluster) -> None:
    """Make a primary of it. Whoever was the primary must be gone for good: nobody here keeps the two apart."""
    if account.run([account.program("pg_ctl"), "-D", str(standby.data), "-w", "promote"]):
        raise DependencyUnavailable("not-promoted", str(standby.data), f"Read {standby.data}/server.log")
