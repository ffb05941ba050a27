"""Certificates of what was erased: by which rule, what, when, how, at whose request and with whose approval.

Made of what is written down elsewhere (the keys that were destroyed, the run that removed rows, the order and its
accounts), signed once, and never altered. Its digest goes onto the ledger as a confirmation, so that an auditor finds
it in the signed tree: `jukihub ledger prove ID`.

It says what it does not reach: copies that subscribers made, and backups from before, until the day from which they are
covered too (BACKUPS.md).
"""

import json
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from contracts.change import JAPAN
from hub import confirmed
from hub.config import Settings
from hub.database import Database, Row, connect, queries
from hub.destroyed import BY_ORDER
from hub.errors import UsageError
from hub.retention.proving import receipt
from hub.retention.rooms import ROOMS, statements
from hub.retention.signing import Signed, signed

TYPE: Final = "juki-hub/erasure-certificate/1"
ON_THE_LEDGER: Final = "hub:erasures"
"""Stands in its line where others name a contract."""
CERTIFIED: Final = "erasure-certified"

_SQL = queries(Path(__file__).with_suffix(".sql"))


async def issued(settings: Settings, database: Database, number: UUID, now: datetime) -> Signed:
    """The certificate of an order or of a run; UsageError where nothing was erased under this id."""
    if (kept := await _kept(database, number)) is not None:
        return kept
    facts = await _of_keys(database, number) or await _of_rows(settings, database, number)
    if facts is None:
        raise UsageError("unknown-erasure", "ID", "`jukihub erase certificates` names what was certified")
    made = signed(settings, await _certificate(settings, database, number, facts, now))
    return await _keep(settings, database, number, made, now)


async def all_issued(settings: Settings, database: Database, now: datetime) -> list[UUID]:
    """Certify what was erased and is not certified; a run that was cut off before it removed anything never is."""
    made = []
    for row in await database.fetch(_SQL["uncertified"], sorted(ROOMS)):
        if await _of_keys(database, row["id"]) or await _of_rows(settings, database, row["id"]):
            await issued(settings, database, row["id"], now)
            made.append(row["id"])
    return made


async def listed(database: Database, limit: int = 1000) -> list[dict[str, Any]]:
    """The newest, each with its rule and how much."""
    rows = await database.fetch(_SQL["list"], limit)
    return [{"id": str(row["id"]), "issued_at": row["issued_at"].isoformat(), **_short(row["content"])} for row in rows]


async def place(database: Database, number: UUID) -> dict[str, Any] | None:
    """Where the ledger has its line, and what proves that; None until it is archived, `receipt` until it is signed."""
    row = await database.fetchrow(_SQL["on_the_ledger"], number, ON_THE_LEDGER)
    if row is None:
        return None
    found = {"partition": row["partition"], "offset": row["ledger_offset"], "at": row["confirmed_at"].isoformat()}
    return found | {"receipt": await receipt(database, number)}


async def _of_keys(database: Database, number: UUID) -> dict[str, Any] | None:
    rows = await database.fetch(_SQL["keys"], number)
    if not rows:
        return None
    first, said = rows[0], await database.fetchval(_SQL["said"], number)
    reason = await database.fetchval(_SQL["reason"], number)
    return {
        "rule": json.loads(said) if said else {"id": first["rule"]},
        "how": "keys-destroyed",
        "what": {"kind": "content-keys", "count": len(rows), "contracts": _by_contract([row["kid"] for row in rows])},
        "asked_at": _at(first["ordered_at"]), "ended_at": _at(max(row["destroyed_at"] for row in rows)),
        "requested_by": {"id": str(first["asked_by"]), "name": first["asker"]},
        "approved_by": _approver(first), "reason": reason,
    }  # fmt: skip


async def _of_rows(settings: Settings, database: Database, number: UUID) -> dict[str, Any] | None:
    run = await database.fetchrow(_SQL["run"], number)
    if run is None or (room := ROOMS.get(run["holds"])) is None:
        return None
    async with connect(settings.registry_dsn, size=1) as registry:
        gone = await registry.fetchrow(statements(room)["discarded"], number)
    if gone is None or not gone["count"]:
        return None
    return {
        "rule": json.loads(run["said"]),
        "how": "rows-deleted",
        "what": {"kind": run["holds"], "count": gone["count"], "days": _span(gone["oldest"], gone["newest"])},
        "asked_at": _at(run["begun_at"]), "ended_at": _at(gone["at"]),
        "requested_by": {"id": str(run["run_by"]), "name": run["name"]}, "approved_by": None, "reason": None,
    }  # fmt: skip


async def _certificate(
    settings: Settings, database: Database, number: UUID, facts: dict[str, Any], now: datetime
) -> dict[str, Any]:
    ended = datetime.fromisoformat(facts["ended_at"])
    days, sealed = settings.backup_days, facts["how"] == "keys-destroyed"
    until = (ended + timedelta(days=days)).astimezone(JAPAN).date().isoformat() if days is not None else None
    keks = [row["id"] for row in await database.fetch(_SQL["keks"], ended)] if sealed else []
    return {
        "type": TYPE, "id": str(number), "system": settings.system, **facts, "issued_at": _at(now),
        "reach": {"backups_kept_days": days, "backups_until": until, "or_when_destroyed": keks},
        "not_reached": ["copies-of-subscribers", *([] if sealed else ["paper"])],
    }  # fmt: skip


async def _keep(settings: Settings, database: Database, number: UUID, made: Signed, now: datetime) -> Signed:
    """The first that is kept counts, and stands on the ledger."""
    async with database.transaction() as held:
        if await held.execute(_SQL["keep"], number, made.content, made.key, made.signature, now):
            line = (number, ON_THE_LEDGER, settings.partitions, CERTIFIED, made.content, now)
            await confirmed.note(held, *line)
    return await _kept(database, number) or made


async def _kept(database: Database, number: UUID) -> Signed | None:
    row = await database.fetchrow(_SQL["kept"], number)
    return Signed(bytes(row["content"]), bytes(row["key"]), bytes(row["signature"])) if row else None


def _by_contract(kids: list[str]) -> list[dict[str, Any]]:
    """The keys of each contract: the day is the end of a key's name."""
    told = []
    for contract, found in groupby(kids, key=lambda kid: kid[:-11]):
        own = list(found)
        told.append({"contract": contract, "days": _span(own[0][-10:], own[-1][-10:]), "keys": own})
    return told


def _approver(row: Row) -> dict[str, str | None] | None:
    """Nobody where the rule alone stands behind it."""
    if row["approved_by"] is None and row["rule"] != BY_ORDER:
        return None
    return {"id": str(row["approved_by"]), "name": row["approver"]}


def _short(content: str) -> dict[str, Any]:
    said = json.loads(content)
    told = {name: said[name] for name in ("how", "ended_at")}
    return {"rule": said["rule"]["id"], "count": said["what"]["count"], **told}


def _span(first: Any, last: Any) -> dict[str, str]:
    return {"from": str(first), "until": str(last)}


def _at(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
