"""The counter on a real PostgreSQL: one transaction per notice, refused or repeated without a trace."""

import asyncio
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import orjson
import pytest
import typer
from typer.testing import CliRunner

from hub.config import Settings
from hub.database import connect
from hub.errors import UsageError
from producers import city_cli, filing_cli
from producers.city import load
from producers.due import due
from producers.morning import morning
from producers.todokede import answer, today
from tests.integration.producers.registry import NOW, residents

MORNING = [orjson.dumps(notice) for notice in morning(7, today(NOW))]
MOVE = {"moved_on": "2026-04-01", "notified_on": "2026-04-02", "address": {"text": "見本県見本市例示台9番9号"}}


def line(act, receipt="R-1", **stated):
    return orjson.dumps({"receipt": receipt, "act": act, **stated})


async def filed(db, *lines):
    return [await answer(db, one, NOW) for one in lines]


async def counts(db):
    return tuple([await db.fetchval(query) for query in (
        "SELECT count(*) FROM registry.outbox", "SELECT count(*) FROM registry.history",
        "SELECT count(*) FROM registry.notice", "SELECT count(*) FROM registry.resident WHERE status = 'registered'",
    )])  # fmt: skip


async def check_households(db):
    """One head per household, and the table of households knows who."""
    heads = {}
    for who, record in await registered(db):
        if record["is_household_head"]:
            assert heads.setdefault(record["household_no"].encode(), who) == who
    rows = await db.fetch("SELECT household_no, head FROM registry.household WHERE head IS NOT NULL")
    assert {row["household_no"]: UUID(int=row["head"].int) for row in rows} == heads


async def registered(db):
    rows = await db.fetch("SELECT resident FROM registry.resident WHERE status = 'registered'")
    return [one for one in await residents(db) if one[0] in {row["resident"] for row in rows}]


async def test_a_whole_morning_is_accepted_and_every_change_lies_in_the_outbox(db):
    answers = await filed(db, *MORNING)
    assert {one.result for one in answers} == {"accepted"}
    changes = sum(len(one.changes) for one in answers)
    assert (changes, changes, len(MORNING)) == (await counts(db))[:3]
    await check_households(db)


async def test_the_records_are_those_of_the_last_changes(db):
    await filed(db, *MORNING)
    bodies = await db.fetch("SELECT body FROM registry.history ORDER BY resident, version")
    last = {change["resident"]: change for change in (orjson.loads(row["body"]) for row in bodies)}
    now = {str(who): record for who, record in await residents(db)}
    assert {who: change["after"] or change["before"] for who, change in last.items()} == {who: now[who] for who in last}


async def test_each_change_begins_where_the_one_before_ended(db):
    await filed(db, *MORNING)
    bodies = await db.fetch("SELECT body FROM registry.history ORDER BY resident, version")
    before = {}
    for change in (orjson.loads(row["body"]) for row in bodies):
        assert before.get(change["resident"], change["before"]) == change["before"]
        before[change["resident"]] = change["after"]


async def test_a_notice_filed_again_is_recognised_and_does_nothing(db):
    first = await filed(db, *MORNING)
    state = await counts(db)
    again = await filed(db, *MORNING)
    assert {one.result for one in again} == {"repeated"}
    assert [one.changes for one in again] == [one.changes for one in first]
    assert await counts(db) == state


async def test_the_same_receipt_with_other_content_is_refused(db):
    await filed(db, MORNING[0])
    other = orjson.loads(MORNING[0]) | {"notified_on": "2026-04-01"}
    assert (await filed(db, orjson.dumps(other)))[0].code == "reused-receipt"


async def test_a_refused_notice_leaves_nothing_and_its_receipt_may_be_used_again(db):
    state = await counts(db)
    late = line("death", atena_no="999", died_on="2026-04-01", notified_on="2026-04-02")
    right = line("death", atena_no="0000000013", died_on="2026-04-01", notified_on="2026-04-02")
    refused = (await filed(db, late))[0]
    assert ("refused", "not-on-register", await counts(db)) == (refused.result, refused.code, state)
    assert (await filed(db, right))[0].result == "accepted"


