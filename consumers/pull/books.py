"""The Book that a running process serves by: looked at every five seconds, so that what has ended is told no more.

A Book that is refused changes nothing: the last good one is gone on with, and an ERROR says so, once. A contract that
begins to be fetched needs a new process, because its topic has to be read first.
"""

import asyncio
from hashlib import sha256
from typing import Final

from consumers.keeping import Once
from consumers.pull.caller import Pull
from contracts.folder import SHIPPED
from hub import given, log
from hub.config import Settings
from hub.errors import JukiError
from hub.lifecycle import Process

LOOKS: Final = 5.0
"""Seconds between two looks. Reading a Book costs a third of a second, so it is read only where a file has changed."""


def following(process: Process, settings: Settings, pull: Pull) -> Once:
    """Let `pull` go by the Book of now. What it has was read before, so the first look reads it once more."""
    seen = ""

    async def once() -> None:
        nonlocal seen
        await process.wait(LOOKS)
        try:
            files = await asyncio.to_thread(digest, settings)
            if files == seen:
                return
            pull.renew(await asyncio.to_thread(given.book, settings))
        except OSError:  # somebody is at it: looked at again
            return
        except JukiError as refused:
            log.get().error("book-not-taken", code=refused.code)
        seen = files

    return once


def digest(settings: Settings) -> str:
    """Of every file that makes the Book."""
    found, folder = sha256(), settings.contracts or SHIPPED
    for file in sorted(folder.rglob("*.toml")):
        content = file.read_bytes()
        found.update(f"{file.relative_to(folder)} {len(content)} ".encode() + content)
    return found.hexdigest()
