"""コンビニ交付: an erasure counts once it was read back; the night keeps records waiting and erasures never."""

from collections.abc import AsyncIterator

import pytest

from consumers.adapters.convenience_store import read_back
from consumers.adapters.http import Answer
from hub.outcome import Deferred, Delivered, Outcome
from tests.conformance.counterparts import Standin, Standing
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