async def test_what_fails_in_the_middle_leaves_nothing(db, monkeypatch):
    async def fail(*_):
        raise RuntimeError("in the middle")

    state = await counts(db)
    monkeypatch.setattr("producers.outbox.record", fail)
    with pytest.raises(RuntimeError, match="in the middle"):
        await answer(db, MORNING[0], NOW)
    assert await counts(db) == state


@pytest.mark.trap("input-04")
async def test_a_number_that_the_door_refuses_is_named_and_nothing_is_written(db):
    state = await counts(db)
    notice = next(orjson.loads(one) for one in MORNING if b"move-in" in one)
    notice["persons"][0]["my_number"] = "123456789012"
    told = (await filed(db, orjson.dumps(notice)))[0]
    assert (told.code, told.place, await counts(db)) == ("bad-check-digit", "after.my_number", state)


@pytest.mark.trap("input-08", "V4")
@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("bad-json", b"{"), ("duplicate-key", b'{"act":"death","act":"birth"}'), ("unknown-act", b"[]"),
        ("byte-order-mark", b"\xef\xbb\xbf{}"), ("bad-encoding", b"\xff"), ("bad-number", b'{"act":NaN}'),
        ("too-large", b'"' + b"x" * 70_000 + b'"'), ("unknown-act", b'{"act":"\\u0000"}'),
    ],
)  # fmt: skip
async def test_a_line_that_is_no_notice_is_answered_with_a_code(db, code, data):
    assert (await filed(db, data))[0].code == code


async def test_two_who_file_the_same_receipt_at_once_have_one_effect(db):
    answers = await asyncio.gather(*(answer(db, MORNING[0], NOW) for _ in range(4)))
    assert sorted(one.result for one in answers) == ["accepted", "repeated", "repeated", "repeated"]
    assert len({one.changes for one in answers}) == 1


@pytest.mark.trap("input-12")
async def test_whoever_moved_out_and_in_again_is_the_same_resident(db):
    who, record = next(one for one in await residents(db) if one[1]["household_no"] == "0000000004")
    out = line("move-out", notified_on="2026-04-02", atena_nos=[record["atena_no"]], moves_on="2026-04-01",
               destination={"text": "見本県例示町"})  # fmt: skip
    assert [one.result for one in await filed(db, out, back(record, "R-2"))] == ["accepted", "accepted"]
    assert (await filed(db, back(record, "R-3")))[0].code == "already-on-register"
    rows = await db.fetch("SELECT kind FROM registry.history WHERE resident = $1 ORDER BY version", who)
    assert [row["kind"] for row in rows] == ["MOVE_OUT_PLANNED", "MOVE_OUT_DOMESTIC", "MOVE_IN_DOMESTIC"]


async def test_a_planned_move_is_reminded_of_on_its_day_until_it_is_carried_out(db):
    _, record = next(one for one in await residents(db) if one[1]["household_no"] == "0000000004")
    plan = line("move-out", notified_on="2026-04-02", atena_nos=[record["atena_no"]], moves_on="2026-04-09",
                destination={"text": "見本県例示町"})  # fmt: skip
    assert [one.result for one in await filed(db, plan)] == ["accepted"]
    assert await due(db, date(2026, 4, 8)) == []
    reminders = await due(db, date(2026, 4, 9))
    assert [(one["act"], one["atena_nos"]) for one in reminders] == [("move-out-due", [record["atena_no"]])]
    assert (await filed(db, orjson.dumps(reminders[0])))[0].code == "not-yet-happened"
    assert (await answer(db, orjson.dumps(reminders[0]), NOW + timedelta(days=7))).result == "accepted"
    assert await due(db, date(2026, 4, 9)) == []


