"""A source of Changes for the relay. Whoever keeps these promises may stand in for the outbox.

1. Rows come in one order, and per resident in the order of their versions. 2. What was not acknowledged comes again,
with the same ids, versions and bytes. 3. What was acknowledged does not come again, but for a crash between the
broker's acknowledgement and ours. 4. One reader at a time has the rows of a source.
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Taken:
    """One row: its place in the source, whose Change it holds, and the Change as JSON, as yet unproven."""

    id: int
    resident: UUID
    change: bytes


class Lot(Protocol):
    """The oldest rows of a source, held by us alone until the block of `Source.lot` is left."""

    @property
    def rows(self) -> Sequence[Taken]:
        """All of them."""

    async def acknowledge(self, ids: Sequence[int]) -> None:
        """The broker has these; on leaving the block in peace, and not before, they are gone."""

    async def halt(self, resident: UUID, code: str) -> None:
        """Nothing more comes of this resident until a person has looked."""


class Source(Protocol):
    """What the relay takes its rows from."""

    def lot(self) -> AbstractAsyncContextManager[Lot | None]:
        """The next lot; None where nothing is there, or somebody else has this source."""
