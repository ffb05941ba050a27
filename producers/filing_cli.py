"""`jukihub todokede`, `due`, `expiring`: notices are filed, and what has come due is named.

stdout is data, stderr is for people; a refused notice ends in exit code 3, and the other lines are answered still.
"""

import asyncio
from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, BinaryIO

import orjson
import typer

from hub.cli.shared import day_or_today
from hub.clock import now
from hub.config import settings
from hub.database import connect
from hub.errors import UsageError
from hub.people import Act
from hub.typist import typed, typist
from producers import city as cities
from producers import due as dues
from producers import expiring as measures
from producers.filing import filed
from producers.refusals import REMARKS, sentence

_PARTIAL = 3

Day = Annotated[str | None, typer.Option(metavar="DATE", help="day of the notices; else today in Japan")]


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register the commands."""
    app.command("due")(due)
    app.command("expiring")(expiring)
    app.command("todokede")(todokede)


def due(
    on: Day = None,
) -> None:
    """Write a notice for every planned 転出 whose day has come, one JSON object per line.

    Example, once a day: `jukihub due | jukihub todokede -`. What is refused is for a clerk. In production both are
    acts of a clerk; a timer has a token of an account of its own in HUB_TOKEN.
    """
    for notice in asyncio.run(_due(day_or_today(on))):
        typer.echo(orjson.dumps(notice).decode())


async def _due(day: date) -> list[dict[str, object]]:
    here = settings()
    async with typed(here, Act.REGISTER_LIST, "due", now), connect(here.registry_dsn, 1) as db:
        return await dues.due(db, day)


def expiring(
    on: Day = None,
    notices: Annotated[bool, typer.Option(
        "--notices", help="a protection-end for those that are over, without the day of its decision"
    )] = False,
) -> None:
    """List the protected persons (支援措置) whose end comes near or has passed, one JSON object per line.

    One line: {"atena_no", "household_no", "ends_on", "state"}; state is renewable (from a month before the end), over,
    or undated. Nobody's protection ends by this: a clerk files protection-extend or protection-end. With --notices each
    line is such an end, complete but for "decided_on": the counter refuses it until a clerk has decided and put the
    day in. In production an act of a clerk.

    \b
    Examples:
      jukihub expiring                            once a day
      jukihub expiring --notices > ends.jsonl     a clerk takes out who goes on, puts in the day of the decision, and
      jukihub todokede ends.jsonl                 files the others
    """
    day = day_or_today(on)
    found = asyncio.run(_expiring(day))
    for line in measures.endings(found, day) if notices else found:
        typer.echo(orjson.dumps(line).decode())


async def _expiring(day: date) -> list[dict[str, object]]:
    here = settings()
    async with typed(here, Act.REGISTER_LIST, "expiring", now), connect(here.registry_dsn, 1) as db:
        return await measures.expiring(db, day)


def todokede(
    file: Annotated[
        typer.FileBinaryRead | None, typer.Argument(help="one notice (届出) per line, JSON; - for stdin")
    ] = None,
    schema: Annotated[bool, typer.Option("--schema", help="print the JSON Schema of a notice instead")] = False,
    as_brought: Annotated[bool, typer.Option(
        "--as-brought", help="as at the time in the receipt; only in a made-up city, for `jukihub year`"
    )] = False,
) -> None:
    """File notices (届出): each is one transaction, accepted with its Changes, refused with a code, or a known repeat.

    Examples: `jukihub todokede notices.jsonl`; `jukihub todokede --schema`. One line of JSON is answered per line:
    {"line", "receipt", "result": "accepted|refused|repeated", "code"?, "place"?, "remarks"?, "changes": \\[ids]}.
    A remark is told of an accepted notice: late, the time that the law sets has passed. Exit code 3 where any was
    refused. In production each is an act of a clerk, noted under its receipt; a timer has a token of an account of its
    own in HUB_TOKEN.
    """
    if schema:
        typer.echo(_schema())
    elif file is None:
        raise typer.BadParameter("a file of notices, or -", param_hint="FILE")
    elif asyncio.run(_answer_all(file, as_brought)):
        raise typer.Exit(_PARTIAL)


def _schema() -> str:
    from producers.notices.schema import document  # noqa: PLC0415 - only who asks for it waits for it

    return orjson.dumps(document(), option=orjson.OPT_INDENT_2).decode()


async def _answer_all(lines: BinaryIO | Iterable[bytes], as_brought: bool) -> int:
    refused, here = 0, settings()
    async with typist(here, now) as clerk, connect(here.registry_dsn, 1) as db:
        if as_brought:
            await cities.check_made_up(db)
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            answer = await filed(clerk, db, line.rstrip(b"\r\n"), _time(line, as_brought))
            typer.echo(orjson.dumps(answer.wire(number)).decode())
            if answer.code is not None:
                refused += 1
                typer.echo(f"{number}: {sentence(answer.code)} [{answer.code}]", err=True)
            for remark in answer.remarks:
                typer.echo(f"{number}: {REMARKS[remark]} [{remark}]", err=True)
    return refused


def _time(line: bytes, as_brought: bool) -> datetime:
    from producers.year.calendar import brought_at  # noqa: PLC0415 - only where it is asked for

    try:
        return brought_at(orjson.loads(line)) if as_brought else now()
    except (ValueError, KeyError, TypeError):
        raise UsageError("no-time-in-receipt", "--as-brought") from None
