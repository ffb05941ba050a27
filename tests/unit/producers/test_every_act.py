"""Every act, as its published example: accepted, with exactly these Changes, and a register in order behind it."""

import pytest

from producers.acts import ACTS
from producers.notices.examples import EXAMPLES
from tests.unit.producers.register import (
    FAMILY,
    LEAVING,
    NEIGHBOUR,
    VILLAGE,
    acted,
    as_change,
    kinds,
    person,
    recorded,
    view,
)

MISTAKEN = view(*FAMILY, past=(recorded(1, "RELATIONSHIP_CHANGED", person(3, relationship="姪"), FAMILY[2]),))
DELETED = view(*FAMILY, former=(NEIGHBOUR,), past=(recorded(1, "DEATH", NEIGHBOUR, None),))
PLANNED = view(LEAVING, past=(recorded(1, "MOVE_OUT_PLANNED", NEIGHBOUR, LEAVING),))
REGISTERS = {
    "move-out-confirmed": PLANNED, "move-out-due": PLANNED, "move-out-cancelled": PLANNED, "cancel": MISTAKEN,
    "restore": DELETED,
}  # fmt: skip
HOUSEHOLD = "HOUSEHOLD_CHANGED"
EXPECTED = {
    "move-in": [(100, "MOVE_IN_DOMESTIC")],
    "move-in-abroad": [(100, "MOVE_IN_ABROAD")],
    "relocate": [(2, "RELOCATE"), (2, HOUSEHOLD), (3, "RELOCATE"), (3, HOUSEHOLD), (1, HOUSEHOLD)],
    "move-out": [(1, "MOVE_OUT_PLANNED")],
    "move-out-abroad": [(4, "MOVE_OUT_PLANNED")],
    "move-out-confirmed": [(4, "MOVE_OUT_CONFIRMED"), (4, "MOVE_OUT_DOMESTIC")],
    "move-out-due": [(4, "MOVE_OUT_ABROAD")],
    "move-out-cancelled": [(4, "EX_OFFICIO_CORRECTION")],
    "birth": [(100, "BIRTH")],
    "death": [(1, "DEATH"), (2, "HEAD_CHANGED"), (3, "HEAD_CHANGED")],
    "head-change": [(1, "HEAD_CHANGED"), (2, "HEAD_CHANGED"), (3, "HEAD_CHANGED")],
    "household-split": [(3, "HOUSEHOLD_SPLIT"), (1, HOUSEHOLD), (2, HOUSEHOLD)],
    "household-merge": [(4, "HOUSEHOLD_MERGED"), (1, HOUSEHOLD), (2, HOUSEHOLD), (3, HOUSEHOLD)],
    "household-change": [(3, HOUSEHOLD), (4, HOUSEHOLD), (1, HOUSEHOLD), (2, HOUSEHOLD)],
    "relationship-change": [(3, "RELATIONSHIP_CHANGED")],
    "ex-officio-entry": [(100, "EX_OFFICIO_ENTRY")],
    "ex-officio-delete": [(4, "EX_OFFICIO_DELETE")],
    "ex-officio-correction": [(1, "EX_OFFICIO_CORRECTION"), (2, "HEAD_NAME_CORRECTED"), (3, "HEAD_NAME_CORRECTED")],
    "minor-correction": [(1, "MINOR_CORRECTION"), (2, "MINOR_CORRECTION"), (3, "MINOR_CORRECTION")],
    "naturalization": [(5, "DELETE_NATURALIZED"), (5, "ENTRY_NATURALIZED"), (8, "HEAD_NAME_CORRECTED")],
    "nationality-lost": [(4, "DELETE_NATIONALITY_LOST"), (4, "ENTRY_NATIONALITY_LOST")],
    "residence-status": [(5, "RESIDENCE_STATUS_UPDATED")],
    "nationality-correction": [(5, "NATIONALITY_CORRECTED")],
    "former-surname": [(2, "FORMER_SURNAME_CHANGED")],
    "alias": [(5, "ALIAS_CHANGED")],
    "furigana": [(1, "FURIGANA_ENTERED")],
    "honseki-correction": [(1, "HONSEKI_CORRECTED")],
    "my-number-entry": [(6, "MY_NUMBER_ENTERED_EX_OFFICIO")],
    "my-number-request": [(1, "MY_NUMBER_CHANGE_REQUESTED")],
    "my-number-correction": [(1, "MY_NUMBER_CORRECTED_EX_OFFICIO")],
    "juminhyo-code-entry": [(6, "JUMIN_CODE_ENTERED_EX_OFFICIO")],
    "juminhyo-code-request": [(1, "JUMIN_CODE_CHANGE_REQUESTED")],
    "qualification": [(1, "QUALIFICATION_CHANGED")],
    "electoral-roll": [(1, "ELECTORAL_ROLL_CHANGED")],
    "card-request": [(1, "CARD_REQUESTED")],
    "reissue": [(1, "REISSUED")],
    "protection-start": [(2, "PROTECTION_STARTED"), (3, "PROTECTION_STARTED")],
    "protection-extend": [(7, "PROTECTION_EXTENDED")],
    "protection-end": [(7, "PROTECTION_ENDED")],
    "cancel": [(3, "EX_OFFICIO_CORRECTION"), (3, "RELATIONSHIP_CHANGED")],
    "restore": [(4, "EX_OFFICIO_ENTRY")],
}  # fmt: skip


def drafts_of(act):
    stated = {name: value for name, value in EXAMPLES[act].items() if name not in ("act", "receipt", "notified_on")}
    return acted(REGISTERS.get(act, view(*VILLAGE)), act, **stated)


def test_every_act_has_an_example_here():
    assert set(EXPECTED) == set(ACTS) == set(EXAMPLES)


@pytest.mark.parametrize("act", EXPECTED)
def test_the_example_is_accepted_with_exactly_these_changes(act):
    assert EXPECTED[act] == kinds(drafts_of(act))


@pytest.mark.parametrize("act", EXPECTED)
def test_every_change_of_the_example_passes_its_own_door_and_says_both_days(act):
    for draft in drafts_of(act):
        assert as_change(draft).kind == draft.kind
        assert draft.effective_on is not None
        assert draft.notified_on == "2026-04-02"


@pytest.mark.parametrize("act", EXPECTED)
def test_each_change_begins_where_the_register_or_the_one_before_it_was(act):
    register = REGISTERS.get(act, view(*VILLAGE))
    now = {who.resident: who.record for who in register.people.values()}
    for draft in drafts_of(act):
        assert draft.before == now.get(draft.resident)
        now[draft.resident] = draft.after


@pytest.mark.parametrize("act", EXPECTED)
def test_afterwards_every_household_has_one_head_whose_name_the_others_carry(act):
    register = REGISTERS.get(act, view(*VILLAGE))
    now = {who.resident: who.record for who in register.people.values()} | {d.resident: d.after for d in drafts_of(act)}
    homes = {}
    for record in filter(None, now.values()):
        homes.setdefault(record["household_no"], []).append(record)
    for home in homes.values():
        head, = (record for record in home if record["is_household_head"])
        assert {record["household_head_name"] for record in home if record is not head} <= {head["name"]}
