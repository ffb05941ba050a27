"""What goes over the bus: records out, records in, and where a group goes on reading."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

BATCH_BYTES: Final = 1_048_576
"""Largest batch of records, unless one record alone is longer: just what a topic allows."""

Headers = tuple[tuple[str, bytes], ...]


class Outgoing(NamedTuple):
    """A record to be written. `timestamp_ms`: milliseconds since 1970."""

    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp_ms: int


class Incoming(NamedTuple):
    """A record that was read."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp_ms: int


@dataclass(frozen=True, slots=True)
class Position:
    """Where a group goes on reading, with the metadata that was committed beside it."""

    offset: int
    metadata: str


Batches = Mapping[tuple[str, int], Sequence[Outgoing]]
