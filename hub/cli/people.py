"""`jukihub people …`: accounts, duties, passwords, and the tokens by which the command line knows who calls."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, TypeVar
from uuid import UUID

import typer

from contracts.errors import visible
from hub.config import settings
from hub.errors import NotPermitted, UsageError
from hub.people import Duty

if TYPE_CHECKING:
    from hub.accounts import Account
    from hub.database import Database
    from hub.registrar import Registrar

T = TypeVar("T")

Name = Annotated[str, typer.Argument(metavar="NAME", help="the name of the account")]
Duties = Annotated[list[Duty] | None, typer.Option("--duty", help="repeat for several")]
FromStdin = Annotated[bool, typer.Option("--password-stdin", help="from stdin, a line each; else you are asked")]
Json = Annotated[bool, typer.Option("--json", help="one JSON document on stdout")]
Of = Annotated[str | None, typer.Option("--of", help="of another account (administrators); else your own")]

_people = typer.Typer(no_args_is_help=True, help="Accounts of persons, with their duties (職務).")
_token = typer.Typer(no_args_is_help=True, help="Personal tokens.")
_people.add_typer(_token, name="token")


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(_people, name="people")


@_people.command("add")
def add(name: Name, duty: Duties = None, password_stdin: FromStdin = False, as_json: Json = False) -> None:
    """Make an account. Prints a password that its person changes with `jukihub people passwd` before the first login.

    \b
    The first account of all is an administrator and needs no login: whoever has the database may make it, the audit
    says so, and its password is asked for.
    Examples:
      jukihub people add root                             the first
      jukihub people add ito --duty viewer --duty operator
    """
    from hub import accounts  # noqa: PLC0415 - not needed for anybody's help

    if not _on_database(accounts.exist):
        _first(name, duty, password_stdin, as_json)
        return
    account, password = _in_office(lambda office: office.add(name, frozenset(duty or [])))
    _tell(account, as_json, {"password": password})
    if not as_json:
        typer.echo(f"password, to be changed before the first login: {password}")


@_people.command("list")
def list_accounts(as_json: Json = False) -> None:
    """Every account, also those that are retired.

    Example: jukihub people list
    """
    found = _in_office(lambda office: office.everybody())
    if as_json:
        typer.echo(json.dumps([one.as_json() for one in found]))
    else:
        typer.echo("\n".join(map(_line, found)))


@_people.command("show")
def show(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="else you")] = None, as_json: Json = False
) -> None:
    """One account: yours, or that of NAME.

    Example: jukihub people show
    """
    _tell(_in_office(lambda office: office.shown(name)), as_json)


@_people.command("duties")
def duties(name: Name, duty: Duties = None, as_json: Json = False) -> None:
    """Give an account other duties: these and no others, from now on.

    Example: jukihub people duties ito --duty approver
    """
    _tell(_in_office(lambda office: office.set_duties(name, frozenset(duty or []))), as_json)


@_people.command("retire")
def retire(name: Name, as_json: Json = False) -> None:
    """An account is used no more, nor are its tokens. It stays, because the audit names it.

    Example: jukihub people retire ito
    """
    _tell(_in_office(lambda office: office.retire(name)), as_json)


@_people.command("passwd")
def passwd(
    name: Name,
    reset: Annotated[bool, typer.Option("--reset", help="of another (administrators): prints a new one")] = False,
    password_stdin: FromStdin = False,
) -> None:
    """Change your password by proof of the old one. Every token of the account is revoked.

    \b
    Examples:
      jukihub people passwd ito
      jukihub people passwd ito --reset
    """
    from hub import accounts  # noqa: PLC0415 - not needed for anybody's help
    from hub.clock import now  # noqa: PLC0415 - as above

    if reset:
        typer.echo(_in_office(lambda office: office.reset(name)))
        return
    old, new = _asked(password_stdin, "old password", "new password")
    _on_database(lambda database: accounts.change_password(database, name, old, new, now()))
    typer.echo(f"{name}: changed", err=True)


@_people.command("login")
def login(
    name: Name,
    hours: Annotated[int, typer.Option(min=1, max=72, help="how long it counts")] = 12,
    password_stdin: FromStdin = False,
) -> None:
    """Prove who you are; a token goes into a file that you alone can read, and further commands use it.

    Example: jukihub people login ito
    """
    from hub.caller import token_file, write  # noqa: PLC0415 - not needed for anybody's help

    [password] = _asked(password_stdin, "password")
    file = token_file(settings())
    write(file, _on_database(lambda database: _logged_in(database, name, password, timedelta(hours=hours))))
    typer.echo(f"{name}: logged in for {hours} h ({file})", err=True)


@_token.command("new")
def new_token(
    label: Annotated[str, typer.Option(help="what it is for")],
    days: Annotated[int, typer.Option(min=1, max=90, help="how long it counts")] = 30,
) -> None:
    """Print a token of yours, for HUB_TOKEN or the HTTP API. It is shown this once.

    Example: jukihub people token new --label "night shift" --days 7
    """
    typer.echo(_in_office(lambda office: office.new_token(label, timedelta(days=days)))[1])


@_token.command("list")
def list_tokens(of: Of = None, as_json: Json = False) -> None:
    """What is known of an account's tokens: everything but the tokens.

    Example: jukihub people token list
    """
    found = [one.as_json() for one in _in_office(lambda office: office.tokens(of))]
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    for one in found:
        ended = f"revoked {one['revoked_at']}" if one["revoked_at"] else f"until {one['expires_at']}"
        typer.echo(visible(f"{one['id']} {ended}, last used {one['used_at'] or 'never'}: {one['label']}"))


@_token.command("revoke")
def revoke_token(token: UUID, of: Of = None) -> None:
    """A token no longer counts; named by its id.

    Example: jukihub people token revoke 6d0c6a9e-4a52-4c55-9c58-3c1a8c1b5f0e
    """
    _in_office(lambda office: office.revoke(token, of))
    typer.echo(f"{token}: revoked", err=True)


def _first(name: str, duty: list[Duty] | None, password_stdin: bool, as_json: bool) -> None:
    from hub import accounts  # noqa: PLC0415 - not needed for anybody's help

    if {*(duty or [])} - {Duty.ADMINISTRATOR}:
        raise UsageError("first-is-administrator", "--duty", "It makes the others, and does nothing else")
    [password] = _asked(password_stdin, "password")
    _on_database(lambda database: _made_first(database, name, password))
    typer.echo("the first account: made without a login, and noted as such", err=True)
    _tell(_on_database(lambda database: accounts.named(database, name)), as_json)


async def _made_first(database: "Database", name: str, password: str) -> None:
    from hub import accounts  # noqa: PLC0415 - not needed for anybody's help
    from hub.clock import now  # noqa: PLC0415 - as above

    if await accounts.first(database, name, password, now()) is None:
        raise NotPermitted("not-the-first", "people", "Somebody else was faster: log in")


async def _logged_in(database: "Database", name: str, password: str, lasting: timedelta) -> str:
    from hub import accounts, tokens  # noqa: PLC0415 - not needed for anybody's help
    from hub.clock import now  # noqa: PLC0415 - as above

    person = await accounts.login(database, name, password, now())
    return (await tokens.new(database, person.id, "login", lasting, now()))[1]


def _in_office(what: "Callable[[Registrar], Awaitable[T]]") -> T:
    """Do it for whoever types the command."""
    from hub import registrar  # noqa: PLC0415 - not needed for anybody's help
    from hub.clock import now  # noqa: PLC0415 - as above

    async def run() -> T:
        async with registrar.opened(settings(), now) as office:
            return await what(office)

    return asyncio.run(run())


def _on_database(what: "Callable[[Database], Awaitable[T]]") -> T:
    """Do it for somebody who has yet to prove who they are."""
    from hub.database import connect  # noqa: PLC0415 - not needed for anybody's help

    async def run() -> T:
        async with connect(settings().database, size=1) as database:
            return await what(database)

    return asyncio.run(run())


def _asked(password_stdin: bool, *what: str) -> list[str]:
    if not password_stdin:
        return [
            typer.prompt(each, hide_input=True, err=True, confirmation_prompt=each == "new password") for each in what
        ]
    lines = sys.stdin.read().splitlines()
    if len(lines) != len(what):
        raise UsageError("password-lines", "stdin", f"One line each: {', '.join(what)}")
    return lines


def _tell(account: "Account", as_json: bool, more: dict[str, str] | None = None) -> None:
    typer.echo(json.dumps(account.as_json() | (more or {})) if as_json else _line(account))


def _line(account: "Account") -> str:
    retired = f" (retired {account.retired_at:%Y-%m-%d})" if account.retired_at else ""
    return f"{account.person.name}: {', '.join(sorted(account.person.duties))}{retired}"
