"""`jukihub replay …`: a plan, its approval by another person, and running it."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from consumers.cli import given
from consumers.cli.given import Code, Contract, Ids, Json, Limit, Reason, Since, Until
from hub.cli import progress

if TYPE_CHECKING:
    from consumers.overview import Overview
    from consumers.plans import Progress

_HELP = """Replay (再送): dead letters, decided again, approved by a second person.

\b
In this order:
  jukihub replay plan --contract prefecture --reason "their import is repaired"
  jukihub replay approve 7a1e…    by another person, with the duty of an approver
  jukihub replay run 7a1e…        by an operator
  jukihub replay show 7a1e…       how far it is, how it ended
Which letters there are: `jukihub letters groups`.
"""

_app = typer.Typer(no_args_is_help=True, help=_HELP)
PlanId = Annotated[UUID, typer.Argument(metavar="PLAN", help="Id of the plan.")]


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(_app, name="replay")


@_app.command("plan")
def plan(  # noqa: PLR0913 - the filter, option by option
    reason: Reason, contract: Contract, code: Code = None, since: Since = None, until: Until = None, ids: Ids = None,
    limit: Limit = None, as_json: Json = False,
) -> None:  # fmt: skip
    """Make a plan: exactly which letters, in which order, and what deciding each of them again comes to. Sends nothing.

    \b
    Examples:
      jukihub replay plan --contract prefecture --code counterpart-bad-text --reason "their import is repaired"
      jukihub replay plan --contract prefecture --id 0190… --reason "asked for by the prefecture on the phone"
    """
    wanted = given.wanted(contract, code, ids, since, until, limit)
    made = given.at_office(lambda office: office.plan(wanted, reason), long=True)
    _told(made, as_json)
    if not as_json:
        typer.echo(f"somebody else types: jukihub replay approve {made.plan.id}", err=True)


@_app.command("list")
def list_plans(as_json: Json = False) -> None:
    """The newest plans, and where each stands.

    Example: jukihub replay list
    """
    found = given.at_office(lambda office: office.plans())
    if as_json:
        given.document([one.as_json() for one in found])
    else:
        rows = [
            (one.plan.id, one.plan.contract, one.stand.state, one.progress.total, one.progress.left) for one in found
        ]
        given.table(("plan", "contract", "state", "letters", "left"), rows)


@_app.command("show")
def show(plan_id: PlanId, as_json: Json = False) -> None:
    """A plan: where it stands, what deciding again came to, how far it is; with --json every single letter.

    Example: jukihub replay show 7a1e… --json
    """
    found = given.at_office(lambda office: office.shown(plan_id, every_letter=as_json))
    _told(found, as_json)


@_app.command("approve")
def approve(plan_id: PlanId, as_json: Json = False) -> None:
    """Approve a plan that somebody else has made: this very set, and no other (exit 4 for one's own).

    \b
    Everything is decided again first. Where anything has moved, the plan is void (exit 5): a new one is needed.
    Example: jukihub replay approve 7a1e…
    """
    _told(given.at_office(lambda office: office.approve(plan_id), long=True), as_json)


@_app.command("run")
def run(
    plan_id: PlanId,
    rate: Annotated[float | None, typer.Option(min=0.1, help="Letters a second; else as fast as it goes.")] = None,
    as_json: Json = False,
) -> None:
    """Run an approved plan, or go on with it: after a crash or Ctrl-C just type it again.

    \b
    Exit 0 when every letter that the plan releases was delivered, 3 when some were not.
    Example: jukihub replay run 7a1e… --rate 50
    """
    from consumers.running import Pace  # noqa: PLC0415 - the broker's client is not needed for anybody's help

    done = given.at_office(lambda office: office.run(plan_id, Pace(rate), _seen), long=True)
    if as_json:
        given.document(done.as_json())
    else:
        typer.echo(_said(done, "done"), err=True)
    if done.ended.get("delivered", 0) < done.total:
        raise typer.Exit(3)


@_app.command("pause")
def pause(plan_id: PlanId, as_json: Json = False) -> None:
    """Hand over nothing more of a running plan until it is resumed.

    Example: jukihub replay pause 7a1e…
    """
    _move(plan_id, "paused", as_json)


@_app.command("resume")
def resume(plan_id: PlanId, as_json: Json = False) -> None:
    """Let a paused plan go on; where its run has ended meanwhile, `run` it again.

    Example: jukihub replay resume 7a1e…
    """
    _move(plan_id, "resumed", as_json)


@_app.command("cancel")
def cancel(plan_id: PlanId, as_json: Json = False) -> None:
    """End a plan: what was not handed over stays a dead letter, as it was.

    Example: jukihub replay cancel 7a1e…
    """
    _move(plan_id, "cancelled", as_json)


def _move(plan_id: UUID, what: str, as_json: bool) -> None:
    moved = given.at_office(lambda office: office.move(plan_id, what))
    if as_json:
        given.document(moved.as_json())
    else:
        typer.echo(f"{plan_id} {what}", err=True)


def _seen(done: "Progress", state: str) -> None:
    progress.say(_said(done, state))


def _said(done: "Progress", state: str) -> str:
    ended = ", ".join(f"{count} {outcome}" for outcome, count in sorted(done.ended.items()))
    return (f"{state}: {done.handed} of {done.total - done.held} handed over, {done.open} on their way"
            + (f"; {ended}" if ended else ""))  # fmt: skip


def _told(found: "Overview", as_json: bool) -> None:
    if as_json:
        given.document(found.as_json())
        return
    one, stand = found.plan, found.stand
    rows = [
        ("destination", one.contract), ("state", f"{stand.state} {stand.code}".strip()), ("asked for", one.filter),
        ("reason", one.reason), ("hash of the set", one.digest.hex()), ("letters", found.progress.total),
        ("good until (UTC+9)", given.time(stand.until)), ("progress", _said(found.progress, stand.state)),
    ]  # fmt: skip
    given.table(("plan", str(one.id)), rows)
    given.table(
        ("decided again", "reason", "letters", "residents", "released behind them"),
        [(each["verdict"], each["reason"], each["letters"], each["residents"], each["behind"])
         for each in found.summary],
    )  # fmt: skip
