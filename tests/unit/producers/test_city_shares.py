"""A made-up city has the shares of a real one, within the tolerance stated, and no value twice where it must not be."""

from collections import Counter
from functools import cache
from typing import Any

import pytest

from contracts.dates import age
from producers.synthetic.households import AS_OF, Household, city
from producers.synthetic.numbers import MY_NUMBER_RANGE
from producers.synthetic.places import CITY_CODE


@cache
def homes() -> list[Household]:
    """Made when a test asks, not by every worker that only counts the tests."""
    return list(city(12_000, 7))


@cache
def people() -> list[dict[str, Any]]:
    return [record for home in homes() for _, record in home.members]


@cache
def ages() -> list[int]:
    return [years for record in people() if (years := age(record["birth_date"], AS_OF)) is not None]


def share(count: int) -> float:
    """Percent of all residents."""
    return 100 * count / len(people())


def of_age(low: int, high: int) -> int:
    return sum(low <= years <= high for years in ages())


def is_hard(name: str) -> bool:
    return any(ord(character) > 0xFFFF or character in "髙﨑\ufa19" for character in name)


@pytest.mark.parametrize(("what", "found", "expected", "tolerance"), [
    ("people per household", lambda: len(people()) / len(homes()), 2.1, 0.06),
    ("below 15", lambda: share(of_age(0, 14)), 13.5, 1.5), ("15 to 64", lambda: share(of_age(15, 64)), 58.5, 2),
    ("65 to 74", lambda: share(of_age(65, 74)), 12.5, 1.5), ("75 and older", lambda: share(of_age(75, 130)), 15, 1.5),
    ("100 and older", lambda: share(of_age(100, 130)), 0.07, 0.07),
    ("women", lambda: share(sum(record["sex"] == "2" for record in people())), 51, 1.5),
    ("foreign residents", lambda: share(sum(record["nationality"] is not None for record in people())), 2.7, 0.5),
    ("protected", lambda: share(sum(record["protected"] for record in people())), 0.15, 0.12),
    ("unknown in dates of birth",
     lambda: share(sum(isinstance(each["birth_date"], dict) for each in people())), 0.17, 0.1),
    ("former surnames", lambda: share(sum(record["former_surname"] is not None for record in people())), 0.85, 0.35),
    ("hard characters", lambda: share(sum(is_hard(each["name"]) for each in people())), 4.5, 1),
    ("latter elderly", lambda: share(sum(record["latter_elderly_qual"] is not None for record in people())), 15, 1.5),
    ("national health insurance", lambda: share(sum(record["nhi_qual"] is not None for record in people())), 18.5, 2),
    ("electors", lambda: share(sum(record["electoral_roll"] is not None for record in people())), 81, 2),
    ("alone", lambda: 100 * sum(len(home.members) == 1 for home in homes()) / len(homes()), 41, 3),
])  # fmt: skip
def test_the_city_has_the_shares_of_a_real_one(what, found, expected, tolerance):
    assert abs(found() - expected) <= tolerance, f"{what}: {found():.2f}"


def test_some_live_with_many_others():
    assert max(len(home.members) for home in homes()) >= 8


def test_there_are_twins_and_people_with_the_same_name_and_date_of_birth():
    born = [Counter(str(record["birth_date"]) for _, record in home.members) for home in homes()]
    assert any(max(days.values()) == 2 for days in born)
    assert max(Counter((record["name"], str(record["birth_date"])) for record in people()).values()) >= 2


@pytest.mark.parametrize("item", ["atena_no", "togo_atena_no", "my_number", "juminhyo_code", "residence_card_no"])
def test_no_number_is_given_twice(item):
    given = [record[item] for record in people() if record[item] is not None]
    assert len(set(given)) == len(given) > 0


def test_nobody_is_there_twice():
    residents = [resident for home in homes() for resident, _ in home.members]
    assert len(set(residents)) == len(residents) == len(people())
    assert len({home.number for home in homes()}) == len(homes())


def test_no_number_can_be_taken_for_a_real_one():
    assert {record["my_number"][:3] for record in people()} == {MY_NUMBER_RANGE}
    assert {record["juminhyo_code"][:2] for record in people()} == {"00"}
    assert {record["residence_card_no"][:2] for record in people() if record["residence_card_no"]} == {"ZZ"}
    assert {record["address"]["municipality_code"] for record in people()} == {CITY_CODE}
    assert CITY_CODE.startswith("99")


@pytest.mark.parametrize("seed", [0, 3, 10**6])
def test_parents_are_older_than_their_children(seed):
    for home in city(1500, seed):
        head = age(home.members[0][1]["birth_date"], AS_OF)
        children = [age(each["birth_date"], AS_OF) for _, each in home.members if each["relationship_to_head"] == "子"]
        assert all(head is None or child is None or head - child >= 16 for child in children)
