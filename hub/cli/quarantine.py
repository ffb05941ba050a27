"""`jukihub quarantine …`: who waits behind a change that could not be read, and letting them go."""

import asyncio
import json
from typing import TYPE_CHECKING, Annotated

import typer

from hub.config import Settings, settings
from hub.errors import JukiError, UsageError

if TYPE_CHECKING:
    from hub.acts import End, Persons, Release
    from hub.quarantine import Line

Json = Annotated[bool, typer.Option("--json", help="one JSON document on stdout")]

_quarantine = typer.Typer(no_args_is_help=True, help="Changes that could not be read (隔離), and who waits behind.")


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(_quarantine, name="quarantine")


@_quarantine.command("list")
def list_lines(as_json: Json = False) -> None:
    """One line per parked resident: where, why, since when, how many changes wait behind. Never who, never what.

    Example: jukihub quarantine list --json
    """
    found = [line.as_json() for line in asyncio.run(_lines(settings()))]
    if as_json:
        typer.echo(json.dumps(found))
        return
    for one in found:
        typer.echo("partition {partition} offset {offset}: {code} since {since}, {behind} waiting behind".format(**one))
    if not found:
        typer.echo("nobody waits", err=True)


@_quarantine.command("release")
def release(  # noqa: PLR0913 - every word of an act that is kept
    partition: Annotated[int, typer.Option(help="where the letter lies, as `list` says")],
    offset: Annotated[int, typer.Option(help="the same")],
    reason: Annotated[str, typer.Option(help="why; kept for ever, so nothing about a resident")],
    by: Annotated[str, typer.Option(help="who orders it")],
    approved_by: Annotated[str, typer.Option(help="who approves it: another person")] = "",
    discard: Annotated[list[int] | None, typer.Option(help="offset of a letter never to be told; repeat")] = None,
    wait: Annotated[float, typer.Option(min=0, help="seconds to wait for the router to carry it out")] = 30.0,
    as_json: Json = False,
) -> None:
    """Route what waits in one line again, in order and unaltered: the cause is gone, or the unreadable is discarded.

    \b
    All or nothing: where a change still cannot be read and is not discarded, nothing is done (exit 1,
    still-unreadable). Exit 4 without a second person; exit 3 where no router has carried it out yet: it will.
    Examples:
      jukihub quarantine release --partition 3 --offset 17 --reason "1.4 reads it" --by ito --approved-by kato
      jukihub quarantine release --partition 3 --offset 17 --discard 17 --reason "the registry sent it again as a
        correction" --by ito --approved-by kato
    """
    from hub.acts import Persons, new_release  # noqa: PLC0415 - not needed for anybody's help

    persons = Persons(by, approved_by, reason)
    persons.check()
    act = new_release(partition, offset, discard or [])
    ended = asyncio.run(_ordered(settings(), act, persons, wait))
    if as_json:
        state = {"code": ended.code, "count": ended.count} if ended else {"code": "due", "count": 0}
        typer.echo(json.dumps({"act": str(act.id), **state}))
    _judge(act, ended)


def _judge(act: "Release", ended: "End | None") -> None:
    if ended is None:
        typer.echo(f"{act.id}: ordered; no router has carried it out yet", err=True)
        raise typer.Exit(3)
    if ended.code != "released":
        raise JukiError(ended.code, f"partition {act.partition} offset {act.letter}")
    typer.echo(f"{act.id}: {ended.count} change(s) routed, {len(act.discarded)} discarded", err=True)


async def _lines(here: Settings) -> "list[Line]":
    from hub import bus, quarantine, topics  # noqa: PLC0415 - not needed for anybody's help
    from hub.router import PRINCIPAL  # noqa: PLC0415 - as above

    topic = topics.quarantine(here.prefix)
    await bus.check_topics(here, PRINCIPAL, [topic])
    async with bus.reader(here, PRINCIPAL, topic, range(here.partitions)) as reader:
        return quarantine.lines(await reader.read_to_end())


async def _ordered(here: Settings, act: "Release", persons: "Persons", wait: float) -> "End | None":
    from hub import acts, topics  # noqa: PLC0415 - not needed for anybody's help
    from hub.database import connect  # noqa: PLC0415 - as above
    from hub.run import now  # noqa: PLC0415 - as above

    lines = [line for line in await _lines(here) if line.partition == act.partition and act.letter in line.offsets]
    if not lines or not {*act.discarded} <= {*lines[0].offsets}:
        raise UsageError("no-such-letter", f"partition {act.partition} offset {act.letter}")
    async with connect(here.database, size=1) as database:
        await acts.order(database, topics.quarantine(here.prefix), act, persons, now())
        until = asyncio.get_running_loop().time() + wait
        while (ended := await acts.ended(database, act.id)) is None:
            if asyncio.get_running_loop().time() >= until:
                return None
            await asyncio.sleep(0.1)
        return ended
