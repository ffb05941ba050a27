"""`jukihub clients …`: programs of subscribers that fetch what their contract is told (REST)."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from uuid import UUID

import typer

from contracts.errors import visible
from hub.cli import awaiting
from hub.config import settings

if TYPE_CHECKING:
    from consumers.pull.office import Office

_HELP = """Programs of subscribers that fetch what their contract is told (via = "rest").

\b
In this order:
  jukihub clients request --contract welfare --label "福祉システム" --reason "稼働の開始"
  jukihub clients approve 6d0c…     another person: client_id and secret, shown this once
  jukihub clients revoke 0193…      one person; it counts no more, nor do its tokens
The subscriber opens what it fetches with its own private key. Its public one is registered by two persons as well:
  jukihub clients key request --contract welfare --to public.jwk --reason "稼働の開始"
  jukihub clients key approve 71c0…
A program of a department that reads its topic or files may fetch its keys here too: `--right keys:read`.
"""
_RIGHTS = ("contracts:read", "disclosures:read", "acknowledgements:write", "keys:read")

_app = typer.Typer(no_args_is_help=True, help=_HELP)
key_app = typer.Typer(no_args_is_help=True, help="Public keys, to which content keys are handed out.")
_app.add_typer(key_app, name="key")
T = TypeVar("T")
Row = dict[str, Any]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(_app, name="clients")


@_app.command("list")
def list_clients(
    contract: Annotated[str | None, typer.Option(help="Of this contract only.")] = None, as_json: Json = False
) -> None:
    """Every client, also those that are revoked; never a secret.

    Example: jukihub clients list --contract welfare
    """
    found = [one.as_json() for one in _at_office(lambda office: office.everyone(contract))]
    _show(found, _client, "no clients", as_json)


@_app.command("request")
def request(
    contract: Annotated[str, typer.Option(help="Whose disclosures it fetches.")],
    label: Annotated[str, typer.Option(help="Which program it is.")],
    reason: Annotated[str, typer.Option(help="Why; kept for ever, so nothing about a resident.")],
    right: Annotated[list[str] | None, typer.Option(help=f"Of {', '.join(_RIGHTS)}; else all.")] = None,
    as_json: Json = False,
) -> None:
    """Ask for a client. Nothing happens until another person types `jukihub clients approve` within a day.

    \b
    Examples:
      jukihub clients request --contract welfare --label "福祉システム" --reason "稼働の開始"
      jukihub clients request --contract welfare --label monitor --right contracts:read --reason "見守り"
    """
    from consumers.pull.scopes import Right  # noqa: PLC0415 - not needed for anybody's help

    if unknown := set(right or ()) - set(_RIGHTS):
        raise typer.BadParameter(f"unknown: {', '.join(sorted(unknown))}", param_hint="--right")
    rights = [Right(each) for each in right or _RIGHTS]
    asked = _at_office(lambda office: office.ask(contract, label, rights, reason))
    typer.echo(json.dumps(asked.as_json(), ensure_ascii=False) if as_json else str(asked.id))
    typer.echo("waits a day for another person's approval", err=True)


@_app.command("requests")
def list_requests(as_json: Json = False) -> None:
    """What was asked for and waits for another person.

    Example: jukihub clients requests
    """
    found = [one.as_json() for one in _at_office(lambda office: office.requests())]
    awaiting.show(found, lambda one: f"{one['contract']}, {one['label']}", as_json)


@_app.command("approve")
def approve(request: UUID) -> None:
    """Approve what another person has asked for. Prints client_id and client_secret as JSON, this once.

    \b
    The secret is kept wrapped and cannot be shown again: hand it to the subscriber by a way that is safe. Where it is
    lost or seen by others, revoke the client and ask for another one. Exit 4 where you are who has asked.
    Example: jukihub clients approve 6d0c6a9e-4a52-4c55-9c58-3c1a8c1b5f0e > secret.json
    """
    client, secret = _at_office(lambda office: office.approve(request))
    typer.echo(json.dumps({"client_id": str(client.id), "client_secret": secret, "contract": client.contract}))
    typer.echo("the secret is not shown again", err=True)


@_app.command("revoke")
def revoke(
    client: UUID, reason: Annotated[str, typer.Option(help="Why; kept for ever, so nothing about a resident.")]
) -> None:
    """A client counts no more, nor do its access tokens: its next request is refused.

    Example: jukihub clients revoke 0193a1c2-… --reason "the secret was in a log"
    """
    _at_office(lambda office: office.revoke(client, reason))
    typer.echo(f"{client}: revoked", err=True)


@_app.command("keys")
def list_keys(
    contract: Annotated[str | None, typer.Option(help="Of this contract only.")] = None, as_json: Json = False
) -> None:
    """Every public key, also those that wait or have ended.

    Example: jukihub clients keys --contract welfare
    """
    found = [one.as_json() for one in _at_office(lambda office: office.public_keys(contract))]
    _show(found, _public_key, "no public keys", as_json)


@_app.command("handouts")
def list_handouts(
    contract: Annotated[str | None, typer.Option(help="Of this contract only.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="The newest alone.")] = 1000,
    as_json: Json = False,
) -> None:
    """Which content keys were handed out to which program, or refused, the newest first.

    Example: jukihub clients handouts --contract welfare --json
    """
    found = _at_office(lambda office: office.handed_out(contract, limit))
    _show(found, "{at} {client} {kid} to {to}: {code}".format_map, "nothing was handed out", as_json)


@key_app.command("request")
def request_key(
    contract: Annotated[str, typer.Option(help="Whose content keys it will get.")],
    to: Annotated[Path, typer.Option(help="File of the public key: a JWK, EC P-256.", exists=True, dir_okay=False)],
    reason: Annotated[str, typer.Option(help="Why; kept for ever, so nothing about a resident.")],
    as_json: Json = False,
) -> None:
    """Ask for a subscriber's public key to be registered. Prints the request's id.

    \b
    Whoever approves compares the thumbprint with what the subscriber says by another way, such as by telephone. For a
    change of keys register the new one first, and end the old one when the subscriber uses the new one.
    Example: jukihub clients key request --contract welfare --to public.jwk --reason "鍵の更新"
    """
    asked = _at_office(lambda office: office.ask_key(contract, to.read_bytes(), reason))
    typer.echo(json.dumps(asked.as_json(), ensure_ascii=False) if as_json else str(asked.id))
    typer.echo(f"thumbprint {asked.thumbprint}; waits a day for another person's approval", err=True)


@key_app.command("approve")
def approve_key(request: UUID) -> None:
    """Approve a public key that another person has asked for. Exit 4 where you are who has asked.

    Example: jukihub clients key approve 71c0d6a9-4a52-4c55-9c58-3c1a8c1b5f0e
    """
    made = _at_office(lambda office: office.approve_key(request))
    typer.echo(f"{made.contract}: {made.thumbprint} counts from now on", err=True)


@key_app.command("grant")
def grant(
    contract: Annotated[str, typer.Option(help="Whose content keys.")],
    to: Annotated[str | None, typer.Option(help="Thumbprint of a public key that counts; else the newest.")] = None,
    days: Annotated[int, typer.Option(min=0, max=7, help="Also the keys of this many days to come.")] = 0,
) -> None:
    """Print a contract's content keys as a JWE, for a subscriber that does not fetch them here itself.

    \b
    Sealed to a public key that two persons have registered, and to no other (exit 5). Asks the broker first which keys
    were destroyed (exit 6 where it is away).
    Example: jukihub clients key grant --contract child-policy --days 7 > keys.jwe
    """
    typer.echo(_at_office(lambda office: office.grant(contract, to, days)))


@key_app.command("end")
def end_key(
    key: UUID, reason: Annotated[str, typer.Option(help="Why; kept for ever, so nothing about a resident.")]
) -> None:
    """Nothing is handed out to a public key any more; at once, by one person.

    Example: jukihub clients key end 71c0d6a9-4a52-4c55-9c58-3c1a8c1b5f0e --reason "the private key was lost"
    """
    _at_office(lambda office: office.end_key(key, reason))
    typer.echo(f"{key}: ended", err=True)


def _show(found: list[Row], line: Callable[[Row], str], nothing: str, as_json: bool) -> None:
    """All of it in one JSON document, or a line each."""
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    for one in found:
        typer.echo(visible(line(one)))
    if not found:
        typer.echo(nothing, err=True)


def _client(one: Row) -> str:
    ended = f"revoked {one['revoked_at']}" if one["revoked_at"] else "counts"
    return f"{one['client_id']} {one['contract']} since {one['approved_at']}, {ended}: {one['label']}"


def _public_key(one: Row) -> str:
    state = "ended" if one["ended_at"] else "counts" if one["approved_at"] else "waits for approval"
    return f"{one['id']} {one['contract']} {one['thumbprint']} {state}: {one['reason']}"


def _at_office(act: "Callable[[Office], Awaitable[T]]") -> T:
    async def done() -> T:
        from consumers.pull.office import opened  # noqa: PLC0415 - not needed for anybody's help
        from hub.clock import now  # noqa: PLC0415 - as above

        async with opened(settings(), now) as office:
            return await act(office)

    return asyncio.run(done())
