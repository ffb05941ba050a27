"""`jukihub run files`: takes what is told to the contracts with files off their topics, until it is to stop.

The inboxes of all of them fill in one process; a protection that begins flags or supersedes what still waits, letters
are mirrored and figures shown as everywhere. What waits is put into files by `jukihub files write`.
"""

import asyncio
from contextlib import AsyncExitStack

from consumers.figures import Figures
from consumers.keeping import Kept, Once, counting, kept, looking, mirroring, receiving
from consumers.process import kept_up, prepare_metrics
from contracts.contract import Contract
from hub import given
from hub.clock import now
from hub.config import Settings
from hub.errors import UsageError
from hub.lifecycle import Process, running
from hub.ways import FILED, overdue

LOOKS = 1.0
"""Seconds between two looks for a protection that begins."""


async def files(settings: Settings, port: int) -> None:
    """The inboxes of every contract of the Book that gets files."""
    mine = [contract for contract in given.book(settings).contracts.values() if contract.via in FILED]
    if not mine:
        raise UsageError("no-files", "HUB_CONTRACTS", 'No contract has via = "csv"')
    prepare_metrics([contract.id for contract in mine])
    async with running(settings, "files", port) as process, AsyncExitStack() as held:
        made = [await held.enter_async_context(kept(settings, contract, now)) for contract in mine]
        async with asyncio.TaskGroup() as loops:
            for contract, one in zip(mine, made, strict=True):
                for name, once in _loops(process, contract, one).items():
                    loops.create_task(kept_up(process, f"{name} {contract.id}", once))


def _loops(process: Process, contract: Contract, one: Kept) -> dict[str, Once]:
    """What is done side by side for one contract."""
    figures = Figures(one.database, contract.id, lambda oldest: overdue(contract, oldest, now()))
    return {
        "receiving": receiving(process, one.room, one.inbox, lambda: None),
        "scouting": looking(process, one.scout, LOOKS, lambda: None),
        "counting": counting(process, figures), "mirroring": mirroring(process, contract.id, one.mirror),
    }  # fmt: skip

