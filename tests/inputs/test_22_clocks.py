"""Input 22: a clock that is two hours off, for a while, in the router and in a delivering process; a leap second."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from consumers.api_forms import NewPlan
from contracts.change import parse
from contracts.errors import ChangeRefused
from hub.cli import build
from hub.database import Database
from tests.conformance.counterparts import Fake
from tests.conformance.samples import disclosure
from tests.inputs.memory import BOOK, WholeWay
from tests.integration.consumers.line import HandOver, now
from tests.people import line, record

AFTER_MIDNIGHT = datetime(2026, 4, 1, 15, 30, tzinfo=UTC)
"""Half past midnight in Japan: two hours before, content keys are those of another day."""

MIDNIGHT = datetime(2026, 4, 1, 15, 0, tzinfo=UTC)
OFF = {"two hours behind": timedelta(hours=-2), "two hours ahead": timedelta(hours=2)}


def ms(count: int) -> timedelta:
    return timedelta(milliseconds=count)


TIMES = {
    **{name: (AFTER_MIDNIGHT, AFTER_MIDNIGHT + off, AFTER_MIDNIGHT) for name, off in OFF.items()},
    "the second before midnight twice": (MIDNIGHT - ms(100), MIDNIGHT - ms(900), MIDNIGHT + ms(100)),
    "after midnight and before it again": (MIDNIGHT + ms(200), MIDNIGHT - ms(700), MIDNIGHT + ms(300)),
}
"""What the clock says one after the other. A leap second is a second twice or, as text, one with the number 60."""

SIXTY = "2026-12-31T23:59:60"


def relocation(n: int) -> bytes:
    return line("RELOCATE", record(), record(address={"text": f"架空市別町{n}番地"}), version=n,
                id=f"01930000-0000-7000-8000-{n:012d}", recorded_at="2026-04-02T00:15:00+09:00")  # fmt: skip


@pytest.mark.trap("input-22", "P5")
@pytest.mark.parametrize("times", TIMES.values(), ids=TIMES)
async def test_a_router_whose_clock_jumps_and_jumps_back_tells_all_once_and_in_order(times: Sequence[datetime]) -> None:
    way = await WholeWay.open()
    for n, at in enumerate(times, 1):
        way.clock = lambda at=at: at
        await way.publish(relocation(n))
        await way.route()
    told = {name: [one.version for one in await way.told(name)] for name in BOOK.contracts if way.records(name)}
    assert {tuple(versions) for versions in told.values()} == {(1, 2, 3)}
    assert {tuple(way.sequence(name)) for name in told} == {(1, 2, 3)}


@pytest.mark.trap("input-22")
@pytest.mark.parametrize("offset", ["Z", "+00:00", "+09:00"])
def test_a_second_with_the_number_60_is_refused_at_the_door_of_a_change_and_moved_to_no_other(offset: str) -> None:
    with pytest.raises(ChangeRefused) as refused:
        parse(line("RELOCATE", record(), record(), recorded_at=SIXTY + offset))
    assert (refused.value.code, refused.value.place) == ("bad-timestamp", "recorded_at")


@pytest.mark.trap("input-22")
@pytest.mark.parametrize("option", ["--since", "--until"])
def test_nor_is_it_a_time_that_a_command_takes(option: str) -> None:
    asked = CliRunner().invoke(build(["letters"]), ["letters", "list", option, SIXTY])
    assert (asked.exit_code, option in asked.output, asked.stdout) == (2, True, "")


@pytest.mark.trap("input-22")
@pytest.mark.parametrize("member", ["since", "until"])
def test_nor_one_that_is_taken_over_http(member: str) -> None:
    with pytest.raises(ValidationError) as refused:
        NewPlan.model_validate_json(orjson.dumps({"contract": "tax", "reason": "why", member: f"{SIXTY}Z"}))
    assert [one["loc"] for one in refused.value.errors()] == [(member,)]


def set_clock(handing: HandOver, off: timedelta) -> None:
    for part in (handing.inbox, handing.deliverer, handing.settler):
        part._now = lambda: now() + off


@pytest.mark.trap("input-22")
@pytest.mark.parametrize("off", OFF.values(), ids=OFF)
async def test_what_came_while_the_clock_was_wrong_waits_no_longer_than_anything_else(
    database: Database, off: timedelta
) -> None:
    handing = HandOver(database, "prefecture", fake := Fake("prefecture"))
    set_clock(handing, off)
    await handing.send((1, disclosure("prefecture", 1)))
    set_clock(handing, timedelta(0))
    await handing.work(lambda: handing.are(delivered=1))
    assert len(fake.taken) == 1


@pytest.mark.trap("input-22")
@pytest.mark.parametrize("off", OFF.values(), ids=OFF)
async def test_what_was_deferred_while_the_clock_was_wrong_is_tried_again_as_soon_as_anything_else(
    database: Database, off: timedelta
) -> None:
    handing = HandOver(database, "prefecture", fake := Fake("prefecture"))
    set_clock(handing, off)
    await fake.switch("down")
    await handing.send((1, disclosure("prefecture", 1)))

    async def deferred() -> bool:
        return await handing.codes() == ["unavailable"]

    await handing.work(deferred)
    await fake.switch("clear")
    set_clock(handing, timedelta(0))
    await handing.work(lambda: handing.are(delivered=1))
    assert len(fake.taken) == 1
