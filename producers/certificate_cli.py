"""`jukihub certificate`: 住民票の写し and 除票の写し, into a file that its caller alone can read.

Every request is written down, also one that is refused.
"""

import asyncio
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

import orjson
import typer

from contracts.dates import is_date
from contracts.door import read_json
from hub.acting import acting
from hub.cli.shared import Case, new_file
from hub.clock import now
from hub.config import settings
from hub.database import connect
from hub.errors import ChangeRefused, NotPermitted, UsageError
from hub.people import Act
from hub.wording import case as of_case
from producers.certificates import office, page
from producers.certificates.decision import Asked, Asker, Basis, Copy
from producers.certificates.items import SPECIAL
from producers.certificates.office import Request
from producers.certificates.page import Issue
from producers.certificates.refusals import sentence
from producers.todokede import today

_SAID: Final = ("name", "birth_date", "address", "organ", "purpose")


Subjects = Annotated[list[str], typer.Option("--for", metavar="宛名番号", help="whose copy; repeat for several")]
Out = Annotated[Path, typer.Option(metavar="FILE", help="a new file, .html or .json; yours alone (0600)")]
Issuer = Annotated[str, typer.Option(help="who certifies it, such as 見本市長　見本　例蔵")]
By = Annotated[str | None, typer.Option(metavar="宛名番号", help="who asks, where on file here")]
Special = Annotated[list[str] | None, typer.Option("--with", help="a special request: " + ", ".join(SPECIAL))]
Said = Annotated[Path | None, typer.Option("--request", metavar="FILE", help="who asks and what for, as JSON")]
Examined = Annotated[bool, typer.Option("--examined", help="a responsible person has let this request pass")]


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register the commands."""
    app.command("certificate")(certificate)


def certificate(  # noqa: PLR0913 - every word of a request
    atena_nos: Subjects,
    out: Out,
    issuer: Issuer,
    basis: Annotated[Basis, typer.Option(help="own: 12条1項; organ: 12条の2; third: 12条の3")] = Basis.OWN,
    by: By = None,
    said: Said = None,
    special: Special = None,
    household: Annotated[bool, typer.Option("--household", help="世帯全員の写し")] = False,
    removed: Annotated[bool, typer.Option("--removed", help="除票の写し")] = False,
    examined: Examined = False,
    case: Case = None,
) -> None:
    """Make a certified copy (住民票の写し), as a page to print or as data.

    \b
    Without --with it has the items that everybody has a right to. Who asks for somebody else says who they are:
      {"name": "見本　太郎", "birth_date": "1980-05-05", "address": "…", "organ": "…", "purpose": "…"}
    Examples:
      jukihub certificate --for 0000000013 --by 0000000013 --out copy.html --issuer 見本市長
      jukihub certificate --for 13 --by 13 --household --with household --with honseki --out copy.html --issuer 見本市長
      jukihub certificate --for 0000000013 --basis third --request asked.json --out copy.json --issuer 見本市長
    Without --case (the number of the request form, say) the weekly review of the audit lists it so.
    Exit code 5 where it may not be handed out; the sentence on stderr is for the clerk.
    """
    if {*(special or [])} - {*SPECIAL}:
        raise UsageError("unknown-special", "--with", "Name one of " + ", ".join(SPECIAL))
    if out.suffix not in {".html", ".json"}:
        raise UsageError("unknown-form", "--out", "Name a file that ends in .html or .json")
    if basis is Basis.OWN and by is None:
        raise UsageError("who-asks", "--by", "Name who stands there: the person, or a member of the household")
    asked = Asked(basis, _asker(said), frozenset(special or []), household, removed, examined)
    with new_file(out, "--out") as opened:
        number, copy = asyncio.run(_answered(Request(atena_nos, asked, by), of_case(case)))
        issue = Issue(str(number), today(now()).isoformat(), issuer)
        written = page.page(copy, issue).encode() if out.suffix == ".html" else orjson.dumps(page.as_json(copy, issue))
        opened.write(written)
    typer.echo(str(number))


def _asker(file: Path | None) -> Asker:
    if file is None:
        return Asker()
    try:
        said: Any = read_json(file.read_bytes())
    except (OSError, ChangeRefused):
        raise UsageError("unreadable", "--request") from None
    if not isinstance(said, dict) or said.keys() - {*_SAID}:
        raise UsageError("unknown-field", "--request", "It has " + ", ".join(_SAID))
    born = said.pop("birth_date", None)
    if not all(isinstance(value, str) for value in said.values()) or (born is not None and not is_date(born)):
        raise UsageError("bad-value", "--request")
    return Asker(birth_date=born, **said)


async def _answered(request: Request, details: dict[str, str | int]) -> tuple[UUID, Copy]:
    here = settings()
    details |= {"count": len(request.atena_nos), "filter": request.asked.article}
    async with (
        connect(here.database, 1) as hub,
        acting(here, hub, Act.CERTIFICATE_ISSUE, "certificate", now, details) as clerk,
        connect(here.registry_dsn, 1) as registry,
    ):
        answered = await office.answer(registry, request, clerk.id, now())
        details["made"], outcome = str(answered.number), answered.outcome
        if not isinstance(outcome, Copy):
            raise NotPermitted(outcome.code, str(answered.number), sentence(outcome.code))
        return answered.number, outcome
