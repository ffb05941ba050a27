"""コンビニ交付: an erasure counts once it was read back; the night keeps records waiting and erasures never."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta

import pytest

from consumers.adapters.convenience_store import read_back
from consumers.adapters.http import Answer
from contracts.change import JAPAN
from hub.outcome import Deferred, Delivered, Outcome
from tests.conformance.counterparts import Standin, Standing, module
from tests.conformance.samples import disclosure

VIA = "convenience-store"


@pytest.fixture
async def store(standing: Standing) -> AsyncIterator[Standin]:
    async with standing.of(VIA) as made:
        yield made


@pytest.mark.parametrize("state", ["deleted", "left"])
async def test_an_erasure_is_delivered_with_its_confirmation(store: Standin, state: str) -> None:
    stored = await store.hand_over(disclosure(VIA))
    gone = await store.hand_over(disclosure(VIA, nth=2, state=state))
    assert [stored, gone] == [Delivered("CONV-00000001"), Delivered("CONV-00000002", "erased")]


async def test_who_was_never_there_is_confirmed_as_gone(store: Standin) -> None:
    assert await store.hand_over(disclosure(VIA, state="deleted")) == Delivered("CONV-00000001", "erased")


async def test_a_receipt_without_an_erasure_is_not_delivered(store: Standin) -> None:
    await store.hand_over(disclosure(VIA))
    await store.switch("keeps-erased")
    gone = disclosure(VIA, nth=2, state="deleted")
    assert await store.hand_over(gone) == Deferred("not-erased")
    await store.switch("clear")
    assert await store.hand_over(gone) == Delivered("CONV-00000002", "erased")


TAKEN = Delivered("R-1")
READ: list[tuple[int, bytes, Outcome]] = [
    (200, b'{"state": "erased"}', Delivered("R-1", "erased")),
    (200, b'{"state": "unknown"}', Delivered("R-1", "erased")),
    (200, b'{"state": "stored", "version": 3}', Deferred("not-erased")), (200, b"{}", Deferred("nonsense")),
    (200, b"<html>", Deferred("nonsense")), (404, b'{"state": "erased"}', Deferred("not-found")),
    (503, b"", Deferred("unavailable")), (400, b'{"code": "bad-digits"}', Deferred("nonsense")),
]  # fmt: skip


@pytest.mark.trap("D13")
@pytest.mark.parametrize(("status", "body", "outcome"), READ)
def test_nothing_but_the_word_of_the_centre_confirms_an_erasure(status: int, body: bytes, outcome: Outcome) -> None:
    assert read_back(Answer(status, body), TAKEN) == outcome


async def test_at_night_the_centre_takes_erasures_alone(store: Standin) -> None:
    await store.hand_over(disclosure(VIA, 1))
    await store.switch("closed")
    assert await store.hand_over(disclosure(VIA, 2)) == Deferred("closed")
    assert await store.hand_over(disclosure(VIA, 1, nth=2, state="left")) == Delivered("CONV-00000002", "erased")


@pytest.fixture(scope="module")
def open_by_day() -> Iterator[Standing]:
    """A centre that keeps the hours itself."""
    made = Standing("--hours", "06:30-23:00")
    yield made
    made.stop()


@pytest.mark.parametrize(("at", "is_open"), [("06:29", False), ("06:30", True), ("22:59", True), ("23:00", False)])
async def test_the_centre_keeps_its_hours_by_its_own_clock(open_by_day: Standing, at: str, is_open: bool) -> None:
    async with open_by_day.of(VIA) as store:
        await store.switch("clock", at=at)
        assert await store.hand_over(disclosure(VIA, 1)) == (
            Delivered("CONV-00000001") if is_open else Deferred("closed")
        )
        gone = await store.hand_over(disclosure(VIA, 2, state="deleted"))
        assert isinstance(gone, Delivered), "whoever is gone is erased at any hour"
        assert (await store.instructed("/records/count", {})) == {"stored": int(is_open)}, "and a question is answered"


@pytest.mark.parametrize(("said", "at", "night"), [
    ("06:30-23:00", "06:29", True), ("06:30-23:00", "06:30", False), ("06:30-23:00", "23:00", True),
    ("23:00-06:30", "23:00", False), ("23:00-06:30", "06:29", False), ("23:00-06:30", "12:00", True),
    ("00:00-00:00", "03:00", False),
])  # fmt: skip
def test_hours_begin_with_their_first_minute_and_end_before_their_last(said: str, at: str, night: bool) -> None:
    hours = module("hours")
    assert hours.are_over(hours.read(said), at) is night


def test_the_clock_of_the_centre_is_that_of_japan() -> None:
    minute = timedelta(minutes=1)
    around = {f"{datetime.now(JAPAN) + by * minute:%H:%M}" for by in (-1, 0, 1)}
    assert module("hours").now() in around


@pytest.mark.parametrize("said", ["", "6:30-23:00", "06:30", "06:30-24:00"])
def test_hours_that_are_none_are_refused(said: str) -> None:
    with pytest.raises(ValueError, match="HH:MM"):
        module("hours").read(said)
