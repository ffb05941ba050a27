"""What every adapter promises, found from the table: on the real stand-in process and on the fake."""

from collections.abc import AsyncIterator

import pytest

from consumers.adapters import ADAPTERS
from hub.outcome import Deferred, Delivered, Refused
from tests.conformance.counterparts import Fake, Standin, Standing
from tests.conformance.samples import IDENTIFIER, ITEMS, disclosure

Counterpart = Standin | Fake


@pytest.fixture(params=[(via, kind) for via in sorted(ADAPTERS) for kind in ("stand-in", "fake")], ids="-".join)
async def counterpart(request: pytest.FixtureRequest, standing: Standing) -> AsyncIterator[Counterpart]:
    via, kind = request.param
    if kind == "fake":
        yield Fake(via)
        return
    async with standing.of(via) as made:
        yield made


def test_every_adapter_of_the_table_is_examined() -> None:
    assert set(ADAPTERS) == set(ITEMS)


@pytest.mark.trap("D13")
async def test_a_receipt_of_the_counterpart_is_delivered(counterpart: Counterpart) -> None:
    assert isinstance(await counterpart.hand_over(disclosure(counterpart.via)), Delivered)


async def test_the_same_id_again_gets_the_same_receipt(counterpart: Counterpart) -> None:
    first = await counterpart.hand_over(disclosure(counterpart.via))
    assert await counterpart.hand_over(disclosure(counterpart.via)) == first


@pytest.mark.trap("D11", "P6")
async def test_the_same_id_again_does_nothing(counterpart: Counterpart) -> None:
    for _ in range(3):
        await counterpart.hand_over(disclosure(counterpart.via))
    told = await counterpart.told()
    assert (len(told["told"]), told["repeats"]) == (1, 2)


@pytest.mark.trap("input-03")
async def test_a_version_that_does_not_rise_is_refused_as_out_of_order(counterpart: Counterpart) -> None:
    await counterpart.hand_over(disclosure(counterpart.via, nth=2))
    assert await counterpart.hand_over(disclosure(counterpart.via, nth=1)) == Refused("counterpart-out-of-order")


@pytest.mark.trap("input-09")
async def test_an_unknown_item_is_refused(counterpart: Counterpart) -> None:
    said = disclosure(counterpart.via)
    said.items["shoe_size"] = "27"
    assert await counterpart.hand_over(said) in (Refused("counterpart-unknown-item"), Refused("unknown-item"))


@pytest.mark.trap("D13", "D3")
async def test_the_refusal_of_one_resident_is_nobody_elses(counterpart: Counterpart) -> None:
    refused, other = disclosure(counterpart.via, 1), disclosure(counterpart.via, 2)
    await counterpart.switch("refuse-one", subject=refused.items[IDENTIFIER[counterpart.via]])
    outcomes = [await counterpart.hand_over(refused), await counterpart.hand_over(other)]
    assert [type(outcome) for outcome in outcomes] == [Refused, Delivered]


@pytest.mark.trap("D13")
@pytest.mark.parametrize("how", ["no-receipt", "html", "truncated", "empty"])
async def test_a_200_without_a_receipt_is_not_delivered(counterpart: Counterpart, how: str) -> None:
    await counterpart.switch("nonsense", how=how)
    assert await counterpart.hand_over(disclosure(counterpart.via)) == Deferred("nonsense")


@pytest.mark.trap("D13", "D4")
@pytest.mark.parametrize(("how", "code"), [("503", "unavailable"), ("close", "unreachable")])
async def test_a_counterpart_that_is_down_defers(counterpart: Counterpart, how: str, code: str) -> None:
    await counterpart.switch("down", how=how)
    assert await counterpart.hand_over(disclosure(counterpart.via)) == Deferred(code)


@pytest.mark.trap("D13")
async def test_a_counterpart_that_is_slow_defers(counterpart: Counterpart) -> None:
    await counterpart.switch("slow", seconds=5.0)
    assert await counterpart.hand_over(disclosure(counterpart.via)) == Deferred("timeout")


async def test_after_the_fault_the_same_disclosure_is_delivered(counterpart: Counterpart) -> None:
    await counterpart.switch("down", how="close")
    await counterpart.hand_over(disclosure(counterpart.via))
    await counterpart.switch("clear")
    assert isinstance(await counterpart.hand_over(disclosure(counterpart.via)), Delivered)
