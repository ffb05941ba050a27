"""A new department is one TOML file and nothing else: everything else follows from the Book."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from contracts import table
from contracts.book import Book, load
from hub import interface, metrics
from hub.cli.decide import answers
from hub.config import read
from hub.telling import Teller
from hub.wanted import wanted
from tests.fakes import MemoryKeys
from tests.people import change, record

ROOT = Path(__file__).resolve().parents[2]
NAME = "new-department"
TEXT = """\
subscriber = "地域福祉課"
purpose = "避難行動要支援者名簿、罹災証明書及び被災者台帳の事務"
basis = ["庁内連携条例", "庁内連携条例・防災", "住民基本台帳事務処理要領第5-10"]
hears = ["記載", "消除", "修正", "支援措置"]
items = ["宛名番号", "氏名", "住所", "異動事由", "支援措置"]
identifier = "宛名番号"
protected = "deliver"
via = "topic"
in_force = { from = 2026-04-01 }
approved = { by = "総務部法務", on = 2026-03-20, ref = "令和8年 決裁第199号", sample = true }
"""
SETTINGS = read({"HUB_PARTITIONS": "2"})
DECIDED = {
    "test_corpus.py": "its oracle is written from policy.yaml, which says what was decided about the shipped contracts",
    "test_shipped_book.py": "it compares the shipped contracts with policy.yaml",
    "test_sixteen_subscribers.py": "it tells by hand what each of the sixteen hears of one life",
}
"""Files about the contracts that were decided upon, not about those of the Book."""
OVER_THE_BOOK = ("tests/contracts", "tests/properties", "tests/unit")


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The law's room and the tests, copied, with one file more."""
    folder = tmp_path_factory.mktemp("city")
    for room in ("contracts", "tests"):
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    (folder / "contracts" / "subscribers" / f"{NAME}.toml").write_text(TEXT, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def book(copied: Path) -> Book:
    return load(copied / "contracts")


def pytest_there(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """pytest in the copy, whose law comes before the installed one."""
    decided = [f"--ignore-glob=*/{name}" for name in DECIDED]
    decided.append("--ignore-glob=*/test_a_new_department.py")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *decided, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_it_is_a_contract_among_the_others(book: Book) -> None:
    assert set(book.contracts) == {*load().contracts, NAME}


def test_nobody_else_is_touched(book: Book) -> None:
    assert {name: each.hash for name, each in load().contracts.items()} == {
        name: each.hash for name, each in book.contracts.items() if name != NAME
    }


def test_it_has_a_column_in_the_table_that_is_signed(book: Book) -> None:
    for page in table.files(book).values():
        assert "地域福祉課" in page
        assert book.contracts[NAME].hash[:12] in page


def test_it_has_a_topic_and_the_rights_to_read_it_and_no_other(book: Book) -> None:
    before, state = wanted(load(), SETTINGS), wanted(book, SETTINGS)
    assert state.topics.keys() - before.topics.keys() == {f"juki.disclosures.{NAME}"}
    assert {str(acl) for acl in state.acls - before.acls} == {
        f"router write topic juki.disclosures.{NAME}", f"subscriber-{NAME} read topic juki.disclosures.{NAME}",
        f"subscriber-{NAME} read group juki-subscriber-{NAME}",
        f"subscriber-{NAME} read group juki-subscriber-{NAME}.trial",
        f"watch describe topic juki.disclosures.{NAME}", f"watch describe group juki-subscriber-{NAME}",
    }  # fmt: skip
    assert before.acls <= state.acls


async def test_it_has_keys_of_its_own(book: Book) -> None:
    teller = await Teller.of("juki", book, MemoryKeys())
    assert set(teller.pseudonyms) - {"hub:ledger"} >= {*load().contracts, NAME}


def test_it_has_a_schema_and_an_asyncapi_document(book: Book) -> None:
    made = interface.files(book, SETTINGS)
    assert f"schemas/{NAME}.schema.json" in made
    assert f"juki.disclosures.{NAME}" in made[f"asyncapi/{NAME}.json"]
    assert f"subscriber-{NAME}" in made["topics.json"]


def test_it_is_counted_from_the_start(book: Book) -> None:
    metrics.prepare(book.contracts)
    assert REGISTRY.get_sample_value("hub_disclosures_total", {"contract": NAME}) == 0
    assert REGISTRY.get_sample_value("hub_silences_total", {"contract": NAME, "reason": "not-heard"}) == 0


def test_it_is_answered_by_jukihub_decide(book: Book) -> None:
    entering = change("MOVE_IN_DOMESTIC", None, record())
    lines = list(answers(entering, list(book.contracts.values()), entering.day, silences=True))
    assert len(lines) == len(book.contracts)
    assert [line for line in lines if f'"contract":"{NAME}","state":"entered"'.encode() in line] != []


def functions(listed: str, contract: str) -> set[str]:
    """Tests that have this contract among their cases, by file and name."""
    return set(re.findall(rf"^(\S+::\w+)\[(?:\S*-)?{contract}(?:-[^\]]*)?\]$", listed, re.MULTILINE))


@pytest.mark.faults
def test_every_test_over_the_book_has_it_among_its_cases(copied: Path) -> None:
    listed = pytest_there(copied, "--collect-only", *OVER_THE_BOOK).stdout
    over_the_book = set.intersection(*(functions(listed, name) for name in load().contracts))
    assert {each.split("::")[-1] for each in over_the_book} >= {
        "test_what_a_shipped_contract_may_not_know_shows_nowhere",
        "test_through_a_whole_life_what_may_not_be_known_shows_nowhere",
    }
    assert over_the_book - functions(listed, NAME) == set()


def test_and_it_keeps_all_those_promises(copied: Path) -> None:
    done = pytest_there(copied, "-k", NAME, "tests/contracts", "tests/properties")
    assert done.returncode == 0, done.stdout
    assert re.search(r"^\d+ passed", done.stdout, re.MULTILINE)


@pytest.mark.parametrize("name", DECIDED)
def test_what_is_about_the_decided_contracts_is_still_there(name: str) -> None:
    assert (ROOT / "tests" / "contracts" / name).is_file()
