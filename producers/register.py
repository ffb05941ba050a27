"""The register's tables: lock and read what an act needs, write what it decided.

Locks are taken in one order by everybody, households first (by number), then people (by resident), so two acts that
concern the same households from different sides wait for each other instead of blocking each other. Where somebody has
changed households between looking and locking, `Moved` says so, and the act is begun again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import orjson

from hub.database import Connection, Row, queries
from hub.errors import JukiError
from producers.household import Allotted, Past, Person, View
from producers.outbox import Draft
from producers.refusals import NoticeRefused

SQL = queries(Path(__file__).with_suffix(".sql"))


class Moved(JukiError):
    """Somebody concerned has changed households in the meantime; nothing was written."""


@dataclass(frozen=True, slots=True)
class Concern:
    """Whom an act concerns: people and a household by number, and whoever has a 個人番号 that is brought.

    `allots`: how many sets of this city's numbers it may need. `undoes`: the Change whose notice is taken back; whoever
    it touched is concerned. `looks_back`: it has to know what was recorded before.
    """

    atena_nos: Sequence[str]
    my_numbers: Sequence[str] = ()
    household_no: str | None = None
    allots: int = 0
    undoes: UUID | None = None
    looks_back: bool = False


@dataclass(frozen=True, slots=True)
class _Together:
    """What was recorded under one notice, and whom and which households and numbers it touched."""

    changes: Sequence[UUID] = ()
    residents: Sequence[UUID] = ()
    households: frozenset[bytes] = frozenset()
    my_numbers: frozenset[str] = frozenset()


async def view(tx: Connection, concern: Concern, today: date) -> View:
    """Lock everybody concerned until the transaction ends, and read their records. Raises Moved."""
    undone = await _together(tx, concern.undoes)
    numbers = sorted({*concern.my_numbers, *undone.my_numbers})
    await tx.fetch(SQL["numbers_first"], _encoded(numbers))
    found = await tx.fetch(SQL["whereabouts"], _encoded(concern.atena_nos), _encoded(numbers), [*undone.residents])
    named = [] if concern.household_no is None else [concern.household_no.encode()]
    lived_in = (row["household_no"] for row in found if row["household_no"] is not None)
    households = sorted({*named, *undone.households, *lived_in})
    await tx.fetch(SQL["lock_households"], households)
    rows = await tx.fetch(SQL["lock_people"], households, [row["resident"] for row in found])
    if any(row["household_no"] is not None and row["household_no"] not in households for row in rows):
        raise Moved("moved-meanwhile", "register")
    return View(
        today, _people(rows, "registered"), _people(rows, "removed"),
        await _allot(tx, concern.allots), f"{await tx.fetchval(SQL['allot_household']):010d}",
        await _past(tx, rows) if concern.looks_back else {}, undone.changes,
    )  # fmt: skip


async def _together(tx: Connection, change: UUID | None) -> _Together:
    rows = await tx.fetch(SQL["together"], change) if change is not None else []
    if not rows:
        return _Together()
    bodies = [orjson.loads(row["body"]) for row in rows]
    records = [record for body in bodies for record in (body["before"], body["after"]) if record is not None]
    return _Together(
        [UUID(int=one.int) for one in rows[0]["changes"]], [row["resident"] for row in rows],
        frozenset(record["household_no"].encode() for record in records),
        frozenset(record["my_number"] for record in records if record.get("my_number") is not None),
    )  # fmt: skip


async def _past(tx: Connection, rows: Iterable[Row]) -> dict[UUID, list[Past]]:
    past: dict[UUID, list[Past]] = {}
    for row in await tx.fetch(SQL["past"], [row["resident"] for row in rows]):
        body, resident = orjson.loads(row["body"]), UUID(int=row["resident"].int)
        cancels = UUID(body["cancels"]) if body.get("cancels") else None
        past.setdefault(resident, []).append(
            Past(UUID(int=row["change"].int), resident, row["kind"], body["before"], body["after"], cancels)
        )
    return past


async def write(tx: Connection, drafts: Sequence[Draft], seen: View) -> None:
    """Bring the tables to what `drafts` say, in their order, and check that every household has one head."""
    known = {person.resident for people in (seen.people, seen.former) for person in people.values()}
    for household_no in sorted({draft.after["household_no"] for draft in drafts if draft.after is not None}):
        await tx.execute(SQL["add_household"], household_no.encode())
    for draft in drafts:
        await _write(tx, draft, new=draft.resident not in known)
    await _settle_heads(tx, drafts, seen)


async def _write(tx: Connection, draft: Draft, *, new: bool) -> None:
    if draft.after is None:
        await tx.execute(SQL["remove"], draft.resident, orjson.dumps(draft.before))
        return
    record = draft.after
    place = (record["atena_no"].encode(), record["household_no"].encode(), optional(record.get("my_number")))
    flag, body = record.get("protected") is not False, orjson.dumps(record)
    if not new:
        await tx.execute(SQL["set_record"], draft.resident, *place, flag, body)
    elif not await tx.execute(SQL["add_resident"], draft.resident, *place, flag, body):
        raise NoticeRefused("already-on-register", "persons.my_number")


async def _settle_heads(tx: Connection, drafts: Sequence[Draft], seen: View) -> None:
    now = {person.resident: person.record for person in seen.people.values()}
    for draft in drafts:
        now.pop(draft.resident, None)
        if draft.after is not None:
            now[draft.resident] = draft.after
    touched = {str(record["household_no"]) for draft in drafts for record in (draft.before, draft.after) if record}
    heads = {number: _head(number, now) for number in sorted(touched)}
    await tx.execute(SQL["settle_heads"], _encoded(heads), list(heads.values()))


def _head(household_no: str, now: Mapping[UUID, Mapping[str, Any]]) -> UUID | None:
    members = {who: record for who, record in now.items() if record["household_no"] == household_no}
    heads = [who for who, record in members.items() if record["is_household_head"]]
    if len(heads) != (1 if members else 0):
        raise JukiError("household-without-one-head", "register")
    return heads[0] if heads else None


async def _allot(tx: Connection, count: int) -> list[Allotted]:
    rows = await tx.fetch(SQL["allot"], count)
    return [Allotted(uuid4(), f"{row['atena_no']:010d}", f"9{row['togo_atena_no']:011d}") for row in rows]


def _people(rows: Iterable[Row], status: str) -> dict[str, Person]:
    people = (
        Person(UUID(int=row["resident"].int), orjson.loads(row["record"])) for row in rows if row["status"] == status
    )
    return {person.atena_no: person for person in people}


def _encoded(numbers: Iterable[str]) -> list[bytes]:
    return [number.encode() for number in numbers]


def optional(number: str | None) -> bytes | None:
    """A number as the tables hold it."""
    return None if number is None else number.encode()
