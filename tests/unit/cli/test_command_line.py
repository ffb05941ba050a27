"""The command `jukihub` as a whole: rooms, help, endings."""

import json
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from contracts.errors import JukiError
from hub import cli
from hub.errors import DependencyUnavailable, NotPermitted
from tests.contracts.books import SOUND, write
from tests.forked import jukihub

SECRET = "極秘の値"


def bare(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command as it is installed, from nothing."""
    command = [str(Path(sys.executable).with_name("jukihub")), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def ended(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> int:
    """The exit code of a command line whose only command is `act`."""
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(act)
    monkeypatch.setattr(cli, "build", lambda _arguments: app)
    monkeypatch.setattr(sys, "argv", ["jukihub"])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    return int(stopped.value.code or 0)


def raising(error: BaseException) -> Callable[[], None]:
    def act() -> None:
        held = SECRET  # a local of the frame that fails
        assert held
        raise error

    return act


@pytest.mark.parametrize(("error", "code", "said"), [
    (JukiError("bad-thing", "here"), 1, "jukihub: here: bad-thing\n"),
    (NotPermitted("not-yours"), 5, "jukihub: not-yours\n"),
    (DependencyUnavailable("no-java", "java", "Install a JDK."), 6, "jukihub: java: no-java. Install a JDK.\n"),
    (ExceptionGroup("two", [JukiError("one"), NotPermitted("other")]), 5, "jukihub: one\njukihub: other\n"),
])  # fmt: skip
def test_an_expected_ending_is_a_sentence_and_an_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception, code: int, said: str
) -> None:
    assert (ended(monkeypatch, raising(error)), capsys.readouterr().err) == (code, said)


def test_what_a_library_says_in_a_command_reaches_nobody() -> None:
    code = (
        "import logging; from hub import cli;"
        f"cli.build = lambda _: lambda **_named: logging.getLogger('asyncio').error('{SECRET}'); cli.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("level", ["info", "debug"])
def test_a_surprise_is_told_by_its_type_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], level: str
) -> None:
    monkeypatch.setenv("HUB_LOG_LEVEL", level)
    code = ended(monkeypatch, raising(ValueError(SECRET)))
    said = capsys.readouterr()
    assert (code, said.out) == (1, "")
    assert said.err.startswith("jukihub: ValueError in hub.cli:")
    assert said.err.endswith(" [internal-error]\n")


def test_a_missing_room_is_named_and_stops_nothing_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = EntryPoint("attic", "attic_that_is_not_there.cli:commands", cli.GROUP)
    monkeypatch.setattr(cli, "entry_points", lambda **_group: [lost])
    app = cli.build([])
    expected = "jukihub: room attic has no commands here: attic_that_is_not_there is missing [missing-room]\n"
    assert capsys.readouterr().err == expected
    assert CliRunner().invoke(app, ["contracts", "check"]).exit_code == 0


TABLES = [cli.COMMANDS, *cli._rooms()]


def test_each_module_has_the_commands_that_its_table_says() -> None:
    for table in TABLES:
        for module in {*table.values()}:
            app, run = typer.Typer(), typer.Typer()
            import_module(module).commands(app, run)
            groups = [group.name for group in app.registered_groups]
            words = {*groups, *(command.name for command in app.registered_commands)} | (
                {"run"} if run.registered_commands else set()
            )
            assert words == {word for word, place in table.items() if place == module}, module


@pytest.mark.parametrize("word", sorted({word for table in TABLES for word in table} - cli.SHARED))
def test_a_command_that_was_typed_is_loaded_alone(word: str) -> None:
    assert len(cli._modules(word)) == 1


@pytest.mark.parametrize("word", ["", "nonsense", "--help"])
def test_the_help_and_the_refusal_know_every_command(word: str) -> None:
    assert {*cli._modules(word)} == {module for table in TABLES for module in table.values()}


def test_the_help_shows_examples_before_the_commands() -> None:
    result = bare("--help")
    assert result.returncode == 0
    assert 0 < result.stdout.index("Examples:") < result.stdout.index("decide  ")


@pytest.mark.parametrize("arguments", [["nonsense"], ["decide", "--nonsense"], ["contracts", "nonsense"]])
def test_what_is_not_a_command_is_a_usage_error(arguments: list[str]) -> None:
    result = jukihub(*arguments)
    assert (result.returncode, result.stdout) == (2, "")


def test_every_command_has_help() -> None:
    result = jukihub("--help")
    commands = {"decide", "contracts", "run"}
    assert {name for name in commands if name not in result.stdout} == set()


def test_the_shipped_contracts_are_sound() -> None:
    result = bare("contracts", "check")
    assert (result.returncode, result.stdout) == (0, "")
    assert result.stderr == "16 contract(s), all supported by the law\n"


def test_the_book_of_the_environment_is_checked(tmp_path: Path) -> None:
    own = str(write(tmp_path, SOUND))
    assert jukihub("contracts", "check", HUB_CONTRACTS=own).stderr == "1 contract(s), all supported by the law\n"


def test_an_unknown_setting_is_refused_before_anything_is_checked() -> None:
    result = jukihub("contracts", "check", HUB_CONTRACT="anything")
    assert (result.returncode, result.stdout, result.stderr) == (2, "", "jukihub: HUB_CONTRACT: unknown-setting\n")


def test_the_help_keeps_what_stands_in_brackets() -> None:
    assert '"changes": [ids]' in jukihub("todokede", "--help").stdout


def test_hashes_are_data() -> None:
    told = json.loads(jukihub("contracts", "check", "--json").stdout)
    assert told["findings"] == []
    assert {len(each) for each in (*told["contracts"].values(), told["book"])} == {64}


def test_findings_are_data_and_an_error(tmp_path: Path) -> None:
    faulty = write(tmp_path, SOUND.replace('via        = "topic"\n', "").replace("age_from = 0", "age_from = 90"))
    as_text, as_json = (jukihub("contracts", "check", "--contracts", faulty, *rest) for rest in ((), ("--json",)))
    assert (as_text.returncode, as_json.returncode) == (1, 1)
    assert [found["code"] for found in json.loads(as_json.stdout)["findings"]] == ["no-way", "bad-population"]
    assert [line.split("[")[-1] for line in as_text.stdout.splitlines()] == ["no-way]", "bad-population]"]
    assert as_text.stderr == "2 finding(s): nothing is loaded\n"
