"""No statement of ours leaves anything in its session but behind `Database.connection`, whose sessions are swept.

`hub.database` gives a session on as it is where one statement or one transaction was done, because nothing of it can
be left. Looked at is all that PostgreSQL is given: the .sql files and the texts of Python, with those of migrations.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.test_layers_and_doors import ROOT, nodes, sources

ROOMS = ("hub", "consumers", "producers")
BY_CONNECTION = {"consumers/alone.sql": "consumers/alone.py"}
"""What outlives its transaction, and the module that sends it."""

_BEGINS = r"(?:\A|;|\$\w*\$|\b(?:BEGIN|THEN|ELSE|LOOP|DO))\s*"
OUTLIVES = re.compile(
    rf"""
    {_BEGINS} SET \s+ (?! (?:LOCAL|TRANSACTION|CONSTRAINTS)\b )
    | {_BEGINS} (?:RESET|LISTEN|UNLISTEN|DEALLOCATE) \s+ [\w"*]
    | {_BEGINS} PREPARE \s+ \w+ \s* (?:AS\b|\()
    | {_BEGINS} DISCARD \s+ (?:ALL|PLANS|SEQUENCES|TEMP)
    | {_BEGINS} LOAD \s+ '
    | \b WITH \s+ HOLD \b
    | \b (?:CREATE|INTO) \s+ (?:(?:LOCAL|GLOBAL|OR\s+REPLACE)\s+)* TEMP(?:ORARY)? \b
    | \b pg_(?:try_)?advisory_(?:lock|unlock)
    | \b set_config \s* \( (?! [^)]* ,\s* true \s* \) )
    | \b (?:setseed|dblink\w*) \s* \(
    """,
    re.IGNORECASE | re.VERBOSE,
)

LEFT = [
    "SET search_path = x", " set role registry", "SELECT 1; SET TimeZone TO 'UTC'", "SET SESSION AUTHORIZATION x",
    "BEGIN SET lock_timeout = 0; END", "RESET ALL", "LISTEN outbox", "UNLISTEN *", "PREPARE p (int) AS SELECT $1",
    "DEALLOCATE p", "DISCARD ALL", "LOAD 'auto_explain'", "DECLARE c CURSOR WITH HOLD FOR SELECT 1",
    "CREATE TEMP TABLE t (n int)", "CREATE TEMPORARY VIEW v AS SELECT 1", "SELECT 1 INTO TEMP t",
    "SELECT pg_advisory_lock(1)", "SELECT pg_try_advisory_lock_shared(1)", "SELECT pg_advisory_unlock_all()",
    "SELECT set_config('a.b', $1, false)", "SELECT set_config('a.b', $1, $2)", "SELECT setseed(0.5)",
]  # fmt: skip
GONE = [
    "SET LOCAL lock_timeout = 0", "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "SET CONSTRAINTS ALL DEFERRED",
    "UPDATE t\nSET a = 1", "INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 1", "SELECT temporary FROM t",
    "SELECT pg_advisory_xact_lock(1)", "SELECT pg_try_advisory_xact_lock(1)", "SELECT set_config('a.b', $1, true)",
    "ALTER TABLE t ALTER COLUMN a SET NOT NULL",
]  # fmt: skip


def statements(file: Path) -> Iterator[str]:
    """What of a file PostgreSQL may be given, without comments."""
    if file.suffix == ".sql":
        texts = re.split(r"^-- name: .*$", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    else:
        said = {id(node.value) for node in nodes(file) if isinstance(node, ast.Expr)}
        literals = (node for node in nodes(file) if isinstance(node, ast.Constant) and id(node) not in said)
        texts = [node.value for node in literals if isinstance(node.value, str)]
    return (re.sub(r"--.*", "", text) for text in texts)


@pytest.mark.parametrize("statement", LEFT)
def test_what_outlives_a_transaction_is_told(statement: str) -> None:
    assert OUTLIVES.search(statement)


@pytest.mark.parametrize("statement", GONE)
def test_and_what_ends_with_it_is_not(statement: str) -> None:
    assert not OUTLIVES.search(statement)


def test_no_statement_of_ours_outlives_its_transaction_but_on_a_connection_that_is_swept() -> None:
    files = [file for room in ROOMS for file in (*sources(room), *(ROOT / room).rglob("*.sql"))]
    found = {str(file.relative_to(ROOT)) for file in files if any(map(OUTLIVES.search, statements(file)))}
    assert found == BY_CONNECTION.keys()


@pytest.mark.parametrize(("file", "sender"), BY_CONNECTION.items())
def test_whoever_sends_one_that_does_asks_for_nothing_but_such_a_connection(file: str, sender: str) -> None:
    asked = {node.attr for node in nodes(ROOT / sender)
             if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "database"}  # fmt: skip
    assert asked == {"connection"}
    named = Path(file).name
    assert not [each for room in ROOMS for each in sources(room) if named in each.read_text(encoding="utf-8")]
