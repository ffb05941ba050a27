"""`jukihub run pull` on the real Kafka and PostgreSQL: told, fetched by a program, killed, acknowledged, revoked."""

import asyncio
import json
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from consumers.pull import clients
from consumers.pull.assertions import TYPE
from consumers.pull.scopes import Right
from hub import accounts, books, bus, topics
from hub.bus import Outgoing
from hub.clock import now
from hub.database import Database, connect
from hub.envelope import DISCLOSURE
from hub.keys import KeyStore
from hub.people import Duty
from hub.seal import Place, Sheet, seal
from hub.wrapping import wrapper
from tests.house import House, World, made_world
from tests.integration.pull.program import DAY, WELFARE
from tests.office import Office, cheap_passwords
from tests.processes import Processes, asked, until


@pytest.fixture
def world(house: House, tmp_path: Path) -> Iterator[World]:
    """One contract alone."""
    with made_world(house, tmp_path / "data", contracts=(WELFARE,)) as world:
        yield world


@pytest.fixture
async def database(world: World) -> AsyncIterator[Database]:
    async with connect(world.settings.database) as made:
        yield made


class Router:
    """The router's part."""

    def __init__(self, world: World, database: Database) -> None:
        self.world, self.seq, self.topic = world, 0, topics.disclosures(world.settings.prefix, WELFARE)
        self.keys = KeyStore(database, wrapper(world.settings))

    async def tells(self, writer: bus.Writer, resident: int) -> str:
        self.seq += 1
        name, key = str(uuid4()), resident.to_bytes(16, "big")
        content = {
            "id": name, "contract": WELFARE, "version": time.time_ns() // 1000, "state": "inside",
            "recorded_at": "2026-05-01T00:00:00+09:00", "items": {"atena_no": "0000000001"},
        }  # fmt: skip
        sheet, own = Sheet(self.seq, name, orjson.dumps(content), key), await self.keys.content_key(WELFARE, DAY)
        ctr = self.world.book.contracts[WELFARE].hash
        [token] = seal(own, Place(WELFARE, self.topic, 0), ctr, 1, [sheet])
        await writer.send({(self.topic, 0): [Outgoing(key, token, DISCLOSURE, int(now().timestamp() * 1000))]})
        return name


class Program:
    """A program with nothing of ours but what it was given: an address, a client id and a secret."""

    def __init__(self, url: str, client_id: str, secret: str) -> None:
        self.url, self.client_id, self.key, self.token = url, client_id, OctKey.import_key(secret), ""

    def log_in(self) -> None:
        at = int(time.time())
        claims = {"iss": self.client_id, "sub": self.client_id, "aud": f"{self.url}/oauth2/token", "exp": at + 60,
                  "jti": uuid4().hex}  # fmt: skip
        form = {"grant_type": "client_credentials", "client_assertion_type": TYPE,
                "client_assertion": jwt.encode({"alg": "HS256"}, claims, self.key)}  # fmt: skip
        request = urllib.request.Request(f"{self.url}/oauth2/token", urlencode(form).encode())
        with urllib.request.urlopen(request, timeout=60) as answer:
            self.token = json.load(answer)["access_token"]

    def fetched(self, query: str = "") -> Any:
        return self._sent(f"/v1/disclosures{query}", None)["items"]

    def takes(self, *ids: str) -> Any:
        return self._sent("/v1/acknowledgements", {"delivered": ids})["settled"]

    def _sent(self, path: str, body: Any) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        for _ in range(200):
            try:
                with urllib.request.urlopen(urllib.request.Request(self.url + path, data, headers), timeout=60) as got:
                    return json.load(got)
            except urllib.error.HTTPError as refused:
                if refused.code != 503:
                    raise
                refused.close()
            time.sleep(0.2)  # as Retry-After says, but shorter: it has only begun to read
        raise AssertionError("it does not begin to read")


async def registered(world: World, database: Database) -> tuple[str, str]:
    office = Office(database, world.settings, now())
    asker, approver = await office.person("ito", Duty.OPERATOR), await office.person("kato", Duty.APPROVER)
    request = await clients.ask(database, WELFARE, "a program", [*Right], asker, "it begins", now())
    made, secret = await clients.approve(database, wrapper(world.settings), request, approver, now())
    return str(made.id), secret


async def served(processes: Processes, world: World) -> str:
    """Where it serves, once it has read."""

    async def looked() -> Any:
        file = Path(world.env["HUB_DATA"]) / "run" / "pull.json"
        said = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        if said.get("pid") != processes.running["pull"].pid:
            return None
        return said["url"] if asked(f"http://127.0.0.1:{said['port']}", "/health")["status"] == "ok" else None

    return str(await until(looked, lambda url: url is not None, "the pull API"))


async def test_told_fetched_killed_acknowledged_and_revoked(
    world: World, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cheap_passwords(monkeypatch)
    await books.remember(database, world.book, now())
    client_id, secret = await registered(world, database)
    processes, router = Processes(world.env, tmp_path), Router(world, database)
    try:
        await walk(processes, router, client_id, secret)
        assert secret not in processes.logs()
    finally:
        processes.stop()


async def walk(processes: Processes, router: Router, client_id: str, secret: str) -> None:
    processes.hub("pull", "pull", "--port", "0")
    program = Program(await served(processes, router.world), client_id, secret)
    program.log_in()
    async with bus.writer(router.world.settings, "router") as writer:
        first = await arrived(router, writer, program)
        second = await router.tells(writer, 1)
        assert [one["id"] for one in await asyncio.to_thread(program.fetched, f"?cursor={first}&wait=30")] == [second]
    processes.kill("pull")  # between what it handed out and what is said of it
    processes.hub("pull", "pull", "--port", "0")
    program.url = await served(processes, router.world)
    program.log_in()
    assert [one["id"] for one in program.fetched("?wait=30")] == [first, second]
    assert [one["state"] for one in program.takes(first, second)] == ["delivered", "delivered"]
    assert program.fetched() == []
    await revoked(router.world, client_id)
    with pytest.raises(urllib.error.HTTPError) as refused:
        program.fetched()
    with refused.value as answer:
        assert (answer.code, json.load(answer)["code"]) == (403, "client-revoked")


async def arrived(router: Router, writer: bus.Writer, program: Program) -> str:
    """Somebody waits, and is answered once it is there: within the second, not at the end of the thirty."""
    waiting = asyncio.ensure_future(asyncio.to_thread(program.fetched, "?wait=30"))
    told, begun = await router.tells(writer, 1), time.monotonic()
    [one] = await waiting
    assert (one["id"], time.monotonic() - begun < 15) == (told, True)
    return told


async def revoked(world: World, client_id: str) -> None:
    async with connect(world.settings.database, size=1) as database:
        kato = (await accounts.named(database, "kato")).person
        await clients.revoke(database, UUID(client_id), kato, "it is over", now())
