"""The whole house on one machine: broker, database, stand-ins of the counterparts, and every process of the hub.

`up` brings up what is not there and touches nothing that is: run it twice, or after any kill -9. Where HUB_KAFKA or
HUB_DATABASE name servers of their own, those are used and not started; where HUB_COUNTERPARTS names counterparts, no
stand-in is. What was started here is remembered in `<data>/house.env`; when that changes, the hub's processes begin
again with it. Everything outlives the command that started it. For development: production has its own service
manager and starts `jukihub run …` by it.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from contracts.book import Book
from hub import given, members
from hub.broker_admin import Broker, answers
from hub.clock import now
from hub.config import Settings, remembered, settings
from hub.errors import AlreadyTold, DependencyUnavailable, JukiError, NotPermitted
from hub.members import Member
from hub.wanted import wanted
from hub.ways import waiting

Say = Callable[[str], None]
BROKER, DATABASE = "kafka/broker.py", "postgres/server.py"


def up(say: Say, *, with_processes: bool = True) -> None:
    """Bring the house up; each step is said to `say`. Raises DependencyUnavailable where something is missing."""
    here = settings()
    if here.env == "production":
        raise NotPermitted("not-in-production", "jukihub up")
    book = given.book(here)
    before = remembered(here.data)
    here = _remember(here, _servers(here, say) | _kept(before, "HUB_COUNTERPARTS"))
    _prepare(here, book, say)
    if with_processes:
        here = _with_standins(here, book, say)
        _run(here, members.processes(book, here.data.resolve()), remembered(here.data) != before, say)
    if names := ", ".join(waiting(book.contracts)):
        say(f"no way yet, what they are told is kept on their topics: {names}")
    if with_processes:
        say(f"api: {api(here.data)}")
    say(f"data: {here.data.resolve()}")


def down(say: Say) -> None:
    """End everything that runs here, in reverse order. What is not running is left in peace."""
    here = settings()
    book, data = given.book(here), here.data.resolve()
    for group in (members.processes(book, data), members.standins(book, data, Path())):
        for name, outcome in members.stop(reversed(group)):
            say(f"{name}: {outcome}")
    for script, folder in ((DATABASE, "postgres"), (BROKER, "kafka")):
        if (data / folder).exists():
            say(f"{folder}: {_infra(script, 'stop', here)['outcome']}")
    (here.data / "house.env").unlink(missing_ok=True)


def status(book: Book | None = None) -> list[dict[str, Any]]:
    """Every process that the Book (else the one that is set) asks for.

    Each has `name`, `state` (running, unhealthy, stopped, elsewhere, unreachable), `pid` and `port`.
    """
    here = settings()
    book, data = book or given.book(here), here.data.resolve()
    group = [*members.standins(book, data, Path()), *members.processes(book, data)]
    with ThreadPoolExecutor(len(group) + 2) as asked:  # all at once: what is frozen takes its time beside the others
        servers = [asked.submit(one, here) for one in (_broker_status, _database_status)]
        return [*(one.result() for one in servers), *asked.map(_member_status, group)]


def api(data: Path) -> str | None:
    """Where the API of this house is, while it runs."""
    url: str | None = members.Member("api", (), data.resolve()).said().get("url")
    return url


def infra(part: str) -> Path:
    """A script of infra/, which lies beside the packages in a checkout and in no wheel."""
    script = Path(__file__).resolve().parent.parent / "infra" / part
    if not script.exists():
        remedy = "Run this from a checkout of juki-hub, or set HUB_KAFKA, HUB_DATABASE and HUB_COUNTERPARTS"
        raise DependencyUnavailable("no-infra", part, remedy)
    return script


def _servers(here: Settings, say: Say) -> dict[str, str]:
    """Start the servers that are ours, both at once and neither where one lacks something; what to remember of them."""
    ours = [script for script in (BROKER, DATABASE) if _is_ours(here, script)]
    for script in ours:
        _infra(script, "prepare", here)
    for script in ours:
        say(f"starting {script.split('/', maxsplit=1)[0]}")
    with ThreadPoolExecutor(2) as both:
        said = dict(zip(ours, both.map(lambda script: _infra(script, "start", here), ours), strict=True))
    found = {"HUB_KAFKA": said[BROKER]["kafka"]} if BROKER in said else {}
    if DATABASE in said:
        found |= {"HUB_DATABASE": said[DATABASE]["hub"], "HUB_REGISTRY": said[DATABASE]["registry"]}
    return found


def _is_ours(here: Settings, script: str) -> bool:
    """Whether a server is started here: nobody named another one."""
    name, named = ("HUB_KAFKA", here.kafka) if script == BROKER else ("HUB_DATABASE", here.database)
    return not named or named == remembered(here.data).get(name)


def _infra(script: str, command: str, here: Settings) -> Any:
    """Run a script of infra/; what it says on stdout. Its stderr is for the same people as ours."""
    folder = here.data.resolve() / Path(script).parent
    folders = ["--data", str(folder), "--secrets", str(here.secrets_dir.resolve())]
    command_line = [sys.executable, str(infra(script)), command, *folders, *options(script, here)]
    done = subprocess.run(command_line, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603 - our own script
    if done.returncode and not done.stdout:
        failed = AlreadyTold if done.returncode == AlreadyTold.exit_code else JukiError
        raise failed(f"{command}-failed", Path(script).parent.name)
    return json.loads(done.stdout)


def options(script: str, here: Settings) -> list[str]:
    """The settings of a server of ours, as its script takes them."""
    if script == BROKER:
        return ["--port", str(here.kafka_port), "--memory-mb", str(here.kafka_memory_mb)]
    port = ["--port", str(here.postgres_port)] if here.postgres_port else []
    return [*port, "--memory-mb", str(here.postgres_memory_mb)]


def _asked(script: str, here: Settings) -> Any:
    """What a server of ours says of itself; one that was never started needs not be asked."""
    return _infra(script, "status", here) if (here.data / Path(script).parent).exists() else {"running": False}


def _kept(before: dict[str, str], name: str) -> dict[str, str]:
    return {name: before[name]} if name in before else {}


def _remember(here: Settings, found: dict[str, str]) -> Settings:
    """Write house.env, whole or not at all; the settings with it."""
    if found != remembered(here.data):
        here.data.mkdir(parents=True, exist_ok=True)
        draft = here.data / "house.env.draft"
        draft.touch(mode=0o600)
        draft.write_text("".join(f"{name}={value}\n" for name, value in found.items()), encoding="utf-8")
        draft.replace(here.data / "house.env")
    settings.cache_clear()
    return settings()


def _prepare(here: Settings, book: Book, say: Say) -> None:
    from hub.migrate import migrate_all  # noqa: PLC0415 - half of the time that `status` would take
    from hub.stops import silent  # noqa: PLC0415 - as above

    asyncio.run(migrate_all(here))
    say("database: every migration is applied")
    want = wanted(book, here, asyncio.run(silent(here, book, now())))
    made = Broker(here.kafka, here.secrets_dir).apply(want, here.prefix)
    say(f"kafka: {here.kafka}, topics and ACLs are as the contracts want them"
        + ("" if made.empty else f" ({sum(1 for _ in made.lines())} changed)"))  # fmt: skip


def _with_standins(here: Settings, book: Book, say: Say) -> Settings:
    before = remembered(here.data)
    if here.counterparts and here.counterparts != before.get("HUB_COUNTERPARTS"):
        return here  # somebody named real ones
    group = members.standins(book, here.data.resolve(), infra("counterparts/standin.py"), here.store_hours)
    if not group:
        return here
    for name in members.start(group):
        say(f"{name}: started")
    urls = (f"{member.name.removeprefix('counterpart-')}=http://127.0.0.1:{member.port()}" for member in group)
    return _remember(here, before | {"HUB_COUNTERPARTS": ",".join(urls)})


def _run(here: Settings, group: list[Member], changed: bool, say: Say) -> None:
    if changed:  # they hold addresses that are no longer true
        for name, outcome in members.stop(group):
            if outcome != "not-running":
                say(f"{name}: {outcome}, to begin again at other addresses")
    for name in members.start(group):
        say(f"{name}: started")
    say(f"everything runs; logs are in {here.data.resolve() / 'log'}")


def _broker_status(here: Settings) -> dict[str, Any]:
    if _is_ours(here, BROKER):
        said = _asked(BROKER, here)
        well = said["running"] and answers(said["kafka"], here.secrets_dir)
        port = int(said["kafka"].rsplit(":", 1)[1]) if said["running"] else None
        return _row("kafka", said.get("pid"), port, well)
    return {"name": "kafka", "state": "elsewhere" if answers(here.kafka, here.secrets_dir) else "unreachable",
            "pid": None, "port": None}  # fmt: skip


def _database_status(here: Settings) -> dict[str, Any]:
    if _is_ours(here, DATABASE):
        said = _asked(DATABASE, here)
        return _row("postgres", said.get("pid"), None, said["running"])
    return {"name": "postgres", "state": "elsewhere", "pid": None, "port": None}


def _member_status(member: Member) -> dict[str, Any]:
    return _row(member.name, member.pid(), member.port(), member.healthy())


def _row(name: str, pid: int | None, port: int | None, well: bool) -> dict[str, Any]:
    state = "stopped" if pid is None else "running" if well else "unhealthy"
    return {"name": name, "state": state, "pid": pid, "port": port}
