"""Every command and every route that reads or changes something leaves an entry in the audit, or says here why not.

Each is used while the door lets nobody do anything: it refuses, and notes the act that was tried. What comes to no door
leaves nothing, and is found by that. What stands here as open is never run: it has to exist, and to lead to no door.
"""

import ast
import asyncio
import inspect
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
import typer
from schemathesis.python import asgi

from consumers.pull import api as pull
from hub import acting, audit, cli, clock
from hub.api import app
from hub.api.app import HUB, PREFIX, application
from hub.api.service import Service
from hub.audit import Entry
from hub.auditing.policy import policy
from hub.errors import NotPermitted
from hub.people import Act, Duty, Person
from producers import api as counter
from tests.house import House
from tests.office import Office, cheap_passwords, command_line, opened

SHUT: Final = "duty-missing"
ID: Final = "01930000-0000-7000-8000-000000000001"
DOORS: Final = {
    "typed", "typist", "acting", "acting_as", "present", "at_office", "_at_office", "_at_desk", "_in_office",
}  # fmt: skip

LAW: Final = "decides by the contracts alone: no database, no broker"
HOUSE: Final = "starts, stops or looks at processes of this machine, whose logs say so"
PROCESS: Final = "is a process: what persons do with it is noted there, and so are the keys that it uses (hub/uses.py)"
BROKER: Final = "the broker's administrator, before there are accounts; what comes of it follows from the contracts"
OFFLINE: Final = "reads what somebody was given, and asks no server"
MEASURE: Final = "measures on what it makes itself"
MADE_UP: Final = "a made-up city, in a registry that has nobody else in it"
SYSTEMS: Final = "spoken between systems (付番、連携), typed by nobody; the registry's own trail has each number"
TIMER: Final = "a process would do the same by itself, and nobody decides anything by typing it; the log has the days"
PASSWORD: Final = "proved by a password; noted by hub.accounts, also where it is refused (test_people.py)"

OPEN: Final[Mapping[str, str]] = {
    "decide": LAW, "contracts check": LAW, "contracts diff": LAW, "contracts table": LAW, "contracts publish": LAW,
    "contracts simulate": "tells counts alone; the keys that it uses are noted for the process `explain`",
    "demo": MADE_UP, "city": MADE_UP, "morning": MADE_UP, "year": MADE_UP,
    "up": HOUSE, "down": HOUSE, "status": HOUSE,
    "run router": PROCESS, "run ledger": PROCESS, "run watch": PROCESS, "run api": PROCESS, "run relay": PROCESS,
    "run counter": PROCESS, "run deliver": PROCESS, "run pull": PROCESS, "run files": PROCESS,
    "topics plan": BROKER, "topics apply": BROKER, "topics export": BROKER,
    "api describe": OFFLINE, "ledger verify": OFFLINE, "erase verify": OFFLINE, "recall verify": OFFLINE,
    "ledger key": "prints the half of a key that is public", "erase key": "prints the half of a key that is public",
    "bench decide": MEASURE, "bench route": MEASURE, "bench seal": MEASURE, "bench ledger": MEASURE,
    "bench snapshot": MEASURE, "bench deliver": MEASURE,
    "bench year": MEASURE, "bench latency": MEASURE, "bench growth": MEASURE, "bench scale": MEASURE,
    "atena request": SYSTEMS, "atena number": SYSTEMS, "atena link": SYSTEMS, "atena fill": SYSTEMS,
    "review": TIMER, "files write": f"{TIMER}; a full file is an act (FILES_FULL, consumers/test_files_full.py)",
    "people login": PASSWORD,
}  # fmt: skip
"""Commands behind no door, and why."""

