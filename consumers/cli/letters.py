"""`jukihub letters …`: dead letters, what is in one, and closing one without telling it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from consumers.cli import given
from consumers.cli.given import Code, Contract, Ids, Json, Limit, Reason, Since, Until
from hub.cli import awaiting
from hub.clock import now
from hub.errors import UsageError

if TYPE_CHECKING:
    from consumers.closing import Closing
    from consumers.letters import Group, Inside, Letter

_HELP = """Dead letters (配達不能): what there is, what is in one, closing one.

\b
In this order:
  jukihub letters groups                       what there is, and who waits behind it
  jukihub letters list --contract prefecture   letter by letter, with their ids
  jukihub letters show 0190…                   what is in one, without a value
Then `jukihub replay plan` to tell them after all, or `discard` or `correct` never to tell them. Whoever approves
looks at `jukihub letters requests` first.
"""

_app = typer.Typer(no_args_is_help=True, help=_HELP)


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(_app, name="letters")


@_app.command("groups")
def groups(
    contract: Annotated[str | None, typer.Option(help="Of this contract only.")] = None, as_json: Json = False
) -> None:
    """Letters by contract and code: how many, since when, who waits behind them, how long they can be decided again.

    Example: jukihub letters groups --contract prefecture
    """
    given.check_contract(contract)
    found = given.at_office(lambda office: office.groups(contract))
    if as_json:
        given.document([one.as_json() for one in found])
    elif found:
        rows = [_group(one) for one in found]
        given.table(
            ("contract", "state", "code", "letters", "first (UTC+9)", "last", "waiting behind", "decidable for"), rows
        )
    else:
        typer.echo("no dead letters", err=True)


@_app.command("list")
def list_letters(  # noqa: PLR0913 - the filter, option by option
    contract: Annotated[str | None, typer.Option(help="Of this contract only.")] = None,
    code: Code = None, since: Since = None, until: Until = None, ids: Ids = None, limit: Limit = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """The letters one by one, the oldest 100 where no other number is asked for. Never their content.

    \b
    Examples:
      jukihub letters list --contract prefecture --code counterpart-not-accepted --json
      jukihub letters list --since 2026-04-01 --limit 20
    """
    given.check_contract(contract)
    wanted = given.wanted(contract or "", code, ids, since, until, limit)
    found, total = given.at_office(lambda office: office.letters(wanted))
    if as_json:
        given.document([one.as_json() for one in found])
    elif found:
        columns = ("id", "contract", "state", "code", "first (UTC+9)", "attempts", "waiting behind")
        given.table(columns, [_row(one) for one in found])
    typer.echo(f"{len(found)} of {total} letter(s)" if total else "no dead letters", err=True)


@_app.command("show")
def show(
    letter: Annotated[UUID, typer.Argument(help="Id of the letter.")],
    reveal: Annotated[bool, typer.Option("--reveal", help="Show the values too: counted, audited.")] = False,
    reason: Annotated[str, typer.Option(help="Why the values have to be seen.")] = "",
    as_json: Json = False,
) -> None:
    """Everything about one letter but its values: which items it holds, and which of them are empty.

    \b
    With --reveal and --reason the values of this one letter; HUB_REVEALS_A_DAY says how many in 24 hours.
    Examples:
      jukihub letters show 0190…
      jukihub letters show 0190… --reveal --reason "the prefecture says that the address has no town"
    """
    if reveal:
        given.document(given.at_office(lambda office: office.revealed(letter, reason)))
        return
    found = given.at_office(lambda office: office.inside(letter))
    if as_json:
        given.document(found.as_json())
    else:
        _print(found)


@_app.command("discard")
def discard(  # noqa: PLR0913 - the filter, option by option
    reason: Reason, contract: Contract, ids: Ids = None, code: Code = None, since: Since = None, until: Until = None,
    limit: Limit = None, as_json: Json = False,
) -> None:  # fmt: skip
    """Ask for letters never to be told. Somebody else approves it (`letters approve`); who waits behind follows.

    Example: jukihub letters discard --contract prefecture --id 0190… --reason "sent twice by the old system"
    """
    if not (ids or code):
        raise UsageError("no-filter", "--id, --code", "Say which letters are meant")
    wanted = given.wanted(contract, code, ids, since, until, limit)
    _asked(given.at_office(lambda office: office.discard(wanted, reason)), as_json)


@_app.command("correct")
def correct(
    letter: Annotated[UUID, typer.Argument(help="Id of the letter.")],
    change: Annotated[UUID, typer.Option(help="Id of the change that was recorded in its place.")],
    reason: Reason, as_json: Json = False,
) -> None:  # fmt: skip
    """Ask for a letter to be closed, because the registry has recorded the right thing as a later change.

    \b
    Nothing of the letter is edited. The change must be a later one of the same resident, told to the same contract, and
    no extraction (`jukihub transfer`), which tells a part of a record.
    Somebody else approves it (`letters approve`).
    Example: jukihub letters correct 0190… --change 0191… --reason "the town was missing, 職権修正 of today"
    """
    _asked(given.at_office(lambda office: office.correct(letter, change, reason)), as_json)


@_app.command("requests")
def requests(as_json: Json = False) -> None:
    """What was asked for with `discard` or `correct` and waits for another person: which letters, by whom, and why.

    Example: jukihub letters requests --json
    """
    found = [one.as_json() for one in given.at_office(lambda office: office.closings())]
    awaiting.show(found, _in_words, as_json)


@_app.command("approve")
def approve(
    request: Annotated[UUID, typer.Argument(help="Id of what was asked for.")], as_json: Json = False
) -> None:
    """Approve what somebody else has asked for with `discard` or `correct`: the letters are closed.

    Example: jukihub letters approve 5d6c…
    """
    asked, count = given.at_office(lambda office: office.approve_closing(request))
    if as_json:
        given.document({"request": asked.id, "kind": asked.kind, "count": count})
    else:
        typer.echo(f"{count} letter(s) of {asked.contract} {asked.kind}", err=True)


def _asked(asked: "Closing", as_json: bool) -> None:
    if as_json:
        given.document({"request": asked.id, "kind": asked.kind, "letters": asked.letters})
    else:
        typer.echo(asked.id)
        typer.echo(f"{len(asked.letters)} letter(s); somebody else types: jukihub letters approve {asked.id}", err=True)


def _in_words(one: Mapping[str, Any]) -> str:
    letters = one["letters"][0] if len(one["letters"]) == 1 else f"{len(one['letters'])} letters"
    return f"{one['contract']} {one['kind']} {letters}, until {given.time(one['expires_at'])} (UTC+9)"


def _group(one: "Group") -> tuple[Any, ...]:
    from consumers.letters import left  # noqa: PLC0415

    return (
        one.contract, one.state, one.code, one.count, given.time(one.first), given.time(one.last),
        f"{one.behind} of {one.residents}", left(one.decidable_until, now()),
    )  # fmt: skip


def _row(one: "Letter") -> tuple[Any, ...]:
    return one.id, one.contract, one.state, one.code, given.time(one.first), one.attempts, one.behind


def _print(found: "Inside") -> None:
    one = found.letter
    rows = [
        ("contract", one.contract), ("state", one.state), ("code", one.code), ("first (UTC+9)", given.time(one.first)),
        ("last", given.time(one.last)), ("attempts", one.attempts), ("replays", one.replays),
        ("waiting behind", one.behind), ("decidable until", given.time(one.decidable_until)),
        ("told", found.told or f"does not open: {found.opens}"), ("sealed under", found.sealed_under[:12]),
    ]  # fmt: skip
    given.table(("letter", str(one.id)), rows)
    if found.items:
        given.table(("item", "value"), [(item, "present" if has else "null") for item, has in found.items.items()])
