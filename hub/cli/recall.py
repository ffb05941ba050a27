"""`jukihub recall …`: a contract that ended or was narrowed: its feed stopped, what it holds recalled (利用停止)."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from uuid import UUID

import typer

from contracts.errors import visible
from hub.cli.requested import Json
from hub.config import settings
from hub.errors import JukiError, UsageError

if TYPE_CHECKING:
    from hub.recall.confirming import Said
    from hub.recall.recaller import Recaller, Shown

T = TypeVar("T")

_recall = typer.Typer(no_args_is_help=True, help="What a subscriber may keep no longer: stopped, recalled (利用停止).")

Contract = Annotated[str, typer.Argument(metavar="CONTRACT", help="contract id")]
Number = Annotated[UUID, typer.Argument(metavar="ID", help="of a recall, as `plan` prints it")]
Reason = Annotated[str, typer.Option(help="why; kept for ever, so nothing about a resident")]


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(_recall, name="recall")


@_recall.command("stop")
def stop(contract: Contract, reason: Reason) -> None:
    """Stop the feed of one contract within seconds: by one person, because nobody is told anything by it.

    \b
    It is told nothing more; hand-over, REST, files and keys are refused; a subscriber that reads its topic loses its
    rights on the broker and its password. It holds until a contract with a later first day (in_force.from) is approved;
    what was not told meanwhile takes a first load. `recall plan` is the next step. Refused (`not-begun`) where it
    has yet to begin.
    Example: jukihub recall stop child-policy --reason "端末の紛失の報告があった"
    """
    asyncio.run(_with(lambda here: here.stop(contract, reason)))
    typer.echo(f"{contract}: stopped; running processes know it within seconds", err=True)


@_recall.command("plan")
def plan(
    contract: Contract,
    to: Annotated[str, typer.Option(help="whom the subscriber has to confirm to: section and telephone")],
    reason: Reason,
    as_json: Json = False,
) -> None:
    """Draw up what is over of one contract, and what the ledger says that it was told of that. Prints the recall's id.

    \b
    Items follow from every Book ever used beside the one of now: all of them where the contract is over or stopped.
    Nothing happens until a contract officer, another person, types `jukihub recall approve` within a day.
    Example: jukihub recall plan tax --to "総務部総務課 内線1234" --reason "契約の終了"
    """
    made = asyncio.run(_with(lambda here: here.plan(contract, to, reason)))
    said = made.plan.said
    typer.echo(json.dumps({"recall": str(made.id), **said}, ensure_ascii=False) if as_json else str(made.id))
    count = f"{len(said['items'])} items of {said['residents']} residents, {said['tellings']} disclosures"
    typer.echo(f"{contract} {made.why}: {count}; waits for another person's approval", err=True)


@_recall.command("approve")
def approve(number: Number) -> None:
    """Approve what another person has planned (duty contract-officer). Exit 4 where you are who has planned it.

    \b
    Refused (`plan-moved`) where what it names has changed since. `jukihub recall show ID` says what it names.
    Example: jukihub recall approve 6d0c6a9e-4a52-4c55-9c58-3c1a8c1b5f0e
    """
    made = asyncio.run(_with(lambda here: here.approve(number)))
    typer.echo(f"{number}: approved; jukihub recall run {number}", err=True)
    typer.echo(f"{made.contract}: {len(made.items)} items", err=True)


@_recall.command("run")
def run(number: Number, as_json: Json = False) -> None:
    """Carry out what was approved: stop the feed of a contract that has ended, sign the notice, ask for its keys' end.

    \b
    The keys go when somebody approves the request that is printed: `jukihub erase approve`. Today's key cannot be named
    before midnight: type it again tomorrow. Repeating it does what is left, and writes no second notice.
    Example: jukihub recall run 6d0c6a9e-4a52-4c55-9c58-3c1a8c1b5f0e
    """
    ran = asyncio.run(_with(lambda here: here.run(number)))
    said, asked = ran.notice.document["certificate"], ran.erasure
    if as_json:
        typer.echo(json.dumps({"notice": said, "erasure": str(asked.id) if asked else None}, ensure_ascii=False))
    typer.echo(f"noticed; to be confirmed by {said['confirm_until']}: jukihub recall show {number} --page", err=True)
    if asked:
        typer.echo(f"{len(asked.kids)} keys wait for approval: jukihub erase approve {asked.id}", err=True)


@_recall.command("show")
def show(
    number: Annotated[UUID | None, typer.Argument(metavar="ID", help="of a recall; all of them without")] = None,
    page: Annotated[bool, typer.Option("--page", help="its notice: a printable page in Japanese (HTML)")] = False,
    notice: Annotated[bool, typer.Option("--notice", help="its notice: JSON with an Ed25519 signature")] = False,
    as_json: Json = False,
) -> None:
    """Every recall and every stop; or one of them, with what it names, what was confirmed, and what is still there.

    \b
    Examples:
      jukihub recall show
      jukihub recall show 6d0c6a9e-4a52-4c55-9c58-3c1a8c1b5f0e --page > notice.html
    """
    if page or notice:
        if number is None:
            raise UsageError("no-recall", "ID", "A notice is of one recall")
        _notice(number, page)
    elif number is None:
        _all(as_json)
    else:
        _one(asyncio.run(_with(lambda here: here.show(number))), as_json)


@_recall.command("confirm")
def confirm(  # noqa: PLR0913 - every word that is kept
    number: Number,
    result: Annotated[str, typer.Option(help="deleted, returned, or kept (under another law: --article)")],
    by: Annotated[str, typer.Option(help="the office that said so: section and post")],
    way: Annotated[str, typer.Option(help="paper, electronic, or inspection")],
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="the day on which it did; today")] = None,
    item: Annotated[list[str] | None, typer.Option(help="id or statutory name; else all that is open")] = None,
    article: Annotated[str, typer.Option(help="law and article under which it is kept")] = "",
    paper: Annotated[Path | None, typer.Option(
        help="a scan of what it wrote: its SHA-256 alone is kept", exists=True, dir_okay=False
    )] = None,
) -> None:  # fmt: skip
    """Note what the subscriber has confirmed. Over when every item of the notice is confirmed.

    \b
    Exit 4 where you have planned or run it. On paper or electronic takes --paper.
    Examples:
      jukihub recall confirm 6d0c6a9e-… --result deleted --by "税務課 課長" --way paper --paper scan.pdf
      jukihub recall confirm 6d0c6a9e-… --result kept --article "地方税法22条" --item 氏名 --by 課長 --way inspection
    """
    given = _said(result, by, way, on, tuple(item or ()), article, paper)
    made = asyncio.run(_with(lambda here: here.confirm(number, given)))
    typer.echo(f"{made.id}: {len(made.items)} items {made.said.result.value}", err=True)


@_recall.command("verify")
def verify(
    file: Annotated[Path, typer.Argument(help="a notice: `show --notice`", exists=True, dir_okay=False)],
    key: Annotated[str, typer.Option(help="the public key, as `jukihub erase key` prints it; got from elsewhere")],
) -> None:
    """Whether this key signed this notice as it stands. Needs neither broker nor database; exit 1 where not.

    Example: jukihub recall verify notice.json --key 4mO5…
    """
    from hub.recall.notice import TYPE  # noqa: PLC0415 - not needed for anybody's help
    from hub.retention.signing import verified  # noqa: PLC0415 - as above

    said = verified(file.read_bytes(), key)
    if said.get("type") != TYPE:
        raise JukiError("not-a-notice", "FILE")
    typer.echo(f"{said['id']}: {said['contract']}, {len(said['items'])} items, by {said['confirm_until']}", err=True)


def _said(  # noqa: PLR0913 - as it is typed
    result: str, by: str, way: str, on: datetime | None, items: tuple[str, ...], article: str, paper: Path | None
) -> "Said":
    from contracts.change import JAPAN  # noqa: PLC0415 - as above
    from hub.clock import now  # noqa: PLC0415 - as above
    from hub.recall.confirming import Result, Said, Way  # noqa: PLC0415 - as above

    if result not in {*Result} or way not in {*Way}:
        raise UsageError("unknown-word", "--result, --way", f"{', '.join(Result)}; {', '.join(Way)}")
    day = on.replace(tzinfo=UTC).date() if on else now().astimezone(JAPAN).date()
    digest = sha256(paper.read_bytes()).digest() if paper else None
    return Said(Result(result), by, Way(way), day, items, article, digest)


def _notice(number: UUID, page: bool) -> None:
    from hub.recall.page import page as printed  # noqa: PLC0415 - as above

    made = asyncio.run(_with(lambda here: here.notice(number)))
    if page:
        typer.echo(printed(made.document), nl=False)
        return
    typer.echo(json.dumps(made.document, ensure_ascii=False, indent=2))


def _all(as_json: bool) -> None:
    from hub.clock import now  # noqa: PLC0415 - as above

    found, stops = asyncio.run(_with(lambda here: here.all()))
    told = [one.as_json(now()) for one in found]
    if as_json:
        typer.echo(json.dumps({"recalls": told, "stops": stops}, ensure_ascii=False))
        return
    for one in told:
        typer.echo(visible("{recall} {contract} {why}: {state}, planned by {planned_by}: {reason}".format(**one)))
    for each in stops:
        typer.echo(visible("stopped {contract} {stopped_at} by {by}: {reason}".format(**each)))


def _one(shown: "Shown", as_json: bool) -> None:
    from hub.clock import now  # noqa: PLC0415 - as above

    said: dict[str, Any] = shown.recall.as_json(now()) | {
        "confirmations": list(shown.confirmations), "keys": shown.keys, "undelivered": shown.undelivered,
    }  # fmt: skip
    if as_json:
        typer.echo(json.dumps(said, ensure_ascii=False))
        return
    typer.echo(visible("{contract} {why}: {state}; due {due_on}, open: {open}".format(**said)))
    for item in said["plan"]["items"]:
        articles = "、".join(item["articles"])
        typer.echo(visible("  {name}  {first} to {last}  {residents} residents  ".format(**item) + articles))
    for one in said["confirmations"]:
        typer.echo(visible("  {said_on} {result} by {said_by} ({way}): ".format(**one) + ", ".join(one["items"])))
    typer.echo(f"still there: {shown.keys} keys, {shown.undelivered} disclosures that are not delivered", err=True)


async def _with(act: "Callable[[Recaller], Awaitable[T]]") -> T:
    from hub.clock import now  # noqa: PLC0415 - as above
    from hub.recall.recaller import opened  # noqa: PLC0415 - as above

    async with opened(settings(), now) as here:
        return await act(here)