REASON: Final = "--reason 決裁第1号"
CASE: Final = "--case 決裁第1号"
TYPED: Final[Mapping[str, Sequence[str]]] = {
    "accuracy": [""], "again requests": [""], "again approve": [ID],
    "atena search": ["empty", f"empty {CASE}"], "atena merge": [f"900000000012 900000000345 {REASON}"],
    "atena split": [f"900000000012 --link tax:42 {REASON}"], "atena approve": [ID],
    "atena list": ["", *(f"{what} {CASE}" for what in ("duplicates", "requests", "trail"))],
    "audit list": [""], "audit review": [""], "audit sign": ["--week 2026-W17 --digest ab"],
    "bulk run": ["kana.jsonl", "kana.jsonl --dry-run"], "bulk status": [""],
    "card check": ["5A3C01"], "card enter": ["5A3C01 --for 13 --expires 2031-04-01"],
    "card revoke": ["5A3C01 --reason lost"],
    "certificate": [f"--for 13 --by 13 --out new.html --issuer 見本市長 {case}" for case in ("", CASE)],
    "changes": ["", CASE, f"--id {ID} {CASE}"], "unknown-ages": [""],
    "clients list": [""], "clients request": [f"--contract welfare --label 福祉 {REASON}"], "clients requests": [""],
    "clients approve": [ID], "clients revoke": [f"{ID} {REASON}"], "clients keys": [""], "clients handouts": [""],
    "clients key request": [f"--contract welfare --to empty {REASON}"], "clients key approve": [ID],
    "clients key end": [f"{ID} {REASON}"], "clients key grant": ["--contract welfare"],
    "copies erase": [f"number {REASON}"], "copies requests": [""], "copies approve": [f"{ID} number"],
    "copies reload begin": [""], "copies reload end": [""],
    "drift": ["convenience-store --key digests.key", f"convenience-store --key digests.key --heal {REASON}"],
    "due": [""], "expiring": [""], "todokede": ["notice.jsonl"], "received": ["empty"],
    "erase plan": ["", "--contract tax --until 2026-04-01"],
    "erase request": [f"--contract tax --until 2026-04-01 {REASON}"], "erase requests": [""], "erase approve": [ID],
    "erase due": [""], "erase certificates": [""], "erase certificate": [ID],
    "explain": [f"{ID} --contract tax"],
    "halted list": [""], "halted resume": [f"{ID} {REASON}"],
    "inquire": [f"question.json --basis 番号法14条2項 --purpose my-number {case}" for case in ("", CASE)],
    "keys grant": ["--contract tax --to empty"],
    "keys kek status": [""], "keys kek make": [""], "keys kek rotate": [REASON], "keys kek destroy": [f"k1 {REASON}"],
    "keys kek requests": [""], "keys kek approve": [ID], "keys kek resume": [""],
    "ledger checkpoint": ["", "--tree audit"], "ledger export": ["new.jsonl", "new.jsonl --tree audit"],
    "ledger prove": [ID, "1 --tree audit"], "ledger subject": ["13 --by 13", f"13 --by 13 {CASE}"],
    "letters groups": [""], "letters list": [""], "letters show": [ID, f"{ID} --reveal {REASON}"],
    "letters discard": [f"--contract tax --id {ID} {REASON}"], "letters correct": [f"{ID} --change {ID} {REASON}"],
    "letters requests": [""], "letters approve": [ID],
    "partitions pass": [f"--partition 3 --offset 17 {REASON}"], "partitions requests": [""],
    "partitions approve": [ID],
    "people add": ["kato --duty viewer"], "people list": [""], "people show": [""],
    "people duties": ["kato --duty viewer"],
    "people retire": ["kato"], "people passwd": ["kato --reset"], "people token new": ["--label night"],
    "people token list": [""], "people token revoke": [ID],
    "quarantine list": [""], "quarantine release": [f"--partition 3 --offset 17 {REASON}"],
    "quarantine requests": [""], "quarantine approve": [ID],
    "recall stop": [f"tax {REASON}"], "recall plan": [f"tax --to 総務課 {REASON}"], "recall approve": [ID],
    "recall run": [ID], "recall show": ["", ID, f"{ID} --page"],
    "recall confirm": [f"{ID} --result deleted --by 税務課長 --way paper"],
    "reconcile": [""],
    "replay plan": [f"--contract tax {REASON}"], "replay list": [""], "replay show": [ID], "replay approve": [ID],
    "replay run": [ID], "replay pause": [ID], "replay resume": [ID], "replay cancel": [ID],
    "snapshot": ["tax", "status", "ids tax"],
    "terminals allow": ["joho-1"], "terminals list": [""], "terminals revoke": ["joho-1"],
    "topics rotate": ["router"],
    "transfer ask": ["tax --items 氏名 --basis 庁内連携条例 --purpose 還付の通知 --until 2026-05-20 --all"],
    "transfer requests": [""], "transfer approve": [ID], "transfer run": [ID], "transfer show": [ID],
}  # fmt: skip
"""What is typed after each of the others, once for each act that it can be."""

