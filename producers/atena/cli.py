"""`jukihub atena …`: requests and translations as lines of JSON, and what persons find out about numbers.

`request`, `number` and `link` are for systems, and are answered line by line; the others are acts of persons, who log
in, and leave a line in the audit. A 個人番号 comes in by stdin or a file, never as an argument, and never goes out.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from uuid import UUID

import orjson
import typer

from hub.cli.shared import Case
from hub.clock import now
from hub.config import settings
from hub.errors import UsageError

if TYPE_CHECKING:
    from producers.atena.desk import Desk
    from producers.atena.joining import Act

T = TypeVar("T")
_PARTIAL = 3

Lines = Annotated[typer.FileBinaryRead, typer.Argument(help="JSON, one object per line; - for stdin")]
Number = Annotated[str, typer.Argument(metavar="NUMBER", help="団体内統合宛名番号")]
Reason = Annotated[str, typer.Option(help="why; say nothing about anybody")]
Json = Annotated[bool, typer.Option("--json", help="one JSON document on stdout")]


class What(StrEnum):
    """What can be listed."""

    DUPLICATES = "duplicates"
    REQUESTS = "requests"
    TRAIL = "trail"


_atena = typer.Typer(no_args_is_help=True, help="団体内統合宛名: one number for each person of the city.")


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(_atena, name="atena")


@_atena.command("request")
def request(file: Lines) -> None:
    """付番依頼 (0320001): each line is answered with a number, allotted where nobody has this 個人番号 (0320002).

    \b
    {"system", "atena_no", "my_number", "name", "birth_date", "sex", "address"}: null where not known. Without atena_no
    for somebody not on the register (住登外者): with a "receipt", answered with a 宛名番号 as well. "former_my_number":
    the one that my_number has replaced. Exit code 3 where any line was refused.
    Example: jukihub atena request requests.jsonl
    """
    from producers.atena import lines  # noqa: PLC0415 - not needed for anybody's help

    _answer(lambda db: lines.requests(db, file, now))


@_atena.command("number")
def number(file: Lines) -> None:
    """Translate both ways, as many as there are lines: 宛名番号 to its number, a number to its 宛名番号.

    \b
    {"system", "atena_no"} or {"togo_atena_no"}, with "system" where only its own are wanted. A number that was merged
    is answered with "merged_into". Exit code 3 where any is unknown.
    Example: echo '{"system":"tax","atena_no":"42"}' | jukihub atena number -
    """
    from producers.atena import lines  # noqa: PLC0415 - not needed for anybody's help

    _answer(lambda db: lines.translations(db, file))


@_atena.command("search")
def search(file: Lines, case: Case = None) -> None:
    """検索 (0320004): the numbers of these 個人番号, one {"my_number"} per line. No 個人番号 is ever shown.

    Example: jukihub atena search - --case 照会第7号 < asked.jsonl
    """
    from producers.atena import lines  # noqa: PLC0415 - not needed for anybody's help

    asked = lines.my_numbers(file)
    wanted = [one for _, one in asked if isinstance(one, str)]
    answers = iter(_at_desk(lambda desk: desk.search(wanted), case))
    told = [lines.found(at, one, next(answers) if isinstance(one, str) else None) for at, one in asked]
    _write(told)
    if any("code" in one for one in told):
        raise typer.Exit(_PARTIAL)


@_atena.command("link")
def link(
    after: Annotated[int, typer.Option(min=0, help="the last place that was told")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="so many at most")] = 1000,
) -> None:
    """連携 (0320008): what 中間サーバー has to hear of numbers, in order: allotted, merged, split, 個人番号 changed.

    One JSON object per line: {"place", "event", "togo_atena_no", "other"?}. Read on with --after the last place.
    Example: jukihub atena link --after 1200
    """
    from producers.atena import listing  # noqa: PLC0415 - not needed for anybody's help

    _write(_on_registry(lambda db: listing.to_tell(db, after, limit)))


@_atena.command("merge")
def merge(
    number: Number,
    absorbed: Annotated[str, typer.Argument(metavar="ABSORBED", help="the number that is merged into it")],
    reason: Reason,
    as_json: Json = False,
) -> None:
    """統合: ask that two numbers become one person's; another person approves it. Prints the request's id.

    Example: jukihub atena merge 900000000012 900000000345 --reason "same person: 戸籍附票 seen"
    """
    from producers.atena.joining import Merge  # noqa: PLC0415 - not needed for anybody's help

    _ask(Merge(number, absorbed), reason, as_json)


@_atena.command("split")
def split(  # noqa: PLR0913 - a command's options
    number: Number,
    of: Annotated[list[str], typer.Option("--link", metavar="SYSTEM:NO", help="who is another person; repeat")],
    reason: Reason,
    with_my_number: Annotated[bool, typer.Option("--with-my-number", help="the 個人番号 is theirs")] = False,
    again: Annotated[str | None, typer.Option(help="a number merged into it that was theirs; else a new one")] = None,
    as_json: Json = False,
) -> None:
    """分離: ask that some 宛名番号 of a number become another person's; another person approves it.

    Example: jukihub atena split 900000000012 --link tax:42 --reason "個人番号 was mistyped by the tax section"
    """
    from producers.atena.joining import Split  # noqa: PLC0415 - not needed for anybody's help

    _ask(Split(number, tuple(map(_link, of)), with_my_number, again), reason, as_json)


@_atena.command("approve")
def approve(request: UUID, as_json: Json = False) -> None:
    """Approve what another person has asked for: it is carried out at once. Prints the number it is about.

    Example: jukihub atena approve 6d0c6a9e-4a52-4c55-9c58-3c1a8c1b5f0e
    """
    number = _at_desk(lambda desk: desk.approve(request))
    typer.echo(orjson.dumps({"request": str(request), "togo_atena_no": number}).decode() if as_json else number)


@_atena.command("list")
def list_(
    what: Annotated[What, typer.Argument(help="duplicates: who could be one person")] = What.DUPLICATES,
    case: Case = None,
    as_json: Json = False,
) -> None:
    """Look through possible duplicates by 基本4情報 (never joined by themselves), requests that wait, or the trail.

    One JSON object per line, or with --json one array. Example: jukihub atena list requests
    """
    found: list[dict[str, Any]] = _at_desk(lambda desk: getattr(desk, what.value)(), case)
    if as_json:
        typer.echo(orjson.dumps(found).decode())
    else:
        _write(found)
    if not found:
        typer.echo("nothing", err=True)


@_atena.command("fill")
def fill(as_json: Json = False) -> None:
    """Enter everybody of the register who is not linked yet: once, after the tables of numbers were made.

    Example: jukihub atena fill
    """
    from producers.atena import loading  # noqa: PLC0415 - not needed for anybody's help

    entered = _on_registry(lambda db: loading.fill(db, now()))
    typer.echo(orjson.dumps({"entered": entered}).decode() if as_json else f"{entered} entered")


def _ask(act: "Act", reason: str, as_json: bool) -> None:
    asked = _at_desk(lambda desk: desk.ask(act, reason))
    typer.echo(orjson.dumps(asked.as_json()).decode() if as_json else str(asked.id))
    typer.echo(f"waits until {asked.expires_at:%Y-%m-%d %H:%M} UTC for another person's approval", err=True)


def _answer(lines: "Callable[[Any], AsyncIterator[dict[str, Any]]]") -> None:
    from producers.atena.refusals import sentence  # noqa: PLC0415 - not needed for anybody's help

    async def run(db: Any) -> bool:
        refused = False
        async for one in lines(db):
            typer.echo(orjson.dumps(one).decode())
            if "code" in one:
                refused = True
                typer.echo(f"{one['line']}: {sentence(one['code'])} [{one['code']}]", err=True)
        return refused

    if _on_registry(run):
        raise typer.Exit(_PARTIAL)


def _write(lines: Any) -> None:
    for one in lines:
        typer.echo(orjson.dumps(one).decode())


def _link(text: str) -> Any:
    from producers.atena.form import Link  # noqa: PLC0415 - not needed for anybody's help

    system, colon, atena_no = text.partition(":")
    if not (system and colon and atena_no):
        raise UsageError("bad-link", "--link", "SYSTEM:NO is meant, such as tax:42")
    return Link(system, atena_no)


def _on_registry(what: Callable[[Any], Awaitable[T]]) -> T:
    from hub.database import connect  # noqa: PLC0415 - not needed for anybody's help

    async def run() -> T:
        async with connect(settings().registry_dsn, 1) as db:
            return await what(db)

    return asyncio.run(run())


def _at_desk(what: "Callable[[Desk], Awaitable[T]]", case: str | None = None) -> T:
    """Do it for whoever types the command."""
    from producers.atena.desk import opened  # noqa: PLC0415 - not needed for anybody's help
    from producers.atena.refusals import NumberRefused, sentence  # noqa: PLC0415 - as above

    async def run() -> T:
        async with opened(settings(), now, case) as desk:
            return await what(desk)

    try:
        return asyncio.run(run())
    except NumberRefused as refused:
        typer.echo(sentence(refused.code), err=True)
        raise
