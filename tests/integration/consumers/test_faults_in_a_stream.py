"""Every fault of every stand-in is switched on and off during a stream: nothing is lost, nothing twice, order is kept.

Ways, stand-ins and faults are found, not listed. The only thing that is written down here is how each fault ends, and
a fault or a way of which that is not said fails the test, as does a word about one that there is no more.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import cycle
from typing import Any

import pytest

from consumers.adapters import ADAPTERS
from consumers.disclosure import Disclosure
from hub.database import Database
from tests.conformance.counterparts import Standing, module
from tests.conformance.samples import IDENTIFIER, disclosure
from tests.integration.consumers.line import HandOver

NO_STAND_IN: Mapping[str, str] = {}
"""Ways without a stand-in that takes disclosures, each with the reason."""

ENDS: Mapping[str, str] = {
    "down": "deferred", "slow": "deferred", "nonsense": "deferred", "refuse-one": "dead", "refuse-many": "dead",
    "closed": "deferred", "keeps-erased": "deferred", "late-results": "deferred", "no-code": "deferred",
    "error-result": "dead", "miscounts": "harmless", "clock": "harmless",
}  # fmt: skip
"""How a disclosure ends while the fault is on. A clock disturbs nobody where no hours are kept
(test_hours_of_the_centre.py)."""

ELSEWHERE: Mapping[tuple[str, str], str] = {
    ("intermediate-server", "keeps-erased"): "no disclosure erases a copy: the city does (test_copies.py)",
}
"""Faults that no disclosure can meet, each with the reason."""

SPECIAL, STEADY = 1, 2
"""Residents: one who is protected, and at the store is erased; one of whom nothing is special."""


KINDS, COMMON = module("standin").KINDS, module("faults").CHOICES
STREAMED = sorted(ADAPTERS.keys() - NO_STAND_IN.keys())


def faults_of(via: str) -> dict[str, Any]:
    return {**COMMON, **getattr(KINDS[via], "FAULTS", {})}


def orders(via: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every fault, before and after the effect where it can be either, and in each of its ways at least once."""
    subject, nonsense = disclosure(via, STEADY).items[IDENTIFIER[via]], cycle(COMMON["nonsense"]["how"])
    for fault, settings in faults_of(via).items():
        if fault == "down":
            yield from ((fault, {"how": how}) for how in settings["how"])
        elif fault in ("slow", "nonsense"):
            more = {"slow": lambda: {"seconds": 0.3}, "nonsense": lambda: {"how": next(nonsense)}}[fault]
            yield from ((fault, {"when": when, **more()}) for when in settings["when"])
        elif fault == "refuse-many":
            yield fault, {"subjects": [subject]}
        else:
            yield fault, {"subject": subject} if "subject" in settings else {}


@dataclass
class Stream:
    """One way, with people of whom something is told in each phase."""

    line: HandOver
    via: str
    nth: int = 0

    async def goes_on(self) -> None:
        """Each is told of once more, and somebody new comes."""
        self.nth += 1
        gone = "deleted" if self.via == "convenience-store" else "inside"
        await self.line.send(
            (SPECIAL, self._said(SPECIAL, state=gone, protected=True)), (STEADY, self._said(STEADY)),
            (STEADY + self.nth, self._said(STEADY + self.nth)),
        )  # fmt: skip

    def _said(self, seed: int, **changed: Any) -> Disclosure:
        return disclosure(self.via, seed, nth=self.nth, **changed)

    async def meets(self, fault: str, settings: dict[str, Any]) -> None:
        """The fault is on while something is told, bites, and is off again; then everything arrives."""
        await self.line.counterpart.switch(fault, **settings)
        await self.goes_on()
        if (self.via, fault) not in ELSEWHERE:
            await self.line.work(getattr(self, f"_{ENDS[fault]}"))
        await self.line.counterpart.switch("clear")
        await self.line.database.execute(
            "UPDATE inbox.disclosures SET state = 'waiting', code = '', settled_at = NULL WHERE state = 'dead'"
        )
        await self.line.settler.hurry()
        await self.line.work(self._arrived)

    async def _deferred(self) -> bool:
        return any(row["state"] == "waiting" and row["attempts"] and row["code"] for row in await self.line.rows())

    async def _dead(self) -> bool:
        return any(row["state"] == "dead" for row in await self.line.rows())

    async def _harmless(self) -> bool:
        return await self._arrived()

    async def _arrived(self) -> bool:
        await self.line.settler.hurry()
        return set(await self.line.states()) == {"delivered"}


@pytest.fixture(scope="module")
def standing() -> Iterator[Standing]:
    made = Standing()
    yield made
    made.stop()


@pytest.fixture(params=STREAMED)
async def stream(request: pytest.FixtureRequest, standing: Standing, database: Database) -> AsyncIterator[Stream]:
    async with standing.of(request.param) as counterpart:
        counterpart.adapter = replace(counterpart.adapter, settings=replace(counterpart.adapter.settings, seconds=0.15))
        yield Stream(HandOver(database, request.param, counterpart), request.param)


@pytest.mark.trap("D3", "D4", "D11", "D13", "P6")
@pytest.mark.timeout(120)
async def test_every_fault_goes_by_and_nothing_is_lost_or_twice_or_out_of_order(stream: Stream) -> None:
    await stream.goes_on()
    for fault, settings in orders(stream.via):
        await stream.meets(fault, settings)
    sent = [str(row["id"]) for row in await stream.line.rows()]
    told = (await stream.line.counterpart.told())["told"]
    assert sorted(one["id"] for one in told) == sorted(sent)
    for subject in {one["subject"] for one in told}:
        versions = [one["version"] for one in told if one["subject"] == subject]
        assert versions == sorted(versions)


def test_of_every_fault_it_is_said_how_it_ends_and_of_no_other() -> None:
    assert set(ENDS) == {fault for via in STREAMED for fault in faults_of(via)}
    assert all(fault in faults_of(via) for via, fault in ELSEWHERE)


def test_every_way_is_streamed_or_has_no_stand_in_indeed() -> None:
    assert set(STREAMED) <= set(KINDS)
    assert set(NO_STAND_IN) <= set(ADAPTERS)
    assert not set(NO_STAND_IN) & set(KINDS)
