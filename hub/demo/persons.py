"""The two persons of the demonstration: one who operates, another one who approves. Their accounts are made here.

A real installation makes them with `jukihub people`; what they do afterwards are the same commands in both.
"""

import secrets
from datetime import timedelta
from typing import Final

from hub import accounts, tokens
from hub.clock import now
from hub.config import Settings
from hub.database import Database, connect
from hub.people import Duty

DUTIES: Final = {"ito": (Duty.VIEWER, Duty.OPERATOR), "kato": (Duty.VIEWER, Duty.APPROVER)}


async def made(settings: Settings) -> dict[str, str]:
    """A token of each, by name, good for the length of the demonstration."""
    async with connect(settings.database, size=1) as database:
        await accounts.first(database, "root", _password(), now())
        return {name: await _token(database, name) for name in DUTIES}


async def _token(database: Database, name: str) -> str:
    at = now()
    person = await accounts.add(database, name, frozenset(DUTIES[name]), _password(), at)
    return (await tokens.new(database, person.id, "demonstration", timedelta(hours=1), at))[1]


def _password() -> str:
    return secrets.token_urlsafe(24)
