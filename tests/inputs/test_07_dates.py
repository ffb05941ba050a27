"""Input 7: dates at the edges of eras, unknown in part or as a whole, and impossible ones."""

from typing import Any

import pytest

from contracts.change import parse
from contracts.errors import ChangeRefused
from tests.inputs.memory import WholeWay
from tests.people import line, record

TRUE = {
    "the first day of 明治": "1868-10-23", "1868 before it": "1868-01-25", "the last day of 大正": "1926-12-24",
    "the first day of 昭和": "1926-12-25", "平成31年4月30日": "2019-04-30", "令和元年5月1日": "2019-05-01",
    "29 February": "2024-02-29",
    "month and day unknown": {"year": 1950, "month": None, "day": None, "text": "昭和25年頃"},
    "nothing known": {"year": None, "month": None, "day": None, "text": "不詳"},
    "only month and day known": {"year": None, "month": 2, "day": 29},
}  # fmt: skip
FALSE = {
    "30 February": "2026-02-30", "29 February of no leap year": "2026-02-29", "in words": "令和8年4月1日",
    "明治 in letters": "M45.07.30", "month 13 of an unknown year": {"year": None, "month": 13},
    "30 February of an unknown year": {"year": None, "month": 2, "day": 30},
    "an era as a part": {"era": "令和", "year": 1},
}  # fmt: skip


@pytest.mark.trap("input-07", "V8")
@pytest.mark.parametrize("born", TRUE.values(), ids=TRUE)
async def test_a_date_arrives_as_the_register_has_it(way: WholeWay, born: Any) -> None:
    before = record(birth_date=born)
    await way.publish(line("RELOCATE", before, before | {"address": {"text": "架空市別町"}}))
    await way.route()
    [message], _ = await way.handed_over("prefecture")
    assert message["record"]["birth_date"] == born


@pytest.mark.trap("input-07", "V8")
@pytest.mark.parametrize("day", FALSE.values(), ids=FALSE)
@pytest.mark.parametrize("place", ["birth_date", "effective_on"])
def test_a_day_that_does_not_exist_is_refused_at_the_door(place: str, day: Any) -> None:
    changed = {"effective_on": day} if place == "effective_on" else {}
    after = record() | ({"birth_date": day} if place == "birth_date" else {})
    with pytest.raises(ChangeRefused) as refused:
        parse(line("RELOCATE", record(), after, **changed))
    assert (refused.value.code, refused.value.place.rsplit(".", maxsplit=1)[-1]) == ("bad-date", place)
