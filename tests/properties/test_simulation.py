"""Whatever happens and whatever is agreed: a simulation is exact where it speaks, and silent where it cannot know."""

from dataclasses import replace

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from contracts.change import Change
from contracts.contract import Contract
from contracts.decide import Disclosure, Silence, decide
from contracts.foreseen import Drafted, Recorded, foreseen
from contracts.simulate import Case, answered, fold, redecided
from tests.properties.made_up import changes, contracts


def case(happened: Change, then: Contract, draft: Contract) -> Case:
    before = {then.id: then}
    after = {draft.id: Drafted.of(draft)}
    told = answered(happened, before, happened.day)
    return Case(happened.kind, told, redecided(happened, told, before, after, happened.day))


@settings(max_examples=50)
@given(st.lists(st.tuples(changes(), contracts()), max_size=2))
def test_a_draft_that_is_the_book_makes_no_difference(pairs: list[tuple[Change, Contract]]) -> None:
    report = fold(case(happened, contract, replace(contract)) for happened, contract in pairs)
    assert report.differing == 0
    assert all(set(count.effects) <= {"same", "silent"} for count in report.contracts.values())


@settings(max_examples=50)
@given(changes(), contracts(), st.data())
def test_narrowing_by_one_item_loses_exactly_that_item_wherever_the_draft_still_tells(
    happened: Change, contract: Contract, data: st.DataObject
) -> None:
    narrowable = [item for item in contract.items if item not in (contract.identifier, "dv_protection")]
    assume(narrowable)
    item = data.draw(st.sampled_from(narrowable))
    draft = replace(contract, items=tuple(one for one in contract.items if one != item))
    made = case(happened, contract, draft)
    then, now = made.then["kosodate"], made.draft["kosodate"]
    found = fold([made]).contracts["kosodate"]
    told = isinstance(then, Disclosure) and isinstance(now, Disclosure) and then.state != "left"
    assert (dict(found.lost), found.gained, found.altered) == ({item: 1} if told else {}, {}, {})
    assert isinstance(now, Silence) or isinstance(then, Disclosure)


def remembered(happened: Change, contract: Contract) -> Recorded | Silence:
    """What the ledger keeps of a decision."""
    told = decide(happened, contract, happened.day)
    return Recorded(told.state, (*told.items,), contract.hash) if isinstance(told, Disclosure) else told


@st.composite
def variations(draw: st.DrawFn) -> tuple[Contract, Contract]:
    """A contract, and a draft that may differ from it in anything: near enough that certain answers are reached."""
    then, other = draw(contracts()), draw(contracts())
    names = ("hears", "always", "population", "protected")
    terms = {name: getattr(other, name) for name in draw(st.sets(st.sampled_from(names)))}
    items = draw(st.sampled_from([then.items, (*dict.fromkeys((*then.items, *other.items)),), other.items]))
    kept = {"items": items, "identifier": draw(st.sampled_from(items))}
    return then, replace(then, **terms, **kept)


@given(changes(), variations())
def test_what_is_foreseen_from_the_ledger_alone_is_what_would_be_decided(
    happened: Change, pair: tuple[Contract, Contract]
) -> None:
    then, draft = pair
    found = foreseen(remembered(happened, then), then, Drafted.of(draft), (happened.day,))
    now = decide(happened, Drafted.of(draft).as_if, happened.day)
    if isinstance(found, Recorded):
        assert isinstance(now, Disclosure)
        assert (found.state, set(found.items)) == (now.state, set(now.items))
    elif isinstance(found, Silence):
        assert isinstance(now, Silence)
