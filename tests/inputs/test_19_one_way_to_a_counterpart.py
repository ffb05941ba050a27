"""Input 19: what is sent to a counterpart arrives and its answer does not, or neither: later, and with one effect."""

from pathlib import Path
from typing import Any

import pytest

from consumers.adapters.http import Line
from hub.database import Database
from tests.conformance.counterparts import Standin, standin
from tests.conformance.samples import disclosure
from tests.faults.proxy import FINE, HOST, Door, Proxy, Way
from tests.integration.consumers.line import HandOver

VIA = "prefecture"
HOLE = Way(lost=True)


class Behind:
    """A counterpart that is reached through a door."""

    def __init__(self, real: Standin, door: Door) -> None:
        self.adapter, self.line = real.impatient(), Line(f"http://{HOST}:{door.port}")
        self._real = real

    async def told(self) -> dict[str, Any]:
        return await self._real.told()


@pytest.mark.faults
@pytest.mark.trap("input-19")
@pytest.mark.parametrize(("there", "back", "arrived"), [(HOLE, FINE, 0), (FINE, HOLE, 2)], ids=["requests", "answers"])
async def test_one_way_between_hub_and_counterpart_defers_and_each_effect_happens_once(
    database: Database, tmp_path: Path, there: Way, back: Way, arrived: int
) -> None:
    weather = [there, back]
    async with standin(VIA, tmp_path) as real:
        with Proxy() as proxy:
            door = proxy.door(lambda: int(real.url.rsplit(":", 1)[1]), lambda _source: (weather[0], weather[1]))
            behind = Behind(real, door)
            line = HandOver(database, VIA, behind)
            await line.send((1, disclosure(VIA, 1)), (2, disclosure(VIA, 2)))

            async def both_deferred() -> bool:
                return await line.codes() == ["timeout", "timeout"]

            await line.work(both_deferred)
            assert len(await line.told()) == arrived
            weather[:] = [FINE, FINE]
            proxy.changed()
            await line.work(lambda: line.are(delivered=2))
            assert sorted(await line.told()) == sorted(str(disclosure(VIA, seed).id) for seed in (1, 2))
            await behind.line.close()
