"""The three subscribers of infra/examples read the real topic with stock libraries and nothing of ours."""

import asyncio
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from joserfc.jwk import ECKey

from hub import bus, topics
from hub.bus import Outgoing, Position
from hub.clock import now
from hub.database import Database, connect
from hub.envelope import DISCLOSURE
from hub.granting import grant, recipient
from hub.keys import KeyStore
from hub.seal import Place, Sheet, seal
from hub.wrapping import wrapper
from tests.conformance.samples import disclosure
from tests.house import World
from tests.integration.consumers.line import DAY
from tests.jdk import java, needs_jdk
from tests.node import bring, needs_node, program

EXAMPLES = Path(__file__).parents[3] / "infra" / "examples"
CONTRACT = "child-policy"
KEY = bytes(16)
PATIENCE_SECONDS = 90.0


@dataclass(frozen=True)
class Told:
    """One record as the router would write it: its number, and the version of its resident."""

    seq: int
    version: int

    @property
    def payload(self) -> bytes:
        jti = str(disclosure("prefecture", self.version).id)
        return orjson.dumps({"id": jti, "version": self.version, "items": {"name": "見本𠮷髙葛󠄀"}})


FEED = (*(Told(n, n) for n in range(1, 6)), Told(1, 1), Told(7, 7), Told(8, 6), Told(9, 9))
"""Five in a row; the first one once more; the seventh, but no sixth; one with an older version; one more."""
NEWS = (*FEED[:5], FEED[6], FEED[8])
COUNTED = [
    {"partition": 0, "missing": 0, "repeated": 1, "older": 0},
    {"partition": 0, "missing": 1, "repeated": 1, "older": 0},
    {"partition": 0, "missing": 1, "repeated": 1, "older": 1},
]
MOVED = "a token was moved"


@pytest.fixture
async def department(world: World, tmp_path: Path) -> list[str]:
    """A department with its keys, the feed, and behind it a token that belongs elsewhere: an example's arguments."""
    async with connect(world.settings.database) as database:
        place = Place(CONTRACT, topics.disclosures(world.settings.prefix, CONTRACT), 0)
        moved = await _sealed(world, database, replace(place, part=1), Told(10, 10))
        await _publish(world, [*await _sealed(world, database, place, *FEED), *moved])
        return await _granted(world, database, tmp_path)


async def _granted(world: World, database: Database, folder: Path) -> list[str]:
    private = ECKey.generate_key("P-256")
    public = orjson.dumps(private.as_dict(private=False))
    jwe = await grant(KeyStore(database, wrapper(world.settings)), CONTRACT, recipient(public))
    (folder / "keys.jwe").write_text(jwe + "\n", encoding="ascii")
    (folder / "private.jwk").write_text(json.dumps(private.as_dict(private=True)), encoding="ascii")
    where = (world.settings.kafka, world.settings.secrets_dir, folder / "keys.jwe", folder / "private.jwk")
    return [str(each) for each in where]


async def _sealed(world: World, database: Database, place: Place, *feed: Told, key: bytes = KEY) -> list[bytes]:
    content_key = await KeyStore(database, wrapper(world.settings)).content_key(CONTRACT, DAY)
    sheets = [Sheet(told.seq, orjson.loads(told.payload)["id"], told.payload, key) for told in feed]
    return seal(content_key, place, "0" * 64, 1, sheets)


async def _publish(world: World, tokens: list[bytes]) -> None:
    """Put `tokens` on partition 0 of the department's topic, in one transaction as the router does."""
    prefix, topic = world.settings.prefix, topics.disclosures(world.settings.prefix, CONTRACT)
    at = int(now().timestamp() * 1000)  # what is older than the topic keeps is deleted within minutes
    records = [Outgoing(KEY, token, DISCLOSURE, at) for token in tokens]
    transaction = topics.router_transaction(prefix, 0)
    async with bus.transactional_writer(world.settings, "router", transaction) as writer:
        await writer.commit(
            {(topic, 0): records}, topics.router_group(prefix), topics.changes(prefix), {0: Position(0, "")}
        )


def _ran(command: list[str], world: World) -> tuple[int, list[Any], list[Any], str]:
    """How it ended by itself, what it printed, what it counted, and the last thing that it said."""
    done = subprocess.run(
        command, env=_env(world), capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS
    )
    said = done.stderr.splitlines()
    counted = [json.loads(line) for line in said if line.startswith('{"partition"')]
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], counted, said[-1]


def _env(world: World) -> dict[str, str]:
    return {**world.env, "JUKI_PREFIX": world.settings.prefix}


SEEN = (1, [orjson.loads(told.payload) for told in NEWS], COUNTED, MOVED)
"""What every example makes of the feed: each once and in order, what is missing counted, and nothing that was moved."""


@pytest.mark.trap("C7", "C5")
def test_python_with_aiokafka_and_joserfc(department: list[str], world: World) -> None:
    assert _ran([sys.executable, str(EXAMPLES / "child_policy.py"), *department], world) == SEEN


@pytest.mark.trap("C7", "C5")
@needs_node
def test_node_with_kafkajs_and_jose(department: list[str], world: World, tmp_path: Path) -> None:
    assert _ran([*_node(tmp_path), *department], world) == SEEN


def _node(folder: Path) -> list[str]:
    """The command of the Node program, with its packages in `folder`."""
    for name in ("child_policy.mjs", "package.json", "package-lock.json"):
        shutil.copy(EXAMPLES / name, folder)
    bring(folder, "kafkajs and jose")
    return [program("node"), str(folder / "child_policy.mjs")]


@pytest.mark.trap("C7", "C5")
@needs_jdk
def test_java_with_kafka_clients_and_nimbus(department: list[str], world: World) -> None:
    assert _ran(java(EXAMPLES / "java", "ChildPolicy", *department), world) == SEEN


@pytest.mark.faults
@pytest.mark.trap("input-23", "C7")
@pytest.mark.parametrize("wrong", ["aud", "topic", "part", "key"])
@pytest.mark.parametrize("language", ["python", pytest.param("node", marks=needs_node),
                                      pytest.param("java", marks=needs_jdk)])  # fmt: skip
async def test_a_token_that_lies_elsewhere_than_it_says_ends_the_example(
    world: World, tmp_path: Path, wrong: str, language: str
) -> None:
    place = Place(CONTRACT, topics.disclosures(world.settings.prefix, CONTRACT), 0)
    elsewhere = {"aud": "prefecture", "topic": "juki.disclosures.prefecture", "part": 1}
    moved = replace(place, **{wrong: elsewhere[wrong]}) if wrong in elsewhere else place
    async with connect(world.settings.database) as database:
        own = bytes(15) + b"x" if wrong == "key" else KEY
        await _publish(world, await _sealed(world, database, moved, *FEED, key=own))
        arguments = await _granted(world, database, tmp_path)
    command = {
        "python": lambda: [sys.executable, str(EXAMPLES / "child_policy.py"), *arguments],
        "node": lambda: [*_node(tmp_path), *arguments],
        "java": lambda: java(EXAMPLES / "java", "ChildPolicy", *arguments),
    }[language]()
    assert await asyncio.to_thread(_ran, command, world) == (1, [], [], MOVED)


@pytest.mark.parametrize(
    ("name", "most"),
    [("child_policy.py", 45), ("child_policy.mjs", 45), ("java/src/main/java/ChildPolicy.java", 95)],
)
def test_an_example_is_read_in_a_minute(name: str, most: int) -> None:
    lines = (EXAMPLES / name).read_text(encoding="utf-8").splitlines()
    assert len([line for line in lines if line.strip()]) <= most
