"""The databases `hub` and `registry`: each owned by a role of its own, and closed to everybody else.

The registry's tables are the only place with plaintext about residents, so they have a database, a role and (where
they run for real) a backup policy of their own. Idempotent.
"""

from cluster import Cluster

DATABASES = ("hub", "registry")


def ensure(cluster: Cluster) -> None:
    """Make what is missing. Passwords follow their files, so that a lost secrets folder can be made anew."""
    there = set(cluster.psql("SELECT datname FROM pg_database").split())
    for name in DATABASES:
        cluster.psql(_role(name, cluster.password(name)))
        if name not in there:
            cluster.psql(f'CREATE DATABASE "{name}" OWNER "{name}"')
        cluster.psql(f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC')


def _role(name: str, password: str) -> str:
    """Names are ours and passwords are URL-safe base64: there is nothing to quote in them."""
    return (
        f'DO $$ BEGIN CREATE ROLE "{name}" LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;\n'
        f"ALTER ROLE \"{name}\" PASSWORD '{password}';"
    )
