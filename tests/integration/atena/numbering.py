"""What the tests of 団体内統合宛名 share: requests about made-up people, and who two persons are."""

from typing import Any
from uuid import UUID

from hub.database import Database
from hub.people import Duty, Person
from producers.atena import asking, form, giving
from producers.atena.form import Link, Request
from producers.atena.giving import Given
from producers.atena.joining import Act
from tests.integration.producers.registry import NOW
from tests.people import my_number

ITO = Person(UUID(int=1), "ito", frozenset({Duty.OPERATOR}))
KATO = Person(UUID(int=2), "kato", frozenset({Duty.APPROVER}))


def person(n: int, **changed: Any) -> dict[str, Any]:
    """基本4情報 of made-up person `n`."""
    return {
        "name": f"架空　人{n}号", "birth_date": "1990-04-01", "sex": "2", "address": f"架空市仮町{n}番地",
    } | changed  # fmt: skip


def wire(system: str, atena_no: str | None, n: int | None, **changed: Any) -> dict[str, Any]:
    """A request as it comes in, of made-up person `n`; None: without 個人番号."""
    number = None if n is None else my_number(n)
    return {"system": system, "atena_no": atena_no, "my_number": number, **person(n or 0)} | changed


def request(system: str, atena_no: str | None, n: int | None, **changed: Any) -> Request:
    return form.read(wire(system, atena_no, n, **changed))


async def given(db: Database, system: str, atena_no: str | None, n: int | None, **changed: Any) -> Given:
    return await giving.give(db, request(system, atena_no, n, **changed), NOW)


async def approved(db: Database, act: Act) -> str:
    """Asked for by one person and approved by another."""
    asked = await asking.ask(db, act, "found by the test", ITO, NOW)
    return await asking.approve(db, asked.id, KATO, NOW)


def link(text: str) -> Link:
    system, atena_no = text.split(":")
    return Link(system, atena_no)
