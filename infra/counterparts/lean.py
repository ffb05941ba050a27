"""Disclosures that come in plainly are answered without a framework, which costs more than judging them does.

Plain is a POST to the path of the kind with four headers and no others, whole, while no fault is switched on. It is
judged as any other (standin.Standin.judge). Whatever else comes on a connection, and all that comes after it there, is
aiohttp's, from the first byte of that request.
"""

import asyncio
from collections.abc import Callable
from typing import Any, ClassVar, cast

from aiohttp import web

LARGEST_HEAD = 4096
LARGEST_BODY = 1024 * 1024
"""As aiohttp has it."""

_END = b"\r\n\r\n"
_NAMES = {b"host", b"content-type", b"idempotency-key", b"content-length"}
_TYPE = b"application/json"
_KEY = 36

Head = tuple[str, int]
"""The idempotency key, and the length of the body."""


class Lean(asyncio.Protocol):
    """One connection. `other`: makes what serves it when something comes that is not plain."""

    open: ClassVar[set["Lean"]] = set()

    def __init__(self, standin: Any, other: Callable[[], asyncio.Protocol]) -> None:
        self._standin = standin
        self._other = other
        self._line = b"POST %b HTTP/1.1" % standin.kind.PATH.encode()
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.open.add(self)

    def connection_lost(self, _exc: Exception | None) -> None:
        self.open.discard(self)

    def data_received(self, data: bytes) -> None:
        self._read += data
        while self._read:
            end = self._read.find(_END, 0, LARGEST_HEAD)
            if end < 0 and self._may_become_plain():
                return
            head = plain(self._read[:end], self._line) if end >= 0 and not self._standin.faults.on else None
            if head is None:
                self._hand_on()
                return
            begun, ended = end + len(_END), end + len(_END) + head[1]
            if len(self._read) < ended:
                return
            body, self._read = self._read[begun:ended], self._read[ended:]
            self._transport.write(written(self._answer(head[0], body)))

    def _may_become_plain(self) -> bool:
        return len(self._read) < LARGEST_HEAD and self._read[: len(self._line)] == self._line[: len(self._read)]

    def _answer(self, key: str, body: bytes) -> web.Response:
        self._standin.memory.requests += 1
        try:
            return cast("web.Response", self._standin.judge(key, "application/json", body))
        except Exception:  # noqa: BLE001 - as aiohttp does: a fault of ours is no answer about the disclosure
            return web.Response(status=500)

    def _hand_on(self) -> None:
        other = self._other()
        self.open.discard(self)
        self._transport.set_protocol(other)
        other.connection_made(self._transport)
        other.data_received(self._read)

    def close(self) -> None:
        """End the connection."""
        self._transport.close()


def plain(head: bytes, line: bytes) -> Head | None:
    """What a head says that is plain; None: it is not."""
    first, *lines = head.split(b"\r\n")
    pairs = [one.partition(b": ") for one in lines]
    said = {name.lower(): value for name, _, value in pairs}
    if first != line or len(lines) != len(_NAMES) or head.count(b"\n") != len(lines):
        return None
    if said.keys() != _NAMES or said[b"content-type"] != _TYPE:
        return None
    length, key = said[b"content-length"], said[b"idempotency-key"]
    fits = length.isdigit() and len(length) <= 7 and int(length) <= LARGEST_BODY and len(key) == _KEY and key.isascii()
    return (key.decode(), int(length)) if fits else None


def written(answer: web.Response) -> bytes:
    """An answer with a body, as it goes over the line."""
    body = cast("bytes", answer.body or b"")
    return b"HTTP/1.1 %d %b\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n%b" % (
        answer.status, (answer.reason or "").encode(), answer.content_type.encode(), len(body), body
    )  # fmt: skip
