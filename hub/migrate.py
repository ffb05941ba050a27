"""Migrations: alembic with raw SQL, one folder and one schema per room that keeps tables.

A room has `migrations/versions/0001_*.py` with `upgrade()` alone: what is undone is undone by a further migration.
"""

import asyncio
from importlib.util import find_spec
from pathlib import Path

from alembic import op
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine

from hub.config import Settings
from hub.errors import DatabaseError

ROOMS = {"producers": "registry", "hub": "hub", "consumers": "inbox"}
"""Room -> schema. The registry's schema lives in its own database where there is one."""


def run(sql: str) -> None:
    """Run the statements of `sql` one by one (inside a migration): the driver prepares each, and takes only one."""
    for statement in sql.split(";\n"):
        if statement.strip():
            op.execute(statement)


async def migrate_all(settings: Settings) -> None:
    """Bring every room's schema to its newest state; does nothing where it is there already."""
    for room, schema in ROOMS.items():
        dsn = settings.registry_dsn if schema == "registry" else settings.database
        await migrate(dsn, folder(room), schema)


async def migrate(dsn: str, folder: Path, schema: str, until: str = "head") -> None:
    """Run the migrations of `folder` that `schema` lacks, in one transaction; `until`: the last of them."""
    # the driver reads the DSN itself, as everywhere else: sslmode and passfile are its words and not this library's
    engine = create_async_engine("postgresql+asyncpg://", connect_args={"dsn": dsn}, hide_parameters=True)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade, folder, schema, until)
    except SQLAlchemyError as failed:
        sqlstate = getattr(getattr(failed, "orig", None), "sqlstate", "unknown")
        raise DatabaseError(f"sqlstate-{sqlstate}", schema) from None
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, folder: Path, schema: str, until: str) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:schema))"), {"schema": f"migrate {schema}"})
    connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{schema}"'))
    script = ScriptDirectory(str(folder), version_locations=[str(folder / "versions")])
    with EnvironmentContext(Config(), script, fn=lambda revision, _: script._upgrade_revs(until, revision)) as context:  # noqa: SLF001 - alembic's own commands do the same
        context.configure(connection=connection, version_table_schema=schema)
        context.run_migrations()


def folder(room: str) -> Path:
    """Where the migrations of a room lie."""
    spec = find_spec(room)
    if spec is None or not spec.submodule_search_locations:
        raise DatabaseError("no-migrations", room)
    return Path(spec.submodule_search_locations[0]) / "migrations"


def main(settings: Settings) -> None:
    """Run every migration, for commands that are not asynchronous themselves."""
    asyncio.run(migrate_all(settings))
