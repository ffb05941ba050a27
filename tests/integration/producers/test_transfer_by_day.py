"""随時移転 that are broken up: outside allowed terminals the sum of a day counts, of each person and contract.

The rule of the assessment (評価書): mass extraction in the computer room alone, however many orders it is made of.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from hub import terminals
from hub.errors import DatabaseError, NotPermitted
from hub.people import Duty
from producers.transfer.desk import Desk
from tests.house import House
from tests.integration.producers.registry import changed
from tests.integration.producers.transfers import WISH, Town, opened, persons
from tests.office import cheap_passwords

MOST = 3
SCHOOL = replace(WISH, contract="school-affairs", items=("氏名",), basis=("学校教育法施行令1条から3条まで",))
PUPIL = {"birth_date": "2015-05-01"}


@pytest.fixture
async def town(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:
    cheap_passwords(monkeypatch)
    async with opened(house, tmp_path) as town:
        yield town


async def operator(town: Town, name: str) -> Desk:
    return await town.desk(name, Duty.OPERATOR, transfer_bulk=MOST)


async def orders(town: Town, ito: Desk, *sizes: int) -> list[UUID]:
    """Approved orders for 税, one of each size, asked for by this person, about other people each."""
    kato = await town.desk(f"for-{ito.bearer.person.name}", Duty.CONTRACT_OFFICER)
    people = iter([record for _, record in await town.people()])
    return [(await town.approved(ito, kato, persons(*(next(people) for _ in range(size))))).id for size in sizes]


async def refused(desk: Desk, order: UUID) -> str:
    """What is said to whoever runs one too many."""
    with pytest.raises(NotPermitted) as error:
        await desk.run(order)
    assert (error.value.code, error.value.place) == ("bulk-used-up", str(order))
    return error.value.remedy


async def test_a_large_extraction_that_is_broken_up_ends_at_the_sum_of_a_day(town: Town) -> None:
    ito = await operator(town, "ito")
    two, another_two, one, last = await orders(town, ito, 2, 2, 1, 1)
    assert (await ito.run(two))[1] == 2
    said = await refused(ito, another_two)
    assert "1 remain today; this order has 2" in said
    assert "allowed terminal" in said
    assert (await ito.run(one))[1] == 1, "what remains may be extracted"
    assert "0 remain today" in await refused(ito, last)
    assert await town.outbox() == 3, "nothing of what was refused is told"
    assert [code for code, _ in await town.noted("transfer-run")] == ["done", "bulk-used-up", "done", "bulk-used-up"]
    town.now += timedelta(days=1)
    assert (await ito.run(another_two))[1] == 2
    with pytest.raises(DatabaseError):
        await town.hub.execute("DELETE FROM hub.transfers_by_day")


async def test_it_is_the_sum_of_who_asks_and_of_who_runs_and_of_one_contract(town: Town) -> None:
    ito, sato, abe = [await operator(town, name) for name in ("ito", "sato", "abe")]
    of_ito, of_ito_too = await orders(town, ito, 2, 2)
    (of_sato,), (of_abe,) = await orders(town, sato, 2), await orders(town, abe, 2)
    await sato.run(of_ito)
    await refused(abe, of_ito_too)
    await refused(abe, of_sato)
    await refused(sato, of_abe)
    assert (await abe.run(of_abe))[1] == 2, "whose own sum is none yet"
    (who, record), *_ = await town.people()
    await changed(town.registry, who, "MINOR_CORRECTION", record, record | PUPIL, town.clock())
    officer = await town.desk("mori", Duty.CONTRACT_OFFICER)
    other = await town.approved(ito, officer, persons(record), SCHOOL)
    assert (await ito.run(other.id))[1] == 1, "another contract has a sum of its own"


async def test_of_orders_that_are_run_at_once_no_more_pass_than_the_sum(town: Town) -> None:
    ito, sato = await operator(town, "ito"), await operator(town, "sato")
    asked = await orders(town, ito, 2, 2, 2, 2)
    ends = await asyncio.gather(
        *(desk.run(order) for desk, order in zip((ito, sato, ito, sato), asked, strict=True)), return_exceptions=True
    )
    assert sorted(getattr(end, "code", "run") for end in ends) == ["bulk-used-up"] * 3 + ["run"]
    assert await town.outbox() == 2


async def test_what_is_carried_on_counts_once_a_day_and_what_an_allowed_terminal_runs_not_at_all(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    ito = await operator(town, "ito")
    two, three, one, last = await orders(town, ito, 2, 3, 1, 1)
    await town.hub.execute("INSERT INTO hub.transfers_by_day VALUES ('2026-04-02', $1, $2)", two, ito.bearer.person.id)
    assert (await ito.run(two))[1] == 2, "it was cut off, and counted"
    with monkeypatch.context() as patched:
        patched.setattr(terminals, "here", joho)
        assert (await ito.run(three))[1] == 3
    assert (await ito.run(one))[1] == 1
    await refused(ito, last)


async def joho(*_: object) -> str:
    return "joho-1"
