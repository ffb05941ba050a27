"""`jukihub ledger subject`: to whom a resident's data went, for whoever asks about their own (開示請求)."""

import asyncio
import json
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from contracts.change import JAPAN
from hub.cli.shared import Case, ledger_of
from hub.config import settings

if TYPE_CHECKING:
    from hub.told_of import Had, Recipient

_HEAD: Final = "提供の記録（宛名番号 {number}、{day} 現在）"
_ABOUT: Final = """\
台帳にある提供の相手方と項目です。日時は、提供を決めて封をした時刻です。項目の値は記録されていません。
この台帳によらない提供（写しの交付、紙、電話など）は含まれません。"""
_NOBODY: Final = "どこにも提供していません。"
_WORDS: Final = {"erased": "相手方で消去されたことを確認"}


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register the command beside those of the hub."""
    ledger_of(app).command("subject")(subject)


def subject(
    atena_no: Annotated[str, typer.Argument(metavar="宛名番号", help="about whom")],
    by: Annotated[str, typer.Option(metavar="宛名番号", help="who asks and was identified; - where not on file here")],
    examined: Annotated[bool, typer.Option("--examined", help="a responsible person has let it pass")] = False,
    case: Case = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document on stdout")] = False,
) -> None:
    """Say who was told what about a resident, from when to when, and under which article, in plain Japanese.

    \b
    For a clerk who answers a request for disclosure (開示請求). Whoever asks for somebody else needs --examined, and is
    refused (exit 5) where the person is protected from them. Asking leaves a line in the audit, under the pseudonym.
    Without --case the weekly review of the audit lists it so.
    Example: jukihub ledger subject 0000000013 --by 0000000013 --case 開示第3号
    """
    found = asyncio.run(_found(atena_no, by, case, examined=examined))
    if as_json:
        typer.echo(json.dumps([one.as_json() for one in found], ensure_ascii=False))
        return
    from hub.clock import now  # noqa: PLC0415 - not needed for anybody's help

    typer.echo(_HEAD.format(number=atena_no, day=_day(now())))
    typer.echo(_ABOUT)
    for one in found:
        typer.echo("\n" + "\n".join(_said(one)))
    if not found:
        typer.echo(_NOBODY)


def _said(one: "Recipient") -> Iterator[str]:
    yield f"■ {one.subscriber or one.contract}" + (f"（{one.purpose}）" if one.purpose else "")
    if one.transfer:
        approved = f"、{_day(one.approved_at)}" if one.approved_at else ""
        yield f"　随時移転（決裁 {one.transfer}{approved}）"
    if one.tellings:
        yield f"　{_period(one.tellings[0], one.tellings[-1])}、{len(one.tellings)} 回提供"
    if one.undelivered:
        yield f"　うち {one.undelivered} 回分は、まだ相手方に渡っていません"
    for at in one.again:
        yield f"　{_moment(at)} に再び提供"
    for what, at in one.confirmed:
        yield f"　{_moment(at)} に{_WORDS.get(what, what)}"
    for had in one.items.values():
        yield f"　・{had.name}　{_period(had.first, had.last)}、{had.times} 回（{_articles(had)}）"


def _articles(had: "Had") -> str:
    return "、".join(had.articles) or "根拠は当時の契約又は決裁が保存されていないため示せない"


def _period(first: datetime, last: datetime) -> str:
    return _day(first) if _day(first) == _day(last) else f"{_day(first)} から {_day(last)} まで"


def _day(at: datetime) -> str:
    return f"{at.astimezone(JAPAN):%Y年%-m月%-d日}"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(JAPAN):%Y年%-m月%-d日 %H:%M}"


async def _found(atena_no: str, by: str, case: str | None, *, examined: bool) -> "list[Recipient]":
    from hub.acting import acting  # noqa: PLC0415 - as above
    from hub.clock import now  # noqa: PLC0415 - as above
    from hub.database import connect  # noqa: PLC0415 - as above
    from hub.destroyed import pseudonym_keys  # noqa: PLC0415 - as above
    from hub.keys import LEDGER  # noqa: PLC0415 - as above
    from hub.people import Act  # noqa: PLC0415 - as above
    from hub.pseudonym import Pseudonyms  # noqa: PLC0415 - as above
    from hub.told_of import told_of  # noqa: PLC0415 - as above
    from hub.wording import case as of_case  # noqa: PLC0415 - as above
    from producers.disclosing import check, named  # noqa: PLC0415 - as above

    here = settings()
    details: dict[str, str | int] = {"basis": "own" if by == atena_no else "representative", **of_case(case)}
    async with (
        connect(here.database, 2) as hub,
        acting(here, hub, Act.LEDGER_SUBJECT, "ledger", now, details),
        connect(here.registry_dsn, 1) as registry,
    ):
        pseudonyms = Pseudonyms(await pseudonym_keys(here, hub)(LEDGER))
        about, asker = await named(registry, atena_no, by)
        [known_as] = pseudonyms.of([about.person.resident])
        details["filter"] = known_as.hex()  # noted also where it is refused: that somebody tried may have to be proved
        check(about, asker, examined=examined)
        found = await told_of(hub, known_as)
        details["count"] = len(found)
    return found
