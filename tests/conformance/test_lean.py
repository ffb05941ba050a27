"""What a stand-in answers plainly is what it answers through the framework, and anything that is not plain is given to
that from its first byte."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

import orjson
import pytest
from aiohttp import web

from consumers.adapters import ADAPTERS
from tests.conformance.counterparts import module
from tests.conformance.samples import disclosure

VIA: Final = "prefecture"
ADDED: Final = b"X-Other: 1\r\n"
"""Makes a request one that is not plain."""


def body(seed: int = 1, **other: Any) -> bytes:
    return orjson.dumps(ADAPTERS[VIA].encode(disclosure(VIA, seed)) | other)  # type: ignore[operator]


def request(content: bytes, *, key: str = str(UUID(int=1)), kind: bytes = b"application/json") -> bytes:
    said = (kind, key.encode(), len(content), content)
    return (
        b"POST /notices HTTP/1.1\r\nHost: x\r\nContent-Type: %b\r\nIdempotency-Key: %b\r\nContent-Length: %d\r\n\r\n%b"
        % said
    )


class Wire:
    """A connection of raw bytes to a stand-in, and the stand-in."""

    def __init__(self, made: Any, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.standin, self._reader, self.writer = made, reader, writer

    async def ask(self, *parts: bytes) -> tuple[int, Any]:
        """Send the parts, each by itself; status and JSON of the answer."""
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()
            await asyncio.sleep(0)
        return await self.answer()

    async def answer(self) -> tuple[int, Any]:
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length: ")[2].split(b"\r\n", 1)[0])
        content = await self._reader.readexactly(length)
        return int(head.split(b" ", 2)[1]), orjson.loads(content) if content[:1] == b"{" else content


@asynccontextmanager
async def wired() -> AsyncIterator[Callable[[], Any]]:
    """Connections to a fresh stand-in in this process."""
    standin, lean = module("standin"), module("lean")
    made = standin.Standin(standin.KINDS[VIA], None)
    runner = web.AppRunner(made.app(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    server = await asyncio.get_running_loop().create_server(partial(lean.Lean, made, runner.server), "127.0.0.1", 0)
    wires: list[Wire] = []

    async def connect() -> Wire:
        wires.append(Wire(made, *await asyncio.open_connection(*server.sockets[0].getsockname())))
        return wires[-1]

    try:
        yield connect
    finally:
        for wire in wires:
            wire.writer.close()
            await wire.writer.wait_closed()
        server.close()
        await runner.cleanup()


JUDGED: Final = {
    "taken": request(body()), "another form": request(body(update_no=0)), "no JSON": request(b"{"),
    "a member twice": request(body().replace(b'{"update_no"', b'{"update_no":1,"update_no"', 1)),
    "not a number": request(body().replace(b'"update_no":', b'"update_no":NaN,"x":', 1)),
    "not UTF-8": request(b'{"x":"\xff"}'), "an empty body": request(b""),
    "spaces in between": request(body().replace(b",", b", ")),
    "a key that is none": request(body(), key="x" * 36), "a shorter key": request(body(), key="7"),
    "an unknown item": request(body(x=1)), "another type": request(body(), kind=b"text/plain"),
    "a type with a parameter": request(body(), kind=b"application/json; charset=utf-8"),
}  # fmt: skip


@pytest.mark.parametrize("what", JUDGED)
async def test_a_plain_request_is_answered_as_it_is_through_the_framework(what: str) -> None:
    asked = JUDGED[what]
    async with wired() as one, wired() as other:
        plainly, strictly = await one(), await other()
        found = [await plainly.ask(asked), await plainly.ask(asked)]
        assert found == [await strictly.ask(asked.replace(b"Idem", ADDED + b"Idem", 1)), await strictly.ask(asked)]
        assert plainly.standin.memory.as_json() == strictly.standin.memory.as_json()


async def test_what_is_plain_comes_in_pieces_and_several_at_a_time() -> None:
    async with wired() as connect:
        wire = await connect()
        whole = request(body())
        cuts = [0, 3, 22, 60, whole.index(b"\r\n\r\n") + 2, len(whole) - 5, len(whole)]
        assert (await wire.ask(*(whole[a:b] for a, b in pairwise(cuts))))[0] == 200
        assert (await wire.ask(whole * 2))[1]["repeat"] is (await wire.answer())[1]["repeat"] is True


@pytest.mark.parametrize(
    "asked",
    [
        b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n", b"POST /notices/x HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
        request(body()).replace(b"Content-Length", b"Content-Length: 1\r\nContent-Length", 1),
        request(body()).replace(b"Host: x", b"Host: x\nX: y", 1), b"\r\n\r\n",
        b"POST /notices HTTP/1.1\r\n" + b"a" * 9000,
        b"POST /notices HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    ],
)  # fmt: skip
async def test_what_is_not_plain_is_the_frameworks(asked: bytes) -> None:
    async with wired() as connect:
        wire = await connect()
        wire.writer.write(asked)
        wire.writer.write_eof()
        await wire._reader.read()
        assert (wire.standin.memory.told, module("lean").Lean.open) == ([], set())


async def test_a_fault_that_is_switched_on_holds_for_connections_that_are_open() -> None:
    async with wired() as connect:
        wire = await connect()
        assert (await wire.ask(request(body())))[0] == 200
        wire.standin.faults.switch({"fault": "down", "how": "503"})
        assert (await wire.ask(request(body())))[0] == 503
        wire.standin.faults.switch({"fault": "clear"})
        assert await wire.ask(request(body())) == (
            200, {"receipt": wire.standin.memory.told[0].receipt, "repeat": True, "state": "kept"},
        )  # fmt: skip
        assert wire.standin.memory.requests == 3


async def test_a_fault_of_the_stand_in_itself_is_no_answer_about_a_disclosure(monkeypatch: pytest.MonkeyPatch) -> None:
    async with wired() as connect:
        wire = await connect()
        monkeypatch.setattr(wire.standin, "judge", lambda *_: 1 / 0)
        assert (await wire.ask(request(body())))[0] == 500
