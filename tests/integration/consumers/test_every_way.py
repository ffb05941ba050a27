"""What every way of handing over promises, whichever it is: the ways are found, and so are the promises.

A way that cannot keep a promise has an exemption with its reason. One whose promise would hold all the same fails, and
so does one that names no way or no promise that there is. What the stand-ins are asked besides is in
tests/conformance.
"""

import re
from collections.abc import Awaitable, Callable, Iterator
from datetime import date, timedelta
from typing import Any, Final, get_args

import pytest
from structlog.testing import capture_logs

from consumers import arrival, opening
from consumers.adapters import ADAPTERS
from consumers.adapters.http import REFUSALS
from consumers.pull.acknowledge import Code
from contracts.contract import DEPARTMENTAL
from contracts.form import Via
from hub.database import Database
from hub.seal import ContentKey, Place
from tests.integration.consumers.line import DAY
from tests.integration.consumers.ways import Way, way

WAYS: Final = sorted(get_args(Via))
"""Every way that a contract may name."""

Promise = Callable[[Way], Awaitable[None]]
PROMISES: Final = dict[str, Promise]()
EXEMPT: Final[dict[tuple[str, str], str]] = {
    ("topic", "what_is_refused_is_a_letter_with_a_closed_code_and_stops_its_resident_alone"):
        "what a subscriber reads itself leaves our hands: its library stops at the record, and there is no letter",
}  # fmt: skip
"""(way, promise): the reason why it does not hold there."""

CLOSED: Final = frozenset({
    *arrival.CODES, *opening.CODES, "out-of-order", "unfit-value", "counterpart-unlisted",
    *(f"counterpart-{code}" for code in (*REFUSALS, *Code)),
})  # fmt: skip
YESTERDAY: Final = DAY - timedelta(days=1)


def promise(made: Promise) -> Promise:
    """Every way keeps this."""
    PROMISES[made.__name__] = made
    return made


