"""Accounts: made by an administrator, with duties and a password; retired and never removed.

The very first account is made by whoever has the database, is an administrator, and the audit says so. A password that
somebody else has set serves only to be changed. Wrong passwords are counted per account, in the database; from the
fifth on each makes the account wait longer, and whoever tries is not told which of name, password or waiting it was.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

from hub import passwords
from hub.audit import DONE, FIRST, Entry, note
from hub.database import Connection, Database, queries
from hub.errors import NotPermitted, UsageError
from hub.people import TABLE, Act, Duty, Person, check_duties

FREE_FAILURES: Final = 5
LONGEST_WAIT: Final = timedelta(minutes=30)

_SQL = queries(Path(__file__).with_name("accounts.sql"))
_REMEDY: Final = "Wrong name or password, or too many attempts: wait up to half an hour, or ask an administrator"


@dataclass(frozen=True, slots=True)
class Account:
    """One account, in use or retired. `provisional`: its password was set by another and has yet to be changed."""

    person: Person
    provisional: bool
    made_at: datetime
    retired_at: datetime | None

    def as_json(self) -> dict[str, Any]:
        """For machines: ids as text, times in RFC 3339."""
        return {
            "id": str(self.person.id), "name": self.person.name, "duties": sorted(self.person.duties),
            "provisional": self.provisional, "made_at": self.made_at.isoformat(),
            "retired_at": self.retired_at.isoformat() if self.retired_at else None,
        }  # fmt: skip


async def first(database: Database, name: str, password: str, now: datetime) -> Person | None:
    """The first account of all, an administrator; None where there is any account already."""
    check_name(name)
    kept = passwords.hashed(password, name)
    person = Person(uuid4(), name, frozenset({Duty.ADMINISTRATOR}))
    async with database.transaction() as held:
        await held.execute(_SQL["lock_all"])
        if await held.fetchval(_SQL["any"]):
            return None
        await _insert(held, person, kept, now, provisional=False)
        await note(held, Entry(person.id, Act.PEOPLE_MANAGE, str(person.id), FIRST, now, {"account": name}))
    return person


async def exist(database: Database) -> bool:
    """Whether there is any account."""
    return bool(await database.fetchval(_SQL["any"]))


async def add(held: Connection | Database, name: str, duties: frozenset[Duty], password: str, now: datetime) -> Person:
    """One account more, with a password that has yet to be changed; UsageError where the name is taken or bad."""
    check_name(name)
    person = Person(uuid4(), name, check_duties(duties))
    if not await _insert(held, person, passwords.hashed(password, name), now, provisional=True):
        raise UsageError("name-taken", "name", "Accounts are never removed, and names are never used again")
    return person


async def everybody(held: Connection | Database) -> list[Account]:
    """Every account, also those that are retired, by name."""
    return [_account(row) for row in await held.fetch(_SQL["all"])]


async def named(held: Connection | Database, name: str) -> Account:
    """The account of this name; UsageError where there is none."""
    row = await held.fetchrow(_SQL["named"], name)
    if row is None:
        raise UsageError("unknown-account", "name", "`jukihub people list` names them")
    return _account(row)


async def check_asker(held: Connection | Database, person: UUID, act: Act) -> None:
    """NotPermitted where who has asked is no longer in office, or no longer has a duty for it: then it is void."""
    row = await held.fetchrow(_SQL["in_office"], person)
    if row is not None and row["retired_at"] is not None:
        raise NotPermitted("asker-retired", "approval", "Somebody in office asks for it anew")
    if row is not None and not TABLE[act].intersection(map(Duty, row["duties"])):
        raise NotPermitted("asker-without-duty", "approval", "Somebody who has it asks for it anew")


async def check_approver(held: Connection | Database, person: UUID) -> None:
    """NotPermitted where who has approved is no longer in office: what has not begun by then is approved anew."""
    row = await held.fetchrow(_SQL["in_office"], person)
    if row is not None and row["retired_at"] is not None:
        raise NotPermitted("approver-retired", "approval", "Somebody in office approves it anew")


async def set_duties(database: Database, name: str, duties: frozenset[Duty]) -> Account:
    """Other duties from now on; the last administrator stays one."""
    async with database.transaction() as held:
        await held.execute(_SQL["lock_all"])
        account = await named(held, name)
        if Duty.ADMINISTRATOR not in check_duties(duties):
            await _check_another(held, account)
        await held.execute(_SQL["set_duties"], account.person.id, sorted(duties))
        return await named(held, name)


async def retire(database: Database, name: str, now: datetime) -> Account:
    """The account is not used any more, nor are its tokens; the last administrator cannot be retired."""
    async with database.transaction() as held:
        await held.execute(_SQL["lock_all"])
        account = await named(held, name)
        await _check_another(held, account)
        await held.execute(_SQL["retire"], account.person.id, now)
        await held.execute(_SQL["revoke_all"], account.person.id, now)
        return await named(held, name)


async def reset(database: Database, name: str, password: str, now: datetime) -> Account:
    """A password set by another: it serves only to be changed, and the account's tokens are revoked."""
    async with database.transaction() as held:
        account = await named(held, name)
        kept = passwords.hashed(password, name)
        await held.execute(_SQL["set_password"], account.person.id, kept, True)
        await held.execute(_SQL["revoke_all"], account.person.id, now)
        return account


