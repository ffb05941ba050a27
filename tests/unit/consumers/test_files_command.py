"""What `jukihub files write` refuses before it asks anybody; and how a first load parts what waits. Pure."""

import json
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid5

import pytest
import typer
from typer.testing import CliRunner

from consumers.cli import files
from consumers.files import command
from consumers.files.loading import Load, named, part
from consumers.files.reading import Chosen
from consumers.files.store import opened
from consumers.files.writing import end_of, until
from contracts.book import load
from hub.config import read
from hub.errors import UsageError
from hub.ways import A_FILE_IS_DUE, FILED, overdue
from producers import loading_cli
from tests.contracts.agreed import agreed

NOW = datetime(2026, 4, 1, 16, 0, tzinfo=UTC)  # the second of April in Japan
DAY = date(2026, 4, 2)
THERE = {"HUB_FILES_KEY": "made-up", "HUB_FILES_SECRET": "made-up"}


def one(number: int, subject: int, version: int) -> Chosen:
    return Chosen(UUID(int=number), bytes([subject]), 0, version)


@pytest.mark.parametrize(("name", "day", "code"), [
    ("nobody", None, "unknown-contract"), ("prefecture", None, "not-by-file"),
    ("tax", date(2026, 4, 3), "not-yet-come"), ("tax", DAY, "no-store"), ("tax", None, "no-store"),
])  # fmt: skip
async def test_what_cannot_be_meant_is_refused_before_anybody_is_asked(name: str, day: date | None, code: str) -> None:
    with pytest.raises(UsageError, match=code):
        await command.daily(read({}), name, day, lambda _done, _of: None, lambda: NOW)


@pytest.mark.parametrize("words", [["--full"], ["--load", "-"], ["--full", "--load", "-", "--day", "2026-04-01"]])
def test_a_full_file_is_of_a_load_and_of_no_day(words: list[str]) -> None:
    app = typer.Typer()
    app.command()(files.write)
    found = CliRunner().invoke(app, ["--contract", "tax", *words], input="")
    assert getattr(found.exception, "code", "") == "full-needs-load", found.output


@pytest.mark.parametrize(("url", "code"), [
    ("", "no-store"), ("https://host", "no-store"), ("http://store.example/files", "store-not-encrypted"),
    ("ftp://127.0.0.1/files", "store-not-encrypted"),
])  # fmt: skip
def test_a_storage_is_spoken_to_by_tls_or_on_this_machine(url: str, code: str) -> None:
    with pytest.raises(UsageError, match=code):
        opened(read({"HUB_FILES": url, **THERE} if url else THERE))


@pytest.mark.parametrize("url", ["https://store.example/files/city", "http://127.0.0.1:9000/files"])
def test_a_storage_is_opened_without_asking_it(url: str) -> None:
    assert opened(read({"HUB_FILES": url, **THERE}))


RUN = UUID(int=7, version=4)
SAID = {"run": str(RUN), "contracts": ["elections", "tax"], "count": 2}
CHANGES = [str(uuid5(RUN, str(resident))) for resident in range(2)]
LIVE = "01930000-0000-7000-8000-000000000001"  # of a Change of every day


def printed(said: Any, *ids: str) -> str:
    return "\n".join([json.dumps(said), *ids])


@pytest.mark.parametrize(("text", "code"), [
    *((text, "not-a-load") for text in (
        "", "\n", "tax", f'["{LIVE}"]', "\n".join(CHANGES), printed(SAID), printed(SAID, "x", "y"),
        printed(SAID, CHANGES[0], LIVE), printed(SAID | {"run": 1}, *CHANGES), printed(SAID | {"changes": 1}),
        printed(SAID | {"contracts": None}, *CHANGES), printed({"run": str(RUN)}, *CHANGES), printed([], *CHANGES),
    )),
    (printed(SAID, CHANGES[0]), "not-all-of-the-load"), (printed(SAID, CHANGES[0], CHANGES[0]), "not-all-of-the-load"),
    (printed(SAID | {"count": 1}, *CHANGES), "not-all-of-the-load"),
    (printed(SAID | {"count": "2"}, *CHANGES), "not-all-of-the-load"),
])  # fmt: skip
def test_a_load_is_named_by_what_it_says_of_itself_and_by_all_of_its_changes(text: str, code: str) -> None:
    with pytest.raises(UsageError, match=code):
        named(text)


@pytest.mark.parametrize("as_json", [False, True])
def test_a_load_is_read_as_it_is_printed(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    loading_cli._show_ids(SAID, CHANGES, as_json)
    found = named(capsys.readouterr().out)
    assert found == Load(RUN, frozenset({"tax", "elections"}), tuple(map(UUID, CHANGES)))
    found.check_for("tax")


async def test_the_load_of_another_contract_is_refused_before_anybody_is_asked() -> None:
    load = Load(RUN, frozenset({"elections"}), tuple(map(UUID, CHANGES)))
    with pytest.raises(UsageError, match="load-of-another"):
        await command.full(read({}), "tax", load, lambda _done, _of: None, lambda: NOW)


def test_of_each_resident_a_day_ends_before_what_came_later() -> None:
    end = end_of(DAY)
    assert datetime.fromtimestamp(end / 1e6, UTC) == datetime(2026, 4, 2, 15, tzinfo=UTC)
    waiting = [one(1, 1, end - 2), one(2, 2, end), one(3, 1, end + 1), one(4, 1, end - 1), one(5, 3, end - 1)]
    assert [each.id.int for each in until(waiting, end)] == [1, 5]


def test_a_load_stands_behind_what_was_told_before_it_and_before_what_came_then() -> None:
    waiting = [
        one(1, 1, 10), one(2, 2, 11), one(3, 1, 100), one(4, 3, 102), one(5, 2, 103), one(6, 1, 104), one(7, 4, 12),
        one(8, 5, 105),
    ]  # fmt: skip
    parted = part(waiting, {UUID(int=3), UUID(int=5)})
    assert [[each.id.int for each in some] for some in (parted.before, parted.load)] == [[1, 2, 7], [3, 5]]


def test_what_waits_for_its_file_is_late_after_a_day_and_two_hours() -> None:
    filed, topic = agreed(via="csv"), agreed(via="topic")
    late, early = NOW - A_FILE_IS_DUE, NOW - A_FILE_IS_DUE / 2
    seen: list[Any] = [overdue(each, at, NOW) for each in (filed, topic) for at in (late, early, None)]
    assert seen == [late, None, None, late, early, None]


def test_the_shipped_contracts_with_files_are_taken_in() -> None:
    mine = {name for name, contract in load().contracts.items() if contract.via in FILED}
    assert mine == {"disaster-prevention", "elections", "tax"}
