"""The numbers follow the register: who comes, who comes back, whose 個人番号 changes, whom two persons join."""

import asyncio
from typing import Any
from uuid import UUID

import orjson
import pytest

from producers import outbox, register
from producers.atena import listing, loading, translating
from producers.atena.following import follow
from producers.atena.form import JUKI, Link
from producers.atena.joining import Merge, Split
from producers.atena.refusals import NumberRefused
from producers.morning import morning
from producers.outbox import Draft
from producers.refusals import SENTENCES
from producers.todokede import answer, today
from tests.integration.atena.numbering import approved, given, link
from tests.integration.producers.registry import NOW, residents
from tests.people import my_number

MOVE = {"moved_on": "2026-04-01", "notified_on": "2026-04-02", "address": {"text": "見本県見本市例示台9番9号"},
        "previous_address": {"text": "見本県例示町1番"}}  # fmt: skip


def move_in(receipt: str, number: str | None, name: str = "見本　来子", household_no: str | None = None) -> bytes:
    person = {"name": name, "birth_date": "1990-04-01", "sex": "2", "my_number": number,
              "relationship_to_head": "同居人" if household_no else "世帯主"}  # fmt: skip
    return orjson.dumps({"receipt": receipt, "act": "move-in", **MOVE, "persons": [person],
                         "household_no": household_no})  # fmt: skip


async def filed(db: Any, line: bytes) -> Any:
    told = await answer(db, line, NOW)
    assert told.result == "accepted", told.code
    return told


async def entered(db: Any, told: Any) -> dict[str, Any]:
    """The record after the first Change of a notice."""
    body = await db.fetchval("SELECT body FROM registry.history WHERE change = $1", UUID(told.changes[0]))
    return dict(orjson.loads(body)["after"])


async def person_of(db: Any, atena_no: str) -> tuple[UUID, dict[str, Any]]:
    return next((who, dict(record)) for who, record in await residents(db) if record["atena_no"] == atena_no)


async def act(db: Any, kind: str, resident: UUID, before: Any, after: Any) -> list[Draft]:
    """What an act of the counter does with one Change, without its notice."""
    async with db.transaction() as tx:
        seen = await register.view(tx, register.Concern([before["atena_no"]]), today(NOW))
        drafts = await follow(tx, [Draft(resident, kind, before, after, "2026-04-01")], NOW)
        await register.write(tx, drafts, seen)
        await outbox.record(tx, drafts, NOW)
        return drafts


async def check_agreement(db: Any) -> None:
    """Every record on the register shows the number that its person has."""
    rows = await db.fetch("SELECT record FROM registry.resident WHERE status = 'registered'")
    records = [orjson.loads(row["record"]) for row in rows]
    known = await translating.numbers_of(db, [Link(JUKI, record["atena_no"]) for record in records])
    linked = {record["atena_no"]: known.get(Link(JUKI, record["atena_no"])) for record in records}
    shown = {record["atena_no"]: record["togo_atena_no"] for record in records}
    assert {one: shown[one] for one, number in linked.items() if number is not None} == {
        one: number for one, number in linked.items() if number is not None
    }


async def test_everybody_of_a_register_that_was_there_before_is_entered_with_the_number_they_have(village, monkeypatch):
    monkeypatch.setattr(loading, "PAGE", 50)
    assert await loading.fill(village, NOW) == 120
    assert await loading.fill(village, NOW) == 0
    people = [record for _, record in await residents(village)]
    known = await translating.numbers_of(village, [Link(JUKI, record["atena_no"]) for record in people])
    assert known == {Link(JUKI, record["atena_no"]): record["togo_atena_no"] for record in people}
    found = [await translating.search(village, record["my_number"]) for record in people[:5]]
    assert [one.in_use for one in found] == [record["togo_atena_no"] for record in people[:5]]
    assert await village.fetchval("SELECT count(*) FROM registry.outbox") == 0


async def test_a_city_may_be_copied_in_one_pass(village):
    async with village.transaction() as tx:
        await loading.copy(tx, [record for _, record in await residents(village)], NOW)
    assert await loading.fill(village, NOW) == 0
    assert len(await listing.to_tell(village, 0, 1000)) == 120


async def test_who_is_filled_in_late_and_known_to_a_department_takes_its_number_by_a_change(village):
    _, record = await person_of(village, "0000000005")
    known = await given(village, "tax", "42", None, my_number=record["my_number"])
    await loading.fill(village, NOW)
    _, now = await person_of(village, "0000000005")
    rows = await village.fetch("SELECT kind FROM registry.history")
    assert (now["togo_atena_no"], [row["kind"] for row in rows]) == (known.number, ["MY_NUMBER_ENTERED_EX_OFFICIO"])
    await check_agreement(village)


