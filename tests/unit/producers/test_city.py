"""A made-up city looks like a register, passes every door, and is the same for the same seed."""

import unicodedata
from itertools import islice

import orjson
import pytest

from contracts.change import parse
from contracts.identifiers import municipality_code_fault, my_number_fault
from producers.synthetic.households import city
from producers.synthetic.numbers import Numbers, juminhyo_code_ok

HOMES = list(city(1500, 7))
PEOPLE = [record for home in HOMES for _, record in home.members]


def snapshot(resident, record):
    return orjson.dumps({
        "id": str(resident), "resident": str(resident), "version": 1, "kind": "SNAPSHOT", "effective_on": "2026-04-01",
        "notified_on": None, "recorded_at": "2026-04-01T00:00:00+09:00", "before": None, "after": record,
    })  # fmt: skip


def test_a_city_has_exactly_as_many_people_as_asked_for():
    assert [sum(len(home.members) for home in city(n, 7)) for n in (1, 2, 17, 1500)] == [1, 2, 17, 1500]


def test_the_same_seed_gives_the_same_city_and_another_seed_another():
    assert list(city(1500, 7)) == HOMES
    assert list(city(1500, 8)) != HOMES


def test_a_larger_city_begins_with_the_smaller_one():
    assert HOMES[:-1] == list(islice(city(5000, 7), len(HOMES) - 1))


def test_every_record_passes_the_door_as_a_snapshot():
    assert len(PEOPLE) == sum(parse(snapshot(*member)).action == "記載" for home in HOMES for member in home.members)


def test_every_number_has_its_check_digit_and_nobody_shares_one():
    assert {None} == {my_number_fault(record["my_number"]) for record in PEOPLE}
    assert {None} == {municipality_code_fault(record["address"]["municipality_code"]) for record in PEOPLE}
    assert all(juminhyo_code_ok(record["juminhyo_code"]) for record in PEOPLE)
    for item in ("my_number", "juminhyo_code", "atena_no", "togo_atena_no"):
        assert len(PEOPLE) == len({record[item] for record in PEOPLE})


@pytest.mark.parametrize("seed", [0, 1, 10**9])
def test_numbers_of_far_indexes_stay_apart(seed):
    numbers, indexes = Numbers(seed), [*range(3000), *range(50_000_000, 50_003_000)]
    assert len(indexes) == len({numbers.my_number(index) for index in indexes})
    assert len(indexes) == len({numbers.juminhyo_code(index) for index in indexes})


def test_every_household_has_one_head_whose_name_the_others_carry():
    for home in HOMES:
        heads = [record for _, record in home.members if record["is_household_head"]]
        named = [None if record["is_household_head"] else heads[0]["name"] for _, record in home.members]
        assert named == [record["household_head_name"] for _, record in home.members]
        assert (1, {home.number}) == (len(heads), {record["household_no"] for _, record in home.members})


@pytest.mark.parametrize("character", [*"髙﨑𠮷𡈽", "葛\U000e0100", "\ufa19"])
def test_even_a_town_has_the_characters_that_break_systems(character):
    assert character in "".join(record["name"] for record in PEOPLE)


@pytest.mark.trap("input-06", "V7")
def test_some_names_would_not_survive_normalisation():
    assert any(unicodedata.normalize("NFC", record["name"]) != record["name"] for record in PEOPLE)


def test_even_a_village_has_foreigners_protected_people_and_unknown_birth_dates():
    village = [record for home in city(30, 1) for _, record in home.members]
    assert any(record["nationality"] and record["residence_card_no"] for record in village)
    assert any(record["protected"] and record["dv_protection"] for record in village)
    assert any(isinstance(record["birth_date"], dict) for record in village)


def test_foreigners_have_neither_honseki_nor_resident_since():
    foreigners = [record for record in PEOPLE if record["nationality"]]
    assert {(None, None)} == {(record["honseki"], record["resident_since"]) for record in foreigners}
    assert any(record["alias_name"] and "\uff66" <= record["alias_name"][0] <= "\uff9f" for record in foreigners)
