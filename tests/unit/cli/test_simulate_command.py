"""`jukihub contracts simulate` on a file of changes: no server, statutory names for people, ids as JSON."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from hub.cli import build
from tests.contracts.books import SOUND, write
from tests.forked import jukihub
from tests.people import line, record

CHILD = record(birth_date="2015-05-05")
MOVED_IN = line("MOVE_IN_DOMESTIC", None, CHILD)
RENAMED = line("EX_OFFICIO_CORRECTION", CHILD, CHILD | {"name": "極秘 氏名"}, id="01930000-0000-7000-8000-000000000002")
MOVED = line("RELOCATE", CHILD, CHILD | {"address": {"text": "極秘の町"}}, id="01930000-0000-7000-8000-000000000003")
SIMULATE = ("contracts", "simulate")
NARROWER = SOUND.replace('"氏名", ', "")


def simulate(draft: Path, *arguments: str | Path, given: bytes = b"") -> Result:
    words = [*SIMULATE, *map(str, (draft, *arguments))]
    return CliRunner().invoke(build(words), words, input=given)


@pytest.fixture
def current(tmp_path: Path) -> Path:
    return write(tmp_path / "current", SOUND)


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    return write(tmp_path / "draft", NARROWER)


def counted(draft: Path, current: Path, given: bytes) -> dict[str, Any]:
    result = simulate(draft, "--changes", "-", "--against", current, "--json", given=given)
    assert result.exit_code == 0, result.output
    read: dict[str, Any] = json.loads(result.stdout)
    return read


def test_the_same_book_twice_makes_no_difference(current: Path) -> None:
    found = counted(current, current, b"\n".join([MOVED_IN, RENAMED, MOVED]))
    assert (found["changes"], found["differing"], found["contracts"]["kosodate"]["same"]) == (3, 0, 3)


def test_a_narrower_draft_loses_its_item_and_what_was_told_for_its_sake(draft: Path, current: Path) -> None:
    found = counted(draft, current, b"\n".join([MOVED_IN, RENAMED, MOVED]))["contracts"]["kosodate"]
    assert (found["told"], found["told_by_draft"], found["changed"], found["no_longer_told"]) == (3, 2, 2, 1)
    assert found["items"] == {"gained": {}, "lost": {"name": 2}, "altered": {}}
    assert found["kinds"] == {
        "EX_OFFICIO_CORRECTION": {"no-longer-told": 1}, "MOVE_IN_DOMESTIC": {"changed": 1}, "RELOCATE": {"changed": 1},
    }  # fmt: skip


def test_people_read_statutory_names_in_their_language(draft: Path, current: Path, tmp_path: Path) -> None:
    (tmp_path / "changes.jsonl").write_bytes(MOVED + b"\n")
    file = ["--changes", tmp_path / "changes.jsonl", "--against", current]
    japanese, english = simulate(draft, *file).stdout, simulate(draft, *file, "--lang", "en").stdout
    assert "なくなる項目：氏名 1" in japanese
    assert "転居：内容が変わる 1" in japanese
    assert "items lost: name 1" in english
    assert "RELOCATE: changed 1" in english


def test_nothing_of_a_person_is_said(draft: Path, current: Path) -> None:
    for json_too in ([], ["--json"]):
        result = simulate(draft, "--changes", "-", "--against", current, *json_too, given=RENAMED + b"\n" + MOVED)
        assert "極秘" not in result.output
        assert result.exit_code == 0


def test_a_line_that_is_no_change_is_named_and_the_others_count(draft: Path, current: Path) -> None:
    bad = MOVED.replace(b'"sex": "2"', b'"sex": "3"')
    result = simulate(draft, "--changes", "-", "--against", current, "--json", given=bad + b"\n" + MOVED)
    found = json.loads(result.stdout)
    assert (result.exit_code, found["refused"], found["changes"]) == (3, 1, 1)
    assert result.stderr == "line 1: before.sex: bad-format\n"


@pytest.mark.parametrize(("words", "code"), [
    (["--against", "."], "only-with-changes"), (["--changes", "-", "--days", "9"], "not-with-changes"),
    (["--changes", "nowhere.jsonl"], "cannot-be-read"),
])  # fmt: skip
def test_options_that_do_not_go_together_are_a_usage_error(draft: Path, words: list[str], code: str) -> None:
    done = jukihub(*SIMULATE, draft, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert code in done.stderr


def test_a_draft_that_the_law_does_not_support_is_not_simulated(tmp_path: Path) -> None:
    lawless = write(tmp_path, SOUND.replace('protected  = "deliver"\n', ""))
    done = jukihub(*SIMULATE, lawless, "--changes", "-", given=MOVED.decode())
    assert (done.returncode, done.stdout) == (1, "")
    assert "no-protection-rule" in done.stderr


def test_it_needs_no_server_and_says_nothing_beside_its_answer(draft: Path) -> None:
    done = jukihub(*SIMULATE, draft, "--changes", "-", "--json", given=MOVED_IN.decode())
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)["contracts"]
    assert (found["kosodate"]["newly_told"], found["child-policy"]["no_longer_told"]) == (1, 1)


def test_without_a_broker_or_a_database_the_ledger_is_asked_in_vain(draft: Path, tmp_path: Path) -> None:
    nowhere = {"HUB_DATA": str(tmp_path / "data"), "HUB_DATABASE": "postgresql://127.0.0.1:1/nowhere"}
    done = jukihub(*SIMULATE, draft, **nowhere)
    assert (done.returncode, done.stdout) == (6, "")
    assert "database-unavailable" in done.stderr
