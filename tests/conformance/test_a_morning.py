"""A morning at the counter, and everybody of a made-up city: whatever is told of them, each counterpart understands it.

In memory: acts, decision and adapters are the real ones, and a stand-in's judgement is asked without its process.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import count, islice
from typing import Any
from uuid import UUID, uuid4

import pytest

from consumers.adapters import ADAPTERS
from consumers.disclosure import Disclosure
from contracts import book
from contracts.change import parse
from contracts.contract import Approval, Contract, Grant
from contracts.decide import Silence, decide
from hub.outcome import Refused
from producers.acts import ACTS
from producers.household import Allotted, Person, View
from producers.morning import morning
from producers.notices import read
from producers.outbox import Draft
from producers.synthetic.households import city
from tests.conformance.counterparts import module
from tests.fakes import recorded

SEED, DAY, NOW = 7, date(2026, 4, 2), datetime(2026, 4, 2, 1, 15, tzinfo=UTC)
MORNING, EVERYBODY = 150, 50
"""Households: those among which a morning finds its people; those of whom everybody is told."""


@pytest.fixture
def kinds() -> Mapping[str, Any]:
    """The stand-ins' own judgement."""
    return dict(module("standin").KINDS)


def residents(households: int) -> dict[str, Person]:
    homes = islice(city(10_000, SEED), households)
    return {record["atena_no"]: Person(who, record) for home in homes for who, record in home.members}


def drafts_of_a_morning() -> Iterator[Draft]:
    """Every act of the morning upon the one before, as the register would do it."""
    people, numbers = residents(MORNING), count(900_000)
    for said in morning(SEED, DAY):
        notice = read(said)
        fresh = [Allotted(uuid4(), f"{next(numbers):010d}", f"9{next(numbers):011d}") for _ in notice.newcomers()]
        for draft in ACTS[notice.act](notice, View(DAY, dict(people), {}, fresh, f"{next(numbers):010d}")):
            record = draft.after or draft.before or {}
            people[record["atena_no"]] = Person(draft.resident, record)
            if draft.after is None:
                del people[record["atena_no"]]
            yield draft


def drafts_of_everybody() -> Iterator[Draft]:
    """Everybody comes from abroad, and then has a small correction of their name."""
    for person in residents(EVERYBODY).values():
        yield Draft(person.resident, "MOVE_IN_ABROAD", None, person.record, "2026-04-01")
        renamed = {**person.record, "name": f"{person.record['name']}髙"}
        yield Draft(person.resident, "EX_OFFICIO_CORRECTION", person.record, renamed, "2026-04-01")


def adapted() -> list[Contract]:
    return [one for one in book.load().contracts.values() if one.via in ADAPTERS]


def judged(
    drafts: list[Draft], kinds: Mapping[str, Any], contracts: Iterable[Contract]
) -> tuple[set[str], list[tuple[str, str, str]]]:
    """Which ways were walked, and what was refused: (way, kind, code)."""
    walked, refused = set[str](), list[tuple[str, str, str]]()
    for change in map(parse, recorded(drafts, NOW)):
        for contract in contracts:
            decided = decide(change, contract, change.day)
            if isinstance(decided, Silence):
                continue
            said = Disclosure(UUID(change.id), contract.id, change.version, decided.state, dict(decided.items),
                              decided.protected)  # fmt: skip
            message = ADAPTERS[contract.via].encode(said)
            fault = message.code if isinstance(message, Refused) else kinds[contract.via].fault(message)
            walked.add(contract.via)
            refused += [(contract.via, change.kind, str(fault))] if fault else []
    return walked, refused


def test_a_whole_morning_is_understood_by_every_counterpart_that_is_told_of_it(kinds: Mapping[str, Any]) -> None:
    walked, refused = judged([*drafts_of_a_morning()], kinds, adapted())
    assert (walked, refused) == ({*ADAPTERS} - {"immigration"}, [])


def test_everybody_of_a_city_foreigners_included_is_understood(kinds: Mapping[str, Any]) -> None:
    walked, refused = judged([*drafts_of_everybody()], kinds, adapted())
    assert (walked, refused) == ({*ADAPTERS} - {"previous-municipality"}, [])


def test_a_contract_that_was_granted_everything_it_may_be_is_understood_too(kinds: Mapping[str, Any]) -> None:
    """Only of certificates: what it may be granted is printed. The others take what they take, and no more."""
    plain = book.load().contracts["convenience-store"]
    grants = tuple(Grant(item, Approval("見本", DAY, "見本"), date(2026, 4, 1)) for item in plain.conditional)
    walked, refused = judged([*drafts_of_everybody()], kinds, [replace(plain, granted=grants)])
    assert (len(grants), walked, refused) == (4, {"convenience-store"}, [])
