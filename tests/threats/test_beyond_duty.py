"""Somebody does what is not their duty: every act is refused at the door and noted.

That every command and every route comes to that door is walked through in tests/integration/test_every_act_is_noted.py.
"""

from collections import Counter

import pytest

from hub import tokens
from hub.acting import acting_as
from hub.errors import NotPermitted
from hub.people import TABLE, Act, Duty
from tests.office import NOW, Office


@pytest.mark.threat("P1")
async def test_whatever_a_duty_does_not_allow_is_refused_and_noted(office: Office) -> None:
    for duty in Duty:
        bearer = await tokens.bearer(office.database, await office.hired(duty.value, duty), NOW)
        beyond = [act for act in Act if duty not in TABLE[act]]
        for act in beyond:
            with pytest.raises(NotPermitted, match="duty-missing"):
                async with acting_as(bearer, office.database, act, "anything", office.clock):
                    pytest.fail("it was begun")
        assert Counter(await office.noted(duty.value)) == Counter((duty.value, act, "duty-missing") for act in beyond)
