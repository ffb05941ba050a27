"""A produce request is written down once.

aiokafka encodes it level by level, and each level copies all that is in it: three megabytes of batches six times over,
which costs more than sealing them does. Here its parts are joined once, to the same bytes; the version is pinned, and a
test holds the two against each other.
"""

from collections.abc import Iterator
from typing import Any, Final

from aiokafka.protocol import produce
from aiokafka.protocol.types import Int16, Int32, String

KINDS: Final = tuple(getattr(produce, f"ProduceRequest_v{version}") for version in range(3, 8))
"""Every version since there are transactions; all of one form."""

_TEXT: Final = String("utf-8")


def encoded(request: Any) -> bytes:
    """The bytes of a request of one of KINDS."""
    return b"".join(_parts(request))


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


def encode_once() -> None:
    """Let the library write its produce requests down like this, in this process."""
    for kind in KINDS:
        kind.encode = encoded
