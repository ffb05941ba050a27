"""Input 12: what one resident does and undoes, on one day: order, states, and what the register ends with."""

from typing import Any

import pytest

from tests.inputs.memory import WholeWay
from tests.people import line, record

HERE = record()
CORRECTED, AGAIN = record(name="架空 訂正"), record(name="架空 再訂正")
FOREIGN = record(nationality="VNM", name="GIA DINH KAKU", alias_name="架空 通称")
NATIONAL = record(name="架空 帰化")

STORIES = {
    "転出 and 再転入": [("MOVE_OUT_DOMESTIC", HERE, None), ("MOVE_IN_DOMESTIC", None, HERE)],
    "correction of a correction": [("EX_OFFICIO_CORRECTION", HERE, CORRECTED),
                                   ("EX_OFFICIO_CORRECTION", CORRECTED, AGAIN)],
    "correction taken back": [("EX_OFFICIO_CORRECTION", HERE, CORRECTED), ("EX_OFFICIO_CORRECTION", CORRECTED, HERE)],
    "職権消除 and 回復": [("EX_OFFICIO_DELETE", HERE, None), ("EX_OFFICIO_ENTRY", None, HERE)],
    "naturalisation": [("DELETE_NATURALIZED", FOREIGN, None), ("ENTRY_NATURALIZED", None, NATIONAL)],
}  # fmt: skip
STATES = {
    "転出 and 再転入": ["deleted", "entered"], "correction of a correction": ["inside", "inside"],
    "correction taken back": ["inside", "inside"], "職権消除 and 回復": ["deleted", "entered"],
    "naturalisation": ["deleted", "entered"],
}  # fmt: skip
CONTRACTS = ("prefecture", "convenience-store", "tax", "welfare")


def told_of(story: list[tuple[str, Any, Any]]) -> list[bytes]:
    """Its Changes, all effective on one day."""
    return [
        line(kind, before, after, version=1_775_092_500_000_000 + n, id=f"01930000-0000-7000-8000-{n:012d}")
        for n, (kind, before, after) in enumerate(story, 1)
    ]


@pytest.mark.trap("input-12")
@pytest.mark.parametrize("contract", CONTRACTS)
@pytest.mark.parametrize("story", STORIES)
async def test_what_is_done_and_undone_on_one_day_is_told_in_order(way: WholeWay, story: str, contract: str) -> None:
    await way.publish(*told_of(STORIES[story]))
    await way.route()
    told = await way.told(contract)
    versions = [one.version for one in told]
    assert ([one.state for one in told], versions) == (STATES[story], sorted(set(versions)))
    assert len({one.subject for one in way.inbox(contract).kept}) == 1


@pytest.mark.trap("input-12")
@pytest.mark.parametrize("story", STORIES)
async def test_the_counterpart_ends_with_what_the_register_ends_with(way: WholeWay, story: str) -> None:
    await way.publish(*told_of(STORIES[story]))
    await way.route()
    *_, last = (await way.handed_over("convenience-store"))[0]
    [*_, (_, _, after)] = STORIES[story]
    assert (last["operation"], last["record"]["name"]) == ("store", after["name"])


@pytest.mark.trap("input-12")
async def test_of_a_naturalisation_each_side_is_told_its_half(way: WholeWay) -> None:
    await way.publish(*told_of(STORIES["naturalisation"]))
    await way.route()
    states = {name: [one.state for one in await way.told(name)] for name in ("immigration", "elections")}
    assert states == {"immigration": ["deleted"], "elections": ["entered"]}