FILES: Final[Mapping[str, str]] = {
    "empty": "", "number": "900000000012", "digests.key": "ab" * 32,
    "question.json": '{"juminhyo_code": "12345678901"}',
    "kana.jsonl": '{"order": "2026-kana-1", "act": "furigana", "effective_on": "2026-04-01"}\n',
    "notice.jsonl": '{"receipt": "R-1", "act": "death", "atena_no": "13", "died_on": "2026-04-30"}\n',
}  # fmt: skip
"""What lies in the folder of whoever types."""

SENT: Final[Mapping[str, Any]] = {
    "POST /people": {"name": "kato", "duties": ["viewer"]}, "PUT /people/{name}/duties": {"duties": ["viewer"]},
    "POST /quarantine/requests": {"partition": 3, "offset": 17, "reason": "x"},
    "POST /letters/{letter}/reveal": {"reason": "x"},
    "POST /letters/{letter}/corrections": {"change": ID, "reason": "x"},
    "POST /closings": {"contract": "tax", "letters": [ID], "reason": "x"},
    "POST /replays": {"contract": "tax", "reason": "x"}, "POST /todokede": {"receipt": "R-1", "act": "death"},
}  # fmt: skip
"""Bodies of the routes that take one."""

PUBLIC: Final[Mapping[str, str]] = {"GET /todokede/schema": "the form of a notice, which is no secret"}
"""Routes behind no door, and why."""

SUBSCRIBERS: Final = frozenset({
    "POST /oauth2/token", "POST /oauth2/introspect", "GET /v1/contracts/{contract}", "GET /v1/disclosures",
    "POST /v1/acknowledgements", "GET /v1/keys/{kid}",
})  # fmt: skip
"""Routes of REST pull: a subscriber's program calls, and no person. What it was handed is settled in the inbox, which
keys it fetched or was refused is in a table of its own; that the process opens keys is noted as of any process."""

ELSEWHERE: Final[Mapping[Act, str]] = {
    Act.SELF_LOGIN: PASSWORD, Act.SELF_PASSWORD: PASSWORD,
    Act.FILES_FULL: "storage and keys are opened before it; consumers/test_files_full.py has its entries",
    Act.KEY_USE: "of processes alone: test_key_uses.py",
    Act.ERASURE: "`erase request` looks first, which is refused here (ERASURE_SEE); test_erasure.py goes on",
    Act.KEK_DESTROY_APPROVE: "of a request that is there: test_kek.py",
}  # fmt: skip
"""Acts that are not met on this walk, and where they are shown."""


