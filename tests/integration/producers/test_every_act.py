"""Every act on a real PostgreSQL: what it records is what the pure act says, and the tables hold what it recorded."""

import asyncio
from collections import Counter
from datetime import date
from random import Random
from uuid import UUID

import orjson
import pytest

from producers import todokede
from producers.acts import ACTS
from producers.due import due
from producers.expiring import endings, expiring
from producers.household import Past
from producers.protected import other_parties
from producers.refusals import NoticeRefused
from producers.register import Moved
from producers.synthetic.numbers import Numbers
from producers.todokede import answer
from tests.integration.producers.registry import NOW, residents
from tests.unit.producers.any_notice import MAKERS
from tests.unit.producers.town import Town, check_history, check_households, check_numbers

ROUNDS = 12
"""How often an act is tried that is refused: what it needs may have to happen first."""
FIRST = {
    **dict.fromkeys(("move-out-confirmed", "move-out-due", "move-out-cancelled"), ("move-out",)),
    **dict.fromkeys(("household-merge", "household-change"), ("move-in", "move-in")),
    **dict.fromkeys(("my-number-entry", "juminhyo-code-entry"), ("birth",)),
    "protection-extend": ("protection-start",), "cancel": ("furigana",), "restore": ("death",),
}  # fmt: skip
"""What makes an act likely to be accepted."""
NUMBERS = Numbers(99)
ON = {"notified_on": "2026-04-02", "changed_on": "2026-04-01"}
DECIDED = {"notified_on": "2026-04-02", "decided_on": "2026-04-02"}


async def file(db, act, receipt, **stated):
    return await answer(db, orjson.dumps({"receipt": receipt, "act": act, "notified_on": "2026-04-02", **stated}), NOW)


async def town(db):
    """The tables as a town in memory."""
    there = Town(0, 1)
    status = {UUID(int=row["resident"].int): row["status"] for row in await db.fetch(
        "SELECT resident, status FROM registry.resident")}  # fmt: skip
    for who, record in await residents(db):
        (there.on if status[who] == "registered" else there.off)[who] = record
    for row in await db.fetch("SELECT body FROM registry.history ORDER BY resident, version"):
        body = orjson.loads(row["body"])
        cancels = UUID(body["cancels"]) if "cancels" in body else None
        past = Past(UUID(body["id"]), UUID(body["resident"]), body["kind"], body["before"], body["after"], cancels)
        there.past.setdefault(past.resident, []).append(past)
    there.filed = [
        [UUID(int=one.int) for one in row["changes"]]
        for row in await db.fetch("SELECT changes FROM registry.notice ORDER BY receipt")
    ]
    return there


async def step(db, act, dice, number):
    """File one notice in the tables and in memory; the kinds recorded, or the code, of both."""
    there = await town(db)
    stated = MAKERS[act](there, dice)
    told = await file(db, act, f"{number:05d}", **stated)
    changes = [UUID(change) for change in told.changes]
    rows = await db.fetch("SELECT kind FROM registry.history WHERE change = ANY($1::uuid[])", changes)
    try:
        expected = Counter(draft.kind for draft in there.file(act, **stated))
    except NoticeRefused as refused:
        return told.code, refused.code
    return Counter(row["kind"] for row in rows), expected


async def test_every_act_records_what_it_says_and_leaves_the_tables_in_order(db):
    dice, waiting, number = Random(4), sorted(ACTS), 0
    for _ in range(ROUNDS):
        for act in dice.sample(waiting, len(waiting)):
            for one in [*FIRST.get(act, ()), act]:
                number += 1
                stored, expected = await step(db, one, dice, number)
                assert stored == expected, one
            if isinstance(stored, Counter):
                waiting.remove(act)
    assert waiting == []
    there = await town(db)
    check_history(there)
    check_households(there)
    check_numbers(there)
    await check_tables(db)