async def test_who_was_known_to_a_department_before_moving_in_keeps_the_number(village):
    outsider = await given(village, "tax", None, 77, receipt="R-1")
    record = await entered(village, await filed(village, move_in("M-1", my_number(77))))
    assert record["togo_atena_no"] == outsider.number
    assert (record["atena_no"], outsider.link.atena_no) == ("0000000121", "50000000001")
    later = await given(village, "welfare", None, 77, receipt="R-2")
    assert (later.link.atena_no, later.number) == (record["atena_no"], outsider.number)


async def test_who_moved_out_and_in_again_has_the_same_number(village):
    first = await entered(village, await filed(village, move_in("M-1", my_number(77))))
    out = {"receipt": "O-1", "act": "move-out", "notified_on": "2026-04-02", "moves_on": "2026-04-01",
           "atena_nos": [first["atena_no"]], "destination": {"text": "見本県例示町"}}  # fmt: skip
    await filed(village, orjson.dumps(out))
    again = await entered(village, await filed(village, move_in("M-2", my_number(77))))
    assert (again["atena_no"], again["togo_atena_no"]) == (first["atena_no"], first["togo_atena_no"])


async def test_a_whole_morning_leaves_register_and_numbers_in_agreement(village):
    await loading.fill(village, NOW)
    told = [await answer(village, orjson.dumps(notice), NOW) for notice in morning(7, today(NOW))]
    assert {one.result for one in told} == {"accepted"}
    assert await loading.fill(village, NOW) == 0
    await check_agreement(village)


async def test_who_moves_in_while_a_department_asks_about_them_has_one_number(village):
    for n in range(70, 76):
        line = move_in(f"M-{n}", my_number(n))
        told, asked = await asyncio.gather(filed(village, line), given(village, "tax", str(n), n))
        assert (await entered(village, told))["togo_atena_no"] == asked.number


async def test_a_refused_notice_gives_no_number(village):
    before = await village.fetchval("SELECT count(*) FROM registry.togo")
    told = await answer(village, move_in("M-1", my_number(77), household_no="9999999999"), NOW)
    assert (told.code, await village.fetchval("SELECT count(*) FROM registry.togo")) == ("unknown-household", before)


@pytest.mark.parametrize("kind", ["MY_NUMBER_CHANGE_REQUESTED", "MY_NUMBER_CORRECTED_EX_OFFICIO"])
async def test_a_replaced_my_number_keeps_the_number_and_is_still_known(village, kind):
    await loading.fill(village, NOW)
    who, record = await person_of(village, "0000000005")
    await act(village, kind, who, record, {**record, "my_number": my_number(77)})
    for number in (record["my_number"], my_number(77)):
        assert (await translating.search(village, number)).in_use == record["togo_atena_no"]


async def test_a_my_number_written_in_error_is_free_for_whose_it_is(village):
    await loading.fill(village, NOW)
    who, record = await person_of(village, "0000000005")
    await act(village, "EX_OFFICIO_CORRECTION", who, record, {**record, "my_number": my_number(77)})
    owner = await given(village, "tax", "42", None, my_number=record["my_number"])
    assert (owner.result, owner.number != record["togo_atena_no"]) == ("allotted", True)
    assert (await translating.search(village, my_number(77))).in_use == record["togo_atena_no"]


async def test_a_my_number_that_was_never_theirs_can_be_taken_out(village):
    await loading.fill(village, NOW)
    who, record = await person_of(village, "0000000005")
    await act(village, "EX_OFFICIO_CORRECTION", who, record, {**record, "my_number": None})
    assert await translating.search(village, record["my_number"]) is None
    assert await translating.number_of(village, Link(JUKI, "0000000005")) == record["togo_atena_no"]


async def test_an_entered_my_number_that_a_department_knows_brings_its_number_into_the_record(village):
    told = await filed(village, move_in("M-1", None))
    record = await entered(village, told)
    known = await given(village, "tax", "42", 77)
    who, _ = await person_of(village, record["atena_no"])
    [draft] = await act(village, "MY_NUMBER_ENTERED_EX_OFFICIO", who, record, {**record, "my_number": my_number(77)})
    assert draft.before["togo_atena_no"] == record["togo_atena_no"]
    assert draft.after["togo_atena_no"] == known.number
    await check_agreement(village)


