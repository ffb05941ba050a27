"""An order to pass a record over does so where its partition stands, waits before that, and else does nothing."""

from uuid import UUID

import pytest

from hub import passing
from hub.acts import End, Release
from hub.config import Settings
from tests.unit.hub.test_router import Hub, relocation

ACT = UUID(int=7)


@pytest.fixture
async def hub() -> Hub:
    """A partition with a change, a record of nobody at 1, and another change."""
    hub = await Hub().start()
    await hub.publish(relocation())
    hub.put(b"anything", None)
    await hub.publish(relocation(2))
    return hub


@pytest.fixture(autouse=True)
def _nothing_lies_there(monkeypatch: pytest.MonkeyPatch) -> None:
    async def no(*_: object) -> bool:
        return False

    monkeypatch.setattr(passing, "_lies_there", no)


async def passed(hub: Hub, offset: int) -> End | None:
    return await passing.passed(Settings(), hub.router, Release(ACT, 0, offset, ()))


async def test_a_partition_that_has_not_come_that_far_is_waited_for(hub: Hub) -> None:
    assert await passed(hub, 1) is None


@pytest.mark.trap("D6")
async def test_where_it_stands_that_record_is_passed_over(hub: Hub) -> None:
    await hub.router.once()
    assert await passed(hub, 1) == End("passed-over", 1)
    await hub.router.once()
    assert hub.told("prefecture") == 2


@pytest.mark.trap("D6")
@pytest.mark.parametrize("offset", [0, 2])
async def test_any_other_place_is_refused_while_it_stands(hub: Hub, offset: int) -> None:
    await hub.router.once()
    assert (await passed(hub, offset), [*hub.router.stopped]) == (End("not-stopped-there", 0), [0])


async def test_what_was_passed_is_not_passed_again(hub: Hub) -> None:
    await hub.router.once()
    await passed(hub, 1)
    assert (await passed(hub, 1), hub.quarantined()) == (End("not-stopped-there", 0), ["passed-over"])


async def test_a_router_that_could_not_say_so_says_it_later(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    await hub.router.once()
    await passed(hub, 1)

    async def yes(*_: object) -> bool:
        return True

    monkeypatch.setattr(passing, "_lies_there", yes)
    assert (await passed(hub, 1), hub.quarantined()) == (End("passed-over", 1), ["passed-over"])
