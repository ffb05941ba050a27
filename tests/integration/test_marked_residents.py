"""Marked residents are planted, and found nowhere but in the registry's own tables and with those who were told.

They move in, move, are refused at the counter, become a dead letter, and stand in lines that no door lets in. Then
everything is searched: broker segments, the hub's tables, logs, metrics, what commands say.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from contracts import book
from contracts.identifiers import my_number_check
from hub.database import Database, connect
from tests.architecture.side_channels import LABELS
from tests.house import House, World
from tests.people import line, record
from tests.processes import KINDS, Processes, asked, ordered, text_of, until
from tests.traces import found_in, traces

NAME, READING, STREET = "標識烏有髙橋Q7ZKX", "ヒョウシキウユウQ7ZKX", "標識架空通り八千番地W9VJY"
ELEVEN = "83947261059"
NUMBER = ELEVEN + my_number_check(ELEVEN)
MARKS = (NAME, READING, STREET, NUMBER)


def notice(receipt: str, **changed: Any) -> dict[str, Any]:
    person = {"name": NAME, "name_furigana": READING, "birth_date": "1981-02-03", "sex": "2", "my_number": NUMBER,
              "relationship_to_head": "世帯主"}  # fmt: skip
    return {
        "receipt": receipt, "act": "move-in", "notified_on": "2026-04-02", "moved_on": "2026-04-01",
        "address": {"text": STREET}, "previous_address": {"text": STREET}, "persons": [person | changed],
    }  # fmt: skip


def as_lines(*values: Any) -> str:
    return "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values)


@pytest.mark.threat("O1")
@pytest.mark.trap("D2", "M1", "P14", "V2")
@pytest.mark.timeout(180)
async def test_marked_residents_are_found_nowhere_else(whole: World, house: House, tmp_path: Path) -> None:
    processes = Processes(whole.env, tmp_path)
    processes.standins()
    ordered(processes.urls["prefecture"], fault="refuse-one", nth=1, code="not-accepted")
    processes.all()
    processes.hub("watch", "watch")
    try:
        said = await the_marked_live(whole, processes)
        metrics = "".join(text_of(f"http://127.0.0.1:{processes.port(name)}/metrics") for name in metric_names())
        told = json.dumps([asked(url, "/told") for url in processes.urls.values()], ensure_ascii=False)
    finally:
        processes.stop()
    async with connect(whole.settings.database) as database, connect(whole.settings.registry_dsn) as registry:
        assert found_in(told.encode(), [NAME]), "the counterparts were told: the search can find"
        assert found_in(await dump(registry, "registry"), [NAME]), "the registry has it: the search can find"
        assert found_in(await dump(database, "hub"), MARKS) == set()
        assert found_in(await dump(database, "inbox"), MARKS) == set()
    assert found_in(segments(house.kafka_data), MARKS) == set()
    assert found_in((said + metrics + processes.logs()).encode(), MARKS) == set()
    assert labels_of_no_list(metrics) == set()


def labels_of_no_list(metrics: str) -> set[tuple[str, str]]:
    """What stands in the labels of the hub's metrics and is on none of the closed lists."""
    values = {"contract": {*book.load().contracts, "hub:changes", "hub:ledger"}}
    pairs = {pair for line in metrics.splitlines() if line.startswith("hub_")
             for pair in re.findall(r'(\w+)="([^"]*)"', line) if pair[0] != "le"}  # fmt: skip
    assert len(pairs) > 30
    closed = re.compile(r"(hub:)?[a-z]+(-[a-z0-9]+)*")
    known = {pair for pair in pairs if pair[0] in LABELS and pair[1] in values.get(pair[0], {pair[1]})}
    return {pair for pair in pairs if pair not in known or not closed.fullmatch(pair[1])}


def metric_names() -> list[str]:
    return ["relay", "router-0", "ledger", "watch", *(f"deliver-{kind}" for kind in KINDS)]


async def the_marked_live(world: World, processes: Processes) -> str:
    """Everything that is said to anybody on the way."""
    filed = processes.command("todokede", "-", given=as_lines(
        notice("mark-1"), notice("mark-1"), notice("mark-2"), notice("mark-3", my_number=NUMBER[:-1] + "x"),
        notice("mark-4", **{NAME: 1}), notice("mark-5", birth_date=NAME), {**notice("mark-6"), "act": NAME},
    ))  # fmt: skip
    results = [json.loads(one)["result"] for one in filed.stdout.splitlines()]
    assert results == ["accepted", "repeated", *["refused"] * 5]
    decided = processes.command("decide", given=refused_lines())
    assert (decided.returncode, decided.stdout) == (3, "")
    async with connect(world.settings.database) as database:
        await until(lambda: settled(database), lambda found: found == {"dead": 1, "delivered": 2}, "the settlements")
    listed = processes.command("letters", "list")
    return "".join(done.stdout + done.stderr for done in (filed, decided, listed))


def refused_lines() -> str:
    """A mark in every place of a Change that the door does not let in."""
    good = orjson.loads(line("BIRTH", None, record(name=NAME, address={"text": STREET})))
    bad: list[Any] = [good | {place: NAME} for place in good]
    bad += [good | {NAME: 1}, good | {"after": {NAME: NAME}}, good | {"after": {"my_number": NUMBER[:-1] + "x"}}]
    bad += [good | {"after": {"birth_date": NAME}}, good | {"after": {"address": {NAME: NAME}}}]
    return as_lines(*bad) + f'{{"name": "{NAME}", }}\n'


async def settled(database: Database) -> dict[str, int]:
    rows = await database.fetch("SELECT state, count(*) AS n FROM inbox.disclosures GROUP BY state")
    return {row["state"]: row["n"] for row in rows}


async def dump(database: Database, schema: str) -> bytes:
    """Every value of every table of a schema, bytes as they are."""
    tables = await database.fetch("SELECT table_name FROM information_schema.tables WHERE table_schema = $1", schema)
    assert len(tables) > 2
    found: list[bytes] = []
    for table in tables:
        for row in await database.fetch(f'SELECT * FROM {schema}."{table["table_name"]}"'):
            found += [value if isinstance(value, bytes) else str(value).encode() for value in row.values()]
    return b"\n".join(found)


def segments(folder: Path) -> bytes:
    def parts() -> Iterator[bytes]:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                yield file.read_bytes().rstrip(b"\0")  # indexes are laid out a megabyte long before they hold anything

    data = b"".join(parts())
    assert b"juki-hub.disclosure" in data, "the segments were read"
    return data


@pytest.mark.trap("P14")
def test_the_search_finds_every_form() -> None:
    for form, trace in traces(NAME).items():
        assert (NAME, form) in found_in(b"x" + trace + b"x", [NAME])
