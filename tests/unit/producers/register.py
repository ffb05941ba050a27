"""A small register in memory: enough to ask an act what it would write."""

from datetime import date
from typing import Any
from uuid import UUID

import orjson

from contracts.change import Change, parse
from producers import notices
from producers.acts import ACTS
from producers.household import HEAD, Allotted, Past, Person, View
from producers.outbox import Draft
from producers.synthetic.numbers import Numbers

DAY = date(2026, 4, 2)
NUMBERS = Numbers(3)
ADDRESS = {"municipality_code": None, "town": "見本町", "number": "1番1号", "text": "見本県見本市見本町1番1号"}
ELSEWHERE = {"town": "例示台", "number": "9番9号", "text": "見本県見本市例示台9番9号"}


def person(index: int, household: int = 1, relationship: str = HEAD, head: int = 1, **changed: Any) -> Person:
    """Somebody on the register: number `index`, in a household whose head is number `head`."""
    is_head = relationship == HEAD
    return Person(UUID(int=index, version=4), {
        "protected": False, "atena_no": str(index), "household_no": str(household), "togo_atena_no": f"9{index}",
        "my_number": NUMBERS.my_number(index), "juminhyo_code": None if index == 6 else NUMBERS.juminhyo_code(index),
        "name": f"見本　{index}号", "birth_date": "1980-05-05", "sex": "2",
        "address": ADDRESS, "is_household_head": is_head, "household_head_name": None if is_head else f"見本　{head}号",
        "relationship_to_head": relationship, "nationality": None, "move_out_destination": None, "dv_protection": None,
    } | changed)  # fmt: skip


FAMILY = (person(1), person(2, relationship="妻"), person(3, relationship="子"))
NEIGHBOUR = person(4, household=2, head=4, birth_date="2010-05-05")
FOREIGNER = person(
    5, household=3, head=5, nationality="VNM", art30_45_category="中長期在留者", foreign_resident_since="2020-04-01",
    alias_name=None, alias_history=None, residence_expiry="2027-01-01", residence_card_no=NUMBERS.card_no(5),
)  # fmt: skip
WITH_FOREIGNER = person(8, household=3, head=5, relationship="妻")
NUMBERLESS = person(6, household=4, head=6, my_number=None)
GUARDED = person(
    7, household=5, head=7, protected=True,
    dv_protection={"category": "配偶者暴力", "starts_on": "2025-04-20", "ends_on": "2026-04-20"},
)  # fmt: skip
LEAVING = person(4, household=2, head=4, move_out_destination=ELSEWHERE)
VILLAGE = (*FAMILY, NEIGHBOUR, FOREIGNER, WITH_FOREIGNER, NUMBERLESS, GUARDED)


def view(
    *people: Person, former: tuple[Person, ...] = (), newcomers: int = 3, past: tuple[Past, ...] = (),
    together: tuple[Past, ...] | None = None,
) -> View:  # fmt: skip
    """The register with these people on it, and what was recorded; `together`, else all of it, under one notice."""
    allotted = [Allotted(UUID(int=100 + n, version=4), str(100 + n), f"9{100 + n}") for n in range(newcomers)]
    history = {one.resident: [other for other in past if other.resident == one.resident] for one in past}
    return View(
        DAY, {p.atena_no: p for p in people}, {p.atena_no: p for p in former}, allotted, "50", history,
        [one.id for one in (past if together is None else together)],
    )  # fmt: skip


def recorded(number: int, kind: str, before: Person | None, after: Person | None, cancels: UUID | None = None) -> Past:
    """Change `number`: what was recorded about somebody."""
    who = before or after
    assert who is not None
    return Past(
        change(number), who.resident, kind, None if before is None else before.record,
        None if after is None else after.record, cancels,
    )  # fmt: skip


def change(number: int) -> UUID:
    """The id of Change `number`."""
    return UUID(f"01980000-0000-7000-8000-{number:012d}")


def notice(act: str, **stated: Any) -> Any:
    """A notice in its form."""
    return notices.read({"receipt": "R-1", "act": act, "notified_on": "2026-04-02", **stated})


def acted(register: View, act: str, **stated: Any) -> list[Draft]:
    """What an act would record."""
    return ACTS[act](notice(act, **stated), register)


def kinds(drafts: list[Draft]) -> list[tuple[int, str]]:
    """Who has which Change: the last digits of the resident, and the kind."""
    return [(draft.resident.int & 0xFFFF, draft.kind) for draft in drafts]


def as_change(draft: Draft) -> Change:
    """The draft through the Change's own door."""
    return parse(orjson.dumps({
        "id": str(UUID(int=1, version=4)), "resident": str(draft.resident), "version": 1, "kind": draft.kind,
        "effective_on": draft.effective_on, "notified_on": draft.notified_on, "recorded_at": "2026-04-02T10:00:00Z",
        "before": draft.before, "after": draft.after,
    }))  # fmt: skip


def newcomer(index: int = 70, relationship: str = HEAD, **changed: Any) -> dict[str, Any]:
    """Somebody who comes onto the register."""
    return {
        "name": f"例田　{index}号", "birth_date": "2001-02-03", "sex": "1", "my_number": NUMBERS.my_number(index),
        "juminhyo_code": NUMBERS.juminhyo_code(index), "relationship_to_head": relationship,
    } | changed  # fmt: skip
