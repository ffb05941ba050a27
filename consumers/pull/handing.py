"""Handing content keys to a subscriber's program: of its own contract alone, to a registered key, noted each time.

What is handed out is noted before it is, and so is what is refused: which client, which key, to which public key. Keys
of days to come, where persons had them made, are handed out on their day and not before. A
contract may ask so many times an hour; who copies tokens of one client learns no more than that, and cannot open it.
"""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from consumers.pull import publics
from contracts.change import JAPAN
from hub.acting import INTERRUPTED
from hub.api.problems import TooMany
from hub.database import Database, queries
from hub.errors import JukiError, TokenRefused, UsageError
from hub.granting import sealed_to
from hub.keys import KeyStore
from hub.seal import ContentKey

AN_HOUR: Final = 120
"""How often one contract may ask: a program that reads a week behind needs eight keys, or all of them at once."""

ANOTHER_CLOCK: Final = timedelta(minutes=1)
"""Around midnight in Japan, what another machine has sealed may be of tomorrow here."""

ALL: Final = "all"
HANDED: Final = "handed-out"
_SQL = queries(Path(__file__).with_suffix(".sql"))


async def handed(  # noqa: PLR0913 - who, what, to whom, when
    database: Database, keys: KeyStore, contract: str, client: UUID, kid: str, to: str | None, now: datetime
) -> str:
    """The key (or all of them), sealed. KeyDestroyed where it is gone for good, UsageError where it is none of theirs,
    NotPermitted without a registered public key, TooMany."""
    if int(await database.fetchval(_SQL["since"], contract, now - timedelta(hours=1))) >= AN_HOUR:
        raise TooMany("too-many-keys", "keys")
    thumbprint, code = "", INTERRUPTED
    try:
        thumbprint, public = await publics.counting(database, contract, to)
        sealed, code = sealed_to(public, await _meant(keys, contract, kid, _latest(now))), HANDED
    except JukiError as refused:
        code = refused.code
        raise
    finally:
        await database.execute(_SQL["note"], client, contract, kid, thumbprint, code, now)
    return sealed


async def handed_out(database: Database, contract: str | None, limit: int) -> list[dict[str, Any]]:
    """The newest of what was handed out or refused."""
    return [
        {"client": str(row["client"]), "contract": row["contract"], "kid": row["kid"], "to": row["thumbprint"],
         "code": row["code"], "at": row["at"].isoformat()}
        for row in await database.fetch(_SQL["list"], contract, limit)
    ]  # fmt: skip


def _latest(now: datetime) -> str:
    return (now + ANOTHER_CLOCK).astimezone(JAPAN).date().isoformat()


async def _meant(keys: KeyStore, contract: str, kid: str, latest: str) -> list[ContentKey]:
    if kid == ALL:
        return [key for key in await keys.content_keys(contract) if key.kid.rpartition(".")[2] <= latest]
    owner, _, day = kid.rpartition(".")
    if owner != contract or day > latest:
        raise UsageError("unknown-kid", "kid")
    try:
        return [await keys.by_kid(kid)]
    except TokenRefused as refused:
        if refused.code == "unknown-kid":
            raise UsageError("unknown-kid", "kid") from None
        raise
