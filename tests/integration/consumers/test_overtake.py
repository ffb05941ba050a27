"""支援措置 that begins overtakes what still waits for the same resident."""

import asyncio

import pytest

from consumers.disclosure import Disclosure
from hub.database import Database
from hub.outcome import Outcome
from tests.conformance.counterparts import Fake
from tests.conformance.samples import disclosure
from tests.integration.consumers.line import HandOver

STORE = "convenience-store"
SERVER = "intermediate-server"


@pytest.mark.trap("input-11")
async def test_what_waits_is_handed_over_as_of_a_protected_person(database: Database) -> None:
    fake = Fake(SERVER)
    line = HandOver(database, SERVER, fake)
    said = [disclosure(SERVER, 1, nth=nth, protected=nth == 3) for nth in (1, 2, 3)]
    await line.send(*[(1, one) for one in said])
    await line.work(lambda: line.are(delivered=3))
    assert [one.protected for one in fake.taken] == [True, True, True]


@pytest.mark.trap("input-11")
async def test_what_is_in_hand_and_has_not_had_its_turn_is_handed_over_as_of_a_protected_person_too(
    database: Database,
) -> None:
    fake, gate = Fake(SERVER), asyncio.Event()
    line, hand_over = HandOver(database, SERVER, fake), fake.hand_over

    async def once_the_line_is_free(said: Disclosure) -> Outcome:
        await gate.wait()
        return await hand_over(said)

    fake.hand_over = once_the_line_is_free  # type: ignore[method-assign]
    own = [disclosure(SERVER, 99), disclosure(SERVER, 99, nth=2, protected=True)]
    before = fake.adapter.settings.parallel
    await line.send(*[(seed, disclosure(SERVER, seed)) for seed in range(before)], (99, own[0]))
    await line.deliverer.start()
    await line.send((99, own[1]))
    await line.scout.once(line.deliverer.busy, line.deliverer.put_back)
    gate.set()
    await line.work(lambda: line.are(delivered=before + 2))
    assert [one.protected for one in fake.taken if one.id in {said.id for said in own}] == [True, True]


@pytest.mark.trap("input-11")
async def test_who_is_on_the_line_is_looked_at_once_that_has_ended(database: Database) -> None:
    line = HandOver(database, SERVER, fake := Fake(SERVER))
    await line.send((1, disclosure(SERVER, 1)))
    await line.deliverer.start()
    await line.send((1, disclosure(SERVER, 1, nth=2, protected=True)))
    assert await line.scout.once([], line.deliverer.put_back) == 0
    await line.work(lambda: line.are(delivered=2))
    assert [one.protected for one in fake.taken] == [False, True]


@pytest.mark.trap("input-11")
async def test_another_resident_is_not_flagged(database: Database) -> None:
    fake = Fake(SERVER)
    line = HandOver(database, SERVER, fake)
    await line.send(
        (1, disclosure(SERVER, 1)), (1, disclosure(SERVER, 1, nth=2, protected=True)), (2, disclosure(SERVER, 2))
    )
    await line.work(lambda: line.are(delivered=3))
    assert [one.protected for one in fake.taken if one.id == disclosure(SERVER, 2).id] == [False]


@pytest.mark.trap("input-11")
async def test_a_suspended_person_is_erased_without_being_stored_first(database: Database) -> None:
    fake = Fake(STORE)
    line = HandOver(database, STORE, fake, protected="suspend")
    left = disclosure(STORE, 1, nth=3, state="left")
    await line.send((1, disclosure(STORE, 1)), (1, disclosure(STORE, 1, nth=2)), (1, left))
    await line.work(lambda: line.are(delivered=1, superseded=2))
    assert await line.told() == [str(left.id)]


@pytest.mark.trap("input-11")
async def test_a_suspended_person_does_not_wait_behind_a_dead_letter(database: Database) -> None:
    fake = Fake(STORE)
    line = HandOver(database, STORE, fake, protected="suspend")
    first = disclosure(STORE, 1)
    fake.refused = {first.id}
    await line.send((1, first))
    await line.work(lambda: line.are(dead=1))
    left = disclosure(STORE, 1, nth=2, state="left")
    await line.send((1, left))
    await line.work(lambda: line.are(superseded=1, delivered=1))
    assert await line.told() == [str(left.id)]
