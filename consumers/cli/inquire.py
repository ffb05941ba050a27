"""`jukihub inquire`: 本人確認情報 of somebody from J-LIS, on a legal basis, shown once."""

import asyncio
from typing import Annotated, Any

import typer

from consumers.cli import given
from consumers.cli.given import Json
from hub.cli.shared import Case
from hub.clock import now
from hub.config import settings


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register the commands."""
    app.command("inquire")(inquire)


def inquire(  # noqa: PLR0913 - a command's options
    question: Annotated[typer.FileBinaryRead, typer.Argument(help="Whom it is about, JSON; - for stdin.")],
    basis: Annotated[str, typer.Option(help="Legal basis, such as 番号法14条2項.")],
    purpose: Annotated[str, typer.Option(help="move-in, ex-officio, my-number or consistency.")],
    at_most: Annotated[int, typer.Option(help="Refused where more people fit; 1 to 10.")] = 1,
    case: Case = None,
    as_json: Json = False,
) -> None:
    """Ask J-LIS for 本人確認情報 (duty ⑦). Whom it is about stands in a file, never in the command itself.

    \b
    Examples:
      echo '{"juminhyo_code": "…"}' | jukihub inquire - --basis 番号法14条2項 --purpose my-number
      jukihub inquire who.json --basis 住基法30条の12第1項 --purpose move-in --case 市第8号 --json

    who.json: {"juminhyo_code"}, or {"name", "birth_date", "sex", "address"}. Every inquiry is audited under an id that
    J-LIS knows too, and counted; the answer is kept nowhere. Exit 5: not permitted, 6: J-LIS does not answer.
    """
    from consumers import inquiry  # noqa: PLC0415 - the client of the counterparts is not needed for anybody's help

    asked = inquiry.question(question.read(), basis, purpose, at_most)
    found = asyncio.run(inquiry.inquire(settings(), asked, now, case))
    if as_json:
        given.document({"inquiry": str(asked.id), "found": found})
        return
    for one in found:
        given.table(("item", "value"), [(item, _word(value)) for item, value in one.items()])
    typer.echo(f"{len(found)} found; inquiry {asked.id}", err=True)


def _word(value: Any) -> Any:
    if value is None:
        return ""
    return value.get("text") or value if isinstance(value, dict) else value
