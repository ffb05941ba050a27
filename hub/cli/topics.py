"""`jukihub topics plan|apply|export`: topics, principals and ACLs of the broker follow from the Book alone."""

import asyncio
import json
import re
from pathlib import Path
from typing import Annotated, Literal

import typer

from hub import given, log
from hub.clock import now
from hub.config import Settings, settings
from hub.errors import DependencyUnavailable, UsageError
from hub.people import Act
from hub.plan import Plan
from hub.wanted import State, wanted

Json = Annotated[bool, typer.Option("--json", help="one JSON document on stdout")]
Format = Annotated[Literal["strimzi", "json"], typer.Option("--format", help="resources of Strimzi as YAML, or JSON")]
Out = Annotated[Path | None, typer.Option(metavar="FOLDER", file_okay=False, help="write files there; else to stdout")]
Principals = Annotated[list[str], typer.Argument(metavar="PRINCIPAL...", help="whose passwords; not admin's")]
Cluster = Annotated[str, typer.Option(metavar="NAME", help="with strimzi: the Kafka resource that they belong to")]

_topics = typer.Typer(no_args_is_help=True, help="Topics, principals and ACLs: generated from the contracts.")


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(_topics, name="topics")


@_topics.command("plan")
def plan_topics(as_json: Json = False) -> None:
    """Show what `apply` would change on the broker; changes nothing.

    Example: jukihub topics plan
    """
    from hub.broker_admin import Broker  # noqa: PLC0415 - the library is not needed for anybody's help
    from hub.plan import plan  # noqa: PLC0415 - as above

    here = _with_a_broker(settings())
    want = asyncio.run(_wanted(here))
    made = plan(want, Broker(here.kafka, here.secrets_dir).state(want.topics), here.prefix)
    _tell(made, as_json, "nothing to do")
    made.check()


@_topics.command("apply")
def apply_topics(as_json: Json = False) -> None:
    """Make the broker as the contracts want it: safe to repeat; refuses another partition count, removes no data.

    \b
    No person is named: it runs before there are accounts, its result follows from the contracts, which persons have
    approved, and it takes the broker's administrator's password. The log says what it did. A department whose contract
    was over yesterday loses its rights: let a timer type it every night.
    Example: jukihub topics plan && jukihub topics apply
    """
    from hub.broker_admin import Broker  # noqa: PLC0415 - the library is not needed for anybody's help

    here = _with_a_broker(settings())
    made = Broker(here.kafka, here.secrets_dir).apply(asyncio.run(_wanted(here)), here.prefix)
    log.configure("topics-apply", here.log_level)
    log.get().info("topics-applied", count=sum(1 for _ in made.lines()))
    _tell(made, as_json, "nothing was to do")


@_topics.command("rotate")
def rotate_passwords(principals: Principals) -> None:
    """Give principals new passwords while everything runs: on the broker, and in <HUB_SECRETS>/<principal>.password.

    \b
    Connections that are open go on; new ones use the new password. Where processes run on other machines, the file
    must reach them: until then their new connections are refused and tried again. In production an act of an operator,
    noted for each; a timer has a token of an account of its own in HUB_TOKEN.
    Example: jukihub topics rotate router ledger
    """
    asyncio.run(_rotate(_with_a_broker(settings()), principals))


async def _rotate(here: Settings, principals: list[str]) -> None:
    from hub.broker_admin import Broker  # noqa: PLC0415 - the library is not needed for anybody's help
    from hub.typist import typist  # noqa: PLC0415 - nor a database

    async with typist(here, now) as operator:
        for name in principals:
            async with operator.acting(Act.PASSWORDS_ROTATE, name):
                if name not in (await _wanted(here)).principals:
                    remedy = "`jukihub topics export --format json` names them"
                    raise UsageError("unknown-principal", "PRINCIPAL", remedy)
                await asyncio.to_thread(Broker(here.kafka, here.secrets_dir).rotate, name)
            typer.echo(f"{name}: a new password on the broker and in {here.secrets_dir}", err=True)


@_topics.command("export")
def export_topics(form: Format = "strimzi", out: Out = None, cluster: Cluster = "juki-hub") -> None:
    """Say what `apply` would make, for other tools to make it; asks no broker and holds no password.

    Whose feed is stopped, it asks the database, which production has to name (exit 6); whose contract is over, it knows
    by today's date.

    \b
    Examples:
      jukihub topics export > kafka.yaml
      jukihub topics export --cluster city --out resources/
      jukihub topics export --format json
    """
    from hub.interface import as_text, rights, strimzi  # noqa: PLC0415 - as above

    if not re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", cluster):
        raise typer.BadParameter("a name of Kubernetes is meant", param_hint="--cluster")
    here = settings()
    state = asyncio.run(_wanted(here))
    made = strimzi.files(state, cluster) if form == "strimzi" else {"topics.json": as_text(rights.as_json(state))}
    if out is None:
        typer.echo("".join(made.values()), nl=False)
        return
    out.mkdir(parents=True, exist_ok=True)
    for name, text in made.items():
        (out / name).write_text(text, encoding="utf-8")
        typer.echo(f"{out / name}: written", err=True)


async def _wanted(here: Settings) -> State:
    from hub.stops import silent  # noqa: PLC0415 - nor a database

    book = given.book(here)
    return wanted(book, here, await silent(here, book, now()))


def _with_a_broker(here: Settings) -> Settings:
    if not here.kafka:
        raise DependencyUnavailable("no-broker", "HUB_KAFKA", "Start one with `jukihub up`, or name one")
    return here


def _tell(made: Plan, as_json: bool, otherwise: str) -> None:
    if as_json:
        typer.echo(json.dumps(made.as_json(), ensure_ascii=False))
    else:
        typer.echo("\n".join(made.lines()) or otherwise)
