"""Input 10: a household of more than fifty, and twins with one birth date and one name."""

from datetime import UTC, datetime

import orjson
import pytest

from tests.fakes import recorded
from tests.inputs.memory import WholeWay
from tests.unit.producers.register import acted, person, view

AT = datetime(2026, 4, 2, 1, 15, tzinfo=UTC)
TWINS = {"name": "見本　双子", "name_furigana": "ミホン　フタゴ", "birth_date": "2015-03-03", "sex": "1"}
HOME = [person(1), person(2, relationship="子", **TWINS), person(3, relationship="子", **TWINS),
        *(person(n, relationship="同居人") for n in range(4, 61))]  # fmt: skip
SIXTY = {"new_head": "4", "changed_on": "2026-04-01",
         "relationships": {str(n): "同居人" for n in range(1, 61) if n != 4}}  # fmt: skip


@pytest.mark.trap("input-10")
async def test_each_member_of_a_household_of_sixty_is_told_once_and_nobody_is_merged(way: WholeWay) -> None:
    contents = recorded(acted(view(*HOME), "head-change", **SIXTY), AT)
    await way.publish(*contents)
    await way.route()
    assert len(contents) == len({orjson.loads(one)["id"] for one in contents}) == 60
    for contract in ("intermediate-server", "convenience-store"):
        kept = way.inbox(contract).kept
        assert (len(kept), len({one.subject for one in kept}), len({one.id for one in kept})) == (60, 60, 60)


@pytest.mark.trap("input-10")
async def test_twins_stay_two_from_the_notice_to_the_counterpart(way: WholeWay) -> None:
    await way.publish(*recorded(acted(view(*HOME), "head-change", **SIXTY), AT))
    await way.route()
    told, _ = await way.handed_over("convenience-store")
    twins = [one for one in told if one["record"]["name"] == TWINS["name"]]
    assert [one["atena_no"] for one in twins] == ["2", "3"]
