"""What was destroyed stays destroyed: the journal of destroyed keys, and the one way to the keys of a database.

juki.erasures names every content key that was ever destroyed, by which order of which two accounts or by which rule,
and when; it is kept for ever, and nothing of a resident stands there. Whoever is about to open or to seal reads it to
its end first, and destroys in the database whatever is named there and still (or again) has a row. So a backup from
before a destruction may be restored, and an order that was cut off between topic and database is completed by whatever
starts next. Where the journal cannot be read, nothing is opened.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import orjson

from hub import bus, log, topics
from hub.bus import Incoming, Outgoing
from hub.clock import now
from hub.config import Settings
from hub.database import Connection, Database, queries
from hub.errors import JukiError
from hub.keys import KeyStore, PseudonymKeys
from hub.uses import Uses
from hub.wrapping import wrapper

DONE: Final = "destroyed"
"""How an act ends whose keys are gone."""

BY_ORDER: Final = "by-order"
"""By which rule a key is destroyed that two persons name themselves. Any other is one of law/retention.toml: one
account has let it run, and another has approved where the rule could only ask for it."""

AT_ONCE: Final = 1000
"""Keys per record, so that a record stays far below what a broker takes."""

_SQL = queries(Path(__file__).with_name("destroyed.sql"))


@dataclass(frozen=True, slots=True)
class Erasure:
    """Keys that one act has destroyed. `rule`: by which rule; `asked_by`, `approved_by`: ids of accounts, the second
    of nobody where the rule alone stands behind it."""

    act: UUID
    rule: str
    kids: tuple[str, ...]
    asked_by: UUID
    approved_by: UUID | None
    at: datetime


async def keys(settings: Settings, database: Database, principal: str, process: str | None = None) -> KeyStore:
    """The keys of this database, once nothing is in it that was ever destroyed. `principal` may read the journal; uses
    are counted for `process`, else for it."""
    named = await settled(settings, database, principal)
    gone = {kid for one in named for kid in one.kids}
    return KeyStore(database, wrapper(settings), gone, Uses(database, process or principal, now))


def pseudonym_keys(settings: Settings, database: Database) -> PseudonymKeys:
    """The pseudonym keys of this database, which open nothing and are never destroyed: no broker is asked."""
    return KeyStore(database, wrapper(settings)).pseudonym_key


async def settled(settings: Settings, database: Database, principal: str) -> list[Erasure]:
    """The journal, once the database is as it says."""
    named = await journal(settings, principal)
    if (count := await destroy(database, named)) and log.is_configured():
        log.get().warning("keys-destroyed-again", count=count)
    return named


async def journal(settings: Settings, principal: str) -> list[Erasure]:
    """Everything that was ever destroyed, from the beginning to what is now the end."""
    topic = topics.erasures(settings.prefix)
    await bus.check_topics(settings, principal, [topic])
    async with bus.reader(settings, principal, topic, range(settings.partitions)) as reader:
        return [read(record) for record in await reader.read_to_end()]


async def destroy(database: Database, named: Sequence[Erasure]) -> int:
    """Let the database be as the journal says, in one transaction; how many keys were there (again)."""
    if not (open_acts := await _unsettled(database, named)):
        return 0
    async with database.transaction() as held:
        gone = [await _destroyed(held, one) for one in named if one.act in open_acts]
        for act in open_acts:
            await held.execute(_SQL["end"], act, DONE)
    return sum(gone)


def records(one: Erasure) -> list[Outgoing]:
    """The order as the journal keeps it."""
    return [
        Outgoing(one.act.bytes, orjson.dumps({
            "act": str(one.act), "rule": one.rule, "kids": kids, "asked_by": str(one.asked_by),
            "approved_by": str(one.approved_by) if one.approved_by else None, "at": one.at.isoformat(),
        }), (), int(one.at.timestamp() * 1000))
        for kids in (one.kids[at : at + AT_ONCE] for at in range(0, len(one.kids), AT_ONCE))
    ]  # fmt: skip


def read(record: Incoming) -> Erasure:
    """One record of the journal; JukiError where it is none, because nobody can say then what may be opened."""
    try:
        found: dict[str, Any] = orjson.loads(record.value or b"")
        alone = found["approved_by"] is None and found["rule"] != BY_ORDER
        return Erasure(
            UUID(found["act"]), str(found["rule"]), tuple(map(str, found["kids"])), UUID(found["asked_by"]),
            None if alone else UUID(found["approved_by"]), datetime.fromisoformat(found["at"]),
        )  # fmt: skip
    except (ValueError, TypeError, KeyError, AttributeError):
        place = f"{record.topic}[{record.partition}] offset {record.offset}"
        raise JukiError("erasure-unreadable", place) from None


async def _unsettled(database: Database, named: Iterable[Erasure]) -> set[UUID]:
    """The acts of which a key is there (again), is not known as destroyed, or whose end is not written down."""
    pairs = [(one.act, kid) for one in named for kid in one.kids]
    rows = await database.fetch(_SQL["unsettled"], [act for act, _ in pairs], [kid for _, kid in pairs])
    return {row["act"] for row in rows}


async def _destroyed(held: Connection, one: Erasure) -> int:
    kids = list(one.kids)
    await held.execute(_SQL["note"], kids, one.act, one.rule, one.asked_by, one.approved_by, one.at)
    return await held.execute(_SQL["destroy"], kids)
