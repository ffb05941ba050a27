"""What a city plugs in is loaded by the name in its setting, or refused before anything begins."""

import pytest

from hub.config import Settings
from hub.errors import UsageError
from hub.plugged import function, juminhyo_check
from producers.synthetic.numbers import juminhyo_code_ok


@pytest.mark.trap("input-05", "V9")
def test_the_check_of_a_juminhyo_code_is_that_of_the_setting() -> None:
    named = Settings(juminhyo_check="producers.synthetic.numbers:juminhyo_code_ok")
    assert juminhyo_check(named) is juminhyo_code_ok
    assert juminhyo_check(Settings()) is None


@pytest.mark.parametrize("named", [
    "no.such.package:check", "producers.synthetic.numbers:nothing", "producers.synthetic.numbers", ":check", "",
    "producers.synthetic.numbers:MY_NUMBER_RANGE",
])  # fmt: skip
def test_what_cannot_be_loaded_is_an_error_of_the_setting(named: str) -> None:
    with pytest.raises(UsageError) as refused:
        function(named, "HUB_JUMINHYO_CHECK")
    assert (refused.value.code, refused.value.place) == ("no-such-function", "HUB_JUMINHYO_CHECK")
