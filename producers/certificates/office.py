"""The office that hands out copies: it reads the register in one snapshot, decides, and writes every request down.

What was refused is written as well, with its code: that somebody tried is what a protected person may need to prove.
Other parties who are on the register are known to it by number; whoever asks by name alone is compared by name too.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import orjson

from hub.database import Connection, Database, Row, queries
from producers.certificates import decision, wording
from producers.certificates.decision import Asked, Asker, Copy, Facts, Refused, Subject
from producers.household import Person
from producers.protected import OtherParties, other_parties

SQL = queries(Path(__file__).with_suffix(".sql"))
ISSUED = "issued"


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for, by 宛名番号. `by`: that of whoever asks, where on file here."""

    atena_nos: Sequence[str]
    asked: Asked
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """The number under which the request was written down, and what came of it."""

    number: UUID
    outcome: Copy | Refused


async def answer(db: Database, request: Request, clerk: UUID, now: datetime) -> Answered:
    """Decide on a request, and write it down with its outcome."""
    number = uuid4()
    async with db.transaction() as tx:
        await tx.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        asked = await _asked(tx, request)
        subjects = await _subjects(tx, request, asked)
        outcome = decision.decide(asked, await _facts(tx, asked, subjects))
        await _write(tx, number, asked, subjects, outcome, clerk, now)
    return Answered(number, outcome)


async def _asked(tx: Connection, request: Request) -> Asked:
    if request.by is None:
        return request.asked
    found = await tx.fetch(SQL["people"], [request.by.encode()])
    person = _person(found[0]) if found else None
    return replace(request.asked, asker=replace(request.asked.asker, person=person))


async def _subjects(tx: Connection, request: Request, asked: Asked) -> list[Subject]:
    rows = await tx.fetch(SQL["people"], [number.encode() for number in request.atena_nos])
    if len(rows) != len(set(request.atena_nos)):
        return []  # somebody is nobody: nothing is handed out
    gone = {row["resident"] for row in rows if row["status"] == "removed"}
    if asked.whole and not gone:
        rows = [one for row in rows for one in await tx.fetch(SQL["household"], _person(row).household_no.encode())]
    people = {_person(row).resident: _person(row) for row in rows}.values()
    in_order = sorted(people, key=lambda one: (not one.is_head, one.atena_no))
    return [await _subject(tx, person, person.resident in gone) for person in in_order]


async def named(tx: Connection, atena_no: str) -> Subject | None:
    """The person of a 宛名番号, with whom they are protected from; None where nobody has or had it."""
    rows = await tx.fetch(SQL["people"], [atena_no.encode()])
    return await _subject(tx, _person(rows[0]), gone=False) if rows else None


async def _subject(tx: Connection, person: Person, gone: bool) -> Subject:
    return Subject(person, await _parties(tx, person.resident), await _removal(tx, person) if gone else None)


async def _parties(tx: Connection, resident: UUID) -> OtherParties:
    """The other parties, those on file also by what they are called."""
    found = await other_parties(tx, resident)
    records = [orjson.loads(row["record"]) for row in await tx.fetch(SQL["residents"], list(found.residents))]
    called = [{"name": one["name"], "birth_date": one.get("birth_date")} for one in records if one.get("name")]
    return OtherParties(found.residents, (*found.stated, *called))


async def _removal(tx: Connection, person: Person) -> tuple[str, Any]:
    body = await tx.fetchval(SQL["last_change"], person.resident)
    change: dict[str, Any] = orjson.loads(body) if body else {}
    return str(change.get("kind", "")), change.get("effective_on")


async def _facts(tx: Connection, asked: Asked, subjects: Sequence[Subject]) -> Facts:
    return Facts(subjects, await _head(tx, subjects), await _hidden(tx, asked.asker))


async def _head(tx: Connection, subjects: Sequence[Subject]) -> Subject | None:
    if not subjects:
        return None
    rows = await tx.fetch(SQL["household"], subjects[0].person.household_no.encode())
    heads = [person for person in map(_person, rows) if person.is_head]
    return await _subject(tx, heads[0], gone=False) if heads else None


async def _hidden(tx: Connection, asker: Asker) -> frozenset[str]:
    """The addresses of those who are protected from whoever asks."""
    hidden = set()
    for row in await tx.fetch(SQL["protected_from"]):
        person = _person(row)
        if asker.is_of(await _parties(tx, person.resident)):
            hidden.add(wording.address(person.record.get("address")))
    return frozenset(hidden - {""})


async def _write(  # noqa: PLR0913 - the whole of one line
    tx: Connection, number: UUID, asked: Asked, subjects: Sequence[Subject], outcome: Copy | Refused, clerk: UUID,
    now: datetime,
) -> None:  # fmt: skip
    kind = "removed" if asked.removed else "household" if asked.whole else "person"
    if isinstance(outcome, Copy):
        told = outcome.items, sorted(outcome.withheld), ISSUED
    else:
        told = sorted(asked.special), [], outcome.code
    residents = [one.person.resident for one in subjects]
    await tx.execute(SQL["write"], number, now, clerk, kind, asked.article, residents, _said(asked), *told)


def _said(asked: Asked) -> bytes:
    asker = asked.asker
    told = {
        "resident": str(asker.resident) if asker.resident else None, "name": asker.name,
        "birth_date": asker.birth_date, "address": asker.address, "organ": asker.organ, "purpose": asker.purpose,
        "examined": asked.examined,
    }  # fmt: skip
    return orjson.dumps({name: value for name, value in told.items() if value})


def _person(row: Row) -> Person:
    return Person(UUID(int=row["resident"].int), orjson.loads(row["record"]))