def commands() -> dict[str, Any]:
    """Every command that does something, by the words that are typed for it."""

    def leaves(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
        for name, inner in getattr(command, "commands", {}).items():
            if getattr(inner, "commands", None) is None:
                yield " ".join((*words, name)), inner
            else:
                yield from leaves(inner, (*words, name))

    return dict(leaves(typer.main.get_command(cli.build([])), ()))


def reached(callback: Any) -> set[str]:
    """The names that a command's function uses, and those that functions of its module use which it calls."""
    tree = ast.parse(inspect.getsource(sys.modules[callback.__module__]))
    own = {one.name: one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}
    found, left = set[str](), [callback.__name__]
    while left:
        inside = [*ast.walk(own[left.pop()])]
        names = {one.id for one in inside if isinstance(one, ast.Name)}
        left += [name for name in names & own.keys() if name not in found]
        found |= names | {one.attr for one in inside if isinstance(one, ast.Attribute)}
    return found


@pytest.fixture
def noted(monkeypatch: pytest.MonkeyPatch) -> list[Entry]:
    """What the door has written into the audit; it lets nobody do anything."""
    written: list[Entry] = []

    async def note(held: Any, entry: Entry) -> None:
        await audit.note(held, entry)
        written.append(entry)

    def shut(_person: Person, act: Act, _object: str) -> None:
        raise NotPermitted(SHUT, act)

    monkeypatch.setattr(acting, "note", note)
    monkeypatch.setattr(acting, "authorise", shut)
    return written


@pytest.fixture
async def office(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    cheap_passwords(monkeypatch)
    async with opened(house, tmp_path) as office:
        office.now = clock.now()  # that of commands
        yield office


@pytest.mark.threat("P1")
def test_every_command_is_walked_or_stands_as_open_with_a_reason_that_is_still_true() -> None:
    assert TYPED.keys() | OPEN.keys() == commands().keys()
    assert TYPED.keys() & OPEN.keys() == set()
    behind_a_door = [name for name in OPEN if reached(commands()[name].callback) & DOORS]
    assert behind_a_door == []
    assert all(reached(commands()[name].callback) & DOORS for name in ("letters list", "changes", "keys grant"))


@pytest.mark.threat("P1")
async def test_every_command_leaves_an_entry_of_whoever_types_it(
    office: Office, noted: list[Entry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed_by = {"ito": await office.hired("ito", Duty.VIEWER)}
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        (tmp_path / name).chmod(0o600)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HUB_KAFKA", "127.0.0.1:1")
    monkeypatch.setenv("HUB_COUNTERPARTS", "intermediate-server=http://127.0.0.1:1,jlis-delivery=http://127.0.0.1:1")
    silent: dict[str, str] = {}
    lines = [f"{first} {rest}" for first, several in TYPED.items() for rest in several]

    def walked() -> None:
        with command_line(office.settings, office.settings.data, typed_by, monkeypatch) as typed:
            for words in lines:
                before = len(noted)
                done = typed("ito", *words.split())
                code = getattr(done.exception, "code", repr(done.exception))
                if code != SHUT or [one.code for one in noted[before:]] != [SHUT]:
                    silent[words] = f"{code} {done.output[-200:]}"

    await asyncio.to_thread(walked)
    assert silent == {}
    assert {one.act for one in noted} | ELSEWHERE.keys() == {*Act}
    assert {one.act for one in noted} & ELSEWHERE.keys() == set()
    needs = {act for act, keys in policy().cases.acts.items() if keys == ("case",)}
    cited = {words for words, one in zip(lines, noted, strict=True) if "case" in one.details}
    assert cited == {words for words in lines if CASE in words}
    assert {one.act for one in noted if "case" in one.details} == needs
    rows = await audit.entries(office.database, office.now - timedelta(hours=1), "ito")
    assert [(one.entry.act, one.entry.object) for one in rows] == [(one.act, one.object) for one in noted]


def routes(described: Path, prefix: str = PREFIX) -> list[str]:
    """Method and path of each route of a service, by its description, which other tests compare with it."""
    paths = json.loads(described.read_text(encoding="utf-8"))["paths"]
    return [f"{method.upper()} {path.removeprefix(prefix)}" for path, methods in paths.items() for method in methods]


@pytest.mark.threat("P1")
@pytest.mark.parametrize(("service", "described"), [
    pytest.param(HUB, app.DOCUMENT, id="hub"), pytest.param(counter.SERVICE, counter.DOCUMENT, id="counter"),
])  # fmt: skip
async def test_every_route_leaves_an_entry_of_whoever_calls(
    office: Office, noted: list[Entry], service: Service, described: Path
) -> None:
    token = await office.hired("ito", Duty.VIEWER)
    headers = {"Authorization": f"Bearer {token}"}
    silent: list[tuple[str, int]] = []
    with asgi.get_client(application(office.settings, office.clock, 100_000, service)) as session:
        for name in routes(described):
            before, (method, path) = len(noted), name.split(" ")
            there = PREFIX + re.sub(r"\{\w+\}", ID, path.replace("{name}", "kato"))
            answer = session.request(method, there, headers=headers, json=SENT.get(name))
            if ([one.code for one in noted[before:]] != [SHUT]) != (name in PUBLIC):
                silent.append((name, answer.status_code))
    asgi.shutdown_lifespans()
    assert silent == []


def test_what_stands_here_of_routes_is_there() -> None:
    assert SENT.keys() | PUBLIC.keys() <= {*routes(app.DOCUMENT), *routes(counter.DOCUMENT)}
    assert {*routes(pull.DOCUMENT)} == SUBSCRIBERS
