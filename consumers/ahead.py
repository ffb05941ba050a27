"""What is handed over next is opened a few turns early, because many tokens cost less in one call than one by one.

What was opened so is used within a moment or not at all: a key that has been destroyed since is found out as quickly as
without. It is only kept while its disclosure is in hand. What the many do not yield is opened alone, in its turn.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final
from uuid import UUID

from consumers.disclosure import Disclosure
from consumers.opening import Opener
from consumers.settle import Head
from hub.outcome import Deferred, Refused

LOT: Final = 32
"""So many are opened in one call."""

FRESH_SECONDS: Final = 1.0
"""What was opened earlier than that is opened again."""


class Ahead:
    """The disclosures of one contract that are about to be handed over."""

    def __init__(self, opener: Opener, clock: Callable[[], float] = time.monotonic) -> None:
        self._opener = opener
        self._clock = clock
        self._opened: dict[UUID, Disclosure | None] = {}
        self._until = 0.0

    async def take(self, head: Head, coming: Callable[[int], Sequence[Head]]) -> Disclosure | Deferred | Refused:
        """What `head` holds. `coming`: so many of those whose turn it is afterwards."""
        if head.id not in self._opened or self._clock() > self._until:
            await self._open([head, *coming(LOT - 1)])
        found = self._opened.pop(head.id, None)
        return found or await self._opener.open(head.token, head.partition, head.subject)

    async def _open(self, heads: Sequence[Head]) -> None:
        """These and no others are known then."""
        until = self._clock() + FRESH_SECONDS
        found = await self._opener.open_all([(head.token, head.partition, head.subject) for head in heads])
        self._opened = {head.id: one and one.disclosure for head, one in zip(heads, found, strict=True)}
        self._until = until

    def forget(self, heads: Iterable[Head]) -> None:
        """These are not in hand any more."""
        for head in heads:
            self._opened.pop(head.id, None)
