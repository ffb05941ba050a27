"""Connections to one counterpart that stay open: one message at a time on each, as many of them as are under way.

HTTP/1.1 as far as an adapter needs it: POST with a length, and whatever answer llhttp can read. A client for everything
takes more of the processor for one message than all the rest of a hand-over. What is no answer is a Deferred, and its
connection is dropped, so that nothing late is ever taken for the answer to another message. Nothing is sent twice here:
whether the first has arrived, the counterpart alone knows.
"""

import asyncio
import ssl
from base64 import b64encode
from typing import Final, NamedTuple, cast
from urllib.parse import SplitResult, quote, unquote, urlsplit

import httptools

from hub.outcome import Deferred

LARGEST_ANSWER: Final = 65_536
KEPT_SECONDS: Final = 15.0
"""How long a connection is kept that nobody uses; servers end theirs later."""

_BROKEN: Final = (httptools.HttpParserError, httptools.HttpParserUpgrade)
_UNREACHABLE: Final = Deferred("unreachable")


class Answer(NamedTuple):
    """What came back."""

    status: int
    body: bytes


class Wire(asyncio.Protocol):
    """One connection, with at most one message under way."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._answered: asyncio.Future[Answer | Deferred] | None = None
        self._body: list[bytes] = []
        self._says_how_long = self._to_its_end = False
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self.free_since = 0.0

    @property
    def is_open(self) -> bool:
        """Whether another message may go."""
        return self._transport is not None and not self._transport.is_closing() and self._answered is None

    async def ask(self, message: bytes, deadline: float) -> Answer | Deferred:
        """The answer to `message`, which is a whole request; by the clock of the loop."""
        if self._transport is None:
            return _UNREACHABLE
        self._answered = self._loop.create_future()
        self._watch(deadline)
        self._transport.write(message)
        try:
            return await self._answered
        except asyncio.CancelledError:
            self.drop()
            raise

    def drop(self) -> None:
        """Close it at once."""
        if self._transport is not None:
            self._transport.abort()

    # what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # of a stream it always is

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except _BROKEN:
            self._end(_UNREACHABLE)
            self.drop()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._to_its_end and exc is None:
            self._end(Answer(self._parser.get_status_code(), b"".join(self._body)))
        self._end(_UNREACHABLE)
        self._transport = None
        if self._timer is not None:
            self._timer.cancel()

    # what the parser calls

    def on_message_begin(self) -> None:
        self._body, self._says_how_long = [], False

    def on_header(self, name: bytes, _value: bytes) -> None:
        self._says_how_long |= name.lower() in {b"content-length", b"transfer-encoding"}

    def on_headers_complete(self) -> None:
        self._to_its_end = not self._says_how_long

    def on_body(self, part: bytes) -> None:
        self._body.append(part)
        if sum(map(len, self._body)) > LARGEST_ANSWER:
            self._end(Deferred("nonsense"))
            self.drop()

    def on_message_complete(self) -> None:
        status, self._to_its_end = self._parser.get_status_code(), False
        if status < 200:
            return  # the answer is yet to come
        if not self._parser.should_keep_alive() and self._transport is not None:
            self._transport.close()
        self._end(Answer(status, b"".join(self._body)))

    def _end(self, answer: Answer | Deferred) -> None:
        ended, self._answered = self._answered, None
        if ended is None:
            self.drop()  # nobody has asked
        elif not ended.done():
            ended.set_result(answer)

    def _watch(self, deadline: float) -> None:
        """One timer serves many messages: it is moved only where it would come too late."""
        self._deadline = deadline
        if self._timer is None or self._timer.when() > deadline:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._loop.call_at(deadline, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._answered is None:
            return
        if self._loop.time() < self._deadline:
            self._watch(self._deadline)
            return
        self._end(Deferred("timeout"))
        self.drop()


class Wires:
    """The connections to one counterpart, made as they are needed."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        host = parts.hostname or ""
        self._place = (host, parts.port or (443 if parts.scheme == "https" else 80))
        self._tls = parts.scheme == "https"
        self._context: ssl.SSLContext | None = None
        self._base = quote(parts.path, safe="/%:@!$&'()*+,;=~-._")
        named = parts.netloc.rpartition("@")[2].encode("idna")
        self._constant = _lines({"Host": named, "Content-Type": b"application/json", **_account(parts)})
        self._heads: dict[str, bytes] = {}
        self._free: list[Wire] = []

    async def post(self, path: str, key: str, body: bytes, seconds: float) -> Answer | Deferred:
        """The answer to a POST of JSON under the idempotency key `key`, within `seconds`."""
        own = (self._head(path), key.encode(), len(body), body)
        message = b"%bIdempotency-Key: %b\r\nContent-Length: %d\r\n\r\n%b" % own
        now = (clock := asyncio.get_running_loop().time)()
        try:
            wire = self._kept(now) or await self._made(seconds)
        except TimeoutError:
            return Deferred("timeout")
        except OSError:
            return _UNREACHABLE
        answer = await wire.ask(message, now + seconds)
        if wire.is_open:
            wire.free_since = clock()
            self._free.append(wire)
        return answer

    async def close(self) -> None:
        """Close all of them."""
        for wire in self._free:
            wire.drop()
        self._free.clear()
        await asyncio.sleep(0)  # the loop closes what was dropped

    def _head(self, path: str) -> bytes:
        """What every message to `path` begins with."""
        if path not in self._heads:
            self._heads[path] = b"POST %b HTTP/1.1\r\n%b" % ((self._base + path).encode(), self._constant)
        return self._heads[path]

    def _kept(self, now: float) -> Wire | None:
        """The one that was used last; those that nobody has used for a while go."""
        while self._free:
            wire = self._free.pop()
            if wire.is_open and wire.free_since > now - KEPT_SECONDS:
                return wire
            wire.drop()
        return None

    async def _made(self, seconds: float) -> Wire:
        if self._tls and self._context is None:
            self._context = ssl.create_default_context()
        async with asyncio.timeout(seconds):
            _, wire = await asyncio.get_running_loop().create_connection(Wire, *self._place, ssl=self._context)
        return wire


def _lines(headers: dict[str, bytes]) -> bytes:
    return b"".join(b"%b: %b\r\n" % (name.encode(), value) for name, value in headers.items())


def _account(parts: SplitResult) -> dict[str, bytes]:
    """What proves who asks, where the URL says so."""
    if parts.username is None:
        return {}
    said = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Authorization": b"Basic " + b64encode(said.encode())}
