"""What a contract may not know never shows: not in what is sealed, and not in anything that stands outside the seal.

Two tellings are compared whole: which records there are, topic, partition, record key, headers, timestamp, length of
the token, protected header, opened payload, the count of the metrics, and seq. The ids are the same, so only nonces
differ.

Known is what is permitted, and what the population gives away by itself: the day of birth where it has an age, and 支援
措置 where it is suspended or withheld. Of a nationality that is asked for (population) or derived (日本国民か否か),
no more is known than whether it is Japanese. contracts/lawful.py demands that each of these be permitted.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any, Final, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.book import Book, load
from contracts.change import Change, parse
from contracts.contract import Contract, Population
from contracts.errors import ChangeRefused
from contracts.kinds import REVIEW, kinds
from hub import quarantine, topics
from hub.bus import Batches, Incoming
from hub.intake import Accepted
from hub.seal import Place, open_token
from hub.telling import Tally, Teller
from tests.contracts.corpus import VALID, Row, happened, stories
from tests.contracts.marked import AFTER, BEFORE, value
from tests.contracts.policy import ACTIONS, DERIVED, People, Terms
from tests.fakes import MemoryKeys
from tests.people import line, record
from tests.properties.made_up import ITEMS, RECORDS, changes, contracts, values

BOOK = load()
NOW = datetime(2026, 4, 2, 3, 4, 5, 678_901, UTC)
PREFIX, PART = "juki", 3
OF_THE_CHANGE: Final = ("effective_on", "notified_on", "cancels", "kind")
OTHER_ID: Final = "01930000-0000-7000-8000-00000000000f"


class Seen(NamedTuple):
    """One record as it lies on the broker, opened."""

    topic: str
    part: int
    key: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    timestamp_ms: int | None
    length: int
    header: dict[str, Any]
    payload: bytes


class Telling(NamedTuple):
    """Everything by which a contract could learn of changes."""

    seen: list[Seen]
    tally: dict[str, int]
    seq: int


def only(contract: Contract) -> Book:
    """A Book of this contract alone."""
    return replace(BOOK, contracts={contract.id: contract})


def accepted(took_place: Iterable[Change]) -> list[Accepted]:
    return [Accepted(one, b"") for one in took_place]


async def tellings(
    keys: MemoryKeys, book: Book, took_place: Sequence[Change], now: datetime = NOW
) -> dict[str, Telling]:
    """What every contract of `book` is told of `took_place`, in one poll."""
    sequences, tally = {}, Tally()
    teller = await Teller.of(PREFIX, book, keys)
    batches = await teller.all_of(PART, accepted(took_place), sequences, now, tally)
    return {
        name: Telling(
            await opened(keys, name, batches, now),
            {why: count for (who, why), count in tally.items() if who == name}, sequences.get(name, 0),
        )
        for name in book.contracts
    }  # fmt: skip


async def opened(keys: MemoryKeys, contract: str, batches: Batches, now: datetime) -> list[Seen]:
    """Every record of the contract's topic, in whatever partition."""
    told, key = topics.disclosures(PREFIX, contract), await keys.content_key(contract, now.date())
    return [
        Seen(topic, part, one.key, one.headers, one.timestamp_ms, len(one.value or b""),
             *open_token(one.value, key, Place(contract, topic, part), one.key))
        for (topic, part), records in batches.items() if topic == told for one in records
    ]  # fmt: skip


async def telling(keys: MemoryKeys, contract: Contract, took_place: Sequence[Change], now: datetime = NOW) -> Telling:
    """What the contract is told where there is no other."""
    return (await tellings(keys, only(contract), took_place, now))[contract.id]


# What a contract knows


def known(contract: Contract, on: date) -> set[str]:
    """The items that a contract knows, or learns by whom it concerns."""
    permitted, people = set(contract.permitted(on)), contract.population
    if people is not None and (people.age_from is not None or people.age_to is not None):
        permitted.add("birth_date")
    if contract.protected != "deliver" or "dv_protection" in permitted:
        permitted.add("protected")
    return permitted


def tells_whether_japanese(contract: Contract, on: date) -> bool:
    """Whether the contract learns that somebody is Japanese, and no more of the nationality."""
    people = contract.population
    return (people is not None and people.japanese is not None) or "is_japanese" in contract.permitted(on)


@st.composite
def otherwise(draw: st.DrawFn, contract: Contract, took_place: Change) -> Change:
    """The same change in which anything differs that `contract` may not know."""
    secret = sorted({*ITEMS, "protected"} - known(contract, took_place.day))
    for item in draw(st.sets(st.sampled_from(secret))) if secret else ():  # made up contracts may hide nothing
        sides = {side: draw(_record(contract, took_place, side, item)) for side in ("before", "after")}
        took_place = replace(took_place, **sides)
    for part in draw(st.sets(st.sampled_from(OF_THE_CHANGE))):
        took_place = replace(took_place, **{part: draw(_part(contract, took_place, part))})
    return took_place


