"""One process hands over for several contracts: each has all of its loops, and a name of its own where it is alone."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from consumers import process
from contracts.contract import Contract
from hub.config import Settings, read
from hub.errors import UsageError
from hub.lifecycle import Process

LOOPS = {"received", "handed-over", "counted", "mirrored", "reconciled"}


class Enough(Exception):
    """Everybody has been seen at work."""


class Work:
    """What is done for each contract, until all of it has been done for all of them."""

    def __init__(self, contracts: set[str]) -> None:
        self.contracts = contracts
        self.done: dict[str, set[str]] = defaultdict(set)
        self.names: list[str] = []

    def note(self, contract: str, loop: str) -> None:
        self.done[contract].add(loop)
        if all(self.done[name] == LOOPS for name in self.contracts):
            raise Enough

    @asynccontextmanager
    async def running(self, _settings: Settings, name: str, _port: int) -> AsyncIterator[Process]:
        self.names.append(name)
        yield Process(name)

    @asynccontextmanager
    async def parts(self, _settings: Settings, contract: Contract, _url: str, _clock: Any) -> AsyncIterator[Any]:
        yield Fake(self, contract.id)


class Fake:
    """All the parts of one contract."""

    def __init__(self, work: Work, contract: str) -> None:
        self._work, self._contract = work, contract
        self.figures, self.mirror, self.scout = One(self, "counted"), One(self, "mirrored"), One(self, "handed-over")
        self.inbox, self.reconciler = One(self, "received"), One(self, "reconciled")
        self.room = self.deliverer = self
        self.freed: asyncio.Event | None = None
        self.busy: list[bytes] = []

    def note(self, loop: str) -> None:
        self._work.note(self._contract, loop)

    async def free(self) -> int:
        return 1

    async def start(self) -> int:
        return 0

    def put_back(self, _subject: bytes) -> bool:
        return True

    def take(self, _count: int) -> None:
        """Nothing ever comes."""


class One:
    """A part that notes that it has been asked."""

    def __init__(self, of: Fake, loop: str) -> None:
        self._of, self._loop = of, loop

    async def once(self, *_args: Any, **_named: Any) -> int:
        await asyncio.sleep(0)
        self._of.note(self._loop)
        return 0


@pytest.mark.parametrize(("contracts", "name"), [
    (("prefecture",), "deliver-prefecture"), (("prefecture", "immigration", "prefecture"), "deliver"),
])  # fmt: skip
async def test_each_contract_has_all_its_loops(
    monkeypatch: pytest.MonkeyPatch, contracts: tuple[str, ...], name: str
) -> None:
    settings = read({"HUB_COUNTERPARTS": "prefecture=http://127.0.0.1:1,immigration=http://127.0.0.1:2"})
    work = Work({*contracts})
    monkeypatch.setattr(process, "parts", work.parts)
    monkeypatch.setattr(process, "running", work.running)
    with pytest.raises(BaseExceptionGroup) as ended:
        await process.deliver(settings, contracts, 0)
    assert ended.group_contains(Enough)
    assert (set(work.done), work.names) == ({*contracts}, [name])


async def test_one_contract_without_a_counterpart_keeps_all_of_them_from_starting() -> None:
    settings = read({"HUB_COUNTERPARTS": "prefecture=http://127.0.0.1:1"})
    with pytest.raises(UsageError, match="no-counterpart"):
        await process.deliver(settings, ["prefecture", "immigration"], 0)


def test_a_loop_that_stands_still_is_seen_however_well_the_others_run() -> None:
    now = [0.0]
    running = Process("deliver", lambda: now[0])
    running.beat("receiving prefecture")
    running.beat("receiving immigration")
    now[0] = 60.0
    running.beat("receiving prefecture")
    assert running.status == "stalled"