def back(record, receipt):
    person = {item: record[item] for item in ("name", "birth_date", "sex", "my_number")}
    return line("move-in", receipt, **MOVE, previous_address={"text": "見本県例示町"},
                persons=[person | {"relationship_to_head": "世帯主"}])  # fmt: skip


@pytest.mark.trap("P4")
async def test_two_households_merged_from_both_sides_at_once_do_not_block_each_other(db):
    homes = {}
    for _, record in await residents(db):
        homes.setdefault(record["household_no"], []).append(record["atena_no"])
    pairs = list(homes.items())[:20]
    for (one, ones), (two, twos) in zip(pairs[::2], pairs[1::2], strict=True):
        told = await asyncio.gather(answer(db, merge(ones, two, "A"), NOW), answer(db, merge(twos, one, "B"), NOW))
        assert sorted((t.result, t.code) for t in told) == [("accepted", None), ("refused", "unknown-household")]
    await check_households(db)


def merge(movers, into, side):
    return line("relocate", f"{side}-{into}", **MOVE, atena_nos=movers, household_no=into,
                movers=dict.fromkeys(movers, "同居人"))  # fmt: skip


async def test_many_acts_on_the_same_few_households_at_once_keep_one_head_each(db):
    couples = [home for home in _homes(await residents(db)).values() if len(home) == 2][:3]
    notices = [
        line("head-change", f"H-{turn}-{at}", notified_on="2026-04-02", changed_on="2026-04-01",
             new_head=home[turn % 2], relationships={home[1 - turn % 2]: "同居人"})
        for turn in range(8) for at, home in enumerate(couples)
    ]  # fmt: skip
    told = await asyncio.gather(*(answer(db, one, NOW) for one in notices))
    assert {one.code for one in told} <= {None, "already-head"}
    await check_households(db)


def _homes(people):
    homes = {}
    for _, record in people:
        homes.setdefault(record["household_no"], []).append(record["atena_no"])
    return homes


async def test_the_same_city_again_changes_nothing_and_another_one_is_refused(db):
    assert not await load(db, 120, 7)
    with pytest.raises(UsageError, match="register-not-empty"):
        await load(db, 120, 8)


async def test_an_announced_city_is_told_by_one_snapshot_each(dsn):
    async with connect(dsn, 1) as registry:
        await load(registry, 50, 7, NOW + timedelta(days=1))
        rows = await registry.fetch("SELECT kind, count(DISTINCT resident) AS n FROM registry.history GROUP BY kind")
    assert [(row["kind"], row["n"]) for row in rows] == [("SNAPSHOT", 50)]


async def test_new_numbers_continue_where_the_city_ended(db):
    told = await filed(db, next(one for one in MORNING if b'"move-in"' in one))
    body = await db.fetchval("SELECT body FROM registry.history WHERE change = $1", UUID(told[0].changes[0]))
    after = orjson.loads(body)["after"]
    assert (after["atena_no"], after["togo_atena_no"]) == ("0000000121", "900000000121")


def test_the_command_answers_every_line_and_ends_in_3_where_one_was_refused(dsn, monkeypatch):
    for module in (city_cli, filing_cli):
        monkeypatch.setattr(module, "settings", lambda: Settings(database=dsn, token_file=Path("no-login")))
    app = typer.Typer()
    app.command("todokede")(filing_cli.todokede)
    app.command("city")(city_cli.city)
    result = CliRunner().invoke(app, ["todokede", "-"], input=b"{\n\n" + MORNING[0] + b"\n")
    answers = [orjson.loads(one) for one in result.stdout.splitlines()]
    assert [(one["line"], one["result"], one.get("code")) for one in answers] == [
        (1, "refused", "bad-json"), (3, "refused", "not-on-register"),
    ]  # fmt: skip
    assert (result.exit_code, "[bad-json]" in result.stderr) == (3, True)
