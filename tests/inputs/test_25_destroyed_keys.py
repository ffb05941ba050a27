"""Input 25: what was sealed with a key that was destroyed is erased, and nobody waits for it; the router in memory."""

from uuid import UUID

import pytest

from hub import quarantine
from hub.acts import End, Release
from hub.bus import Incoming
from hub.holding import Holder
from hub.keys import CHANGES
from hub.releasing import Releaser
from tests.inputs.memory import NOW, WholeWay
from tests.inputs.test_15_keys_that_cannot_be_had import Gone
from tests.people import RESIDENT, line, record

MOVED = [line("RELOCATE", record(), record(address={"text": f"架空市別町{n}番地"}), version=n,
              id=f"01930000-0000-7000-8000-{n:012d}") for n in range(1, 5)]  # fmt: skip
TODAY = f"{CHANGES}.{NOW.date()}"


async def other_day(way: WholeWay, days: int) -> None:
    way.clock = lambda: NOW.replace(day=NOW.day + days)


@pytest.mark.trap("input-25")
async def test_a_change_whose_key_was_destroyed_is_kept_as_erased_and_later_ones_of_its_resident_are_told() -> None:
    way = await WholeWay.open()
    await way.publish(*MOVED[:2])
    await other_day(way, 1)
    await way.publish(*MOVED[2:])
    way.keys.destroyed = {TODAY}
    await way.route()
    assert way.quarantined() == ["key-destroyed"] * 2
    assert (way.router.parked, quarantine.lines(way.broker.read("juki.quarantine"))) == (set(), [])
    assert [one.version for one in await way.told("prefecture")] == [3, 4]
    way.take_over()
    assert quarantine.parked(way.broker.read("juki.quarantine"), way.residents) == set()


@pytest.mark.trap("input-25")
async def test_a_line_is_let_go_without_what_was_destroyed_while_it_waited() -> None:
    way = await WholeWay.open()
    way.put(b"not sealed", way.own_key())
    await way.publish(MOVED[0])
    await other_day(way, 1)
    await way.publish(MOVED[1])
    await way.route()
    assert (way.quarantined(), way.router.parked) == (["not-a-token", "waits-behind", "waits-behind"], {RESIDENT})
    way.keys.destroyed = {TODAY}
    [waiting] = quarantine.lines(way.broker.read("juki.quarantine"))
    act = Release(UUID(int=7), 0, 0, (0,))
    releaser = Releaser(None, None, way.clock)  # type: ignore[arg-type]
    assert await releaser._release(way.router, act, waiting) == End("released", 1)
    assert [one.version for one in await way.told("prefecture")] == [2]
    assert (way.router.parked, quarantine.lines(way.broker.read("juki.quarantine"))) == (set(), [])


@pytest.mark.trap("input-25")
async def test_a_contract_is_not_held_for_ever_behind_what_was_destroyed_meanwhile() -> None:
    way = await WholeWay.open(keys := Gone())
    await way.publish(MOVED[0])
    await other_day(way, 1)
    await way.publish(MOVED[1])
    await way.route()
    keys.gone, keys.destroyed = frozenset(), {TODAY}

    async def letters(part: int) -> list[Incoming]:
        return way.broker.read("juki.quarantine", part)

    await Holder(letters).once(way.router)
    assert [one.version for one in await way.told("prefecture")] == [2]
    assert way.router.held == {0: set()}
