"""Input 1: one change twice, the same bytes."""

import pytest

from tests.inputs.memory import BOOK, WholeWay
from tests.people import line, record

MOVED = line("RELOCATE", record(), record(address={"text": "架空市別町7番地"}))


@pytest.mark.trap("input-01", "P6")
@pytest.mark.parametrize("polls", [1, 2], ids=["in one poll", "in two polls"])
async def test_one_change_twice_same_bytes_is_told_once(way: WholeWay, polls: int) -> None:
    for _ in range(2):
        await way.publish(MOVED)
        if polls == 2:
            await way.route()
    await way.route()
    records = {name: len(way.records(name)) for name in BOOK.contracts}
    assert {*records.values()} == {0, 2}  # the topic has the repeat …
    assert {name: len(await way.told(name)) * 2 for name in BOOK.contracts} == records  # … nobody is told it
    assert way.inbox("prefecture").repeats == 1
    assert way.sequence("prefecture") == [1, 2]
