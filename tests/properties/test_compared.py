"""Whatever two Books hold: one compared with itself is the same, and looked at from the other side it is the mirror."""

from dataclasses import replace
from datetime import date
from types import MappingProxyType

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.book import Book, load
from contracts.compare import Comparison, ContractChange, Difference, Effect, LawChange, Status, compare, within
from contracts.contract import Contract, Population
from contracts.decide import Disclosure, belongs, decide
from contracts.law import items
from tests.contracts.agreed import agreed
from tests.properties.made_up import DAYS, RECORDS
from tests.properties.test_explained import NEAR, Case, cases, contracts

WHOLE = load()
LAW = replace(WHOLE, bases={key: WHOLE.bases[key] for key in ("庁内連携条例", "番号法22条")})
"""Only the bases that are needed: the hash of a Book is taken of all of it."""
_ITEMS = st.frozensets(st.sampled_from(sorted(items())), max_size=5)
_POPULATIONS = st.none() | st.builds(
    Population, st.none() | st.integers(0, 100), st.none() | st.integers(0, 100), st.none() | st.booleans()
)
CONTRACTS = contracts()
"""Contracts of any terms."""


@st.composite
def books(draw: st.DrawFn) -> Book:
    """The shipped law, perhaps with another basis, and up to three contracts."""
    names = draw(st.sets(st.sampled_from(["a", "b", "c"])))
    agreed_on = {name: replace(draw(CONTRACTS), id=name) for name in sorted(names)}
    bases = dict(LAW.bases)
    if draw(st.booleans()):
        bases["番号法22条"] = replace(bases["番号法22条"], permits=draw(_ITEMS))
    return Book.of(replace(LAW, bases=bases, contracts=MappingProxyType(agreed_on)).document())


EFFECTS: dict[Effect, Effect] = {"gains": "loses", "loses": "gains", "both": "both", "unchanged": "unchanged"}
STATUS: dict[Status, Status] = {"added": "removed", "removed": "added", "changed": "changed"}


def mirrored(found: Comparison) -> Comparison:
    law = tuple(
        LawChange(each.part, each.key, STATUS[each.status],
                  MappingProxyType({name: (after, before) for name, (before, after) in each.fields.items()}))
        for each in found.law
    )  # fmt: skip
    return Comparison(tuple(map(_contract, found.contracts)), found.unchanged, law)


def _contract(change: ContractChange) -> ContractChange:
    differences = tuple(
        Difference(each.field, each.after, each.before, each.lost, each.gained, EFFECTS[each.effect])
        for each in change.differences
    )
    subscriber = next((each.before for each in change.differences if each.field == "subscriber"), change.subscriber)
    named = change.subscriber if change.status != "changed" else subscriber
    return ContractChange(change.id, named, STATUS[change.status], EFFECTS[change.effect], differences)


@given(books())
def test_a_book_compared_with_itself_is_the_same(book: Book) -> None:
    assert compare(book, Book.of(book.document())).same


@settings(max_examples=50)
@given(books(), books())
def test_two_books_are_the_same_if_and_only_if_their_hashes_are(one: Book, other: Book) -> None:
    assert compare(one, other).same is (one.hash == other.hash)


@settings(max_examples=50)
@given(books(), books())
def test_a_comparison_from_the_other_side_is_the_mirror(one: Book, other: Book) -> None:
    assert compare(other, one) == mirrored(compare(one, other))


@st.composite
def narrowed(draw: st.DrawFn, old: Contract) -> Contract:
    """The contract with fewer items, kinds and days."""
    dropped = draw(st.sets(st.sampled_from(old.items), max_size=2)) - {old.identifier}
    kinds = draw(st.sets(st.sampled_from(sorted(old.hears)), max_size=2)) if old.hears else set()
    last = draw(st.none() | NEAR)
    until = old.in_force_until if last is None else min(last, old.in_force_until or last)
    return replace(
        old, items=tuple(item for item in old.items if item not in dropped), hears=old.hears - kinds,
        granted=old.granted[draw(st.integers(0, 2)) :], in_force_until=until,
    )  # fmt: skip


@given(cases(), st.data())
def test_who_may_know_no_more_by_the_comparison_is_told_no_more(case: Case, data: st.DataObject) -> None:
    happened, old, on = case
    new = data.draw(narrowed(old))
    books = [replace(LAW, contracts=MappingProxyType({each.id: each})) for each in (old, new)]
    assert {change.effect for change in compare(*books).contracts} <= {"loses", "unchanged"}
    told, before = decide(happened, new, on), decide(happened, old, on)
    if isinstance(told, Disclosure):
        assert isinstance(before, Disclosure)
        assert set(told.items) <= set(before.items)


@given(_POPULATIONS, _POPULATIONS, RECORDS, DAYS)
def test_who_is_in_a_narrower_population_is_in_the_wider_one(
    one: Population | None, other: Population | None, record: dict[str, object], on: date
) -> None:
    if within(one, other) and belongs(record, agreed(population=one), on):
        assert belongs(record, agreed(population=other), on)
