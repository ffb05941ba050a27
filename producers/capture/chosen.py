"""What the settings say beside the outbox, which is always read: the log of an existing registry, or nothing.

What cannot be meant is told when the process starts and not row by row: a translation that is not there, a slot that
nobody has made.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from hub.config import Settings
from hub.database import Database, connect, queries
from hub.errors import UsageError
from hub.plugged import function
from producers.capture.decoding import Log

SQL = queries(Path(__file__).with_suffix(".sql"))


@asynccontextmanager
async def captured(settings: Settings, registry: Database) -> AsyncIterator[Log | None]:
    """The log that HUB_CAPTURE names, with its connection; None where the outbox is all there is."""
    if settings.capture == "outbox":
        yield None
        return
    translate = function(settings.capture_translate, "HUB_CAPTURE_TRANSLATE")
    slot = settings.capture_slot
    async with connect(settings.capture_database or settings.registry_dsn, 2) as theirs:
        if not await theirs.fetchval(SQL["slot"], slot):
            raise UsageError("no-slot", "HUB_CAPTURE_SLOT", "Make it in that database: producers/capture/README.md")
        yield Log(theirs, registry, slot, settings.capture_publication, translate)