async def login(database: Database, name: str, password: str, now: datetime) -> Person:
    """Whose name and password these are; NotPermitted where they are nobody's, or the password has to be changed."""
    row = await _proved(database, name, password, now)
    if row["provisional"]:
        raise NotPermitted("password-to-be-changed", "login", "Type `jukihub people passwd` first")
    if passwords.outdated(row["password"]):
        await database.execute(_SQL["set_password"], row["id"], passwords.renewed(password), False)
    await note(database, Entry(row["id"], Act.SELF_LOGIN, str(row["id"]), DONE, now))
    return _person(row)


async def change_password(database: Database, name: str, old: str, new: str, now: datetime) -> Person:
    """One's own password, by proof of the old one. Tokens are revoked."""
    row = await _proved(database, name, old, now)
    if passwords.fits(row["password"], new):
        raise UsageError("password-unchanged", "password")
    async with database.transaction() as held:
        await held.execute(_SQL["set_password"], row["id"], passwords.hashed(new, name), False)
        await held.execute(_SQL["revoke_all"], row["id"], now)
        await note(held, Entry(row["id"], Act.SELF_PASSWORD, str(row["id"]), DONE, now))
    return _person(row)


def check_name(name: str) -> None:
    """UsageError unless `name` can be that of an account."""
    if re.fullmatch(r"[a-z][a-z0-9._-]{1,39}", name) is None:
        raise UsageError("bad-name", "name", "2 to 40 characters of a-z, 0-9, `.`, `_`, `-`, a letter first")


def wait_after(failures: int) -> timedelta:
    """How long an account waits after so many wrong passwords in a row."""
    if failures < FREE_FAILURES:
        return timedelta(0)
    return min(timedelta(seconds=30 * 2 ** min(failures - FREE_FAILURES, 10)), LONGEST_WAIT)


async def _proved(database: Database, name: str, password: str, now: datetime) -> Mapping[str, Any]:
    async with database.transaction() as held:
        row = await held.fetchrow(_SQL["to_log_in"], name)
        waits = row is None or row["retired_at"] is not None or (row["waits_until"] or now) > now
        proved = passwords.fits(None if waits else row["password"], password) if row else passwords.fits(None, password)
        if row is not None and not waits:
            await _count(held, row, now, proved=proved)
    if row is None or not proved:
        raise NotPermitted("login-refused", "login", _REMEDY)
    return row


async def _count(held: Connection, row: Mapping[str, Any], now: datetime, *, proved: bool) -> None:
    if proved:
        await held.execute(_SQL["tried"], row["id"], 0, None)
        return
    failures = row["failures"] + 1
    await held.execute(_SQL["tried"], row["id"], failures, now + wait_after(failures))
    await note(held, Entry(row["id"], Act.SELF_LOGIN, str(row["id"]), "login-refused", now, {"failed": failures}))


async def _insert(held: Connection | Database, person: Person, kept: str, now: datetime, *, provisional: bool) -> int:
    return await held.execute(_SQL["add"], person.id, person.name, sorted(person.duties), kept, provisional, now)


async def _check_another(held: Connection, account: Account) -> None:
    if Duty.ADMINISTRATOR in account.person.duties and not await held.fetchval(
        _SQL["administrators"], account.person.id
    ):
        raise UsageError("last-administrator", "name", "Make another one first")


def _account(row: Mapping[str, Any]) -> Account:
    return Account(_person(row), row["provisional"], row["made_at"], row["retired_at"])


def _person(row: Mapping[str, Any]) -> Person:
    return Person(row["id"], row["name"], frozenset(Duty(duty) for duty in row["duties"]))
