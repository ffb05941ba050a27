"""A counterpart that costs next to nothing: it judges nothing, and gives every message a receipt. For measuring alone.

    python -m consumers.bench.counterpart        # prints its port

What is handed over to it in a second is what our own side and a connection on this machine carry.
"""

import asyncio
import sys
from typing import Final, cast

import uvloop

_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"content-length:"
_ANSWER: Final = b'HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n{"receipt": "B-%08d"}'


class Counterpart(asyncio.Protocol):
    """One connection; receipts are counted over all of them."""

    given = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # of a stream it always is
        self._read = b""

    def data_received(self, data: bytes) -> None:
        self._read += data
        while (end := self._read.find(_END)) >= 0:
            whole = end + len(_END) + _length(self._read[:end])
            if len(self._read) < whole:
                return
            self._read = self._read[whole:]
            Counterpart.given += 1
            self._transport.write(_ANSWER % Counterpart.given)


def _length(head: bytes) -> int:
    return int(head.lower().partition(_LENGTH)[2].split(b"\r\n", 1)[0])


async def serve() -> None:
    """Serve until the process is ended."""
    server = await asyncio.get_running_loop().create_server(Counterpart, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve())
