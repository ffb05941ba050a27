"""A published folder becomes what the Book says, and nothing is removed that was not generated."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from contracts import table
from contracts.book import Book, load
from hub import cli
from hub.config import Settings, read
from hub.errors import UsageError
from hub.publishing import Difference, differences, everything, place, write
from tests.contracts.books import SOUND
from tests.contracts.books import write as write_book

SETTINGS = read({})


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    return load(write_book(tmp_path_factory.mktemp("book"), SOUND))


def jukihub(*arguments: str | Path) -> Result:
    words = ["contracts", *map(str, arguments)]
    return CliRunner().invoke(cli.build(words), words)


def content(folder: Path) -> dict[str, str]:
    files = (file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): file.read_text(encoding="utf-8") for file in files}


def test_an_empty_folder_lacks_every_file(tmp_path: Path, book: Book) -> None:
    expected = [Difference(name, "missing") for name in sorted(everything(book, SETTINGS))]
    assert expected == differences(tmp_path / "new", book, SETTINGS)


def test_what_was_written_is_what_would_be_generated(tmp_path: Path, book: Book) -> None:
    assert {each.what for each in write(tmp_path / "new", book, SETTINGS)} == {"missing"}
    assert content(tmp_path / "new") == everything(book, SETTINGS)
    assert write(tmp_path / "new", book, SETTINGS) == []


def test_what_differs_is_named_and_mended(tmp_path: Path, book: Book) -> None:
    write(tmp_path, book, SETTINGS)
    (tmp_path / "table.md").write_text("edited", encoding="utf-8")
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "page.md").write_text("generated once", encoding="utf-8")
    (tmp_path / "assessment.md").unlink()
    found = {"assessment.md": "missing", "old/page.md": "stale", "table.md": "changed"}
    expected = [Difference(name, what) for name, what in found.items()]
    assert expected == differences(tmp_path, book, SETTINGS)
    assert expected == write(tmp_path, book, SETTINGS)
    assert differences(tmp_path, book, SETTINGS) == []


def test_a_change_of_line_ends_alone_is_a_difference(tmp_path: Path, book: Book) -> None:
    write(tmp_path, book, SETTINGS)
    page = tmp_path / "table.md"
    page.write_bytes(page.read_bytes().replace(b"\n", b"\r\n"))
    assert differences(tmp_path, book, SETTINGS) == [Difference("table.md", "changed")]


@pytest.mark.parametrize("act", [write, differences])
def test_a_folder_of_somebody_elses_files_is_left_alone(
    tmp_path: Path, book: Book, act: Callable[[Path, Book, Settings], object]
) -> None:
    (tmp_path / "README.md").write_text("# Mine\n", encoding="utf-8")
    with pytest.raises(UsageError, match="not-published-by-us"):
        act(tmp_path, book, SETTINGS)
    assert content(tmp_path) == {"README.md": "# Mine\n"}


def test_hidden_files_are_left_alone(tmp_path: Path, book: Book) -> None:
    (tmp_path / ".gitattributes").write_text("* text", encoding="utf-8")
    write(tmp_path, book, SETTINGS)
    assert write(tmp_path, book, SETTINGS) == []
    assert (tmp_path / ".gitattributes").is_file()


def test_the_pages_of_another_book_lie_beside_its_contracts(tmp_path: Path) -> None:
    write_book(tmp_path, SOUND)
    assert jukihub("publish", "--contracts", tmp_path).exit_code == 0
    assert content(tmp_path / "published") == everything(load(tmp_path), SETTINGS)
    assert place(tmp_path) == tmp_path / "published"


def test_the_check_writes_nothing_names_the_files_and_says_the_remedy(tmp_path: Path) -> None:
    write_book(tmp_path, SOUND)
    done = jukihub("publish", "--check", "--contracts", tmp_path)
    assert done.exit_code == 1
    assert f"missing\t{tmp_path}/published/table.html" in done.stdout.splitlines()
    assert "without --check" in done.stderr
    assert not (tmp_path / "published").exists()


def test_the_check_is_content_with_what_was_published(tmp_path: Path) -> None:
    write_book(tmp_path, SOUND)
    assert jukihub("publish", "--contracts", tmp_path, "--to", tmp_path / "out").exit_code == 0
    done = jukihub("publish", "--check", "--contracts", tmp_path, "--to", tmp_path / "out", "--json")
    assert (done.exit_code, json.loads(done.stdout)) == (0, {"folder": str(tmp_path / "out"), "files": {}})


def test_a_place_that_cannot_be_written_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert jukihub("publish", "--to", tmp_path / "file" / "in").exit_code == 2
    assert jukihub("table", "--out", tmp_path / "file" / "in").exit_code == 2


def test_the_table_is_told_on_stdout_or_into_a_file(tmp_path: Path) -> None:
    book = load(write_book(tmp_path, SOUND))
    assert jukihub("table", "--contracts", tmp_path).stdout == table.markdown(book)
    assert jukihub("table", "--contracts", tmp_path, "--html", "--out", tmp_path / "t.html").stdout == ""
    assert (tmp_path / "t.html").read_text(encoding="utf-8") == table.html(book)
