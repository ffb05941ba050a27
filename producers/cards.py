"""本人確認 by card (評価書の事務⑩): the serial of the certificate on a card leads to one resident, or to nobody.

The counter's reader has the card prove that it holds the key; here it is only said whose certificate it is, and that
it counts: issued here, not revoked, not past its last day, and its person on the register. A person has one in force.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from hub.database import Connection, queries
from hub.errors import UsageError
from producers.todokede import today

SQL = queries(Path(__file__).with_suffix(".sql"))
SERIAL: Final = re.compile(r"[0-9A-F]{1,40}")
REASONS: Final = ("lost", "returned", "damaged", "died", "compromised")
"""Why a certificate was revoked; `replaced` is written where a new one is entered."""


@dataclass(frozen=True, slots=True)
class Known:
    """Whose certificate it is."""

    resident: UUID
    atena_no: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """It proves nothing: unknown-serial, revoked, expired, not-yet-valid, not-on-register."""

    code: str


def serial_of(text: str) -> bytes:
    """A serial number as the table has it; UsageError where it is none. Hexadecimal, as the reader tells it."""
    upper = text.upper()
    if not text.isascii() or not SERIAL.fullmatch(upper):
        raise UsageError("bad-serial", "SERIAL", "Up to 40 hexadecimal digits are meant")
    return (upper.lstrip("0") or "0").encode()


async def check(tx: Connection, serial: bytes, now: datetime) -> Known | Unknown:
    """Who presents this certificate at the time `now`."""
    row = await tx.fetchrow(SQL["one"], serial)
    if row is None:
        return Unknown("unknown-serial")
    if row["revoked_at"] is not None and row["revoked_at"] <= now:
        return Unknown("revoked")
    if row["issued_at"] > now:
        return Unknown("not-yet-valid")
    if row["expires_on"] < today(now):
        return Unknown("expired")
    if row["status"] != "registered":
        return Unknown("not-on-register")
    return Known(UUID(int=row["resident"].int), row["atena_no"].decode())


async def enter(tx: Connection, serial: bytes, atena_no: str, expires_on: date, now: datetime) -> None:
    """A certificate was issued; the one before it counts no more. UsageError: not-on-register, known-serial."""
    holder = await tx.fetchval(SQL["holder"], atena_no.encode())
    if holder is None:
        raise UsageError("not-on-register", "--for")
    if await tx.fetchrow(SQL["one"], serial) is not None:
        raise UsageError("known-serial", "SERIAL", "A serial is issued once")
    await tx.execute(SQL["replace"], holder, now)
    if not await tx.execute(SQL["enter"], serial, holder, now, expires_on):
        raise UsageError("known-serial", "SERIAL", "A serial is issued once")


async def revoke(tx: Connection, serial: bytes, reason: str, now: datetime) -> None:
    """A certificate counts no more; UsageError `not-in-force` where it did not."""
    if not await tx.execute(SQL["revoke"], serial, now, reason):
        raise UsageError("not-in-force", "SERIAL")
