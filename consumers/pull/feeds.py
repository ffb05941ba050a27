"""What is fetched from: one feed per contract, filled by the receiving loop of this process; and waiting for it.

Whoever waits is woken as soon as something has arrived, and looks by itself every two seconds besides: another process
may have taken it in, a letter may have been let go, a client may have been revoked.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final, TypeVar

from consumers.opening import Opener
from hub.api.problems import TooMany
from hub.errors import DependencyUnavailable
from hub.keys import KeyStore

LOOKS: Final = 2.0
"""Seconds between two looks of somebody who waits."""

LONGEST: Final = 30
"""Seconds that somebody may wait."""

WAITERS: Final = 4
"""Requests of one client that may wait at a time."""

T = TypeVar("T")


class Feed:
    """What one contract is told, as far as this process has it. It is open while the process reads."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self._opened: tuple[KeyStore, Opener] | None = None
        self._changed = asyncio.Event()
        self._is_over = False

    @contextmanager
    def open(self, keys: KeyStore, opener: Opener) -> Iterator["Feed"]:
        """From here on it can be fetched from."""
        self._opened = keys, opener
        try:
            yield self
        finally:
            self._opened = None
            self.end()

    @property
    def keys(self) -> KeyStore:
        return self._parts()[0]

    @property
    def opener(self) -> Opener:
        return self._parts()[1]

    def _parts(self) -> tuple[KeyStore, Opener]:
        if self._opened is None:
            raise DependencyUnavailable("not-ready", "feed", "It has yet to be read: ask again")
        return self._opened

    def wake(self) -> None:
        """Something has arrived."""
        self._changed.set()
        self._changed = asyncio.Event()

    def end(self) -> None:
        """The process is to stop: nobody waits any longer."""
        self._is_over = True
        self.wake()

    async def until(self, look: Callable[[], Awaitable[T]], enough: Callable[[T], bool], seconds: float) -> T:
        """What `look` sees once it is `enough`, or when `seconds` are over."""
        clock = asyncio.get_running_loop().time
        end = clock() + seconds
        while True:
            changed = self._changed  # before the look: what arrives during it is not missed
            seen = await look()
            left = end - clock()
            if enough(seen) or left <= 0 or self._is_over:
                return seen
            await _settled(changed, min(left, LOOKS))


async def _settled(changed: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await changed.wait()
    except TimeoutError:
        return


class Waiters:
    """How many requests of each client wait."""

    def __init__(self, most: int = WAITERS) -> None:
        self._most = most
        self._waiting: Counter[str] = Counter()

    @asynccontextmanager
    async def one(self, client: str) -> AsyncIterator[None]:
        """One more; TooMany where as many wait as may."""
        if self._waiting[client] >= self._most:
            raise TooMany("too-many-waiting")
        self._waiting[client] += 1
        try:
            yield
        finally:
            self._waiting -= Counter({client: 1})


def feeds(topics: Iterable[tuple[str, str]]) -> dict[str, Feed]:
    """One per contract: its id, and the topic on which it is told."""
    return {contract: Feed(topic) for contract, topic in topics}
