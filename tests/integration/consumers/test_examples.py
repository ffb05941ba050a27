"""The three subscribers of infra/examples read the real topic with stock libraries and nothing of ours."""

import asyncio
import json
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from itertools import islice
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
COUNT = 7
KEY = bytes(16)
PATIENCE_SECONDS = 90.0


@pytest.fixture
async def department(world: World, tmp_path: Path) -> list[str]:
    """A department with its keys and seven disclosures, the first once more before the last: an example's arguments."""
    async with connect(world.settings.database) as database:
        place = Place(CONTRACT, topics.disclosures(world.settings.prefix, CONTRACT), 0)
        tokens = await _sealed(world, database, place)
        await _publish(world, [*tokens[:-1], tokens[0], tokens[-1]])
        return await _granted(world, database, tmp_path)


async def _granted(world: World, database: Database, folder: Path) -> list[str]:
    private = ECKey.generate_key("P-256")
    public = orjson.dumps(private.as_dict(private=False))
    jwe = await grant(KeyStore(database, wrapper(world.settings)), CONTRACT, recipient(public))
    (folder / "keys.jwe").write_text(jwe + "\n", encoding="ascii")
    (folder / "private.jwk").write_text(json.dumps(private.as_dict(private=True)), encoding="ascii")
    where = (world.settings.kafka, world.settings.secrets_dir, folder / "keys.jwe", folder / "private.jwk")
    return [str(each) for each in where]


async def _sealed(world: World, database: Database, place: Place, key: bytes = KEY) -> list[bytes]:
    content_key = await KeyStore(database, wrapper(world.settings)).content_key(CONTRACT, DAY)
    return seal(content_key, place, "0" * 64, 1, [_sheet(seed, key) for seed in range(1, COUNT + 1)])


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


def _sheet(seed: int, key: bytes = KEY) -> Sheet:
    jti = str(disclosure("prefecture", seed).id)
    return Sheet(seed, jti, orjson.dumps({"id": jti, "items": {"name": "見本𠮷髙葛󠄀"}}), key)


def _said(command: list[str], world: World) -> list[dict[str, Any]]:
    """What it prints until it has printed as many lines as there are disclosures; it would never end by itself."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=_env(world)) as program:
        late = threading.Timer(PATIENCE_SECONDS, program.kill)
        late.start()
        try:
            return [json.loads(line) for line in islice(program.stdout or [], COUNT)]
        finally:
            late.cancel()
            program.kill()


def _env(world: World) -> dict[str, str]:
    return {**world.env, "JUKI_PREFIX": world.settings.prefix}


def _expected() -> list[dict[str, Any]]:
    return [orjson.loads(_sheet(seed).payload) for seed in range(1, COUNT + 1)]


@pytest.mark.trap("C7")
def test_python_with_aiokafka_and_joserfc(department: list[str], world: World) -> None:
    assert _said([sys.executable, str(EXAMPLES / "child_policy.py"), *department], world) == _expected()


@pytest.mark.trap("C7")
@needs_node
def test_node_with_kafkajs_and_jose(department: list[str], world: World, tmp_path: Path) -> None:
    node = program("node")
    for name in ("child_policy.mjs", "package.json", "package-lock.json"):
        shutil.copy(EXAMPLES / name, tmp_path)
    bring(tmp_path, "kafkajs and jose")
    assert _said([node, str(tmp_path / "child_policy.mjs"), *department], world) == _expected()


@pytest.mark.trap("C7")
@needs_jdk
def test_java_with_kafka_clients_and_nimbus(department: list[str], world: World) -> None:
    assert _said(java(EXAMPLES / "java", "ChildPolicy", *department), world) == _expected()


@pytest.mark.faults
@pytest.mark.trap("input-23", "C7")
@pytest.mark.parametrize("wrong", ["aud", "topic", "part", "key"])
@pytest.mark.parametrize("language", ["python", pytest.param("java", marks=needs_jdk)])
async def test_a_token_that_lies_elsewhere_than_it_says_ends_the_example(
    world: World, tmp_path: Path, wrong: str, language: str
) -> None:
    place = Place(CONTRACT, topics.disclosures(world.settings.prefix, CONTRACT), 0)
    elsewhere = {"aud": "prefecture", "topic": "juki.disclosures.prefecture", "part": 1}
    moved = replace(place, **{wrong: elsewhere[wrong]}) if wrong in elsewhere else place
    async with connect(world.settings.database) as database:
        await _publish(world, await _sealed(world, database, moved, bytes(15) + b"x" if wrong == "key" else KEY))
        arguments = await _granted(world, database, tmp_path)
    python = [sys.executable, str(EXAMPLES / "child_policy.py"), *arguments]
    command = python if language == "python" else java(EXAMPLES / "java", "ChildPolicy", *arguments)
    done = await asyncio.to_thread(
        subprocess.run, command, env=_env(world), capture_output=True, text=True, check=False, timeout=90
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "a token was moved\n")


@pytest.mark.parametrize(
    ("name", "most"),
    [("child_policy.py", 30), ("child_policy.mjs", 30), ("java/src/main/java/ChildPolicy.java", 75)],
)
def test_an_example_is_read_in_a_minute(name: str, most: int) -> None:
    lines = (EXAMPLES / name).read_text(encoding="utf-8").splitlines()
    assert len([line for line in lines if line.strip()]) <= most
