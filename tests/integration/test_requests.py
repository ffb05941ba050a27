"""A release is asked for by one person and approved by another, within a day, once; or nothing is due."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from hub import accounts, acts, tokens
from hub.acts import Release, new_release
from hub.database import Database
from hub.desk import Desk
from hub.errors import ApprovalRequired, DatabaseError, JukiError, NotPermitted, UsageError
from hub.people import Duty
from tests.house import House
from tests.office import Office, cheap_passwords, opened


@pytest.fixture
async def office(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    cheap_passwords(monkeypatch)
    async with opened(house, tmp_path) as office:
        yield office


async def desk(office: Office, name: str, *duties: Duty) -> Desk:
    bearer = await tokens.bearer(office.database, await office.hired(name, *duties), office.now)
    return Desk(office.settings, office.database, bearer, office.clock)


async def asked(desk: Desk) -> Release:
    """As `Desk.ask` does once it has seen that such a letter waits."""
    release = new_release(3, 17, [17])
    await acts.request(desk.database, desk.topic, release, desk.bearer.person, "of no use", desk.now())
    return release


async def due(desk: Desk) -> list[Release]:
    return await acts.due(desk.database, desk.topic, range(8))


async def test_what_one_has_asked_for_another_approves_and_only_then_it_is_due(office: Office) -> None:
    ito, kato = await desk(office, "ito", Duty.OPERATOR), await desk(office, "kato", Duty.APPROVER)
    release = await asked(ito)
    [waiting] = await kato.requests()
    assert (waiting.release, waiting.name, waiting.reason) == (release, "ito", "of no use")
    assert await due(ito) == []
    assert await kato.approve(release.id) == release
    assert (await due(ito), await ito.requests()) == ([release], [])
    row = await office.database.fetchrow("SELECT ordered_by, approved_by, orderer, approver FROM hub.acts")
    assert row is not None
    persons = (ito.bearer.person.id, kato.bearer.person.id)
    assert tuple(row.values()) == ("ito", "kato", *persons)


@pytest.mark.threat("P2")
async def test_nobody_approves_what_they_have_asked_for_whatever_their_duties(office: Office) -> None:
    both = await desk(office, "ito", Duty.OPERATOR, Duty.APPROVER)
    release = await asked(both)
    with pytest.raises(ApprovalRequired, match="second-person-is-the-first"):
        await both.approve(release.id)
    assert await due(both) == []
    assert ("ito", "quarantine-release-approve", "second-person-is-the-first") in await office.noted("ito")


async def test_without_the_duty_nothing_is_approved_and_the_attempt_is_noted(office: Office) -> None:
    release = await asked(await desk(office, "ito", Duty.OPERATOR))
    other = await desk(office, "sato", Duty.OPERATOR)
    with pytest.raises(NotPermitted, match="duty-missing"):
        await other.approve(release.id)
    assert await due(other) == []
    assert await office.noted("sato") == [("sato", "quarantine-release-approve", "duty-missing")]


@pytest.mark.threat("P2")
async def test_a_request_is_void_after_a_day(office: Office) -> None:
    ito, kato = await desk(office, "ito", Duty.OPERATOR), await desk(office, "kato", Duty.APPROVER)
    release = await asked(ito)
    office.now += acts.WAITS - timedelta(hours=12)
    kato = Desk(office.settings, office.database, kato.bearer, office.clock)
    assert len(await kato.requests()) == 1
    office.now += timedelta(hours=12)
    assert await kato.requests() == []
    with pytest.raises(NotPermitted, match="request-expired"):
        await kato.approve(release.id)
    assert await due(ito) == []


async def test_of_several_who_approve_at_once_one_does(office: Office) -> None:
    release = await asked(await desk(office, "ito", Duty.OPERATOR))
    approvers = [await desk(office, f"kato-{n}", Duty.APPROVER) for n in range(4)]
    ended = await asyncio.gather(*(one.approve(release.id) for one in approvers), return_exceptions=True)
    assert ended.count(release) == 1
    assert sorted(one.code for one in ended if isinstance(one, JukiError)) == ["already-approved"] * 3


async def test_what_nobody_asked_for_is_not_approved(office: Office) -> None:
    kato = await desk(office, "kato", Duty.APPROVER)
    with pytest.raises(UsageError, match="unknown-request"):
        await kato.approve(UUID(int=1))


async def test_what_somebody_asked_for_who_is_gone_is_void(office: Office) -> None:
    release = await asked(await desk(office, "ito", Duty.OPERATOR))
    kato = await desk(office, "kato", Duty.APPROVER)
    await accounts.retire(office.database, "ito", office.now)
    assert await kato.requests() == []
    with pytest.raises(UsageError, match="unknown-request"):
        await kato.approve(release.id)


async def test_what_somebody_asked_for_who_no_longer_may_is_void(office: Office) -> None:
    release = await asked(await desk(office, "ito", Duty.OPERATOR))
    kato = await desk(office, "kato", Duty.APPROVER)
    await accounts.set_duties(office.database, "ito", frozenset({Duty.VIEWER}))
    with pytest.raises(NotPermitted, match="asker-without-duty"):
        await kato.approve(release.id)
    assert await due(kato) == []


async def test_an_asker_who_is_retired_while_it_is_approved_stops_it(office: Office) -> None:
    release = await asked(await desk(office, "ito", Duty.OPERATOR))
    kato = await desk(office, "kato", Duty.APPROVER)
    looked = Retiring(kato.database, office)
    with pytest.raises(NotPermitted, match="asker-retired"):
        await acts.approve(looked, kato.topic, release.id, kato.bearer.person, office.now)  # type: ignore[arg-type]
    assert await due(kato) == []


class Retiring:
    """A database on which ito is retired as soon as it was looked at what was asked for."""

    def __init__(self, database: Database, office: Office) -> None:
        self._database, self._office = database, office

    async def fetchrow(self, sql: str, *given: Any) -> Any:
        row = await self._database.fetchrow(sql, *given)
        if sql == acts._SQL["one"]:
            await accounts.retire(self._database, "ito", self._office.now)
        return row

    async def execute(self, sql: str, *given: Any) -> int:
        return await self._database.execute(sql, *given)


async def test_a_request_without_a_reason_is_none(office: Office) -> None:
    ito = await desk(office, "ito", Duty.OPERATOR)
    with pytest.raises(UsageError, match="empty"):
        await acts.request(office.database, ito.topic, new_release(3, 17, []), ito.bearer.person, " ", office.now)


@pytest.mark.threat("D4")
async def test_the_database_itself_refuses_one_person_as_both(office: Office) -> None:
    ito = await desk(office, "ito", Duty.OPERATOR)
    release = await asked(ito)
    with pytest.raises(DatabaseError, match="sqlstate-23514"):
        await office.database.execute(
            acts._SQL["approve"], release.id, ito.bearer.person.id, office.now, "another name", acts.RELEASE,
            ["operator"],
        )  # fmt: skip


async def test_a_record_to_be_passed_over_is_asked_for_and_approved_apart_from_letters(office: Office) -> None:
    letters = [await desk(office, "ito", Duty.OPERATOR), await desk(office, "kato", Duty.APPROVER)]
    ito, kato = (replace(one, kind=acts.RECORD) for one in letters)
    record = new_release(3, 17, [])
    await ito.ask(record, "of nobody")
    with pytest.raises(UsageError, match="unknown-request"):
        await letters[1].approve(record.id)
    assert ([one.release for one in await kato.requests()], await letters[1].requests()) == ([record], [])
    assert await kato.approve(record.id) == record
    assert (await due(kato), await due(letters[1])) == ([record], [])
    assert await office.database.fetchval("SELECT kind FROM hub.acts") == "pass-record"
