"""A TCP proxy with weather: latency, slices, holes, held bytes, resets; per direction, and switchable while it runs.

A `Door` listens on the loopback address and passes everything on to its target. What happens to the bytes is asked anew
for every piece of them, by the name of who has connected: `ways(source)` says how it goes there, and how back. Four
things can happen to a piece: it comes later, it comes in slices, it is held until the weather changes, or it is lost.

A loss is silent: the connection stays open, and its end, or a reset by the other side, is lost like its bytes. A stream
with a hole cannot go on, so it is reset at both ends once bytes would pass again. All doors live in one loop, in a
thread of its own.
"""

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

HOST = "127.0.0.1"
PIECE = 65536
AT_ONCE = struct.pack("ii", 1, 0)
"""Linger for no time: what is not sent is dropped, and the other end is told so."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Way:
    """What happens to bytes in one direction."""

    latency: float = 0.0
    """Seconds by which each piece is late."""
    slice: int = PIECE
    """How many bytes are passed on at once, at most."""
    lost: bool = False
    held: bool = False


FINE = Way()
Ways = Callable[[str], tuple[Way, Way]]


Who = Callable[[int], str]
Target = Callable[[], int]


def nobody(_port: int) -> str:
    """All callers are the same."""
    return ""


def fine(_source: str) -> tuple[Way, Way]:
    """Good weather in both directions."""
    return FINE, FINE


class Proxy:
    """The loop of all doors, in its own thread; a context manager."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._doors: list[Door] = []

    def __enter__(self) -> "Proxy":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for door in self._doors:
            self._run(door.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def door(self, target: Target, ways: Ways = fine, who: Who = nobody) -> "Door":
        """A new door to the port that `target` names, asked at every connection; `who` names a caller by its port."""
        door = Door(target, ways, who)
        self._run(door.open())
        self._doors.append(door)
        return door

    def changed(self) -> None:
        """The weather is another: held bytes are asked about again, streams with a hole that could go on are reset."""
        self._run(_told(self._doors))

    def reset(self, door: "Door") -> None:
        """Reset every connection that goes through `door`, at both ends."""
        self._run(door.reset())

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)


async def _told(doors: "list[Door]") -> None:
    for door in doors:
        for connection in door.connections:
            connection.look_again()


class Door:
    """One listening port. Its coroutines belong to the proxy's loop; others use the methods of Proxy."""

    def __init__(self, target: Target, ways: Ways, who: Who) -> None:
        self.port = 0
        self.connections: set[Connection] = set()
        self._target, self._ways, self._who = target, ways, who
        self._tasks: set[asyncio.Task[Any]] = set()

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._connected, HOST, 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        self._server.close()
        await self.reset()
        await self._server.wait_closed()

    async def reset(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with suppress(asyncio.CancelledError):  # reset, which closes both ends
                await self._served(reader, writer)
        finally:
            reset(writer)
            self._tasks.discard(task)

    async def _served(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):  # nobody is behind the door: the caller is reset, as by a machine without the program
            beyond = await asyncio.open_connection(HOST, self._target())
            source = self._who(writer.get_extra_info("peername")[1])  # a dear question, which a dead node's is spared
            connection = Connection(
                Stream(reader, beyond[1], lambda: self._ways(source)[0]),
                Stream(beyond[0], writer, lambda: self._ways(source)[1]),
            )
            self.connections.add(connection)
            try:
                await connection.run()
            finally:
                self.connections.discard(connection)


@dataclass(eq=False, slots=True)
class Stream:
    """One direction of a connection: read, wait for its time, write; or lose."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    way: Callable[[], Way]
    holed: bool = False
    again: asyncio.Event = field(default_factory=asyncio.Event)
    pieces: "asyncio.Queue[tuple[float, bytes]]" = field(default_factory=lambda: asyncio.Queue(64))
    broken: bool = False
    """It did not end, it was reset."""

    async def read(self) -> None:
        """Take pieces in as they come; an empty one is the end."""
        while True:
            data = await self._piece()
            await self.pieces.put((asyncio.get_running_loop().time() + self.way().latency, data))
            if not data:
                return

    async def _piece(self) -> bytes:
        try:
            return await self.reader.read(PIECE)
        except OSError:
            self.broken = True
            return b""

    async def write(self) -> None:
        """Pass pieces on until the end; ConnectionResetError where the other side is to hear of a reset."""
        while True:
            due, data = await self.pieces.get()
            if (early := due - asyncio.get_running_loop().time()) > 0:
                await asyncio.sleep(early)
            await self._not_held()
            if self.way().lost:
                self.holed = True
            else:
                await self._pass_on(data)
            if not data:
                return await self._ended()

    async def _not_held(self) -> None:
        while self.way().held:
            await self._change()

    async def _ended(self) -> None:
        """After the end: there is nothing more to do, unless the other side has not heard of it."""
        while self.holed and self.way().lost:
            await self._change()
        if self.holed:
            raise ConnectionResetError

    async def _pass_on(self, data: bytes) -> None:
        if self.holed or (self.broken and not data):
            raise ConnectionResetError
        with suppress(OSError):  # that the receiver is gone is its own side's news, and has to travel that way
            if not data:
                self.writer.write_eof()
            size = max(1, self.way().slice)
            for start in range(0, len(data), size):
                self.writer.write(data[start : start + size])
                await self.writer.drain()
                await asyncio.sleep(0)  # the loop sends each slice by itself

    async def _change(self) -> None:
        self.again.clear()
        await self.again.wait()


class Connection:
    """Both directions; one that fails takes the other with it."""

    def __init__(self, there: Stream, back: Stream) -> None:
        self._streams = (there, back)
        self._tasks: list[asyncio.Task[None]] = []

    async def run(self) -> None:
        """Until both directions have ended, or one has failed."""
        work = [step for stream in self._streams for step in (stream.read(), stream.write())]
        self._tasks = [asyncio.create_task(step) for step in work]
        try:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            self.reset()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def look_again(self) -> None:
        """The weather has changed."""
        if any(stream.holed and not stream.way().lost for stream in self._streams):
            self.reset()
        for stream in self._streams:
            stream.again.set()

    def reset(self) -> None:
        """End it at both ends without a word."""
        for task in self._tasks:
            task.cancel()
        for stream in self._streams:
            reset(stream.writer)


def reset(writer: asyncio.StreamWriter) -> None:
    """Close a socket so that its other end hears of a reset and not of an end."""
    with suppress(OSError):  # it is closed already
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
    writer.transport.abort()
