"""`jukihub snapshot` and `jukihub review`: what nobody files and subscribers need all the same."""

import asyncio
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

import orjson
import typer

from hub import log
from hub.cli import progress
from hub.cli.shared import day_or_today
from hub.clock import now
from hub.config import settings
from hub.errors import UsageError
from hub.people import Act

Json = Annotated[bool, typer.Option("--json", help="the result as JSON")]
STATUS, IDS = "status", "ids"


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register the commands."""
    app.command("snapshot")(snapshot)
    app.command("review")(review)


def snapshot(
    contracts: Annotated[
        list[str] | None, typer.Argument(help="contracts that keep a copy, or `status`, or `ids` and them")
    ] = None,
    everybody: Annotated[bool, typer.Option("--all", help="every contract in force that keeps a copy")] = False,
    per_second: Annotated[int, typer.Option(min=0, help="residents per second; 0: as fast as it goes")] = 1000,
    backlog: Annotated[int, typer.Option(min=1, help="rest while the outbox holds more Changes than this")] = 5000,
    as_json: Json = False,
) -> None:
    """Give contracts their first load (初期登録): every resident once, in order with what happens meanwhile.

    \b
    Examples:
      jukihub snapshot child-policy tax      stopped or killed, the same command goes on where it was
      jukihub snapshot --all --per-second 40
      jukihub snapshot status
      jukihub snapshot ids tax               the Changes of its last run, for `jukihub files write --full`; the first
                                             line says of which run, for whom, and how many

    A contract that is no mirror is refused. Who is told what is decided as ever; nobody else hears of it. In production
    an act of an operator; a timer has a token of an account of its own in HUB_TOKEN.
    """
    if contracts == [STATUS]:
        _show(asyncio.run(_runs()), as_json)
        return
    if contracts and contracts[0] == IDS:
        _show_ids(*asyncio.run(_ids(contracts[1:])), as_json)
        return
    if bool(contracts) is everybody:
        raise UsageError("name-contracts-or-all", "snapshot", "Name the contracts, or say --all")
    _show([asyncio.run(_load(contracts or [], per_second, backlog))], as_json)


async def _load(names: list[str], per_second: int, backlog: int) -> dict[str, Any]:
    from hub import given  # noqa: PLC0415 - only when it is done
    from hub.database import connect  # noqa: PLC0415 - as above
    from hub.typist import typed  # noqa: PLC0415 - as above
    from producers import snapshot as loads  # noqa: PLC0415 - as above
    from producers.todokede import today  # noqa: PLC0415 - as above

    here, day, details = settings(), today(now()), dict[str, str | int]()
    async with typed(here, Act.FIRST_LOAD, " ".join(names) or "all", now, details), connect(here.registry_dsn, 2) as db:
        book = given.book(here).contracts
        chosen = loads.chosen(book, names, day) if names else loads.mirrors(book, day)
        run = await loads.begun(db, chosen, now())
        details["made"] = str(run.run)
        total = await loads.registered(db)
        await loads.carry(db, run, loads.Pace(per_second, backlog), now, lambda count: progress.of(count, total))
        found = next(asdict(one) for one in await loads.runs(db) if one.run == run.run)
        details["count"] = found["told"]
        return found


async def _runs() -> list[dict[str, Any]]:
    from hub.database import connect  # noqa: PLC0415 - only when it is done
    from hub.typist import typed  # noqa: PLC0415 - as above
    from producers import snapshot as loads  # noqa: PLC0415 - as above

    here = settings()
    async with typed(here, Act.FIRST_LOAD_SEE, "runs", now), connect(here.registry_dsn, 1) as db:
        total = await loads.registered(db)
        return [asdict(run) | {"registered": total} for run in await loads.runs(db)]


async def _ids(names: list[str]) -> tuple[dict[str, Any], list[str]]:
    """Which load it is, as it says of itself, and its Changes."""
    from hub import given  # noqa: PLC0415 - only when it is done
    from hub.database import connect  # noqa: PLC0415 - as above
    from hub.typist import typed  # noqa: PLC0415 - as above
    from producers import snapshot as loads  # noqa: PLC0415 - as above
    from producers.todokede import today  # noqa: PLC0415 - as above

    here = settings()
    async with typed(here, Act.FIRST_LOAD_SEE, " ".join(names), now), connect(here.registry_dsn, 1) as db:
        chosen = loads.chosen(given.book(here).contracts, names, today(now()))
        run = await loads.ended(db, chosen)
        said = {"run": str(run.run), "contracts": [*run.contracts], "count": run.told}
        return said, [str(one) for one in await loads.change_ids(db, run)]


def _show_ids(said: dict[str, Any], found: list[str], as_json: bool) -> None:
    """In one document, or the document in the first line and the ids below it."""
    lines = [said | {"changes": found}] if as_json else [said]
    typer.echo("\n".join([orjson.dumps(lines[0]).decode(), *([] if as_json else found)]))


def _show(found: list[dict[str, Any]], as_json: bool) -> None:
    for one in found:
        if as_json:
            typer.echo(orjson.dumps(one).decode())
            continue
        state = "ended" if one["ended_at"] else f"not ended, of {one.get('registered', '?')} on the register"
        typer.echo(f"{one['begun_at']:%Y-%m-%d %H:%M} {', '.join(one['contracts'])}: {one['told']} residents, {state}")


def review(
    on: Annotated[str | None, typer.Option(metavar="DATE", help="up to this day; else today in Japan")] = None,
    as_json: Json = False,
) -> None:
    """Tell of birthdays (年齢到達等): once a day, soon after midnight; days that were missed are made up for.

    Example: `jukihub review`. A day that is reviewed already is not reviewed again. No person is named: which birthdays
    count follows from the Book, and nobody decides anything by typing it. The log says which days were reviewed.
    """
    reviewed = asyncio.run(_review(on))
    log.configure("review", settings().log_level)
    for day, told in reviewed:
        told_of = {"day": day.isoformat(), "told": told}
        typer.echo(orjson.dumps(told_of).decode() if as_json else f"{day}: {told} came to an age that counts")
        log.get().info("day-reviewed", day=day.isoformat(), count=told)


async def _review(on: str | None) -> list[tuple[date, int]]:
    from hub import given  # noqa: PLC0415 - only when it is done
    from hub.database import connect  # noqa: PLC0415 - as above
    from producers import review as reviews  # noqa: PLC0415 - as above
    from producers.ages import boundaries  # noqa: PLC0415 - as above
    from producers.todokede import today  # noqa: PLC0415 - as above

    until, at = day_or_today(on), now()
    if until > today(at):
        raise UsageError("not-yet-come", "--on")
    ages = boundaries(given.book(settings()).contracts.values())
    async with connect(settings().registry_dsn, 1) as db:
        found = [await reviews.review(db, day, ages, at) for day in await reviews.missing(db, until)]
    return [(one.day, one.told) for one in found]
