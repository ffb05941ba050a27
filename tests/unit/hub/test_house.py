"""The house without a house: what it says where infra/ is not there."""

import pytest

from hub import house
from hub.errors import DependencyUnavailable


def test_an_installation_without_infra_says_which_settings_to_give() -> None:
    with pytest.raises(DependencyUnavailable, match="HUB_KAFKA, HUB_DATABASE and HUB_COUNTERPARTS"):
        house.infra("not/in/a/wheel.py")
