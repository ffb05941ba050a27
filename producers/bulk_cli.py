"""`jukihub bulk …`: 町名変更・住居表示 and 振り仮名 ex officio, for many at once, beside the daily work."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any, TypeVar

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from hub.acting import acting
from hub.clock import now
from hub.config import settings
from hub.database import Database, connect
from hub.people import Act
from producers.bulk import orders, running, sources
from producers.bulk.running import Pace, Report, Tally
from producers.bulk.verdicts import CODES
from producers.todokede import today

PARTIAL = 3
T = TypeVar("T")
_people = Console(stderr=True)

Json = Annotated[bool, typer.Option("--json", help="one JSON document on stdout")]

_app = typer.Typer(no_args_is_help=True, help="Orders that change many records alike (一括更新).")


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(_app, name="bulk")


@_app.command("run")
def run(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="the order: .toml, or JSON lines")],
    rate: Annotated[float, typer.Option(min=0.1, max=10_000, help="people per second at most")] = 100,
    most_waiting: Annotated[int, typer.Option(min=0, help="rests while the outbox holds more than this")] = 2000,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="count, and change nothing")] = False,
    as_json: Json = False,
) -> None:
    """Carry out an order, or take up one that was cut off. Under its number it takes effect once.

    \b
    chomei.toml:  order = "2026-chomei-1"
                  act = "address"
                  effective_on = "2026-04-01"
                  [[change]]
                  from = { town = "見本町一丁目" }
                  to = { town = "新見本町", machiaza_id = "0101001" }
    kana.jsonl:   {"order": "2026-kana-1", "act": "furigana", "effective_on": "2026-05-26"}
                  {"atena_no": "0000000001", "name_furigana": "ミホン　レイコ"}
    Examples:
      jukihub bulk run chomei.toml --dry-run
      jukihub bulk run kana.jsonl --rate 36
    Exit code 3 where somebody was left for a person to look at: `jukihub bulk status ORDER` names them.
    """
    order = orders.read(file, today(now()))
    if dry_run:
        count = _as_clerk(Act.BULK_SEE, order.number, lambda db: running.counted(db, sources.source(order)))
        tally = asyncio.run(count)
        _tell(_counts(order, tally), as_json)
        return
    report = asyncio.run(_as_clerk(Act.BULK_RUN, order.number, lambda db: _run(db, order, rate, most_waiting)))
    _tell(report.as_json(), as_json)
    if report.refused:
        raise typer.Exit(PARTIAL)


@_app.command("status")
def status(
    order: Annotated[str | None, typer.Argument(metavar="[ORDER]", help="with whom it left alone; else all")] = None,
    as_json: Json = False,
) -> None:
    """How far orders are. Of one: also whom it left alone and why, by resident (UUID) or by line of its file.

    Example: jukihub bulk status 2026-chomei-1
    """
    found = asyncio.run(_as_clerk(Act.BULK_SEE, order or "all", lambda db: running.status(db, order)))
    if as_json:
        typer.echo(orjson.dumps([_whole(one, order) for one in found]).decode())
        return
    for one in found:
        _tell(one.as_json(), as_json=False)
        for place, code in one.refused if order else ():
            typer.echo(f"  {place} {code}: {CODES.get(code, '記載の形式が正しくありません。')}")
    if not found:
        typer.echo("nothing", err=True)


def _whole(one: Report, order: str | None) -> dict[str, Any]:
    places = [{"place": place, "code": code} for place, code in one.refused]
    return one.as_json() | ({"places": places} if order else {})


async def _as_clerk(act: Act, what: str, do: Callable[[Database], Awaitable[T]]) -> T:
    here = settings()
    async with (
        connect(here.database, 1) as hub,
        acting(here, hub, act, what, now),
        connect(here.registry_dsn, 2) as registry,
    ):
        return await do(registry)


async def _run(db: Database, order: orders.Order, rate: float, most_waiting: int) -> Report:
    columns = (TextColumn("{task.fields[said]}"), BarColumn())
    with Progress(*columns, console=_people, transient=True) if _people.is_terminal else nullcontext() as bar:
        task = bar.add_task("people", total=None, said="") if bar else None
        done = Counter[str]()

        def progress(step: Tally) -> None:
            done.update(changed=step.changed, already=step.already, refused=len(step.refused))
            if bar is not None and task is not None:
                bar.update(task, said=" ".join(f"{count} {what}" for what, count in done.items()))

        pace = Pace(rate, most_waiting, asyncio.sleep)
        return await running.run(db, order, sources.source(order), now, pace, progress)


def _counts(order: orders.Order, tally: Tally) -> dict[str, Any]:
    refused = dict(sorted(Counter(code for _, code in tally.refused).items()))
    return {"order": order.number, "act": order.act, "state": "counted", "would_change": tally.changed,
            "already": tally.already, "refused": refused}  # fmt: skip


def _tell(said: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(orjson.dumps(said).decode())
        return
    changed = f"{said['would_change']} would change" if "would_change" in said else f"{said['changed']} changed"
    refused = ", ".join(f"{count} {code}" for code, count in said["refused"].items()) or "none"
    named = f"{said['order']} ({said['act']}) {said['state']}"
    typer.echo(f"{named}: {changed}, {said['already']} already so; refused: {refused}")
