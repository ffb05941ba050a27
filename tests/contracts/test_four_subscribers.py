"""What the four shipped contracts make of one resident's life: who is told, what, and who is not."""

# ruff: noqa: E501 - tables are read line by line, one case in each

from typing import Any

import pytest

from contracts.book import load
from contracts.change import Change
from tests.contracts.agreed import ELSEWHERE, SOMEWHERE, outcome, told
from tests.people import change, in_household_of, my_number, record

BOOK = load()
SHUT = record(protected=True, dv_protection={"category": "DV"})
CODE = record(juminhyo_code="00000000077")
LIFE: list[tuple[str, str, Any, Any, str]] = [  # child-policy, convenience-store, intermediate-server, prefecture
    ("転入", "MOVE_IN_DOMESTIC", None, record(), "entered entered entered entered"),
    ("死亡", "DEATH", record(), None, "deleted deleted deleted deleted"),
    ("転居", "RELOCATE", record(address=SOMEWHERE), record(address=ELSEWHERE), "inside inside not-heard inside"),
    ("世帯主変更", "HEAD_CHANGED", record(), record(**in_household_of(2, "子")), "inside inside inside not-heard"),
    ("個人番号の変更請求", "MY_NUMBER_CHANGE_REQUESTED", record(), record(my_number=my_number(77)),
     "inside nothing-changed inside inside"),
    ("住民票コードの変更請求", "JUMIN_CODE_CHANGE_REQUESTED", record(), CODE, "not-heard nothing-changed not-heard inside"),
    ("住民票コードの職権修正", "EX_OFFICIO_CORRECTION", record(), CODE, "nothing-changed nothing-changed not-heard inside"),
    ("支援措置の開始", "PROTECTION_STARTED", record(), SHUT, "inside left inside not-heard"),
    ("支援措置中の転居", "RELOCATE", SHUT | {"address": SOMEWHERE}, SHUT | {"address": ELSEWHERE},
     "inside outside not-heard inside"),
    ("支援措置中の死亡", "DEATH", SHUT, None, "deleted outside deleted deleted"),
    ("支援措置の終了", "PROTECTION_ENDED", SHUT, record(), "inside entered inside not-heard"),
    ("初期登録", "SNAPSHOT", None, record(), "entered entered entered not-heard"),
    ("年齢到達等", "POPULATION_REVIEW", record(), record(), " ".join(["nothing-changed"] * 4)),
    ("資格事項の修正", "QUALIFICATION_CHANGED", record(), record(nhi_qual="有"), " ".join(["not-heard"] * 4)),
    ("カードの交付申請", "CARD_REQUESTED", record(), record(), " ".join(["not-heard"] * 4)),
]  # fmt: skip


@pytest.mark.parametrize(("title", "kind", "before", "after", "expected"), LIFE, ids=[event[0] for event in LIFE])
def test_each_event_is_told_to_those_who_may_hear_of_it(
    title: str, kind: str, before: Any, after: Any, expected: str
) -> None:
    happened = change(kind, before, after)
    assert [outcome(happened, contract) for contract in BOOK.contracts.values()] == expected.split()


def moved_in() -> Change:
    return change("MOVE_IN_DOMESTIC", None, record())


@pytest.mark.parametrize("name", BOOK.contracts)
def test_exactly_the_items_of_the_contract_are_told(name: str) -> None:
    assert tuple(told(moved_in(), BOOK.contracts[name]).items) == BOOK.contracts[name].items


@pytest.mark.parametrize(("name", "expected"), [
    ("prefecture", None), ("child-policy", False), ("convenience-store", False), ("intermediate-server", False),
])  # fmt: skip
def test_the_flag_goes_to_those_who_may_know_of_protection(name: str, expected: bool | None) -> None:
    assert told(moved_in(), BOOK.contracts[name]).protected is expected


def test_the_store_is_told_no_more_than_the_number_of_whom_it_must_forget() -> None:
    started = change("PROTECTION_STARTED", record(), record(protected=True))
    assert told(started, BOOK.contracts["convenience-store"]).items == {"atena_no": record()["atena_no"]}
