"""A week of the audit is reviewed and signed, once, by an auditor who is not on its list; late weeks are a metric."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from typer.testing import Result

from contracts.change import JAPAN
from hub import audit, metrics, tokens
from hub.audit import DONE, Entry
from hub.auditing import keeping, reviewing
from hub.auditing.judging import Kind
from hub.auditing.policy import policy
from hub.auditing.reviewing import Review, Reviewer
from hub.auditing.week import Week
from hub.errors import DatabaseError, JukiError
from hub.people import Act, Duty, Person
from tests.house import House
from tests.office import Office, cheap_passwords, command_line, opened

WEEK = Week.of("2026-W18")
"""That of the day on which a test's office begins."""
NOON = WEEK.start + timedelta(days=1, hours=12)
NIGHT = WEEK.start + timedelta(days=1, hours=2)


@dataclass
class Desk:
    """An office in whose week of 2026-W18 something was done; it is over."""

    office: Office
    people: dict[str, Person]

    async def did(self, name: str, act: Act, at: datetime = NOON, what: str = "x", **said: str) -> None:
        await audit.note(self.office.database, Entry(self.people[name].id, act, what, DONE, at, said))

    async def reviewer(self, name: str) -> Reviewer:
        bearer = await tokens.bearer(self.office.database, await self.office.token(self.people[name]), self.office.now)
        return Reviewer(self.office.database, bearer, self.office.clock, policy())

    async def review(self, name: str = "abe") -> Review:
        return await (await self.reviewer(name)).review(WEEK)


@pytest.fixture
async def desk(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    cheap_passwords(monkeypatch)
    async with opened(house, tmp_path) as office:
        office.now = WEEK.end + timedelta(hours=12)
        duties = {"ito": Duty.OPERATOR, "kato": Duty.APPROVER, "abe": Duty.AUDITOR, "ueno": Duty.AUDITOR}
        await office.database.execute("ALTER TABLE hub.audit DISABLE TRIGGER written")  # its clock is not the test's
        yield Desk(office, {name: await office.person(name, duty) for name, duty in duties.items()})


def listed(found: Review) -> list[tuple[Kind, tuple[str, ...], int]]:
    return [(one.kind, one.who, len(one.entries)) for one in found.findings]


async def refusal(desk: Desk, name: str, digest: str, week: Week = WEEK) -> str:
    with pytest.raises(JukiError) as refused:
        await (await desk.reviewer(name)).sign(week, digest)
    return refused.value.code


async def test_a_week_is_read_whole_and_alone_and_who_asked_is_found_before_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reviewing, "PAGE", 3)
    for hours in (-1, 24 * 7):
        await desk.did("ito", Act.LETTERS_SEE, WEEK.start + timedelta(hours=hours))
    requests = [str(uuid4()) for _ in range(6)]
    for n, request in enumerate(requests):
        asked = (Act.LETTERS_DISCARD, {"request": request}) if n % 2 else (Act.REPLAY_PLAN, {"plan": request})
        await desk.did("ito", asked[0], NOON - timedelta(days=3), reason="x", **asked[1])
        await desk.did("ito", Act.REPLAY_SEE, what=request)
        approved = Act.LETTERS_DISCARD_APPROVE if n % 2 else Act.REPLAY_APPROVE
        await desk.did("kato", approved, what=request)
    await desk.did("abe", Act.AUDIT_SEE, NIGHT)
    found = await desk.review("ueno")
    assert listed(found) == [(Kind.OUT_OF_HOURS, ("abe",), 1), (Kind.SAME_PAIR, ("ito", "kato"), 6)]
    assert [str(week) for week in found.unsigned] == ["2026-W17", "2026-W18"]


async def test_a_person_is_measured_by_their_own_weeks_before(desk: Desk) -> None:
    sql = """INSERT INTO hub.audit (person, act, object, code, noted_at, details)
             SELECT $1, 'letters-see', '', 'done', $2::timestamptz - make_interval(days => 7 * week), '{}'
             FROM generate_series(0, 1) week, generate_series(1, CASE week WHEN 0 THEN 121 ELSE $3 END)"""
    await desk.office.database.execute(sql, desk.people["ito"].id, NOON, 60)
    await desk.office.database.execute(sql, desk.people["kato"].id, NOON, 61)
    [one] = (await desk.review()).findings
    assert (one.kind, one.who, len(one.entries), one.said) == (Kind.SPIKE, ("ito",), 121, {"usual": 60})


