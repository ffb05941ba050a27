"""Somebody who administers the hub's PostgreSQL, and has neither KEK nor broker, alters what lies there."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest

from contracts.change import JAPAN
from hub import acts, destroyed, metrics, tokens
from hub.bench.proving import line
from hub.database import Database, connect
from hub.erasure import Eraser, Wish
from hub.errors import ApprovalRequired, DatabaseError, DependencyUnavailable, KeyDestroyed, NotPermitted
from hub.keys import KeyStore
from hub.people import Duty
from hub.wrapping import wrapper
from tests.integration.test_ledger_proofs import Ledger
from tests.journal import Journal
from tests.office import NOW, Office

OWNER, OTHER = "prefecture", "tax"
OLD = NOW.astimezone(JAPAN).date() - timedelta(days=1)
KID, OTHERS = f"{OWNER}.{OLD}", f"{OTHER}.{OLD}"
ACT = UUID(int=9)


def store(office: Office) -> KeyStore:
    return KeyStore(office.database, wrapper(office.settings))


async def keyed(office: Office) -> None:
    for owner in (OWNER, OTHER):
        await store(office).content_key(owner, OLD)


async def standing(office: Office) -> list[str]:
    return [row["kid"] for row in await office.database.fetch("SELECT kid FROM hub.keys ORDER BY kid")]


async def eraser(office: Office, token: str) -> Eraser:
    return Eraser(office.settings, office.database, await tokens.bearer(office.database, token, NOW), office.clock)


@pytest.mark.threat("D3")
async def test_who_grants_himself_duties_is_let_in_and_stays_alone_and_noted(office: Office, journal: Journal) -> None:
    """Open: the door believes the table. What he does is under his name, and nobody ever gave him the duty."""
    await keyed(office)
    token = await office.hired("mallory", Duty.VIEWER)
    with pytest.raises(NotPermitted, match="duty-missing"):
        await (await eraser(office, token)).ask(Wish(OWNER, OLD), "it is time")
    await office.database.execute("UPDATE hub.people SET duties = '{operator,approver}' WHERE name = 'mallory'")
    mallory = await eraser(office, token)
    order = await mallory.ask(Wish(OWNER, OLD), "it is time")
    with pytest.raises(ApprovalRequired, match="second-person-is-the-first"):
        await mallory.approve(order.id)
    assert (await standing(office), journal.records) == ([KID, OTHERS], [])
    assert [one[1:] for one in await office.noted("mallory")] == [
        ("erasure", "duty-missing"), ("erasure", "begun"), ("erasure", "done"), ("erasure-approve", "begun"),
        ("erasure-approve", "second-person-is-the-first"),
    ]  # fmt: skip


WHO = """SELECT table_schema || '.' || table_name AS place, column_name FROM information_schema.columns
WHERE table_schema IN ('hub', 'inbox', 'registry')
    AND data_type IN ('uuid', 'text')
    AND column_name ~ '^(asked|approved|requested|ordered|begun|ended|revoked)_by$|^(approver|orderer)$'
