"""The outbox on a real PostgreSQL: order, versions, ids, and nothing personal in what PostgreSQL objects to."""

import asyncio
import traceback
from datetime import timedelta
from uuid import UUID, uuid1, uuid4

import orjson
import pytest
from uuid_utils.compat import uuid7

from hub.config import Settings
from hub.errors import ChangeRefused, DatabaseError, JukiError
from producers.outbox import Draft, microseconds, record
from producers.register import SQL
from tests.integration.producers.registry import NOW, correction, residents, versions

MARK = "髙架空﨑之見本"


@pytest.mark.trap("input-03", "P1")
async def test_the_order_of_ids_is_the_order_of_versions_whoever_began_first(db):
    who, now = (await residents(db))[0]
    async with db.transaction() as early:
        await early.fetchval("SELECT pg_current_xact_id()")
        async with db.transaction() as late:
            await record(late, [correction(who, now, 1)], NOW)
        await record(early, [correction(who, now, 2)], NOW)
    by_id = await versions(db, "id")
    assert sorted(by_id) == by_id
    assert by_id[::-1] == await versions(db, "xmin::text::bigint, id")


@pytest.mark.trap("input-03", "P4")
async def test_whoever_comes_second_to_a_resident_waits_and_draws_the_later_id(db):
    who, now = (await residents(db))[0]

    async def second() -> None:
        async with db.transaction() as tx:
            await record(tx, [correction(who, now, 2)], NOW)

    async with db.transaction() as first:
        await first.execute("UPDATE registry.resident SET version = version WHERE resident = $1", who)
        waiting = asyncio.create_task(second())
        await _until_somebody_waits(db)
        await record(first, [correction(who, now, 1)], NOW)
    await waiting
    texts = await db.fetch("SELECT change FROM registry.outbox ORDER BY id")
    assert [orjson.loads(row["change"])["after"]["alias_name"] for row in texts] == ["見本 1", "見本 2"]
    assert sorted(await versions(db, "id")) == await versions(db, "id")


@pytest.mark.trap("input-22", "P5")
async def test_a_version_rises_when_the_clock_is_set_back(db):
    who, now = (await residents(db))[0]
    for at in (NOW, NOW - timedelta(hours=2), NOW - timedelta(hours=2)):
        async with db.transaction() as tx:
            await record(tx, [correction(who, now)], at)
    start = microseconds(NOW)
    assert [start, start + 1, start + 2] == await versions(db, "id")


async def test_two_changes_of_one_resident_in_one_transaction_have_two_versions(db):
    who, now = (await residents(db))[0]
    async with db.transaction() as tx:
        first, second = await record(tx, [correction(who, now, 1), correction(who, now, 2)], NOW)
    assert (first.version, second.version) == (microseconds(NOW), microseconds(NOW) + 1)
    assert [first.version, second.version] == await versions(db, "id")


@pytest.mark.trap("input-05", "V9")
async def test_a_juminhyo_code_that_fails_the_check_of_the_city_is_not_recorded(db, monkeypatch):
    who, now = (await residents(db))[0]
    ten, digit = now["juminhyo_code"][:10], int(now["juminhyo_code"][10])
    wrong = Draft(who, "MINOR_CORRECTION", now, {**now, "juminhyo_code": f"{ten}{(digit + 1) % 10}"}, "2026-04-01")
    city = Settings(juminhyo_check="producers.synthetic.numbers:juminhyo_code_ok")
    monkeypatch.setattr("producers.outbox.settings", lambda: city)
    async with db.transaction() as tx:
        with pytest.raises(ChangeRefused) as refused:
            await record(tx, [wrong], NOW)
        assert (refused.value.code, refused.value.place) == ("bad-check-digit", "after.juminhyo_code")
        await record(tx, [correction(who, now)], NOW)


@pytest.mark.trap("P4")
async def test_changes_of_many_from_both_ends_do_not_block_each_other_for_good(db):
    people = await residents(db)

    async def all_of_them(order: int) -> None:
        for _ in range(5):
            async with db.transaction() as tx:
                await record(tx, [correction(*one) for one in people[::order]], NOW)

    await asyncio.gather(all_of_them(1), all_of_them(-1))
    assert 2 * 5 * len(people) == await db.fetchval("SELECT count(*) FROM registry.outbox")


@pytest.mark.trap("input-01")
async def test_the_same_change_again_is_recognised_and_written_once(db):
    who, now = (await residents(db))[0]
    draft = _with_id(correction(who, now, 1), uuid4())
    async with db.transaction() as tx:
        first = await record(tx, [draft], NOW)
    async with db.transaction() as tx:
        assert first == await record(tx, [draft], NOW + timedelta(hours=1))
    assert await db.fetchval("SELECT count(*) FROM registry.outbox") == 1


