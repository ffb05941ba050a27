"""In production a database is on this machine, or proves its name by TLS before anything goes out."""

import pytest
from asyncpg.connect_utils import _parse_connect_dsn_and_args

from hub.config import read
from hub.database import connect
from hub.dsn import is_private
from hub.errors import DependencyUnavailable, UsageError

PRIVATE = (
    "postgresql://hub@/hub?host=/run/postgresql&passfile=/etc/hub.pgpass",
    "postgresql://hub@/hub?host=/tmp/a,/tmp/b&port=5433,5434",
    "postgresql://hub@127.0.0.1:5432/hub",
    "postgresql://hub@127.8.0.1/hub",
    "postgres://hub@localhost/hub",
    "postgresql://hub@[::1]:5432/hub",
    "postgresql://hub@%2Frun%2Fpostgresql/hub",
    "postgresql://hub@/hub?host=127.0.0.1,localhost&port=5432,5433",
    "postgresql://hub@127.0.0.1/hub?host=db.city.example",
    "postgresql://hub@db.city.example/hub?sslmode=verify-full&sslrootcert=/etc/city-ca.pem",
    "postgresql://hub@db1.city.example,db2.city.example/hub?sslmode=prefer&sslmode=verify-full",
)
IN_CLEAR = (
    "postgresql://hub@db.city.example/hub",
    "postgresql://hub@192.0.2.1/hub",
    "postgresql://hub@/hub",
    "postgresql:///hub",
    "postgresql://hub@/hub?host=",
    "postgresql://hub@/hub?host=%252Frun",
    "postgresql://hub@/hub?host=/run/postgresql,db.city.example",
    "postgresql://hub@127.0.0.1,db.city.example/hub",
    "postgresql://hub@db.city.example/hub?host=/run/postgresql",
    "postgresql://hub@localhost.city.example/hub",
    "postgresql://hub@127.0.0.1.city.example/hub",
    "postgresql://hub:a@b@localhost/hub",
    "postgresql://hub@localhost@db.city.example/hub",
    "postgresql://hub@[2001:db8::1]/hub",
    "postgresql://hub@127.0.0.1/hub?service=city",
    *(f"postgresql://hub@db.city.example/hub?sslmode={mode}" for mode in
      ("disable", "allow", "prefer", "require", "verify-ca", "VERIFY-FULL", "verify-full&sslmode=require")),
    "host=db.city.example dbname=hub",
    "mysql://127.0.0.1/hub",
    "postgresql://[/hub",
)  # fmt: skip


@pytest.mark.parametrize("dsn", PRIVATE)
def test_a_database_of_this_machine_or_by_tls_to_a_proved_name_is_taken(dsn: str) -> None:
    assert is_private(dsn)
    assert read({"HUB_ENV": "production", "HUB_DATABASE": dsn, "HUB_REGISTRY": dsn}).registry == dsn


@pytest.mark.parametrize("dsn", IN_CLEAR)
@pytest.mark.parametrize("setting", ["HUB_DATABASE", "HUB_REGISTRY"])
def test_in_production_any_other_is_refused_by_the_name_of_its_setting(setting: str, dsn: str) -> None:
    with pytest.raises(UsageError) as refused:
        read({"HUB_ENV": "production", setting: dsn})
    assert (refused.value.code, refused.value.place) == ("database-in-clear", setting)
    assert dsn not in str(refused.value)
    assert read({"HUB_ENV": "development", setting: dsn})


@pytest.mark.parametrize("dsn", [one for one in PRIVATE if "verify-full" not in one])
def test_the_library_goes_where_we_think_it_goes(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "db.city.example")
    addresses, *_ = _parse_connect_dsn_and_args(
        dsn=dsn, host=None, port=None, user=None, password=None, passfile=None, database=None, ssl=None, service=None,
        servicefile=None, direct_tls=None, server_settings=None, target_session_attrs=None, krbsrvname=None,
        gsslib=None,
    )  # fmt: skip
    hosts = [one if isinstance(one, str) else one[0] for one in addresses]
    assert all(host.startswith("/") or host in ("127.0.0.1", "127.8.0.1", "localhost", "::1") for host in hosts)


async def test_where_no_database_is_named_none_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "127.0.0.1")
    with pytest.raises(DependencyUnavailable, match="database-unavailable"):
        async with connect(""):
            pass
