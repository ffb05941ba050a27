"""Records that are encoded already, in whole batches: to the hub a sequence like any other, to aiokafka a builder.

aiokafka appends record by record, which for eight disclosures of a change costs more than sealing them. What the kernel
has encoded (hub/kernel/src/records.rs) is, byte for byte, what aiokafka's own builder makes of the same records. The
methods with an underscore are those that its accumulator calls; the version is pinned, and a test holds both.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, overload

from hub.bus.records import Headers, Outgoing


class Records(Protocol):
    """What the kernel has encoded."""

    def __len__(self) -> int:
        """How many records."""

    def pair(self, at: int) -> tuple[bytes, bytes]:
        """Key and value of a record."""

    def sizes(self) -> list[tuple[int, int]]:
        """Of each batch how many records it has, and its length."""

    def batch(self, at: int, producer: int, epoch: int, sequence: int, transactional: bool) -> bytes:
        """A batch, with the state of its producer."""


@dataclass(frozen=True, slots=True)
class Encoded(Sequence[Outgoing]):
    """Records with the same headers and the same time."""

    records: Records
    headers: Headers
    timestamp_ms: int

    def __len__(self) -> int:
        return len(self.records)

    @overload
    def __getitem__(self, at: int) -> Outgoing: ...
    @overload
    def __getitem__(self, at: slice) -> list[Outgoing]: ...
    def __getitem__(self, at: int | slice) -> Outgoing | list[Outgoing]:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(len(self)))]
        key, value = self.records.pair(at)
        return Outgoing(key, value, self.headers, self.timestamp_ms)

    def builders(self, *, transactional: bool) -> Iterator["Builder"]:
        """One builder for each batch."""
        for at, (count, size) in enumerate(self.records.sizes()):
            yield Builder(self.records, at, count, size, transactional)


@dataclass(slots=True)
class Builder:
    """A full batch, as aiokafka's accumulator takes it."""

    _records: Records
    _at: int
    _count: int
    _size: int
    _transactional: bool
    _state: tuple[int, int, int] = field(default=(-1, -1, 0))

    def record_count(self) -> int:
        """How many records."""
        return self._count

    def size(self) -> int:
        """Its length in bytes."""
        return self._size

    def closed(self) -> bool:
        """Nothing more goes in."""
        return True

    def close(self) -> None:
        """It is closed."""

    def append(self, **_record: Any) -> None:
        """None: it is full."""

    def _set_producer_state(self, producer_id: int, producer_epoch: int, base_sequence: int) -> None:
        self._state = producer_id, producer_epoch, base_sequence

    def _build(self) -> bytes:
        return self._records.batch(self._at, *self._state, self._transactional)
