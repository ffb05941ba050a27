"""The demonstration says of the copies at the 中間サーバー what is true of their values, not of their labels."""

from typing import Any

import pytest

from hub.demo.claims import copies
from tests.people import in_household_of, record

UNSAID = {"alias_name": None, "previous_address": None}
HEAD, MEMBER, STRANGER = record(1, **UNSAID), record(2, **UNSAID, **in_household_of(1, "子")), record(3, **UNSAID)
REGISTER = [HEAD, MEMBER, STRANGER]


def copy_of(person: dict[str, Any], **changed: Any) -> dict[str, Any]:
    items = ("is_household_head", "household_head_name", "relationship_to_head", "dv_protection")
    said = {name: person[name] for name in items} | {"change_action": "修正", "change_date": "2026-04-01"}
    return {"togo_atena_no": person["togo_atena_no"], "version": 1, "auto_answer": True, "record": said | changed}


def test_item_4_as_the_law_has_it_bears_the_claim_out() -> None:
    assert copies([copy_of(HEAD), copy_of(MEMBER)], REGISTER).holds


@pytest.mark.parametrize(
    ("person", "changed"),
    [
        (HEAD, {"household_head_name": HEAD["name"]}),
        (HEAD, {"household_head_name": STRANGER["name"]}),
        (MEMBER, {"household_head_name": MEMBER["name"]}),
        (MEMBER, {"household_head_name": STRANGER["name"]}),
        (MEMBER, {"relationship_to_head": f"子 {MEMBER['name']}"}),
        (HEAD, {"dv_protection": {"category": HEAD["address"]["text"]}}),
        (HEAD, {"name": HEAD["name"]}),
    ],
    ids=["head-self", "head-anybody", "member-self", "member-stranger", "name-inside", "address", "item"],
)
def test_a_value_that_is_the_persons_own_refutes_it(person: dict[str, Any], changed: dict[str, Any]) -> None:
    assert not copies([copy_of(HEAD), copy_of(person, **changed)], REGISTER).holds


def test_nothing_told_and_nobody_known_prove_nothing() -> None:
    assert [copies([], REGISTER).holds, copies([copy_of(HEAD)], [MEMBER]).holds] == [False, False]