def _record(contract: Contract, took_place: Change, side: str, item: str) -> st.SearchStrategy[Any]:
    was = getattr(took_place, side)
    if was is None:
        return st.none()
    if item == "nationality" and tells_whether_japanese(contract, took_place.day):
        others = st.none() if was.get(item) is None else values(item).filter(lambda value: value is not None)
        return others.map(lambda value: {**was, item: value})
    other = st.none() | st.booleans() if item == "protected" else values(item)
    without = {name: value for name, value in was.items() if name != item}
    return st.just(without) | other.map(lambda value: {**was, item: value})


def _part(contract: Contract, took_place: Change, part: str) -> st.SearchStrategy[Any]:
    permitted = contract.permitted(took_place.day)
    if part == "kind":
        return st.sampled_from(_alike(contract, took_place))
    if part == "effective_on" and (took_place.kind == REVIEW or {"change_date", "removal_date"} & set(permitted)):
        return st.just(took_place.effective_on)
    return {"effective_on": values("birth_date").filter(bool), "notified_on": values("birth_date")}.get(
        part, st.sampled_from([None, OTHER_ID])
    )


def _alike(contract: Contract, took_place: Change) -> list[str]:
    """Kinds between which the contract may not tell: heard alike, where it is not told the reason."""
    if "change_reason" in contract.permitted(took_place.day) and took_place.kind in contract.hears:
        return [took_place.kind]
    said = [contract.hears, contract.always, {REVIEW}]  # a review has a day of its own
    return [kind.id for kind in kinds().values() if kind.action == took_place.action
            and all((kind.id in each) is (took_place.kind in each) for each in said)]  # fmt: skip


# The promises


def terms_of(contract: Contract) -> Terms:
    """The contract as the corpus tells stories of it."""
    people = contract.population or Population()
    return Terms(
        contract.id, contract.subscriber, contract.items, contract.conditional, contract.hears, contract.always,
        contract.identifier, contract.protected,
        People(people.age_from, people.age_to, people.japanese, contract.protected == "suspend"),
    )  # fmt: skip


def lived(terms: Terms, touch: str) -> list[Change]:
    """Every kind and story; where somebody stays inside, what identifies them is touched or nothing is."""
    told = [
        happened(Row(terms, kind, story, terms.identifier, touch if story.state == "inside" else "", VALID))
        for kind in ACTIONS for story in stories(terms.people, ACTIONS[kind])
    ]  # fmt: skip
    return [replace(one, id=f"01930000-0000-7000-8000-{at:012d}") for at, one in enumerate(told)]


LONG: Final = "印" * 3000
"""Longer than the first sizes of a token."""
DISGUISES: Final[dict[str, Callable[[str, Any, int], Any]]] = {
    "changed": lambda item, _was, moment: value(item, moment),
    "struck out": lambda _item, was, moment: None if moment == AFTER else was,
    "absent throughout": lambda _item, _was, _moment: None,
    "long": lambda item, was, moment: LONG if moment == AFTER and item in LONGER else was,
}  # fmt: skip
LONGER: Final = frozenset({"honseki", "electoral_roll", "alias_name", "nhi_qual"})


def disguised(contract: Contract, one: Change, how: str) -> Change:
    """The change in which every item that the contract may not know is disguised."""
    secret = {*ITEMS} - known(contract, one.day) - DERIVED
    secret -= {"nationality"} if tells_whether_japanese(contract, one.day) else set()
    sides: dict[str, Any] = {}
    for side, moment in (("before", BEFORE), ("after", AFTER)):
        was = getattr(one, side)
        sides[side] = was and {**was, **{item: DISGUISES[how](item, was.get(item), moment) for item in secret}}
    return replace(one, **sides)


@pytest.mark.threat("B1")
@pytest.mark.parametrize("how", DISGUISES)
@pytest.mark.parametrize("name", BOOK.contracts)
async def test_through_a_whole_life_what_may_not_be_known_shows_nowhere(name: str, how: str) -> None:
    contract, terms, keys = BOOK.contracts[name], terms_of(BOOK.contracts[name]), MemoryKeys()
    for touch in ("の変更", ""):
        life, now = lived(terms, touch), datetime.combine(VALID.on, time(12), UTC)
        plain, other = [await telling(keys, contract, each, now)
                        for each in (life, [disguised(contract, one, how) for one in life])]  # fmt: skip
        assert plain == other
        assert plain.seen != []


@pytest.mark.threat("S5")
@pytest.mark.parametrize("name", BOOK.contracts)
@settings(max_examples=10)
@given(st.lists(changes(), min_size=1, max_size=2), st.data())
async def test_what_a_shipped_contract_may_not_know_shows_nowhere(
    name: str, took_place: list[Change], data: st.DataObject
) -> None:
    contract, keys = BOOK.contracts[name], MemoryKeys()
    others = [data.draw(otherwise(contract, one)) for one in took_place]
    before, after = [await telling(keys, contract, each) for each in (took_place, others)]
    assert before == after


