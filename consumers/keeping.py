"""What keeps the inbox of one contract, however it is handed over: it receives, looks ahead, counts and mirrors."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from consumers.bounds import LOOK_AGAIN, Room
from consumers.figures import Figures
from consumers.inbox import Inbox
from consumers.mirror import Mirror
from consumers.opening import Opener
from consumers.overtake import Scout, begins_protection
from consumers.settle import Settler
from contracts.contract import Contract
from hub import bus, destroyed, log, topics
from hub.books import ContractHashes
from hub.config import Settings
from hub.database import Database, connect
from hub.errors import DependencyUnavailable, ProduceFailed
from hub.kernel import chosen
from hub.keys import KeyStore
from hub.lifecycle import Process

LOOKS, LOOKS_AT_LEAST = 5.0, 25.0
"""Seconds between two looks at how the contract stands: how soon, and how late at the most."""
RESTS = 20
"""A look at a crowd takes long: it is followed by a rest of so many times as long: what is handed over comes first."""

MIRROR_RESTS = 1.0
"""Seconds between two looks for letters that are not on their topic yet."""

Once = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Kept:
    """The parts of one contract's inbox."""

    database: Database
    keys: KeyStore
    opener: Opener
    settler: Settler
    figures: Figures
    inbox: Inbox
    room: Room
    scout: Scout
    mirror: Mirror


@asynccontextmanager
async def kept(settings: Settings, contract: Contract, clock: Callable[[], datetime]) -> AsyncIterator[Kept]:
    """Wire the inbox of one contract."""
    principal, topic = f"deliver-{contract.id}", topics.disclosures(settings.prefix, contract.id)
    partitions = range(settings.partitions)
    await bus.check_topics(settings, principal, [topic, topics.dead(settings.prefix, contract.id)])
    async with (
        connect(settings.database, size=6) as database,
        bus.reader(settings, principal, topic, partitions) as reader,
        bus.writer(settings, principal) as writer,
    ):
        keys = await destroyed.keys(settings, database, principal)
        opener = Opener(keys, contract.id, topic, ContractHashes(database, contract.id), chosen(settings.kernel))
        settler = Settler(database, contract.id, clock)
        inbox = Inbox(database, reader, opener, contract.id, partitions, clock,
                      lambda opened: begins_protection(opened, contract))  # fmt: skip
        yield Kept(
            database, keys, opener, settler, Figures(database, contract.id), inbox,
            Room(database, contract.id, settings.max_waiting), Scout(database, contract, opener, settler),
            Mirror(database, writer, contract.id, settings.prefix),
        )  # fmt: skip


def receiving(process: Process, room: Room, inbox: Inbox, arrived: Callable[[], object]) -> Once:
    """Take in what is on the topic, as far as there is room; `arrived` is called where something was taken."""

    async def once() -> None:
        free = await room.free()
        if not free:
            await process.wait(LOOK_AGAIN)
        elif taken := await inbox.once(most=free):
            room.take(taken)
            arrived()

    return once


def looking(process: Process, scout: Scout, rests: float, found: Callable[[], object]) -> Once:
    """Look for protections that begin, and after `rests` seconds again; `found` is called where something was seen.

    For where nobody's disclosure is in hand: what was given out already is judged when it is acknowledged.
    """

    async def once() -> None:
        if await scout.once([]):
            found()
        else:
            await process.wait(rests)

    return once


def counting(process: Process, figures: Figures) -> Once:
    """Say how the contract stands."""

    async def once() -> None:
        began = time.monotonic()
        await figures.once()
        await process.wait(min(max(LOOKS, RESTS * (time.monotonic() - began)), LOOKS_AT_LEAST))

    return once


def mirroring(process: Process, name: str, mirror: Mirror) -> Once:
    """Put letters on their topic."""

    async def once() -> None:
        try:
            mirrored = await mirror.once()
        except (ProduceFailed, DependencyUnavailable) as failed:  # they stay in the inbox
            log.get().warning("letters-not-mirrored", contract=name, code=failed.code)
            mirrored = 0
        if not mirrored:
            await process.wait(MIRROR_RESTS)

    return once
