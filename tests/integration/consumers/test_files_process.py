"""`jukihub run files`, `jukihub files write` and a subscriber's own program, on real servers."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from joserfc.jwk import ECKey

from contracts import book
from contracts.change import JAPAN
from hub import books, bus, topics
from hub.bus import Outgoing
from hub.clock import now
from hub.database import connect
from hub.envelope import DISCLOSURE
from hub.keys import KeyStore
from hub.seal import Place, Sheet, seal
from hub.wrapping import wrapper
from tests.house import World
from tests.integration.consumers.filed import told
from tests.people import record
from tests.processes import Processes, until
from tests.store import BUCKET, EXAMPLE, KEYS, Storage

CONTRACT = "tax"
SAID = [told(seed) for seed in range(1, 4)]
IDS = [str(one.id) for one in SAID]
UNFIT = told(4)


@pytest.fixture
def office(world: World, server: Storage, tmp_path: Path) -> Iterator[tuple[Processes, Storage]]:
    """The process that takes in, and the storage."""
    made = Processes({**world.env, **server.environment("/city")}, tmp_path)
    made.hub("files", "files")
    yield made, server
    made.stop()


async def tell(world: World) -> None:
    """As the router does: what the contract may know of three people."""
    items = book.load().contracts[CONTRACT].items
    place = Place(CONTRACT, topics.disclosures(world.settings.prefix, CONTRACT), 0)
    async with connect(world.settings.database) as database, bus.writer(world.settings, "router") as writer:
        await books.remember(database, book.load(), now())
        key = await KeyStore(database, wrapper(world.settings)).content_key(CONTRACT, now().astimezone(JAPAN).date())
        sheets = []
        for seed, one in enumerate([*SAID, UNFIT], start=1):
            told_of = record(seed) | ({"address": "no address"} if one is UNFIT else {})
            payload = {
                "id": str(one.id), "contract": CONTRACT, "version": one.version, "state": "inside", "protected": False,
                "recorded_at": "2026-04-01T00:00:00+09:00", "items": {item: told_of.get(item) for item in items},
            }  # fmt: skip
            sheets.append(Sheet(seed, str(one.id), orjson.dumps(payload), seed.to_bytes(16, "big")))
        at = int(now().timestamp() * 1000)
        tokens = seal(key, place, book.load().contracts[CONTRACT].hash, 1, sheets)
        await writer.send({(place.topic, 0): [Outgoing(one.key, token, DISCLOSURE, at)
                                              for one, token in zip(sheets, tokens, strict=True)]})  # fmt: skip


async def arrived(world: World) -> None:
    async with connect(world.settings.database, size=1) as database:

        async def look() -> int:
            return int(await database.fetchval("SELECT count(*) FROM inbox.disclosures WHERE contract = $1", CONTRACT))

        await until(look, lambda seen: seen == len(SAID) + 1, "taken in")


def read(processes: Processes, there: Storage, folder: Path) -> list[dict[str, Any]]:
    """What the department's own program prints."""
    private = ECKey.generate_key("P-256")
    (folder / "private.jwk").write_text(json.dumps(private.as_dict(private=True)))
    (folder / "public.jwk").write_text(json.dumps(private.as_dict(private=False)))
    granted = processes.command("keys", "grant", "--contract", CONTRACT, "--to", str(folder / "public.jwk"))
    assert granted.returncode == 0, granted.stderr
    (folder / "keys.jwe").write_text(granted.stdout)
    words = [there.url, f"{BUCKET}/city", CONTRACT, str(folder / "keys.jwe"), str(folder / "private.jwk")]
    own = {"AWS_ACCESS_KEY_ID": KEYS["HUB_FILES_KEY"], "AWS_SECRET_ACCESS_KEY": KEYS["HUB_FILES_SECRET"]}
    done = subprocess.run([sys.executable, str(EXAMPLE), *words], capture_output=True, text=True, check=False,
                          env={**os.environ, **own}, timeout=120)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


async def test_what_is_told_to_a_contract_with_files_is_read_by_its_department(
    world: World, office: tuple[Processes, Storage], tmp_path: Path
) -> None:
    processes, there = office
    await tell(world)
    await arrived(world)
    done = processes.command("files", "write", "--contract", CONTRACT, "--json")
    assert done.returncode == 0, done.stderr
    (written,) = json.loads(done.stdout)
    assert (written["rows"], written["number"], written["kind"]) == (3, 1, "daily")
    said = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["code"] for line in said if "code" in line] == ["unfit-value"], "one is a dead letter"
    assert [line["count"] for line in said if line["action"] == "file-written"] == [3]
    lines = read(processes, there, tmp_path)
    assert [line["disclosure"] for line in lines] == IDS
    assert [line["name"] for line in lines] == [record(seed)["name"] for seed in (1, 2, 3)]
    assert "juminhyo_code" not in lines[0]
    again = processes.command("files", "write", "--contract", CONTRACT)
    assert (again.returncode, again.stderr) == (0, "nothing new: the day has its file\n")