async def test_who_is_on_no_list_signs_the_list_that_was_shown_once_and_it_is_kept(desk: Desk) -> None:
    await desk.did("ito", Act.LETTERS_REVEAL, reason="架空花子の件")
    await desk.did("abe", Act.AUDIT_SEE, NIGHT)
    shown = await desk.review("abe")
    assert listed(shown) == [(Kind.OUT_OF_HOURS, ("abe",), 1), (Kind.REVEAL, ("ito",), 1)]
    assert await refusal(desk, "abe", shown.digest) == "reviewer-is-listed"
    assert await refusal(desk, "kato", shown.digest) == "duty-missing"
    assert await refusal(desk, "ueno", shown.digest, WEEK.after()) == "week-not-over"
    await desk.did("kato", Act.LETTERS_SEE, NIGHT)
    assert await refusal(desk, "ueno", shown.digest) == "another-list"
    shown = await desk.review("ueno")
    assert (await (await desk.reviewer("ueno")).sign(WEEK, shown.digest)).digest == shown.digest
    assert await refusal(desk, "ueno", shown.digest) == "already-signed"
    row = await desk.office.database.fetchrow("SELECT week, digest, listed FROM hub.audit_reviews")
    assert row is not None
    assert (row["week"], bytes(row["digest"])) == ("2026-W18", hashlib.sha256(bytes(row["listed"])).digest())
    assert json.loads(row["listed"])["findings"] == [one.as_json() for one in shown.findings]
    assert "架空" not in bytes(row["listed"]).decode()
    [*_, begun, done, again] = [one.entry for one in await audit.entries(desk.office.database, NOON, "ueno")
                                if one.entry.act is Act.AUDIT_SIGN][:-1]  # fmt: skip
    assert [one.code for one in (begun, done, again)] == ["begun", "done", "begun"]
    assert (done.object, done.details) == ("2026-W18", {"hash": shown.digest, "count": 3})
    after = await desk.review("ueno")
    assert after.signature is not None
    assert (after.signature.name, after.digest) == ("ueno", shown.digest)
    with pytest.raises(DatabaseError, match="sqlstate-0LP01"):
        await desk.office.database.execute("DELETE FROM hub.audit_reviews")


async def test_other_rules_make_another_list_even_where_it_finds_the_same(desk: Desk) -> None:
    shown, other = await desk.review(), await desk.reviewer("abe")
    rules = other.policy.model_copy(update={"sign_days": 8})
    assert (await replace(other, policy=rules).review(WEEK)).digest != shown.digest


@pytest.mark.threat("D10")
async def test_a_week_that_was_signed_by_rules_of_ones_own_is_late_all_the_same(desk: Desk) -> None:
    await desk.did("ito", Act.LETTERS_REVEAL, reason="x")
    own = policy().model_copy(update={"reveals": policy().reveals.model_copy(update={"acts": ()})})
    lenient = replace(await desk.reviewer("abe"), policy=own)
    assert (await lenient.sign(WEEK, (await lenient.review(WEEK)).digest)).findings == ()
    late, proper = desk.office.now, await desk.review("ueno")
    assert (await reviewing.left(desk.office.database, policy(), late), proper.signature) == ([WEEK], None)
    await (await desk.reviewer("ueno")).sign(WEEK, proper.digest)
    other_days = policy().model_copy(update={"sign_days": 3, "since": "2026-W18"})
    assert await reviewing.left(desk.office.database, policy(), late) == []
    assert await reviewing.left(desk.office.database, other_days, late) == []


@pytest.mark.threat("D10")
async def test_what_began_in_a_week_and_ends_soon_after_it_was_not_cut_off(desk: Desk) -> None:
    at = WEEK.end - timedelta(hours=60)  # a Friday noon
    for what, codes in {"ended": [(0, "begun"), (61, DONE)], "killed": [(0, "begun")],
                        "again": [(0, "begun"), (61, "begun"), (62, DONE)],
                        "refused": [(0, "begun"), (61, "duty-missing")]}.items():  # fmt: skip
        for hours, code in codes:
            one = Entry(desk.people["ito"].id, Act.REPLAY_RUN, what, code, at + timedelta(hours=hours), {})
            await audit.note(desk.office.database, one)
    assert listed(await desk.review()) == [(Kind.CUT_OFF, ("ito",), 3)]


