"""The demonstration empties only what a demonstration has made, and leaves no process of it behind."""

from pathlib import Path

import pytest

from hub.demo.folder import MARK, make, removed_unused
from hub.errors import JukiError, UsageError
from tests.forked import jukihub


class Stopped:
    """Counts how often it was asked to stop; may fail."""

    def __init__(self, error: JukiError | None = None) -> None:
        self.times = 0
        self.error = error

    def __call__(self) -> None:
        self.times += 1
        if self.error:
            raise self.error


def names(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()}


@pytest.fixture
def left(tmp_path: Path) -> Path:
    """What an earlier demonstration has left."""
    make(tmp_path / "demo", Stopped())
    (tmp_path / "demo" / "house.env").write_text("HUB_KAFKA=127.0.0.1:1\n", encoding="ascii")
    return tmp_path / "demo"


def test_a_folder_that_no_demonstration_has_made_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", encoding="ascii")
    stopped = Stopped()
    with pytest.raises(UsageError, match="not-ours-to-empty"):
        make(tmp_path, stopped)
    assert (names(tmp_path), stopped.times) == ({"thesis.txt"}, 0)


def test_the_command_refuses_such_a_folder_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", encoding="ascii")
    done = jukihub("demo", "--data", tmp_path)
    assert (done.returncode, done.stdout, names(tmp_path)) == (2, "", {"thesis.txt"})
    assert done.stderr == ("jukihub: --data: not-ours-to-empty. It is not empty and no demonstration has made it, "
                           "so it is left as it is: name another folder\n")  # fmt: skip


@pytest.mark.parametrize("existing", [True, False])
def test_an_empty_folder_becomes_a_demonstrations_own(tmp_path: Path, existing: bool) -> None:
    folder, stopped = tmp_path / "demo", Stopped()
    if existing:
        folder.mkdir()
    make(folder, stopped)
    assert (names(folder), stopped.times) == ({MARK}, 0)


def test_what_a_demonstration_has_left_is_stopped_and_then_emptied(left: Path) -> None:
    stopped = Stopped()
    make(left, stopped)
    assert (names(left), stopped.times) == ({MARK}, 1)


def test_what_cannot_be_stopped_is_not_emptied(left: Path) -> None:
    with pytest.raises(JukiError, match="step-failed"):
        make(left, Stopped(JukiError("step-failed", "jukihub down")))
    assert names(left) == {MARK, "house.env"}


def test_a_folder_in_which_nothing_began_is_taken_away_again(tmp_path: Path) -> None:
    make(tmp_path / "demo", Stopped())
    assert removed_unused(tmp_path / "demo")
    assert not (tmp_path / "demo").exists()


def test_a_folder_in_which_something_began_stays(left: Path) -> None:
    assert not removed_unused(left)
    assert names(left) == {MARK, "house.env"}