def per_resident(way: Way, ids: list[str]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for one in ids:
        found.setdefault(way.told[one][0], []).append(one)
    return found


@promise
async def each_arrives_once_and_in_the_order_of_its_resident(way: Way) -> None:
    ids = [await way.tell(resident, nth) for nth in (1, 2, 3) for resident in (1, 2)]
    await way.carry()
    taken = await way.taken()
    assert per_resident(way, taken) == per_resident(way, ids)
    assert await way.letters() == {}


@promise
async def what_comes_again_has_no_effect_again(way: Way) -> None:
    ids = [await way.tell(resident) for resident in (1, 2)]
    await way.carry()
    way.again()
    way.restart()
    await way.carry()
    assert sorted(await way.taken()) == sorted(ids)
    assert await way.letters() == {}


@promise
async def an_effect_that_was_not_noted_is_had_once(way: Way) -> None:
    ids = [await way.tell(1, nth) for nth in (1, 2)]
    way.lose_one()
    await way.carry()
    assert await way.taken() == ids
    assert await way.letters() == {}


@promise
async def nothing_that_somebody_else_has_sealed_has_an_effect(way: Way) -> None:
    own = await way.tell(2)
    stranger = ContentKey.of(f"{way.line.contract.id}.{DAY.isoformat()}", bytes(32))
    await way.tell(1, key=stranger)
    await way.carry()
    assert await way.taken() == [own]


@promise
async def nothing_is_opened_without_its_key(way: Way) -> None:
    own = await way.tell(2)
    unknown = ContentKey.of(f"{way.line.contract.id}.{date(2026, 5, 5).isoformat()}", bytes(range(32)))
    await way.tell(1, key=unknown)
    await way.carry()
    assert await way.taken() == [own]


@promise
async def nothing_that_lies_elsewhere_than_it_says_has_an_effect(way: Way) -> None:
    own = await way.tell(3)
    contract, topic = way.line.contract.id, way.line.topic.name
    await way.tell(1, place=Place(contract, topic, 1))
    await way.tell(2, place=Place(contract, "juki.disclosures.elections", 0))
    await way.carry()
    assert await way.taken() == [own]


@promise
async def nothing_older_has_an_effect_after_something_newer(way: Way) -> None:
    newer = await way.tell(1, 2)
    await way.carry()
    await way.tell(1, 1)
    await way.carry()
    assert await way.taken() == [newer]


@promise
async def what_is_refused_is_a_letter_with_a_closed_code_and_stops_its_resident_alone(way: Way) -> None:
    first = await way.tell(1, 1)
    await way.carry()
    refused = await way.tell_refused(1, 2)
    await way.tell(1, 3)
    other = await way.tell(2, 1)
    await way.carry()
    assert await way.taken() == [first, other]
    letters = await way.letters()
    assert letters.keys() == {refused}
    assert set(letters.values()) <= CLOSED


@promise
async def who_is_away_loses_nothing_and_makes_no_letter(way: Way) -> None:
    way.go_away()
    ids = [await way.tell(resident, nth) for nth in (1, 2) for resident in (1, 2)]
    await way.carry()
    assert await way.taken() == []
    way.come_back()
    await way.carry()
    assert per_resident(way, await way.taken()) == per_resident(way, ids)
    assert await way.letters() == {}


@promise
async def what_was_sealed_under_a_destroyed_key_is_passed_over(way: Way) -> None:
    await way.tell(1, 1, day=YESTERDAY)
    following = [await way.tell(1, 2), await way.tell(2, 1)]
    await way.arrive()
    way.destroy(YESTERDAY)
    await way.carry()
    assert sorted(await way.taken()) == sorted(following)
    assert await way.letters() == {}


@promise
async def nothing_of_the_items_is_in_an_error_a_code_or_a_log(way: Way) -> None:
    with capture_logs() as logged:
        await way.tell(1, 1)
        await way.carry()
        await way.tell_refused(1, 2)
        await way.carry()
        await way.tell(2, 1, key=ContentKey.of(f"{way.line.contract.id}.{DAY.isoformat()}", bytes(32)))
        way.lose_one()
        await way.tell(3, 1)
        await way.carry()
    said = f"{logged} {way.errors} {await way.letters()}"
    assert logged or way.errors, "something was said"
    found = {value for _, told in way.told.values() for value in _values(told.items) if value in said}
    assert found == set()
    assert "is unknown" not in said, "nor what a counterpart says in its own words"


def _values(items: Any) -> Iterator[str]:
    """Texts that say something of a person: neither a date, which a key's name may have, nor a mere letter or two."""
    for value in items.values():
        if isinstance(value, dict):
            yield from _values(value)
        elif isinstance(value, str) and len(value) > 3 and not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            yield value


@pytest.mark.trap("P6", "D3", "D4", "D11", "C5", "V1")
@pytest.mark.parametrize("via", WAYS)
async def test_a_way_breaks_the_promises_that_it_is_exempt_from_and_no_other(
    via: str, database: Database, inbox_dsn: str
) -> None:
    broken: dict[str, str] = {}
    for name, kept in PROMISES.items():
        async with way(via, database, inbox_dsn) as made:
            try:
                await kept(made)
            except AssertionError as failed:
                broken[name] = str(failed)
    assert broken.keys() == {name for exempt, name in EXEMPT if exempt == via}, broken


def test_the_ways_are_those_of_the_adapters_and_of_the_departments() -> None:
    assert {*WAYS} == {*ADAPTERS} | DEPARTMENTAL


def test_an_exemption_names_a_way_and_a_promise_that_there_are_and_its_reason() -> None:
    assert {via for via, _ in EXEMPT} <= {*WAYS}
    assert {name for _, name in EXEMPT} <= PROMISES.keys()
    assert all(len(reason.split()) > 4 for reason in EXEMPT.values())
