"""随時移転 at the door and in the decision: one contract, somebody as they stand, no more than the order names."""

from datetime import date
from typing import Any

import pytest

from contracts.change import Transfer
from contracts.contract import DEPARTMENTAL, Approval, Grant
from contracts.decide import OUTSIDE, PROTECTED, decide
from contracts.errors import ChangeRefused
from contracts.explain import explain
from tests.contracts.agreed import ON, agreed, outcome, told
from tests.contracts.test_first_load_and_review import BOOK
from tests.people import change, record

ORDER = "6d0c6a9e-4a52-4c55-9c58-3c1a8c1b5f0e"
HEARS = frozenset({"SNAPSHOT"})


def transfer(*items: str, to: str = "kosodate", **person: Any) -> Any:
    return change("SNAPSHOT", None, record(**person), to=[to], transfer={"order": ORDER, "items": [*items]})


def test_it_comes_through_the_door_with_its_order_and_its_items() -> None:
    assert transfer("name", "address").transfer == Transfer(ORDER, frozenset({"name", "address"}))
    assert change("SNAPSHOT", None, record(), to=["tax"], transfer=None).transfer is None


@pytest.mark.parametrize(("said", "code", "place"), [
    ({"order": ORDER, "items": []}, "bad-type", "transfer.items"),
    ({"order": ORDER, "items": "name"}, "bad-type", "transfer.items"),
    ({"order": ORDER, "items": ["horoscope"]}, "unknown-item", "transfer.items"),
    ({"order": ORDER, "items": ["protected"]}, "unknown-item", "transfer.items"),
    ({"order": "1", "items": ["name"]}, "bad-format", "transfer.order"),
    ({"items": ["name"]}, "missing-field", "transfer.order"),
    ({"order": ORDER}, "missing-field", "transfer.items"),
    ({"order": ORDER, "items": ["name"], "secret": 1}, "unknown-field", "transfer"),
    (["name"], "bad-type", "transfer"),
])  # fmt: skip
def test_what_is_no_transfer_is_refused_by_code_and_place(said: Any, code: str, place: str) -> None:
    with pytest.raises(ChangeRefused) as refused:
        change("SNAPSHOT", None, record(), to=["tax"], transfer=said)
    assert (refused.value.code, refused.value.place) == (code, place)


@pytest.mark.parametrize(("kind", "before", "after", "to"), [
    ("SNAPSHOT", None, record(), ["tax", "welfare"]), ("SNAPSHOT", None, record(), None),
    ("SNAPSHOT", record(), None, ["tax"]), ("SNAPSHOT", record(), record(), ["tax"]),
    ("MOVE_IN_DOMESTIC", None, record(), None),
])  # fmt: skip
def test_it_is_for_one_contract_and_of_somebody_as_they_stand(kind: str, before: Any, after: Any, to: Any) -> None:
    addressed = {} if to is None else {"to": to}
    with pytest.raises(ChangeRefused) as refused:
        change(kind, before, after, transfer={"order": ORDER, "items": ["name"]}, **addressed)
    assert (refused.value.code, refused.value.place) == ("shape-mismatch", "transfer")


def test_it_tells_of_the_permitted_items_those_that_the_order_names_and_the_identifier() -> None:
    contract = agreed(hears=HEARS)
    assert [*told(transfer("address"), contract).items] == ["atena_no", "address"]
    assert [*told(transfer("atena_no", "birth_date", "name"), contract).items] == ["atena_no", "name", "birth_date"]


def test_an_item_that_the_contract_does_not_permit_is_not_told_whatever_the_order_names() -> None:
    said = told(transfer("my_number", "name"), agreed(hears=HEARS))
    assert [*said.items] == ["atena_no", "name"]
    assert [*told(transfer("my_number"), agreed(hears=HEARS)).items] == ["atena_no"], "it is told that they exist"


def test_an_item_is_told_on_the_days_of_its_grant_alone() -> None:
    grant = Grant("nationality", Approval("総務部法務", date(2026, 3, 20), "第1号"), ON, ON)
    contract = agreed(hears=HEARS, granted=(grant,), conditional=("nationality",))
    asked = transfer("nationality")
    assert [[*told(asked, contract, day).items] for day in (ON, date(2026, 4, 3))] == [
        ["atena_no", "nationality"], ["atena_no"],
    ]  # fmt: skip


@pytest.mark.parametrize("protected", [True, False, None])
def test_that_somebody_is_protected_is_said_also_where_the_order_does_not_name_the_measure(
    protected: bool | None,
) -> None:
    contract = agreed(hears=HEARS, items=("atena_no", "address", "dv_protection"))
    said = told(transfer("address", protected=protected), contract)
    assert ([*said.items], said.protected) == (["atena_no", "address"], protected is not False)
    assert told(transfer("address"), agreed(hears=HEARS)).protected is None, "a contract that may not know is not told"


def test_population_and_protection_are_judged_as_of_any_change() -> None:
    asked = transfer("name", protected=True)
    assert decide(asked, agreed(hears=HEARS, protected="withhold"), ON) == PROTECTED
    assert decide(asked, agreed(hears=HEARS, protected="suspend"), ON) == OUTSIDE
    assert outcome(transfer("name"), agreed(hears=HEARS, in_force_until=date(2026, 4, 1))) == "not-in-force"


def test_nobody_else_hears_of_it() -> None:
    assert outcome(transfer("name", to="tax"), agreed(hears=HEARS)) == "not-heard"
    assert outcome(transfer("name"), agreed()) == "not-heard"


@pytest.mark.parametrize("name", [name for name, one in BOOK.contracts.items() if one.via not in DEPARTMENTAL])
def test_a_counterpart_outside_is_told_nothing_by_it(name: str) -> None:
    assert outcome(transfer("name", to=name), BOOK.contracts[name]) in {"not-heard", "outside"}
    outside = agreed(hears=HEARS, via=BOOK.contracts[name].via)
    assert outcome(transfer("name"), outside) == "not-heard"
    assert "departments alone" in explain(transfer("name"), outside, BOOK, ON).rules[2].reason.en


def test_it_is_explained_under_which_order_how_many_items_are_told() -> None:
    why = explain(transfer("name", to="tax"), BOOK.contracts["tax"], BOOK, ON)
    assert (why.outcome, [one.item for one in why.told]) == ("entered", ["atena_no", "name"])
    assert (ORDER in why.rules[-1].reason.ja, why.rules[-1].reason.en[:2]) == (True, "2 ")
