"""While the line to the prefecture is down, the inbox is its spool (規則2条2項): nothing lost, nobody overtaken."""

from pathlib import Path

import pytest

from hub.database import Database
from tests.conformance.counterparts import standin
from tests.conformance.samples import disclosure
from tests.integration.consumers.line import HandOver

VIA, RESIDENTS, EACH = "prefecture", 6, 4


@pytest.mark.trap("D3", "D4")
async def test_what_was_told_while_the_line_was_down_arrives_in_order_and_says_that_it_waited(
    database: Database, tmp_path: Path
) -> None:
    async with standin(VIA, tmp_path) as prefecture:
        await prefecture.switch("down", how="close")
        line = HandOver(database, VIA, prefecture)
        pairs = [(seed, nth) for nth in range(1, EACH + 1) for seed in range(1, RESIDENTS + 1)]
        said = [(seed, disclosure(VIA, seed, nth=nth)) for seed, nth in pairs]
        await line.send(*said)

        async def tried() -> bool:
            return sum(row["attempts"] > 0 for row in await line.rows()) >= 5

        await line.work(tried)
        assert (await prefecture.told())["told"] == []

        line.deliverer = line.new_deliverer()  # another process goes on
        await prefecture.switch("clear")
        await line.work(lambda: line.are(delivered=RESIDENTS * EACH))
        told = (await prefecture.told())["told"]
    for seed in range(1, RESIDENTS + 1):
        mine = [one["id"] for one in told if one["subject"] == disclosure(VIA, seed).items["juminhyo_code"]]
        assert mine == [str(one.id) for resident, one in said if resident == seed]
    numbers = {one["id"]: one["body"] for one in told}
    first = [numbers[str(one.id)] for _, one in said[:RESIDENTS]]
    assert sum(one["emergency_update_no"] == one["update_no"] for one in first) >= 5
    assert {numbers[str(one.id)]["emergency_update_no"] for _, one in said[RESIDENTS:]} == {None}
