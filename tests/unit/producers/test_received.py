"""転入通知 of other municipalities: whose it is, and which become a 届出 for the counter."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import orjson
import pytest

from producers.notices import read as read_notice
from producers.received import SENTENCES, Mover, Refusal, notices
from tests.conformance.samples import CITY, TOWN, disclosure
from tests.people import record

TODAY = date(2026, 4, 10)
AWAY = {"municipality_code": TOWN, "text": "見本県例示町大字例1番地"}


def mover(n: int, registered: bool = True, **changed: Any) -> Mover:
    said = {"address": {"municipality_code": CITY, "text": "見本県見本市見本町1番"}, "move_out_destination": AWAY}
    return Mover(registered, record(n, **{**said, **changed}))


def notice(n: int, **changed: Any) -> dict[str, Any]:
    """The 転入通知 of 例示町 about resident `n`; `changed`: of its record."""
    who = mover(n).record
    facts = {
        **disclosure("previous-municipality").items, "juminhyo_code": who["juminhyo_code"], "name": who["name"],
        "birth_date": who["birth_date"], "sex": who["sex"], "address": AWAY, "previous_address": who["address"],
        "change_date": "2026-04-05",
    }  # fmt: skip
    own = str(uuid5(NAMESPACE_URL, str(n)))
    return {"id": own, "from": TOWN, "to": CITY, "notice_no": n, "record": {**facts, **changed}}


def judged(known: list[Mover], *told: Any) -> tuple[list[dict[str, Any]], list[Refusal]]:
    return notices([one if isinstance(one, bytes) else orjson.dumps(one) for one in told], known, TODAY)


def test_a_planned_move_is_confirmed_on_the_day_of_entry() -> None:
    made, refused = judged([mover(1)], notice(1))
    assert refused == []
    assert made == [{
        "receipt": "tennyu-2026-04-05-000000000000001", "act": "move-out-confirmed", "notified_on": "2026-04-10",
        "atena_nos": ["000000000000001"], "moved_on": "2026-04-05",
    }]  # fmt: skip


def test_what_is_made_is_a_notice_that_the_counter_reads() -> None:
    made, _ = judged([mover(1)], notice(1))
    assert read_notice(made[0]).act == "move-out-confirmed"


def test_a_household_that_moves_on_one_day_is_one_notice_and_another_day_is_another() -> None:
    family = [mover(n, household_no="0000000001") for n in (1, 2, 3)]
    made, _ = judged(family, notice(2), notice(1), notice(3, change_date="2026-04-03"))
    assert [(one["moved_on"], one["atena_nos"]) for one in made] == [
        ("2026-04-03", ["000000000000003"]), ("2026-04-05", ["000000000000001", "000000000000002"]),
    ]  # fmt: skip


def test_a_name_that_is_written_differently_elsewhere_is_the_same_person() -> None:
    assert judged([mover(1)], notice(1, name="架空　人１号"))[1] == []


def test_a_move_to_another_place_than_planned_is_confirmed() -> None:
    assert len(judged([mover(1)], {**notice(1), "from": "992020"})[0]) == 1


REFUSED: list[tuple[str, list[Mover], Any, str]] = [
    ("nobody has this code", [mover(2)], notice(1), "unknown-here"),
    ("two have this code", [mover(1), mover(2, juminhyo_code=f"{1:011d}")], notice(1), "ambiguous"),
    ("another birth date", [mover(1)], notice(1, birth_date="1990-04-02"), "identity-disagrees"),
    ("another sex", [mover(1)], notice(1, sex="1"), "identity-disagrees"),
    ("for another municipality", [mover(1)], {**notice(1), "to": "992020"}, "not-ours"),
    ("gone already", [mover(1, registered=False)], notice(1), "already-removed"),
    ("the plan was taken back", [mover(1, move_out_destination=None)], notice(1), "not-planned"),
    ("the day is unknown", [mover(1)], notice(1, change_date={"year": 2026, "month": 4}), "day-incomplete"),
    ("an item too many", [mover(1)], notice(1, my_number="000000000000"), "unknown-field"),
    ("no record", [mover(1)], {"id": str(UUID(int=2**127)), "from": TOWN, "to": CITY, "notice_no": 1}, "missing-field"),
    ("a wrong check digit", [mover(1)], {**notice(1), "from": "993010"}, "bad-value"),
    ("a date that does not exist", [mover(1)], notice(1, change_date="2026-02-30"), "bad-value"),
    ("another reason", [mover(1)], notice(1, change_reason="BIRTH"), "bad-value"),
    ("no JSON", [mover(1)], b"{", "bad-json"),
    ("a member twice", [mover(1)], b'{"id": 1, "id": 2}', "duplicate-key"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "known", "told", "code"), REFUSED, ids=[row[0] for row in REFUSED])
def test_what_is_nobodys_planned_move_is_refused(what: str, known: list[Mover], told: Any, code: str) -> None:
    made, refused = judged(known, told)
    assert (made, [(one.line, one.code) for one in refused]) == ([], [(1, code)])


def test_two_notices_of_one_person_in_one_file_are_one_and_a_refusal() -> None:
    other = {**notice(1), "id": str(UUID(int=9, version=4))}
    made, refused = judged([mover(1)], notice(1), other)
    assert (len(made), [(one.line, one.id, one.code, one.place) for one in refused]) == (
        1, [(2, UUID(int=9, version=4), "named-twice", "record.juminhyo_code")],
    )  # fmt: skip


def test_the_same_notice_twice_in_one_file_is_one() -> None:
    made, refused = judged([mover(1)], notice(1), notice(1))
    assert (len(made), refused) == (1, [])


@pytest.mark.parametrize("registered", [False, True], ids=["gone", "back again, with another plan"])
def test_a_notice_whose_move_is_confirmed_asks_for_nothing_more(registered: bool) -> None:
    done = replace(mover(1, registered=registered), confirmed_on="2026-04-05")
    assert judged([done], notice(1)) == ([], [])
    made, refused = judged([done], notice(1, change_date="2026-04-07"))
    assert (len(made), [one.code for one in refused]) == ((1, []) if registered else (0, ["already-removed"]))


def test_a_confirmed_move_hides_no_notice_of_somebody_else() -> None:
    done = replace(mover(1, registered=False), confirmed_on="2026-04-05")
    assert [one.code for one in judged([done], notice(1, sex="1"))[1]] == ["identity-disagrees"]


def test_a_line_without_an_id_is_known_again_by_its_bytes() -> None:
    (first, second), (again,) = judged([], b"{", b"[")[1], judged([], b"", b"{\n")[1]
    key = bytes(32)
    assert (first.kept_as(key) == again.kept_as(key), first.kept_as(key) == second.kept_as(key)) == (True, False)
    assert (first.id, first.kept_as(key) == first.kept_as(bytes(31) + b"1")) == (None, False)


def test_one_refusal_is_nobody_elses() -> None:
    made, refused = judged([mover(1), mover(2)], b"{", notice(1), b"", notice(2))
    assert (len(made), [one.line for one in refused]) == (2, [1])


@pytest.mark.trap("V1")
def test_no_refusal_names_a_value() -> None:
    _, refused = judged([], *[row[2] for row in REFUSED])
    said = repr(refused)
    assert len(refused) == len(REFUSED)
    assert not any(value in said for value in ("架空", "1990", f"{1:011d}"))


def test_every_refusal_of_this_door_has_a_sentence_of_its_own() -> None:
    codes = {row[3] for row in REFUSED} - {"bad-json", "duplicate-key"}
    assert codes | {"named-twice", "too-long"} == set(SENTENCES)