@pytest.mark.trap("input-02", "P10")
async def test_the_same_id_with_other_content_is_refused_even_after_publication(db):
    who, now = (await residents(db))[0]
    name = uuid4()
    async with db.transaction() as tx:
        await record(tx, [_with_id(correction(who, now, 1), name)], NOW)
    await db.execute("DELETE FROM registry.outbox")
    with pytest.raises(ChangeRefused, match="reused-id"):
        async with db.transaction() as tx:
            await record(tx, [_with_id(correction(who, now, 2), name)], NOW)
    assert await db.fetchval("SELECT count(*) FROM registry.outbox") == 0


async def test_what_the_door_refuses_leaves_nothing_behind(db):
    who, now = (await residents(db))[0]
    bad = Draft(who, "MINOR_CORRECTION", now, {**now, "my_number": "1" * 12}, "2026-04-01")
    with pytest.raises(ChangeRefused, match=r"after\.my_number: all-same-digits"):
        async with db.transaction() as tx:
            await record(tx, [correction(who, now), bad], NOW)
    assert await db.fetchval("SELECT (SELECT count(*) FROM registry.outbox) + count(*) FROM registry.history") == 0


@pytest.mark.trap("input-08", "P13")
@pytest.mark.parametrize("text", ["\x00", "\ud800"])
async def test_what_json_allows_and_postgresql_does_not_is_refused_with_a_code(db, text):
    who, now = (await residents(db))[0]
    with pytest.raises(ChangeRefused):
        async with db.transaction() as tx:
            await record(tx, [Draft(who, "MINOR_CORRECTION", now, {**now, "name": text}, "2026-04-01")], NOW)


@pytest.mark.parametrize("resident", [uuid1(), uuid7(), UUID(int=0)], ids=["1", "7", "nil"])
async def test_a_resident_of_whom_no_record_key_can_be_turned_back_is_refused(db, resident):
    who, now = (await residents(db))[0]
    with pytest.raises(ChangeRefused, match="resident: bad-format"):
        async with db.transaction() as tx:
            await record(tx, [correction(who, now), correction(resident, now)], NOW)
    assert await db.fetchval("SELECT count(*) FROM registry.outbox") == 0


async def test_nobody_unknown_has_changes(db):
    _, now = (await residents(db))[0]
    with pytest.raises(JukiError, match="unknown-resident"):
        async with db.transaction() as tx:
            await record(tx, [correction(uuid4(), now)], NOW)


@pytest.mark.trap("P12")
async def test_postgresql_objects_without_quoting_a_resident(db, house):
    who, now = (await residents(db))[0]
    mark = MARK.encode()
    for statement, *values in [
        ("INSERT INTO registry.household (household_no) VALUES ($1), ($1)", mark),
        ("UPDATE registry.resident SET atena_no = $1", mark),
        ("UPDATE registry.resident SET my_number = $1", mark),
        ("UPDATE registry.resident SET household_no = $2, record = $1 WHERE resident = $3", mark, mark, who),
        ("UPDATE registry.resident SET status = 'gone', record = $1", mark),
        ("UPDATE registry.resident SET protected = NULL, record = $1", mark),
        ("UPDATE registry.resident SET status = 'removed', record = $1", mark),
        ("INSERT INTO registry.history VALUES ($2, $3, 1, 'BIRTH', $1)", mark, uuid4(), uuid4()),
        ("INSERT INTO registry.notice VALUES ($1, $1, '{}', now()), ($1, $1, '{}', now())", mark),
        (SQL["set_record"], who, mark, mark, True, now["name"]),
    ]:
        with pytest.raises(DatabaseError) as failed:
            await db.execute(statement, *values)
        assert MARK not in "".join(traceback.format_exception(failed.value)) + repr(failed.value)
        assert (failed.value.__cause__, failed.value.__context__) == (None, None)
    log = b"".join(file.read_bytes() for file in house.postgres_data.rglob("*log*") if file.is_file())
    assert b"notice_pkey" in log
    assert all(text not in log for text in (mark, mark.hex().encode()))


def _with_id(draft: Draft, name: UUID) -> Draft:
    return Draft(draft.resident, draft.kind, draft.before, draft.after, draft.effective_on, id=name)


async def _until_somebody_waits(db) -> None:
    async with asyncio.timeout(10):
        while not await db.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):  # noqa: ASYNC110 - in PostgreSQL
            await asyncio.sleep(0.01)
