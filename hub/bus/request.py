"""A produce request goes out in the parts that it has.

aiokafka encodes a request level by level, and each level copies all that is in it: three megabytes of batches eight
times over, which costs more than sealing them does. Here its parts go to the connection as they are, some hundred
kilobytes at a time, so that a piece is still near the processor when it is enciphered for its way. The bytes are the
library's; its version is pinned, and a test holds the two against each other.
"""

from collections.abc import Iterator
from typing import Any, Final

from aiokafka.conn import AIOKafkaConnection
from aiokafka.protocol import produce
from aiokafka.protocol.types import Int16, Int32, String
from aiokafka.util import wait_for

KINDS: Final = tuple(getattr(produce, f"ProduceRequest_v{version}") for version in range(3, 8))
"""Every version since there are transactions; all of one form."""

_PIECE: Final = 512 * 1024
_TEXT: Final = String("utf-8")
_by_the_library: Final = AIOKafkaConnection.send


def send_in_parts() -> None:
    """Let the library's connections send their produce requests like this, in this process."""
    AIOKafkaConnection.send = _send


def _send(connection: Any, request: Any, expect_response: bool = True) -> Any:
    """A future of the answer. What is no produce request, or has no answer or no connection, is the library's."""
    prepared = request.prepare(connection._versions) if connection._writer and expect_response else None  # noqa: SLF001
    if not isinstance(prepared, KINDS):
        return _by_the_library(connection, request, expect_response)
    number = connection._next_correlation_id()  # noqa: SLF001 - from here on what the library does, but in parts
    for piece in pieces(prepared, number, connection._client_id):  # noqa: SLF001
        connection._writer.write(piece)  # noqa: SLF001
    answer = connection._loop.create_future()  # noqa: SLF001
    connection._requests.append((number, prepared, answer))  # noqa: SLF001
    return wait_for(answer, connection._request_timeout)  # noqa: SLF001


def pieces(request: Any, number: int, client: str) -> Iterator[bytes]:
    """All bytes of a request of one of KINDS, its length before it, in order. `number`: its correlation id."""
    header = request.build_request_header(correlation_id=number, client_id=client).encode()
    parts = [header, *_parts(request)]
    size = sum(map(len, parts))
    waiting, length = [Int32.encode(size)], 0
    for part in parts:
        waiting.append(part)
        length += len(part)
        if length >= _PIECE:
            yield b"".join(waiting)
            waiting, length = [], 0
    yield b"".join(waiting)


def _parts(request: Any) -> Iterator[bytes]:
    yield _TEXT.encode(request.transactional_id)
    yield Int16.encode(request.required_acks)
    yield Int32.encode(request.timeout)
    yield Int32.encode(len(request.topics))
    for topic, partitions in request.topics:
        yield _TEXT.encode(topic)
        yield Int32.encode(len(partitions))
        for part, batch in partitions:
            yield Int32.encode(part)
            yield Int32.encode(len(batch))
            yield batch
