"""What the 中間サーバー is told of a head, from the notice to the adapter: never that person's name or address.

住基法7条4号 gives for a head the fact alone (その旨); the head's name is for those who live with the head.
"""

import json

import pytest

from consumers.adapters import ADAPTERS
from consumers.disclosure import Disclosure as Opened
from contracts import book
from contracts.decide import Disclosure, decide
from producers.household import HEAD, Person
from producers.synthetic.households import city
from tests.unit.producers.register import (
    ADDRESS,
    ELSEWHERE,
    FAMILY,
    NEIGHBOUR,
    acted,
    as_change,
    newcomer,
    view,
)
from tests.unit.producers.test_every_act import EXPECTED, drafts_of

CONTRACT = book.load().contracts["intermediate-server"]
ACTS = [
    ("head-change", {"new_head": "2", "relationships": {"1": "夫", "3": "子"}, "changed_on": "2026-04-01"}),
    ("death", {"atena_no": "1", "died_on": "2026-04-01", "new_head": "2", "relationships": {"3": "子"}}),
    ("relocate", {"atena_nos": ["2", "3"], "moved_on": "2026-04-01", "address": ELSEWHERE, "head": "2",
                  "movers": {"3": "子"}}),
    ("relocate", {"atena_nos": ["1"], "moved_on": "2026-04-01", "address": ELSEWHERE, "household_no": "2",
                  "movers": {"1": "友人"}, "new_head": "3", "relationships": {"2": "母"}}),
    ("move-in", {"moved_on": "2026-04-01", "address": ADDRESS, "previous_address": ELSEWHERE,
                 "persons": [newcomer(), newcomer(71, "妻")]}),
    ("birth", {"parent": "1", "child": newcomer(72, "子", birth_date="2026-03-30", my_number=None)}),
    ("move-out", {"atena_nos": ["4"], "moves_on": "2026-04-01", "destination": ELSEWHERE}),
    ("protection-start", {"atena_nos": ["1", "2"], "category": "他", "starts_on": "2026-04-01"}),
]  # fmt: skip


def copies_of(drafts):
    """Each (record, copy): what the register says of somebody, and what the adapter says to the counterpart."""
    for draft in drafts:
        change = as_change(draft)
        told = decide(change, CONTRACT, change.day)
        if isinstance(told, Disclosure):
            opened = Opened(change.resident, CONTRACT.id, change.version, told.state, told.items, told.protected)
            yield draft.after or draft.before, ADAPTERS["intermediate-server"].encode(opened)


def check(record, copy):
    said = json.dumps(copy["record"], ensure_ascii=False)
    own = [record["address"]["text"], *([record["name"]] if record["is_household_head"] else [])]
    assert [mark for mark in own if mark in said] == []
    assert (copy["record"]["household_head_name"] is None) == (record["relationship_to_head"] == HEAD)


@pytest.mark.parametrize(("act", "stated"), ACTS, ids=[act for act, _ in ACTS])
def test_the_copy_of_a_head_holds_no_name_and_no_address(act, stated):
    found = list(copies_of(acted(view(*FAMILY, NEIGHBOUR), act, **stated)))
    assert found
    for record, copy in found:
        check(record, copy)


UNHEARD = {
    "move-out", "move-out-abroad", "move-out-cancelled", "minor-correction", "residence-status",
    "nationality-correction", "former-surname", "alias", "furigana", "honseki-correction", "juminhyo-code-entry",
    "juminhyo-code-request", "qualification", "electoral-roll", "card-request", "reissue",
}  # fmt: skip
"""Acts whose examples leave item 4 of 法7条, the record as such, the 個人番号 and the protection as they are."""


@pytest.mark.parametrize("act", EXPECTED)
def test_of_every_act_it_hears_what_concerns_it_and_never_a_head_s_name_or_anybody_s_address(act):
    found = list(copies_of(drafts_of(act)))
    assert (found == []) == (act in UNHEARD)
    for record, copy in found:
        check(record, copy)


def test_no_head_of_a_made_up_city_is_named_in_a_copy():
    heads = [home.members[0] for home in city(300, 7)]
    free = [Person(who, record) for who, record in heads if not record["protected"]]
    start = {"category": "他", "starts_on": "2026-04-01"}
    drafts = [acted(view(head), "protection-start", atena_nos=[head.atena_no], **start) for head in free]
    told = [copy for each in drafts for copy in copies_of(each)]
    assert len(told) == len(free) > 50
    for record, copy in told:
        check(record, copy)