ORDER BY 1, 2"""
"""Every column that says who has asked for something, approved it, or done it."""
SET_ONCE = {("inbox.copy_erasures", "approved_by"), ("inbox.reloads", "ended_by")}


@pytest.mark.threat("D4")
async def test_who_has_asked_and_who_has_approved_is_never_written_over(office: Office) -> None:
    async with connect(office.settings.registry_dsn, 1) as registry:
        columns = [
            (database, row["place"], row["column_name"])
            for database in (office.database, registry) for row in await database.fetch(WHO)
        ]  # fmt: skip
        assert len(columns) > 20
        altered = [
            (place, column) for database, place, column in columns
            if (place, column) not in SET_ONCE and not await _refuses(database, place, column)
        ]  # fmt: skip
    assert altered == []


async def _refuses(database: Database, place: str, column: str) -> bool:
    try:
        await database.execute(f'UPDATE {place} SET "{column}" = NULL')
    except DatabaseError as refused:
        return refused.code in ("sqlstate-0LP01", "sqlstate-P0001")  # the second is how the registry says so
    return False


@pytest.mark.threat("D4")
async def test_a_second_person_who_is_set_once_is_not_set_again_and_is_not_the_first(office: Office) -> None:
    execute, first, second = office.database.execute, UUID(int=1), UUID(int=2)
    await execute("INSERT INTO hub.keks (id) VALUES ('file-1')")
    await execute(
        """INSERT INTO inbox.copy_erasures (id, contract, number_wrapped, kek, reason, requested_by, requested_at)
        VALUES ($1, 'x', 'x', 'file-1', 'x', $2, now())""", ACT, first,
    )  # fmt: skip
    await execute(
        "INSERT INTO inbox.reloads (id, contract, begun_at, begun_by) VALUES ($1, 'x', now(), $2)", ACT, first
    )
    for table, column, at in (("copy_erasures", "approved_by", "begun_at"), ("reloads", "ended_by", "ended_at")):
        written = f"UPDATE inbox.{table} SET {column} = $1, {at} = now()"
        with pytest.raises(DatabaseError, match="sqlstate-23514"):
            await execute(written, first)
        await execute(written, second)
        with pytest.raises(DatabaseError, match="sqlstate-0LP01"):
            await execute(written, UUID(int=3))


@pytest.mark.threat("D4")
async def test_an_approval_that_is_written_into_the_table_is_believed_and_destroys_nothing_by_itself(
    office: Office, journal: Journal
) -> None:
    """Open: the table is believed. The destruction still has to be typed by somebody who may, and names both."""
    await keyed(office)
    ito = await eraser(office, await office.hired("ito", Duty.OPERATOR))
    kato = await eraser(office, await office.hired("kato", Duty.APPROVER))
    order, approver = await ito.ask(Wish(OWNER, OLD), "it is time"), kato.bearer.person
    forged = """INSERT INTO hub.acts (id, kind, ordered_at, ordered_by, approved_by, reason, topic, partition, letter,
        discarded, request, orderer, approver)
        SELECT id, $2, now(), 'ito', 'kato', reason, topic, 0, 0, '{}', id, requested_by, $3 FROM hub.requests
        WHERE id = $1"""
    with pytest.raises(DatabaseError, match="sqlstate-23514"):
        await office.database.execute(forged, order.id, acts.KEYS, ito.bearer.person.id)
    await office.database.execute(forged, order.id, acts.KEYS, approver.id)
    assert (await standing(office), journal.records) == ([KID, OTHERS], [])
    with pytest.raises(NotPermitted, match="duty-missing"):
        await ito.approve(order.id)
    assert (await kato.approve(order.id)).count == 1
    [record] = await journal.read(office.settings, "")
    assert (record.asked_by, record.approved_by) == (ito.bearer.person.id, approver.id)


@pytest.mark.threat("D5")
async def test_a_wrapped_key_that_was_put_in_anothers_place_opens_nothing(office: Office) -> None:
    await keyed(office)
    await store(office).pseudonym_key(OWNER)
    rows = await office.database.fetch("SELECT kid, wrapped FROM hub.keys")
    wrapped, kids = {row["kid"]: row["wrapped"] for row in rows}, (KID, OTHERS, f"{OWNER}.pseudonym")
    for at, kid in enumerate(kids):
        await office.database.execute("UPDATE hub.keys SET wrapped = $2 WHERE kid = $1", kid, wrapped[kids[at - 1]])
    await office.database.execute("UPDATE hub.keys SET kid = 'tax.2020-01-01', wrapped = $1 WHERE kid = $2",
                                  wrapped[KID], KID)  # fmt: skip
    for kid in ("tax.2020-01-01", OTHERS):
        with pytest.raises(DependencyUnavailable, match="kek-mismatch"):
            await store(office).by_kid(kid)
    with pytest.raises(DependencyUnavailable, match="kek-mismatch"):
        await store(office).pseudonym_key(OWNER)


async def destroyed_by_two(office: Office) -> None:
    ito = await eraser(office, await office.hired("ito", Duty.OPERATOR))
    kato = await eraser(office, await office.hired("kato", Duty.APPROVER))
    await kato.approve((await ito.ask(Wish(OWNER, OLD), "it is time")).id)


async def refused(office: Office) -> None:
    keys = await destroyed.keys(office.settings, office.database, "router")
    with pytest.raises(KeyDestroyed):
        await keys.by_kid(KID)


@pytest.mark.threat("D6")
@pytest.mark.trap("C12")
async def test_a_destroyed_key_that_is_put_back_by_hand_is_destroyed_again_before_anything_is_opened(
    office: Office, journal: Journal
) -> None:
    await keyed(office)
    row = await office.database.fetchrow("SELECT kid, owner, purpose, wrapped, kek FROM hub.keys WHERE kid = $1", KID)
    assert row is not None
    await destroyed_by_two(office)
    await office.database.execute("ALTER TABLE hub.erased_keys DISABLE TRIGGER append_only")
    await office.database.execute("DELETE FROM hub.erased_keys")
    await office.database.execute(
        "INSERT INTO hub.keys (kid, owner, purpose, wrapped, kek) VALUES ($1, $2, $3, $4, $5)", *row.values()
    )
    assert KID in await standing(office)
    await refused(office)
    assert await standing(office) == [OTHERS]


@pytest.mark.threat("B7")
@pytest.mark.trap("C12")
async def test_a_destroyed_key_stays_destroyed_where_the_journal_was_taken_away(
    office: Office, journal: Journal
) -> None:
    """Open: a database that is restored as well has nothing left that tells of it."""
    await keyed(office)
    await destroyed_by_two(office)
    journal.records.clear()
    await refused(office)
    with pytest.raises(KeyDestroyed):
        await store(office).content_key(OWNER, OLD)


@pytest.mark.threat("B6")
async def test_a_line_that_somebody_else_puts_on_the_ledger_stops_the_archive_and_one_that_is_gone_is_missed(
    office: Office,
) -> None:
    missing = metrics.LEDGER_HOLES.labels("department-0")._value.get
    ledger, before = Ledger(office.database), missing()
    ledger.put(line(1, 1), line(2, 1), line(5, 1))
    await ledger.archived()
    assert missing() == before + 2
    forged: dict[str, Any] = orjson.loads(line(7, 1))
    forged["told"][0]["seq"] = 2
    ledger.put(orjson.dumps(forged))
    with pytest.raises(DatabaseError, match="sqlstate-23505"):
        await ledger.archived()
    assert len(await ledger.leaves()) == 3
