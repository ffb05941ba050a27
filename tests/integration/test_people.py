"""Accounts, tokens and the audit, on a real PostgreSQL: who is who, for how long, and that it is written down."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from argon2 import PasswordHasher

from hub import accounts, audit, caller, passwords, tokens
from hub.acting import acting
from hub.audit import Entry
from hub.config import Settings
from hub.errors import DatabaseError, JukiError, NotPermitted, UsageError
from hub.people import Act, Duty, Person
from tests.house import House
from tests.office import FIRST, NOW, SECOND, Office, cheap_passwords, opened


@pytest.fixture
async def office(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    cheap_passwords(monkeypatch)
    async with opened(house, tmp_path) as office:
        yield office


@pytest.mark.threat("P7")
async def test_of_many_who_make_the_first_account_one_does_and_the_audit_says_so(office: Office) -> None:
    both = await asyncio.gather(*(accounts.first(office.database, f"late-{n}", FIRST, NOW) for n in range(3)))
    assert both == [None, None, None]
    assert await office.noted() == [("root", "people-manage", "first-account")]


async def test_a_password_set_by_another_serves_only_to_be_changed(office: Office) -> None:
    ito = await office.person("ito", Duty.OPERATOR)
    with pytest.raises(NotPermitted, match="password-to-be-changed"):
        await accounts.login(office.database, "ito", FIRST, NOW)
    with pytest.raises(UsageError, match="password-unchanged"):
        await accounts.change_password(office.database, "ito", FIRST, FIRST, NOW)
    await accounts.change_password(office.database, "ito", FIRST, SECOND, NOW)
    assert await accounts.login(office.database, "ito", SECOND, NOW) == ito


async def test_a_hash_of_an_older_cost_is_made_anew_at_the_next_login(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=2, memory_cost=64, parallelism=1))
    before = await office.database.fetchval("SELECT password FROM hub.people")
    for _ in range(2):
        await accounts.login(office.database, "root", FIRST, NOW)
    after = await office.database.fetchval("SELECT password FROM hub.people")
    assert (passwords.outdated(before), passwords.outdated(after)) == (True, False)


@pytest.mark.threat("P6")
async def test_wrong_passwords_are_counted_and_then_even_the_right_one_waits(office: Office) -> None:
    for _ in range(accounts.FREE_FAILURES):
        await refused_login(office, "root", SECOND)
    await refused_login(office, "root", FIRST)
    office.now += timedelta(seconds=31)
    await accounts.login(office.database, "root", FIRST, office.now)
    await refused_login(office, "root", SECOND)
    await accounts.login(office.database, "root", FIRST, office.now)
    codes = [code for _, act, code in await office.noted("root") if act == Act.SELF_LOGIN]
    assert codes == ["login-refused"] * accounts.FREE_FAILURES + ["done", "login-refused", "done"]


async def test_attempts_at_once_are_counted_one_by_one(office: Office) -> None:
    tried = [accounts.login(office.database, "root", f"{SECOND} {n}", NOW) for n in range(8)]
    ended = await asyncio.gather(*tried, return_exceptions=True)
    assert all(isinstance(one, NotPermitted) for one in ended)
    assert await office.database.fetchval("SELECT failures FROM hub.people") == accounts.FREE_FAILURES


@pytest.mark.threat("P6")
async def test_unknown_retired_wrong_and_waiting_are_told_in_the_same_words(office: Office) -> None:
    await office.person("ito", Duty.OPERATOR)
    await accounts.retire(office.database, "ito", NOW)
    said = {await refused_login(office, name, SECOND) for name in ("nobody", "ito", "root")}
    assert len(said) == 1


async def refused_login(office: Office, name: str, password: str) -> str:
    with pytest.raises(NotPermitted, match="login-refused") as refused:
        await accounts.login(office.database, name, password, office.now)
    return str(refused.value)


@pytest.mark.threat("K3")
async def test_a_token_is_kept_as_its_hash_alone(office: Office) -> None:
    token = await office.token(await office.person("ito", Duty.OPERATOR))
    assert token.startswith(tokens.PREFIX)
    found = await office.database.fetch("SELECT t::text AS line FROM hub.tokens t")
    assert token.removeprefix(tokens.PREFIX) not in str(found)


@pytest.mark.threat("P6")
async def test_a_token_counts_until_it_ends_is_revoked_or_its_account_is_retired(office: Office) -> None:
    ito = await office.person("ito", Duty.OPERATOR)
    (_, short), (second, revoked), (third, last) = [
        await tokens.new(office.database, ito.id, "test", timedelta(days=days), NOW) for days in (1, 9, 9)
    ]
    office.now += timedelta(days=1)
    await tokens.revoke(office.database, ito.id, second, office.now)
    assert await who(office, last) == ito
    assert [await refusal(office, one) for one in (short, revoked)] == ["token-expired", "token-revoked"]
    await accounts.retire(office.database, "ito", office.now)
    assert await refusal(office, last) == "account-retired"
    with pytest.raises(UsageError, match="unknown-token"):
        await tokens.revoke(office.database, ito.id, third, office.now)


async def test_what_is_no_token_of_ours_is_nobodys(office: Office) -> None:
    strange = [tokens.PREFIX + "A" * 43, "Bearer", tokens.PREFIX, "\x00", tokens.PREFIX + "é" * 43]
    assert {await refusal(office, one) for one in strange} == {"token-unknown"}
    assert await refusal(office, "") == "no-token"


async def who(office: Office, token: str) -> Person:
    return await caller.caller(office.with_token(token), office.database, office.now)


async def refusal(office: Office, token: str) -> str:
    with pytest.raises(NotPermitted) as refused:
        await who(office, token)
    assert token[8:] not in str(refused.value) or not token[8:]
    return refused.value.code


@pytest.mark.threat("P6")
async def test_the_file_of_the_login_is_its_owners_alone(office: Office) -> None:
    ito, file = await office.person("ito", Duty.OPERATOR), caller.token_file(office.settings)
    caller.write(file, await office.token(ito))
    assert (file.stat().st_mode & 0o777, await who(office, "")) == (0o600, ito)
    file.chmod(0o640)
    assert await refusal(office, "") == "token-file-open"


async def test_there_is_always_an_administrator(office: Office) -> None:
    for attempt in (
        accounts.retire(office.database, "root", NOW),
        accounts.set_duties(office.database, "root", frozenset({Duty.VIEWER})),
    ):
        with pytest.raises(UsageError, match="last-administrator"):
            await attempt
    await office.person("ito", Duty.ADMINISTRATOR)
    assert (await accounts.retire(office.database, "root", NOW)).retired_at == NOW


async def test_names_are_never_used_again(office: Office) -> None:
    await office.person("ito", Duty.OPERATOR)
    await accounts.retire(office.database, "ito", NOW)
    with pytest.raises(UsageError, match="name-taken"):
        await office.person("ito", Duty.APPROVER)


async def test_every_act_leaves_a_line_also_the_refused_the_failed_and_the_one_cut_off(office: Office) -> None:
    ito = office.with_token(await office.token(await office.person("ito", Duty.OPERATOR)))
    details: dict[str, str | int] = {}
    async with acting(ito, office.database, Act.QUARANTINE_RELEASE, "3/17", office.clock, details) as person:
        details["count"] = 2
    assert person.name == "ito"
    for failed in (JukiError("no-such-letter"), ValueError("架空花子"), ExceptionGroup("", [JukiError("fenced")])):
        await failing(office, ito, Act.LETTERS_SEE, failed)
    await failing(office, ito, Act.LETTERS_SEE, asyncio.CancelledError())
    await not_begun(office, ito, Act.REPLAY_APPROVE, "duty-missing")
    assert [line[1:] for line in await office.noted("ito")] == [
        ("quarantine-release", "begun"), ("quarantine-release", "done"), ("letters-see", "no-such-letter"),
        ("letters-see", "internal-error"), ("letters-see", "fenced"), ("letters-see", "interrupted"),
        ("replay-approve", "duty-missing"),
    ]  # fmt: skip
    lines = await audit.entries(office.database, NOW, "ito", Act.QUARANTINE_RELEASE)
    assert [one.entry.details for one in lines] == [{}, {"count": 2}]
    assert "架空" not in str(await office.database.fetch("SELECT a::text AS line FROM hub.audit a"))


async def failing(office: Office, settings: Settings, act: Act, failed: BaseException) -> None:
    with pytest.raises(type(failed)):
        async with acting(settings, office.database, act, "anything", office.clock):
            raise failed


async def not_begun(office: Office, settings: Settings, act: Act, code: str) -> None:
    with pytest.raises(NotPermitted, match=code):
        async with acting(settings, office.database, act, "anything", office.clock):
            pytest.fail("it was begun")


async def test_a_token_that_has_ended_is_noted_as_that_persons_attempt(office: Office) -> None:
    ito = office.with_token(await office.token(await office.person("ito", Duty.OPERATOR)))
    office.now += timedelta(days=2)
    await not_begun(office, ito, Act.LETTERS_SEE, "token-expired")
    assert await office.noted("ito") == [("ito", "letters-see", "token-expired")]


async def test_tokens_that_no_longer_count_do_not_fill_the_audit(office: Office) -> None:
    person = await office.person("ito", Duty.OPERATOR)
    one, other = [office.with_token(await office.token(person)) for _ in range(2)]
    office.now += timedelta(days=2)
    await asyncio.gather(*(not_begun(office, one, Act.REPLAY_RUN, "token-expired") for _ in range(8)))
    assert await office.noted("ito") == [("ito", "replay-run", "token-expired")]
    await not_begun(office, other, Act.LETTERS_SEE, "token-expired")
    office.now += timedelta(minutes=59)
    await not_begun(office, one, Act.LETTERS_SEE, "token-expired")
    assert len(await office.noted("ito")) == 2, "a line for each token, and one an hour"
    office.now += timedelta(minutes=2)
    await not_begun(office, one, Act.LETTERS_SEE, "token-expired")
    assert len(await office.noted("ito")) == 3


async def test_what_cannot_be_noted_is_not_begun(office: Office) -> None:
    ito = office.with_token(await office.token(await office.person("ito", Duty.OPERATOR)))
    await office.database.execute("ALTER TABLE hub.audit RENAME TO away")
    with pytest.raises(DatabaseError, match="sqlstate-42P01"):
        async with acting(ito, office.database, Act.REPLAY_RUN, "plan", office.clock):
            pytest.fail("it was begun")


@pytest.mark.threat("D10")
async def test_neither_audit_nor_accounts_nor_tokens_can_be_removed_and_the_audit_not_altered(office: Office) -> None:
    await office.token(await office.person("ito", Duty.OPERATOR))
    statements = ["UPDATE hub.audit SET code = 'x'", "DELETE FROM hub.audit", "TRUNCATE hub.audit"]
    for table in ("people", "tokens", "requests"):
        statements += [f"DELETE FROM hub.{table}", f"TRUNCATE hub.{table} CASCADE"]
    for statement in statements:
        with pytest.raises(DatabaseError, match="sqlstate-0LP01"):
            await office.database.execute(statement)


def test_a_detail_that_nobody_knows_is_refused() -> None:
    with pytest.raises(UsageError, match="unknown-detail"):
        Entry(UUID(int=1), Act.LETTERS_SEE, "", "done", NOW, {"name": "x"})
