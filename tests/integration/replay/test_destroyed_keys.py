"""A dead letter whose key was destroyed cannot be replayed, says why, and is discarded by two persons."""

from datetime import timedelta
from uuid import UUID

import pytest

from consumers import closing, letters
from contracts.change import JAPAN
from hub.destroyed import Erasure
from hub.errors import NotPermitted
from tests.integration.replay.desk import ITO, KATO, Desk


def destroyed(desk: Desk) -> None:
    """The keys of the day on which everything was told."""
    kid = f"{desk.name}.{desk.now.astimezone(JAPAN).date()}"
    desk.erasures = [Erasure(UUID(int=7), "by-order", (kid,), ITO.id, KATO.id, desk.now)]


@pytest.mark.trap("input-25")
async def test_a_letter_whose_key_was_destroyed_has_a_verdict_of_its_own_and_stays_until_it_is_discarded(
    desk: Desk
) -> None:
    (letter,) = await desk.letters(1)
    destroyed(desk)
    desk.now += timedelta(days=1)
    desk.accept()
    plan = await desk.plan()
    assert await desk.verdicts(plan) == [("not-decidable", "key-destroyed")]
    assert (await letters.inside(desk.settings, desk.database, letter)).opens == "key-destroyed"
    asked = await closing.ask_discard(desk.database, desk.name, [letter], ITO, "its key is gone", desk.now)
    await closing.approve(desk.settings, desk.database, desk.book, asked.id, KATO, desk.now)
    await desk.relocate(1)
    await desk.deliver()
    assert await desk.states() == {"discarded": 1, "delivered": 1}


async def test_a_plan_whose_letters_no_longer_open_is_void(desk: Desk) -> None:
    await desk.letters(1)
    desk.accept()
    plan = await desk.approved()
    destroyed(desk)
    with pytest.raises(NotPermitted, match="plan-void"):
        await desk.run(plan)
    assert await desk.states() == {"dead": 1}
