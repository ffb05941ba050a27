"""The house without a house: what it says where infra/ is not there."""

import pytest

from hub import house
from hub.config import read
from hub.errors import DependencyUnavailable


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