@pytest.mark.threat("D10")
async def test_an_entry_that_is_dated_otherwise_than_written_is_listed_in_the_week_in_which_it_was_written(
    desk: Desk,
) -> None:
    database = desk.office.database
    await database.execute("ALTER TABLE hub.audit ENABLE TRIGGER written")
    real = await database.fetchval("SELECT clock_timestamp()")
    for name, minutes in {"ito": 0, "kato": -11, "ueno": 11}.items():
        await desk.did(name, Act.LETTERS_SEE, real + timedelta(minutes=minutes))
    await desk.did("kato", Act.LETTERS_SEE)
    await database.execute("ALTER TABLE hub.audit DISABLE TRIGGER written")
    found = await reviewing.findings_of(database, Week.at(real), policy())
    others = [one for one in found if one.kind is Kind.ANOTHER_TIME and one.who != ("root",)]
    assert [(one.who, len(one.entries)) for one in others] == [(("kato",), 2), (("ueno",), 1)]
    assert listed(await desk.review()) == []


@pytest.mark.threat("D10")
async def test_what_is_in_no_tree_is_listed_whoever_wrote_it(desk: Desk) -> None:
    database = desk.office.database
    await database.execute("ALTER TABLE hub.audit DISABLE TRIGGER leaf")
    await desk.did("ito", Act.LETTERS_SEE)
    await database.execute("ALTER TABLE hub.audit ENABLE TRIGGER leaf")
    await desk.did("ito", Act.LETTERS_SEE)
    assert listed(await desk.review()) == [(Kind.IN_NO_TREE, (), 1)]


async def test_a_week_that_nobody_has_signed_in_time_is_counted(desk: Desk) -> None:
    rules = policy()

    async def late(at: datetime) -> float:
        await keeping.once(desk.office.database, rules, at)
        return float(metrics.REVIEWS_OVERDUE._value.get())

    assert await late(WEEK.end + timedelta(days=7) - timedelta(seconds=1)) == 0
    assert await late(WEEK.end + timedelta(days=7)) == 1
    await (await desk.reviewer("ueno")).sign(WEEK, (await desk.review("ueno")).digest)
    assert await late(WEEK.end + timedelta(days=7)) == 0
    assert await late(WEEK.end + timedelta(days=14)) == 1
    since = rules.model_copy(update={"since": "2026-W20"})
    await keeping.once(desk.office.database, since, WEEK.end + timedelta(days=14))
    assert metrics.REVIEWS_OVERDUE._value.get() == 0


async def test_the_command_line_shows_a_week_and_signs_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await desk.did("ito", Act.LETTERS_SEE, NIGHT)
    monkeypatch.setattr("hub.clock.now", desk.office.clock)
    typed_by = {name: await desk.office.token(person) for name, person in desk.people.items()}

    def walked() -> Iterator[tuple[str, Result]]:
        with command_line(desk.office.settings, desk.office.settings.data, typed_by, monkeypatch) as typed:
            shown = typed("abe", "audit", "review", "--week", "2026-W18", "--json")
            yield "json", shown
            yield "text", typed("abe", "audit", "review")
            said = ("--week", "2026-W18", "--digest", json.loads(shown.stdout)["digest"])
            yield "sign", typed("abe", "audit", "sign", *said)
            yield "again", typed("abe", "audit", "review")
            yield "bad", typed("abe", "audit", "review", "--week", "last")

    found = await asyncio.to_thread(lambda: dict(walked()))
    said = json.loads(found["json"].stdout)
    [one] = said["findings"]
    assert (one["kind"], one["who"], one["count"]) == ("out-of-hours", ["ito"], 1)
    assert (said["week"], said["signed"], said["unsigned"]) == ("2026-W18", None, ["2026-W18"])
    assert datetime.fromisoformat(said["from"]) == WEEK.start.astimezone(JAPAN)
    assert found["text"].stdout.splitlines() == [
        f"out-of-hours ito: 1 (#{one['entries'][0]})",
        f"2026-W18: 1 findings, digest {said['digest']}, not signed",
    ]  # fmt: skip
    assert "not signed: 2026-W18" in found["text"].stderr
    assert found["sign"].stdout == "2026-W18: signed, 1 findings\n"
    assert found["again"].stdout.endswith("signed by abe\n")
    assert isinstance(found["bad"].exception, JukiError)
