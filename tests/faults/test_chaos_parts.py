"""The harness itself, in memory: the schedule follows from the seed; the oracle decides; a judge that can find nothing
is worth nothing, so each kind of loss is planted and has to be found."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from random import Random
from typing import Any
from uuid import UUID, uuid5

import pytest

from contracts import book
from contracts.decide import Disclosure, decide
from producers.acts import ACTS
from producers.household import Allotted, Person, View
from producers.notices import read
from producers.synthetic.households import city
from producers.synthetic.numbers import Numbers
from tests import people
from tests.faults.chaos.faults import FAULTS
from tests.faults.chaos.judge import LOSSES, Due, Effect, Entry, Evidence, Kept, Line, Record, judge
from tests.faults.chaos.notices import Clerk
from tests.faults.chaos.oracle import due
from tests.faults.chaos.schedule import AT_ONCE, BY_NAME, KINDS, schedule

CONTRACTS = book.load().contracts
PARTITIONS = 4
NAME = "prefecture"


def test_the_schedule_is_a_function_of_the_seed() -> None:
    assert schedule(7, 600) == schedule(7, 600)
    assert schedule(7, 600) != schedule(8, 600)


@pytest.mark.parametrize("seed", range(1, 21))
def test_a_schedule_keeps_its_rules_for_any_seed(seed: int) -> None:
    faults = schedule(seed, 600)
    for fault in faults:
        kind, beside = BY_NAME[fault.kind], [other for other in faults if other.at <= fault.at < other.until]
        assert kind.shortest - 0.01 <= fault.lasts <= kind.longest + 0.01
        assert (fault.target in kind.targets, fault.how in kind.ways) == (True, True)
        assert fault.until <= 600
        assert len(beside) <= AT_ONCE
        assert len({BY_NAME[other.kind].domain for other in beside}) == len(beside)
    assert {fault.kind for fault in faults} == {kind.name for kind in KINDS}


def test_every_kind_of_the_schedule_can_be_injected() -> None:
    assert FAULTS.keys() == BY_NAME.keys()


# The oracle.


def moved(n: int = 1, **changed: Any) -> bytes:
    before = people.record(n)
    after = before | {"address": {"text": "架空市仮町百番地"}}
    return people.line("RELOCATE", before, after, **changed)


def protected(**changed: Any) -> bytes:
    flag = {"protected": True, "dv_protection": {"category": "x", "starts_on": "2026-04-01", "ends_on": "2027-04-01"}}
    return people.line("PROTECTION_STARTED", people.record(), people.record() | flag, **changed)


LATER = {"id": "01930000-0000-7000-8000-000000000002", "version": 1_775_092_500_000_001}


def test_the_oracle_demands_what_the_law_decides() -> None:
    told = {one.contract: one for one in due([moved()], CONTRACTS)}
    change = people.change("RELOCATE", people.record(), people.record() | {"address": {"text": "架空市仮町百番地"}})
    decided = {name: decide(change, contract, change.day) for name, contract in CONTRACTS.items()}
    assert told.keys() == {name for name, one in decided.items() if isinstance(one, Disclosure)}
    one = told[NAME]
    assert (one.id, one.items) == (str(uuid5(UUID(change.id), NAME)), decided[NAME].items)  # type: ignore[union-attr]
    assert [(message["update_no"], message["record"]) for message in one.messages] == [(change.version, one.items)] * 2
    assert [message["emergency_update_no"] for message in one.messages] == [None, change.version]  # tried once more


def test_what_waits_before_a_protection_may_be_overtaken_and_nothing_behind_it() -> None:
    told = due([moved(), protected(**LATER)], CONTRACTS)
    stored, erased = sorted((one for one in told if one.contract == "convenience-store"), key=lambda one: one.version)
    assert (stored.may_be_overtaken, erased.may_be_overtaken, erased.state) == (True, False, "left")
    assert not any(one.may_be_overtaken for one in told if one.contract != "convenience-store")


def test_a_copy_before_a_protection_may_arrive_with_the_flag_or_without() -> None:
    before = people.record()
    head = people.line("HOUSEHOLD_CHANGED", before, before)
    copies = [one for one in due([head, protected(**LATER)], CONTRACTS) if one.contract == "intermediate-server"]
    flags = {one.version: {message["auto_answer"] for message in one.messages} for one in copies}
    assert flags[max(flags)] == {False}
    assert flags.get(1_775_092_500_000_000, {True, False}) == {True, False}


# The clerk.


@pytest.mark.parametrize("seed", range(1, 6))
def test_what_the_clerk_writes_is_accepted_by_the_acts(seed: int) -> None:
    homes = [[record for _, record in home.members] for home in city(60, seed)]
    clerk = Clerk(date(2026, 11, 26), Random(seed), Numbers(seed))
    for receipt in range(60):
        home, other = clerk.dice.sample(homes, 2)
        notice = read(clerk.notice(f"r-{receipt}", home, other))
        there = {one["atena_no"]: Person(UUID(int=int(one["atena_no"])), one) for one in (*home, *other)}
        new = [Allotted(UUID(int=n), f"{n:010d}", f"{n:012d}") for n in range(9001, 9004)]
        assert ACTS[notice.act](notice, View(clerk.day, there, {}, new, "0000099999"))


# The judge.


KEPT = [(0, 1, "d0"), (0, 2, "d2"), (1, 1, "d1"), (1, 2, "d3")]


def evidence() -> tuple[list[str], list[Due], Evidence]:
    """Two residents, two changes each, all told to one contract, nothing amiss; the second was published twice."""
    changes = [(f"c{n}", UUID(int=n % 2), 10 + n) for n in range(4)]
    wanted = [Due(f"d{n}", NAME, change, who, version, "inside", {"name": n}, messages=({"update_no": version},))
              for n, (change, who, version) in enumerate(changes)]  # fmt: skip
    order = [(0, 0), (0, 2), (0, 2), (1, 1), (1, 3)]
    places = [(part, [p for p, _ in order[:at]].count(part), wanted[n]) for at, (part, n) in enumerate(order)]
    return (
        [change for change, _, _ in changes], wanted,
        Evidence(
            partitions=PARTITIONS, published=Counter(one.change for _, _, one in places),
            ledger=[Line(part, at, one.change, b"d") for part, at, one in places],
            ledger_topic=frozenset((part, at) for part, at, _ in places),
            entries=[Entry(NAME, part, at + 1, one.id, one.change, one.state, ("name",)) for part, at, one in places],
            records=[Record(NAME, part, at, at + 1, one.id, one.content) for part, at, one in places],
            effects={NAME: [Effect(one.id, f"s{one.resident.int}", one.version, {"update_no": one.version})
                            for one in wanted]},
            kept={NAME: [Kept(*place, "waiting") for place in KEPT]},
        ),
    )  # fmt: skip


def test_where_everything_has_arrived_nothing_is_found() -> None:
    assert judge(*evidence()) == []


def without(field: str, at: int) -> Callable[[Evidence], Evidence]:
    return lambda found: replace(found, **{field: [one for n, one in enumerate(getattr(found, field)) if n != at]})


def with_more(field: str, one: Any) -> Callable[[Evidence], Evidence]:
    return lambda found: replace(found, **{field: [*getattr(found, field), one]})


def with_other(field: str, at: int, **changed: Any) -> Callable[[Evidence], Evidence]:
    def planted(found: Evidence) -> Evidence:
        there = [*getattr(found, field)]
        there[at] = replace(there[at], **changed)
        return replace(found, **{field: there})

    return planted


def kept(change: Callable[[list[Kept]], list[Kept]]) -> Callable[[Evidence], Evidence]:
    return lambda found: replace(found, kept={NAME: change([*found.kept[NAME]])})


def effects(change: Callable[[list[Effect]], list[Effect]]) -> Callable[[Evidence], Evidence]:
    return lambda found: replace(found, effects={NAME: change([*found.effects[NAME]])})


PLANTED: dict[str, tuple[str, Callable[[Evidence], Evidence]]] = {
    "a change that was never published": ("lost", lambda found: replace(found, published=Counter(c1=1, c2=2, c3=1))),
    "a change that nobody minted": ("foreign", lambda found: replace(found, published=found.published + Counter(x=1))),
    "a change that is in no ledger": ("lost", without("ledger", 0)),
    "a change that was routed once more than it was published": ("twice", with_more("ledger", Line(1, 9, "c1", b"d"))),
    "a change that was routed once less than it was published": ("lost", without("ledger", 1)),
    "a change with two contents": ("altered", with_other("ledger", 1, digest=b"x")),
    "a ledger line that is not archived": ("lost", lambda f: replace(f, ledger_topic=f.ledger_topic | {(3, 0)})),
    "a telling that the ledger does not name": ("lost", without("entries", 0)),
    "a telling in the ledger that was not due": ("foreign", with_more("entries", Entry(NAME, 0, 9, "x", "c0", "", ()))),
    "a ledger entry with another item": ("altered", with_other("entries", 0, items=("sex",))),
    "a ledger entry with another state": ("altered", with_other("entries", 0, state="left")),
    "a record that is lost": ("lost", without("records", 0)),
    "a record that was not due": ("foreign", with_more("records", Record(NAME, 0, 9, 4, "x", None))),
    "a record that was not due to this contract": ("foreign", with_other("records", 0, contract="tax")),
    "a record with another value": ("altered", with_other("records", 0, content=(UUID(int=0), 10, "inside", {}, None))),
    "a record that does not open": ("altered", with_other("records", 0, content=None)),
    "a record in another resident's partition": ("disorder", with_other("records", 3, partition=2)),
    "a record behind a later one": ("disorder", with_other("records", 0, offset=9)),
    "a hole in a sequence": ("gap", with_other("records", 4, seq=3)),
    "a sequence number twice": ("gap", with_other("records", 4, seq=1)),
    "a sequence that does not begin": ("gap", with_other("records", 3, seq=0)),
    "a hole that an inbox has noticed": ("gap", lambda found: replace(found, inbox_gaps={NAME: 1})),
    "an effect that is lost": ("lost", effects(lambda there: there[1:])),
    "an effect that was not due": ("foreign", effects(lambda there: [*there, Effect("x", "s9", 1, {})])),
    "an effect twice": ("twice", effects(lambda there: [*there, there[0]])),
    "an effect with another message": ("altered", effects(lambda there: [replace(there[0], message={}), *there[1:]])),
    "an effect behind a later one": ("disorder", effects(lambda there: there[::-1])),
    "what is to be fetched is not kept": ("lost", kept(lambda there: there[1:])),
    "what was not due is kept for somebody": ("foreign", kept(lambda there: [*there, Kept(0, 9, "x", "waiting")])),
    "what is to be fetched is kept twice": ("twice", kept(lambda there: [*there, there[0]])),
    "what is to be fetched lies in another order": ("disorder", kept(lambda there: there[::-1])),
    "what is to be fetched was overtaken by nothing": (
        "lost", kept(lambda there: [replace(there[0], state="superseded"), *there[1:]])
    ),
    "a dead letter": ("dead", lambda found: replace(found, dead={NAME: 1})),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_loss_is_found(planted: str) -> None:
    kind, plant = PLANTED[planted]
    minted, wanted, found = evidence()
    assert kind in {loss.kind for loss in judge(minted, wanted, plant(found))}


def test_every_kind_of_loss_is_planted_once_at_least() -> None:
    assert {kind for kind, _ in PLANTED.values()} == {*LOSSES}


def test_what_a_protection_has_overtaken_is_missed_only_where_it_was_not_superseded() -> None:
    minted, wanted, found = evidence()
    wanted[0] = replace(wanted[0], may_be_overtaken=True)
    found = effects(lambda there: there[1:])(found)
    assert [loss.kind for loss in judge(minted, wanted, found)] == ["lost"]
    assert judge(minted, wanted, replace(found, superseded=frozenset({(NAME, "d0")}))) == []


def test_nothing_else_may_be_superseded() -> None:
    minted, wanted, found = evidence()
    found = replace(effects(lambda there: there[1:])(found), superseded=frozenset({(NAME, "d0")}))
    assert [loss.kind for loss in judge(minted, wanted, found)] == ["lost"]
