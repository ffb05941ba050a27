"""The house without a house: what it says where infra/ is not there."""

from pathlib import Path

import pytest

from contracts.book import load
from hub import house
from hub.config import read
from hub.errors import DependencyUnavailable
from hub.members import processes, standins
from tests.house import few


def test_an_installation_without_infra_says_which_settings_to_give() -> None:
    with pytest.raises(DependencyUnavailable, match="HUB_KAFKA, HUB_DATABASE and HUB_COUNTERPARTS"):
        house.infra("not/in/a/wheel.py")


@pytest.mark.parametrize(("given", "script", "expected"), [
    ({}, house.BROKER, ["--port", "0", "--memory-mb", "768"]),
    ({}, house.DATABASE, ["--memory-mb", "128"]),
    ({"HUB_KAFKA_PORT": "9093", "HUB_KAFKA_MEMORY_MB": "512"}, house.BROKER, ["--port", "9093", "--memory-mb", "512"]),
    ({"HUB_POSTGRES_PORT": "5433", "HUB_POSTGRES_MEMORY_MB": "64"}, house.DATABASE,
     ["--port", "5433", "--memory-mb", "64"]),
])  # fmt: skip
def test_each_server_of_ours_is_given_its_own_settings(given: dict[str, str], script: str, expected: list[str]) -> None:
    assert house.options(script, read(given)) == expected


def test_a_house_runs_what_is_fetched_from_where_a_contract_of_its_book_is_fetched() -> None:
    whole, small = ({one.name for one in processes(book, Path())} for book in (load(), few()))
    assert ("pull" in whole, "pull" in small) == (True, False)


def test_the_stand_in_of_the_store_keeps_the_hours_that_the_hub_keeps() -> None:
    def told(hours: str) -> dict[str, tuple[str, ...]]:
        group = standins(few(), Path(), Path("standin.py"), hours)
        return {one.name: one.command[-2:] for one in group if "--hours" in one.command}

    assert told("06:30-23:00") == {"counterpart-convenience-store": ("--hours", "06:30-23:00")}
    assert told("") == {}
