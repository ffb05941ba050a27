"""Connections to a counterpart: which bytes are an answer, what becomes of one, and no answer taken for another's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from consumers.adapters.wire import LARGEST_ANSWER, Answer, Wires
from hub.outcome import Deferred

UNREACHABLE, GOOD = Deferred("unreachable"), Answer(200, b"{}")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
WHOLE = {
    "with a length": (OK, GOOD),
    "in chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", GOOD),
    "after an announcement": (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, GOOD),
    "a refusal": (b"HTTP/1.1 422 No\r\nContent-Length: 2\r\n\r\n{}", Answer(422, b"{}")),
    "a redirect, which nobody follows": (
        b"HTTP/1.1 302 There\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", Answer(302, b""),
    ),
    "without content": (b"HTTP/1.1 204 Fine\r\n\r\n", Answer(204, b"")),
}  # fmt: skip
ENDED = {
    "to its end": (b"HTTP/1.0 200 OK\r\n\r\n{}", GOOD),
    "cut off in the middle": (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", UNREACHABLE),
    "cut off in a chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}", UNREACHABLE),
    "cut off before its content": (b"HTTP/1.1 200 OK\r\nContent-Le", UNREACHABLE),
    "nothing": (b"", UNREACHABLE),
    "another protocol": (b"SSH-2.0-OpenSSH_9.7\r\n", UNREACHABLE),
    "two lengths": (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", UNREACHABLE),
    "a switch of protocols": (b"HTTP/1.1 101 Ok\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", UNREACHABLE),
    "without an end": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n" + bytes(LARGEST_ANSWER + 1), Deferred("nonsense"),
    ),
}  # fmt: skip


class Server:
    """Answers every request with the next of `says`; an empty one is silence."""

    def __init__(self, *says: bytes, ends: bool = False) -> None:
        self.says, self.ends = list(says), ends
        self.asked: list[bytes] = []
        self.was_asked = asyncio.Event()
        self.serving: set[asyncio.Task[None]] = set()
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.serving.add(task)
        self.connections += 1
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await self._answer(reader, writer)
        with suppress(ConnectionError):
            writer.close()
            await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            self.asked.append(head)
            await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
            self.was_asked.set()
            writer.write(self.says.pop(0))
            if self.ends:
                return


@asynccontextmanager
async def wires(server: Server, path: str = "") -> AsyncIterator[Wires]:
    async with await asyncio.start_server(server.serve, "127.0.0.1", 0) as running:
        made = Wires(f"http://127.0.0.1:{running.sockets[0].getsockname()[1]}{path}")
        try:
            yield made
        finally:
            await made.close()
            if server.serving:
                await asyncio.wait(server.serving)


async def post(made: Wires, seconds: float = 10.0) -> Answer | Deferred:
    return await made.post("/notices", "0193a1c2-0000-7000-8000-000000000001", b"[]", seconds)


@pytest.mark.parametrize(("said", "expected"), WHOLE.values(), ids=WHOLE)
async def test_an_answer_that_is_whole_is_the_answer_and_the_connection_serves_again(
    said: bytes, expected: Answer
) -> None:
    server = Server(said, OK)
    async with wires(server) as made:
        assert [await post(made), await post(made)] == [expected, GOOD]
    assert server.connections == 1


@pytest.mark.parametrize(("said", "expected"), ENDED.values(), ids=ENDED)
async def test_what_was_cut_off_or_is_no_answer_is_deferred_and_the_next_has_a_connection_of_its_own(
    said: bytes, expected: Answer | Deferred
) -> None:
    server = Server(said, OK, ends=True)
    async with wires(server) as made:
        assert [await post(made), await post(made)] == [expected, GOOD]
    assert server.connections == 2


async def test_an_answer_that_comes_too_late_is_nobody_elses() -> None:
    server = Server(b"", OK)
    async with wires(server) as made:
        assert [await post(made, 0.05), await post(made)] == [Deferred("timeout"), GOOD]
    assert server.connections == 2


async def test_what_nobody_has_asked_for_is_not_taken_for_the_next_answer() -> None:
    server = Server(OK + b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged", OK)
    async with wires(server) as made:
        assert [await post(made), await post(made)] == [GOOD, GOOD]
    assert server.connections == 2


async def test_messages_at_once_have_a_connection_each_and_no_more_are_made_for_those_that_follow() -> None:
    server = Server(*[OK] * 40)
    async with wires(server) as made:
        for _ in range(5):
            assert await asyncio.gather(*(post(made) for _ in range(8))) == [GOOD] * 8
    assert server.connections == 8


async def test_a_server_that_says_it_closes_is_asked_on_another_connection() -> None:
    server = Server(OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), OK)
    async with wires(server) as made:
        assert [await post(made), await post(made)] == [GOOD, GOOD]
    assert server.connections == 2


async def test_who_is_cancelled_leaves_no_connection_behind_that_another_would_read_from() -> None:
    server = Server(b"", OK)
    async with wires(server) as made:
        first = asyncio.create_task(post(made))
        await server.was_asked.wait()
        first.cancel()
        await asyncio.wait([first])
        assert await post(made) == GOOD
    assert (first.cancelled(), server.connections) == (True, 2)


async def test_nobody_there_is_unreachable() -> None:
    async with wires(Server()) as made:
        pass
    assert await post(made) == UNREACHABLE


async def test_what_is_sent_says_for_whom_under_which_id_and_who_asks() -> None:
    server = Server(OK)
    async with wires(server, "/base") as made:
        proven = Wires(f"http://city:p%40ss@127.0.0.1:{made._place[1]}/base")
        await post(proven)
        await proven.close()
    assert server.asked[0].split(b"\r\n") == [
        b"POST /base/notices HTTP/1.1", b"Host: 127.0.0.1:%d" % made._place[1], b"Content-Type: application/json",
        b"Authorization: Basic Y2l0eTpwQHNz", b"Idempotency-Key: 0193a1c2-0000-7000-8000-000000000001",
        b"Content-Length: 2", b"", b"",
    ]  # fmt: skip