async def check_tables(db):
    """Numbers, flag and head stand in the tables as they stand in the records."""
    rows = await db.fetch(
        "SELECT r.*, h.head FROM registry.resident AS r LEFT JOIN registry.household AS h USING (household_no)"
    )
    for row in rows:
        record = orjson.loads(row["record"])
        assert row["atena_no"].decode() == record["atena_no"]
        assert (row["my_number"] and row["my_number"].decode()) == record.get("my_number")
        if row["status"] == "registered":
            assert row["household_no"].decode() == record["household_no"]
            assert row["protected"] == (record["protected"] is not False)
            assert record["is_household_head"] == (row["head"] == row["resident"])


async def alone(db, count=1):
    """People who live alone."""
    homes = Counter(record["household_no"] for _, record in await residents(db))
    found = [one for one in await residents(db) if homes[one[1]["household_no"]] == 1 and not one[1]["protected"]]
    return found[:count]


async def record_of(db, resident):
    return orjson.loads(await db.fetchval("SELECT record FROM registry.resident WHERE resident = $1", resident))


async def test_a_cancelled_household_act_restores_every_member_in_one_transaction(db):
    before = dict(await residents(db))
    homes = Counter(record["household_no"] for record in before.values())
    home = [record for record in before.values() if homes[record["household_no"]] == 3][:3]
    head, *others = sorted(home, key=lambda record: not record["is_household_head"])
    told = await file(db, "death", "R-1", atena_no=head["atena_no"], died_on="2026-04-01",
                      new_head=others[0]["atena_no"], relationships={others[1]["atena_no"]: "子"})  # fmt: skip
    back = await file(db, "restore", "R-2", change=told.changes[0], decided_on="2026-04-02", ground="別の方の届出")
    assert (told.result, back.result) == ("accepted", "accepted")
    assert dict(await residents(db)) == before
    assert (await file(db, "restore", "R-3", change=told.changes[0], decided_on="2026-04-02",
                       ground="別の方の届出")).code == "already-cancelled"  # fmt: skip


async def test_a_change_that_was_recorded_without_a_notice_is_taken_back_alone(db):
    (who, record), = await alone(db)
    told = await file(db, "furigana", "R-1", **ON, atena_no=record["atena_no"], name_furigana="レイ")
    await db.execute("DELETE FROM registry.notice")
    assert (await file(db, "cancel", "R-2", change=told.changes[0], decided_on="2026-04-02",
                       ground="誤り")).result == "accepted"  # fmt: skip
    assert await record_of(db, who) == record


async def test_two_who_bring_the_same_number_at_once_do_not_both_have_it(db):
    people = await alone(db, 4)
    told = await asyncio.gather(*(
        file(db, "my-number-request", f"R-{at}", **ON, atena_no=record["atena_no"], my_number=NUMBERS.my_number(5))
        for at, (_, record) in enumerate(people)
    ))  # fmt: skip
    assert sorted(str(one.code) for one in told) == ["None", *["number-taken"] * 3]


@pytest.mark.trap("input-12")
async def test_who_has_another_atena_no_by_naturalization_is_found_by_it_and_is_the_same_resident(db):
    who, record = next(one for one in await residents(db) if one[1]["nationality"] is not None)
    told = await file(db, "naturalization", "R-1", **ON, atena_no=record["atena_no"], name="例山　想太",
                      honseki="見本県見本市", new_atena_no=True)  # fmt: skip
    after = await record_of(db, who)
    assert (told.result, after["togo_atena_no"], after["my_number"]) == (
        "accepted", record["togo_atena_no"], record["my_number"],
    )  # fmt: skip
    assert (await file(db, "reissue", "R-2", **ON, atena_no=record["atena_no"])).code == "not-on-register"
    assert (await file(db, "reissue", "R-3", **ON, atena_no=after["atena_no"])).result == "accepted"


async def protect(db, receipt, record, parties):
    return await file(db, "protection-start", receipt, atena_nos=[record["atena_no"]], category="配偶者暴力",
                      starts_on="2026-04-01", ends_on="2026-04-20", other_parties=parties)  # fmt: skip