async def test_two_changes_of_one_person_begin_where_the_other_ended(village):
    record = await entered(village, await filed(village, move_in("M-1", None)))
    known = await given(village, "tax", "42", 77)
    who, _ = await person_of(village, record["atena_no"])
    after = {**record, "my_number": my_number(77)}
    async with village.transaction() as tx:
        drafts = await follow(tx, [
            Draft(who, "MY_NUMBER_ENTERED_EX_OFFICIO", record, after, "2026-04-01"),
            Draft(who, "RELOCATE", after, {**after, "address": {"text": "見本"}}, "2026-04-01"),
            Draft(who, "DEATH", {**after, "address": {"text": "見本"}}, None, "2026-04-01"),
        ], NOW)  # fmt: skip
    assert drafts[0].before == record
    assert [draft.before["togo_atena_no"] for draft in drafts[1:]] == [known.number] * 2
    assert drafts[0].after == drafts[1].before


async def test_two_residents_are_never_joined_by_a_number_and_the_clerk_reads_why(village):
    await loading.fill(village, NOW)
    who, record = await person_of(village, "0000000005")
    _, other = await person_of(village, "0000000006")
    with pytest.raises(NumberRefused) as refused:
        await act(village, "MY_NUMBER_CHANGE_REQUESTED", who, record, {**record, "my_number": other["my_number"]})
    assert refused.value.code in SENTENCES
    await check_agreement(village)


async def test_likeness_follows_the_records(village):
    await loading.fill(village, NOW)
    who, record = await person_of(village, "0000000005")
    await act(village, "EX_OFFICIO_CORRECTION", who, record, {**record, "name": "架空　人0号"})
    like = {"name": "架空人０号", "birth_date": record["birth_date"], "sex": record["sex"]}
    await given(village, "tax", "42", None, **like)
    assert [one.links[1].atena_no async for one in listing.duplicates(village)] == ["0000000005"]


async def test_a_merge_that_changes_a_residents_number_tells_of_it_in_the_same_transaction(village):
    record = await entered(village, await filed(village, move_in("M-1", None)))
    known = await given(village, "tax", "42", 77)
    before = await village.fetchval("SELECT count(*) FROM registry.outbox")
    assert await approved(village, Merge(known.number, record["togo_atena_no"])) == known.number
    await check_agreement(village)
    body = orjson.loads((await village.fetch("SELECT change FROM registry.outbox ORDER BY id DESC"))[0]["change"])
    assert (body["kind"], await village.fetchval("SELECT count(*) FROM registry.outbox")) == (
        "MY_NUMBER_ENTERED_EX_OFFICIO", before + 1)  # fmt: skip
    assert {item for item in body["after"] if body["after"][item] != body["before"][item]} == {"togo_atena_no"}


async def test_a_split_that_moves_a_resident_tells_of_it_and_the_others_stay(village):
    await loading.fill(village, NOW)
    _, record = await person_of(village, "0000000005")
    await given(village, "tax", "42", None, my_number=record["my_number"])
    theirs = await approved(village, Split(record["togo_atena_no"], (Link(JUKI, "0000000005"),)))
    _, now = await person_of(village, "0000000005")
    assert (now["togo_atena_no"], theirs != record["togo_atena_no"]) == (theirs, True)
    assert await translating.number_of(village, link("tax:42")) == record["togo_atena_no"]
    await check_agreement(village)


@pytest.mark.trap("P4")
async def test_merges_notices_and_requests_at_once_block_nobody_and_leave_everything_in_agreement(village):
    await loading.fill(village, NOW)
    people = [dict(record) for _, record in await residents(village)][:10]
    nameless = [await given(village, "tax", str(n), None) for n in range(10)]
    heads = [head_moves(record, n) for n, record in enumerate(people)]
    await asyncio.gather(
        *(approved(village, Merge(record["togo_atena_no"], one.number))
          for record, one in zip(people, nameless, strict=True)),
        *(answer(village, line, NOW) for line in heads),
        *(filed(village, move_in(f"M-{n}", my_number(n))) for n in range(60, 70)),
        *(given(village, "welfare", str(n), n) for n in range(60, 70)),
    )  # fmt: skip
    numbers = await translating.numbers_of(village, [link(f"tax:{n}") for n in range(10)])
    assert [numbers[link(f"tax:{n}")] for n in range(10)] == [record["togo_atena_no"] for record in people]
    await check_agreement(village)


def head_moves(record: dict[str, Any], n: int) -> bytes:
    return orjson.dumps({
        "receipt": f"P-{n}", "act": "move-out", "notified_on": "2026-04-02", "moves_on": "2026-05-01",
        "atena_nos": [record["atena_no"]], "destination": {"text": "見本県例示町"},
    })  # fmt: skip


