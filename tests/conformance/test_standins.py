"""What the stand-ins are strict about, each as its real counterpart would be."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from consumers.adapters import ADAPTERS
from hub.outcome import Deferred, Delivered, Outcome, Refused
from tests.conformance.counterparts import PATIENCE, Standin, Standing, module, standin
from tests.conformance.samples import IDENTIFIER, disclosure, my_number


@pytest.fixture
async def prefecture(standing: Standing) -> AsyncIterator[Standin]:
    async with standing.of("prefecture") as made:
        yield made


@pytest.fixture
async def store(standing: Standing) -> AsyncIterator[Standin]:
    async with standing.of("convenience-store") as made:
        yield made


async def told_with(counterpart: Standin, **items: Any) -> Outcome:
    said = disclosure(counterpart.via)
    said.items.update(items)
    return await counterpart.hand_over(said)


FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


@pytest.mark.trap("input-04", "V6")
@pytest.mark.parametrize(
    ("number", "what"),
    [
        (my_number(7)[:11] + str((int(my_number(7)[11]) + 1) % 10), "a wrong check digit"),
        ("0" * 12, "one digit throughout"),
        (my_number(7) + "0", "13 digits"),
        (my_number(7).translate(FULL_WIDTH), "full-width digits"),
    ],
    ids=lambda value: value if " " in value else "",
)
async def test_a_wrong_my_number_is_refused(prefecture: Standin, number: str, what: str) -> None:
    assert await told_with(prefecture, my_number=number) == Refused("counterpart-bad-my-number")


async def test_a_wrong_municipality_code_is_refused(prefecture: Standin) -> None:
    assert await told_with(prefecture, address={"municipality_code": "092010"}) == Refused(
        "counterpart-bad-municipality-code"
    )


async def test_a_reason_that_does_not_fit_its_action_is_refused(prefecture: Standin) -> None:
    assert await told_with(prefecture, change_reason="DEATH") == Refused("counterpart-reason-mismatch")


async def test_a_reason_that_the_list_does_not_name_is_told_as_ex_officio_correction(prefecture: Standin) -> None:
    await told_with(prefecture, change_reason="ALIAS_CHANGED")
    assert (await prefecture.told())["told"][0]["body"]["record"]["change_reason"] == "EX_OFFICIO_CORRECTION"


async def test_a_missing_item_is_refused(prefecture: Standin) -> None:
    said = disclosure("prefecture")
    del said.items["alias_name"]
    assert await prefecture.hand_over(said) == Refused("counterpart-missing-item")


async def test_a_notice_without_juminhyo_code_is_refused(prefecture: Standin) -> None:
    assert await told_with(prefecture, juminhyo_code=None) == Refused("counterpart-null-item")


@pytest.mark.trap("input-07")
@pytest.mark.parametrize("day", ["2026-02-30", "20260401", {"year": 2026, "month": 13}, {"era": "令和"}])
async def test_a_date_that_does_not_exist_is_refused(prefecture: Standin, day: Any) -> None:
    assert await told_with(prefecture, change_date=day) == Refused("counterpart-bad-date")


@pytest.mark.trap("input-06", "V7")
async def test_hard_characters_arrive_unaltered(prefecture: Standin) -> None:
    await told_with(prefecture, name="見本𠮷髙﨑葛󠄀神\ue000")
    assert (await prefecture.told())["told"][0]["body"]["record"]["name"] == "見本𠮷髙﨑葛󠄀神\ue000"


async def test_the_nth_request_alone_is_refused(prefecture: Standin) -> None:
    await prefecture.switch("refuse-one", nth=2)
    outcomes = [await prefecture.hand_over(disclosure("prefecture", seed)) for seed in (1, 2, 3)]
    assert [type(outcome) for outcome in outcomes] == [Delivered, Refused, Delivered]


async def test_a_code_that_is_not_on_the_list_is_not_taken_over(prefecture: Standin) -> None:
    await prefecture.switch("refuse-one", nth=1, code="見本 太郎 is unknown")
    assert await prefecture.hand_over(disclosure("prefecture")) == Refused("counterpart-unlisted")


async def test_a_protected_person_is_not_answered_automatically(standing: Standing) -> None:
    async with standing.of("intermediate-server") as server:
        for seed, protected in ((1, True), (2, False), (3, None)):
            await server.hand_over(disclosure("intermediate-server", seed, protected=protected))
        told = (await server.told())["told"]
    assert [one["body"]["auto_answer"] for one in told] == [False, True, False]


@pytest.mark.parametrize("protected", [True, False])
async def test_the_copy_of_a_head_that_names_the_head_is_refused(standing: Standing, protected: bool) -> None:
    said = disclosure("intermediate-server", protected=protected)
    said.items.update(is_household_head=True, relationship_to_head="世帯主")
    async with standing.of("intermediate-server") as server:
        assert await server.hand_over(said) == Refused("counterpart-not-null")


async def test_the_copy_of_a_head_is_the_fact_of_being_head(standing: Standing) -> None:
    said = disclosure("intermediate-server")
    said.items.update(is_household_head=True, household_head_name=None, relationship_to_head="世帯主")
    async with standing.of("intermediate-server") as server:
        assert isinstance(await server.hand_over(said), Delivered)


@pytest.mark.parametrize("state", ["deleted", "left"])
async def test_whoever_is_gone_is_erased_and_reading_back_says_so(store: Standin, state: str) -> None:
    subject = disclosure("convenience-store").items["atena_no"]
    await store.hand_over(disclosure("convenience-store"))
    before = await store.read_back(subject)
    gone = disclosure("convenience-store", nth=2, state=state)
    await store.hand_over(disclosure("convenience-store", nth=2, state=state, items={"atena_no": subject})
                          if state == "left" else gone)  # fmt: skip
    assert [before, await store.read_back(subject)] == [(200, "stored"), (404, "erased")]


async def test_an_erasure_says_nothing_but_the_identifier(store: Standin) -> None:
    await store.hand_over(disclosure("convenience-store", state="deleted"))
    assert set((await store.told())["told"][0]["body"]) == {"atena_no", "version", "operation"}


@pytest.mark.parametrize("via", sorted(ADAPTERS))
async def test_a_restart_knows_what_was_taken(via: str, tmp_path: Path) -> None:
    async with standin(via, tmp_path) as before:
        receipt = await before.hand_over(disclosure(via, name="見本\u2028行"))
        before.process.kill()
        before.process.wait(PATIENCE)
    async with standin(via, tmp_path) as after:
        assert await after.hand_over(disclosure(via, name="見本\u2028行")) == receipt


async def test_a_fault_stays_on_through_a_restart_until_it_is_cleared(tmp_path: Path) -> None:
    async with standin("prefecture", tmp_path) as first:
        await first.switch("refuse-one", nth=2)
        assert isinstance(await first.hand_over(disclosure("prefecture", 1)), Delivered)
    async with standin("prefecture", tmp_path) as second:
        assert isinstance(await second.hand_over(disclosure("prefecture", 2)), Refused), "the second from then on"
        await second.switch("down", how="503")
    async with standin("prefecture", tmp_path) as third:
        assert await third.hand_over(disclosure("prefecture", 3)) == Deferred("unavailable")
        await third.switch("clear")
    async with standin("prefecture", tmp_path) as fourth:
        assert isinstance(await fourth.hand_over(disclosure("prefecture", 3)), Delivered)


def test_of_a_line_that_was_cut_off_nothing_is_left_to_spoil_the_next(tmp_path: Path) -> None:
    memory, journal = module("memory"), tmp_path / "kind.jsonl"
    own = memory.Own(journal)
    own.note({"what": "first"})
    [file] = tmp_path.iterdir()
    file.write_text(file.read_text(encoding="utf-8") + '{"what": "cut', encoding="utf-8")
    memory.Own(journal).note({"what": "second"})
    assert memory.Own(journal).noted == [{"what": "first"}, {"what": "second"}]


async def test_an_answer_that_was_lost_is_found_again_under_the_same_id(store: Standin) -> None:
    await store.switch("slow", seconds=3.0, when="after")
    lost = await store.hand_over(disclosure("convenience-store"))
    await store.switch("clear")
    again = await store.hand_over(disclosure("convenience-store"))
    told = await store.told()
    assert (lost, type(again), len(told["told"])) == (Deferred("timeout"), Delivered, 1)


def test_identifiers_are_those_of_the_contracts() -> None:
    assert set(IDENTIFIER) == set(ADAPTERS)