async def test_the_other_parties_are_known_to_the_registry_alone_and_only_while_the_measure_lasts(db):
    (who, record), (other, party) = await alone(db, 2)
    stated = {"name": "架空　架男", "birth_date": "1980-05-05"}
    told = await protect(db, "R-1", record, [{"atena_no": party["atena_no"]}, stated])
    known = await other_parties(db, who)
    assert known.include(other)
    assert known.include(None, "架空 架男", "1980-05-05")
    assert known.include(who, "架空　架男")
    assert not known.include(None, "架空　架男", "1981-05-05")
    assert not known.include(who, record["name"], record["birth_date"])
    bodies = await db.fetch("SELECT change FROM registry.outbox")
    assert not [body for body in bodies if "架空　架男".encode() in body["change"]]
    ended = await file(db, "protection-end", "R-2", **DECIDED, atena_nos=[record["atena_no"]])
    assert not await other_parties(db, who)
    await file(db, "cancel", "R-3", change=ended.changes[0], decided_on="2026-04-02", ground="誤り")
    assert (await other_parties(db, who)).residents == {other}
    assert told.result == "accepted"


async def test_the_child_of_a_protected_parent_is_hidden_from_the_same_people(db):
    (_, record), (other, party) = await alone(db, 2)
    await protect(db, "R-1", record, [{"atena_no": party["atena_no"]}])
    child = {"name": "見本　二葉", "birth_date": "2026-04-01", "sex": "2", "relationship_to_head": "子"}
    told = await file(db, "birth", "R-2", parent=record["atena_no"], child=child)
    born = await db.fetchval("SELECT resident FROM registry.history WHERE change = $1", UUID(told.changes[0]))
    assert (await other_parties(db, born)).residents == {other}


async def test_a_measure_whose_end_comes_near_is_listed_and_nothing_ends_by_itself(db):
    (who, record), = await alone(db)
    before = await expiring(db, date(2026, 4, 21))
    await protect(db, "R-1", record, [])
    listed = [one for one in await expiring(db, date(2026, 4, 21)) if one not in before]
    assert listed == [{"atena_no": record["atena_no"], "household_no": record["household_no"],
                       "ends_on": "2026-04-20", "state": "over"}]  # fmt: skip
    assert "renewable" in {one["state"] for one in await expiring(db, date(2026, 4, 20))}
    assert record["atena_no"] not in {one["atena_no"] for one in await expiring(db, date(2026, 3, 19))}
    assert (await record_of(db, who))["protected"]
    [ending] = endings(listed, date(2026, 4, 2))
    undecided = await answer(db, orjson.dumps(ending), NOW)
    assert (undecided.result, undecided.place) == ("refused", "decided_on")
    assert (await record_of(db, who))["protected"]
    assert (await answer(db, orjson.dumps({**ending, "decided_on": "2026-04-02"}), NOW)).result == "accepted"
    assert not (await record_of(db, who))["protected"]


async def test_a_planned_move_abroad_is_reminded_of_as_one_abroad(db):
    (_, record), = await alone(db)
    await file(db, "move-out-abroad", "R-1", atena_nos=[record["atena_no"]], moves_on="2026-04-20",
               destination={"text": "架空国"})  # fmt: skip
    reminder, = await due(db, date(2026, 4, 20))
    told = await answer(db, orjson.dumps(reminder), NOW.replace(day=20))
    kind = await db.fetchval("SELECT kind FROM registry.history WHERE change = $1", UUID(told.changes[0]))
    assert (reminder["abroad"], kind) == (True, "MOVE_OUT_ABROAD")


async def test_a_late_notice_is_accepted_and_the_answer_says_so_each_time(db):
    (_, record), = await alone(db)
    late = {"atena_nos": [record["atena_no"]], "moved_on": "2026-03-01", "address": {"text": "見本県見本市例示台"}}
    told = [await file(db, "relocate", "R-1", **late) for _ in range(2)]
    assert [(one.result, one.remarks, one.wire(1)["remarks"]) for one in told] == [
        ("accepted", ("late",), ["late"]), ("repeated", ("late",), ["late"]),
    ]  # fmt: skip


async def test_who_meets_somebody_moving_again_and_again_is_told_so(db, monkeypatch):
    async def moving(*_):
        raise Moved("moved-meanwhile", "register")

    (_, record), = await alone(db)
    monkeypatch.setattr(todokede, "view", moving)
    assert (await file(db, "reissue", "R-1", **ON, atena_no=record["atena_no"])).code == "too-busy"