@settings(max_examples=60)
@given(changes(), contracts(), st.data())
async def test_what_any_contract_may_not_know_shows_nowhere(
    took_place: Change, contract: Contract, data: st.DataObject
) -> None:
    keys = MemoryKeys()
    other = data.draw(otherwise(contract, took_place))
    before, after = [await telling(keys, contract, [each]) for each in (took_place, other)]
    assert before == after


MOVED = ({"address": {"text": "架空市仮町1番地"}}, {"address": {"text": "架空市別町2番地"}})


@pytest.mark.parametrize(("kind", "before", "after"), [
    ("RELOCATE", *MOVED), ("DEATH", {}, None), ("BIRTH", None, {}),
    ("PROTECTION_STARTED", {}, {"protected": True, "dv_protection": {"category": "DV"}}),
])  # fmt: skip
async def test_the_comparison_would_notice(kind: str, before: Any, after: Any) -> None:
    """A permitted item that differs makes another telling: nothing above passes because nothing is compared."""
    contract, keys = BOOK.contracts["child-policy"], MemoryKeys()
    sides = [side if side is None else record(**side) for side in (before, after)]
    took_place = parse(line(kind, *sides))
    renamed = [side and {**side, "name": f"{side['name']}二"} for side in sides]
    tellings = [await telling(keys, contract, [each])
                for each in (took_place, parse(line(kind, *renamed)))]  # fmt: skip
    assert [len(each.seen) for each in tellings] == [1, 1]
    assert tellings[0] != tellings[1]


@settings(max_examples=20)
@given(st.lists(changes(), min_size=1, max_size=3))
async def test_nobody_is_told_otherwise_because_others_are_told(took_place: list[Change]) -> None:
    keys = MemoryKeys()
    together = await tellings(keys, BOOK, took_place)
    alone = {name: await telling(keys, contract, took_place) for name, contract in BOOK.contracts.items()}
    assert together == alone


@settings(max_examples=20)
@given(st.lists(changes(), min_size=1, max_size=3), st.permutations(list(BOOK.contracts)))
async def test_the_order_of_contracts_is_no_matter(took_place: list[Change], names: list[str]) -> None:
    keys, shuffled = MemoryKeys(), replace(BOOK, contracts={name: BOOK.contracts[name] for name in names})
    assert await tellings(keys, BOOK, took_place) == await tellings(keys, shuffled, took_place)


@settings(max_examples=30)
@given(st.lists(changes(), min_size=2, max_size=4), contracts(), st.data())
async def test_what_is_told_of_a_change_does_not_depend_on_those_around_it(
    took_place: list[Change], contract: Contract, data: st.DataObject
) -> None:
    """seq alone depends on the order: it counts what is told."""
    keys = MemoryKeys()
    numbered = [replace(one, id=f"01930000-0000-7000-8000-{at:012d}") for at, one in enumerate(took_place)]
    orders = [numbered, data.draw(st.permutations(numbered))]
    told = [await telling(keys, contract, order) for order in orders]
    ours = [{one.header["jti"]: (one.key, one.headers, one.length, one.payload) for one in each.seen} for each in told]
    assert ours[0] == ours[1]
    assert told[0].tally == told[1].tally
    assert [[one.header["seq"] for one in each.seen] for each in told] == [list(range(1, len(ours[0]) + 1))] * 2


# What cannot be read

FAULTS: list[tuple[str, Any, str]] = [
    ("my_number", "1", "bad-format"), ("my_number", "123456789012", "bad-check-digit"), ("name", 7, "bad-type"),
    ("birth_date", "2026-02-30", "bad-date"), ("sex", "3", "bad-format"), ("honseki", "\u0007", "control-character"),
    ("change_reason", "BIRTH", "derived-item"), ("atena_no", "１２", "bad-format"),
]  # fmt: skip


def in_quarantine(took_place: bytes) -> tuple[Any, ...]:
    """What stands outside the sealed value of a letter in quarantine, and where the door found the fault."""
    with pytest.raises(ChangeRefused) as refused:
        parse(took_place)
    letter = quarantine.letter(Incoming("juki.changes", PART, 7, b"k" * 16, b"sealed", (), 1), refused.value.code)
    assert refused.value.code in quarantine.CODES
    return letter.key, letter.headers, letter.timestamp_ms, refused.value.place


@pytest.mark.parametrize(("item", "bad", "code"), FAULTS)
@settings(max_examples=15)
@given(one=RECORDS, other=RECORDS)
def test_a_letter_in_quarantine_tells_a_code_whatever_else_the_record_holds(
    item: str, bad: Any, code: str, one: dict[str, Any], other: dict[str, Any]
) -> None:
    told = [in_quarantine(line("BIRTH", None, {**each, item: bad})) for each in (one, other)]
    assert told[0] == told[1]
    assert dict(told[0][1])["hub.errors.code"] == code.encode()
