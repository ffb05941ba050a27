"""`jukihub decide`: lines in, lines out, and nothing else."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

import pytest
from typer.testing import CliRunner, Result

from contracts.door import MAX_BYTES
from hub.cli import build
from hub.cli.decide import lines
from tests.contracts.books import SOUND, write
from tests.forked import jukihub
from tests.people import in_household_of, line, record

MOVED_IN = line("MOVE_IN_DOMESTIC", None, record())
CHILD = record(**in_household_of(2, "子"))
HOUSEHOLD = line("HEAD_CHANGED", record(), CHILD, id="01930000-0000-7000-8000-000000000002")
BAD = MOVED_IN.replace(b'"sex": "2"', b'"sex": "3"')
MOVING_IN_IS_TOLD = [
    "child-policy", "convenience-store", "disaster-prevention", "elections", "health-insurance", "intermediate-server",
    "koseki-fuhyo", "prefecture", "previous-municipality", "public-health", "tax", "welfare",
]  # fmt: skip
"""A Japanese national of 36: for elderly-care too young, for school-affairs too old, for immigration no foreigner."""
HEAD_IS_TOLD = [
    "child-policy", "convenience-store", "disaster-prevention", "health-insurance", "intermediate-server", "tax",
    "welfare",
]  # fmt: skip
COMMAND = Path(sys.executable).with_name("jukihub")


def decide(given: bytes, *arguments: str) -> Result:
    return CliRunner().invoke(build(["decide"]), ["decide", *arguments], input=given)


def answers(result: Result) -> list[dict[str, Any]]:
    return [json.loads(answer) for answer in result.stdout.splitlines()]


def pipe(end: IO[bytes] | None) -> IO[bytes]:
    assert end is not None
    return end


def test_each_contract_told_has_one_line_sorted_by_contract() -> None:
    result = decide(MOVED_IN)
    assert result.exit_code == 0
    assert [answer["contract"] for answer in answers(result)] == MOVING_IN_IS_TOLD


def test_a_line_has_exactly_the_keys_that_are_promised() -> None:
    child, prefecture = answers(decide(MOVED_IN, "--contract", "child-policy", "--contract", "prefecture"))
    assert list(child) == ["change", "contract", "state", "items", "protected"]
    assert list(prefecture) == ["change", "contract", "state", "items"]
    assert (child["change"], child["state"], child["protected"]) == (json.loads(MOVED_IN)["id"], "entered", False)


def test_the_output_is_compact_json_in_utf_8() -> None:
    first = decide(MOVED_IN).stdout_bytes.splitlines()[0]
    assert first == json.dumps(json.loads(first), ensure_ascii=False, separators=(",", ":")).encode()


def test_changes_are_answered_in_the_order_in_which_they_come() -> None:
    result = decide(HOUSEHOLD + b"\n" + MOVED_IN + b"\n")
    told = [(answer["change"][-1], answer["contract"]) for answer in answers(result)]
    assert told == [("2", name) for name in HEAD_IS_TOLD] + [("1", name) for name in MOVING_IN_IS_TOLD]


def test_silences_are_named_on_request() -> None:
    told = {answer["contract"]: answer for answer in answers(decide(HOUSEHOLD, "--silences"))}
    silent = {"change": json.loads(HOUSEHOLD)["id"], "contract": "prefecture", "silence": "not-heard"}
    assert told["prefecture"] == silent
    assert [name for name, answer in told.items() if "silence" not in answer] == HEAD_IS_TOLD
    assert len(told) == 16


def test_only_the_named_contracts_are_asked() -> None:
    result = decide(MOVED_IN, "--contract", "prefecture", "--contract", "child-policy")
    assert [answer["contract"] for answer in answers(result)] == ["child-policy", "prefecture"]


def test_an_unknown_contract_is_a_usage_error() -> None:
    result = jukihub("decide", "--contract", "taxes", given=MOVED_IN.decode())
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "jukihub: --contract: unknown-contract\n"


@pytest.mark.parametrize(("on", "silent"), [("2026-03-31", True), ("2026-04-01", False)])
def test_the_day_of_decision_may_be_given(on: str, silent: bool) -> None:
    assert (decide(MOVED_IN, "--on", on).stdout == "") is silent


@pytest.mark.parametrize(("recorded", "silent"), [
    ("2026-03-31T14:59:59.999999Z", True), ("2026-03-31T15:00:00Z", False), ("2026-04-01T00:00:00+09:00", False),
    ("2026-04-01T00:00:00+10:00", True),
])  # fmt: skip
def test_the_day_of_decision_is_the_day_of_recording_in_japan(recorded: str, silent: bool) -> None:
    assert (decide(line("MOVE_IN_DOMESTIC", None, record(), recorded_at=recorded)).stdout == "") is silent


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "20260401", "2026-4-1", "9999-12-31", "２０２６-04-01", ""])
def test_a_day_that_is_none_is_a_usage_error(day: str) -> None:
    result = decide(MOVED_IN, "--on", day)
    assert (result.exit_code, result.stdout) == (2, "")


@pytest.mark.trap("input-08")
def test_a_bad_line_is_named_and_the_others_are_answered() -> None:
    result = decide(b"\n".join([MOVED_IN, BAD, b"{", b"", b"   ", HOUSEHOLD, b'{"id": NaN}']))
    assert result.exit_code == 3
    assert len(answers(result)) == len(MOVING_IN_IS_TOLD + HEAD_IS_TOLD)
    assert result.stderr.splitlines() == ["line 2: bad-format at after.sex", "line 3: bad-json", "line 7: bad-number"]


@pytest.mark.trap("V1", "V2")
def test_no_value_of_a_bad_line_is_told() -> None:
    secret = "極秘の値"
    result = decide(line("MOVE_IN_DOMESTIC", None, record() | {"sex": secret, secret: secret}))
    assert result.exit_code == 3
    assert secret not in result.output


@pytest.mark.trap("input-08")
def test_a_line_of_ten_megabytes_is_refused_and_the_next_one_answered() -> None:
    result = decide(b'{"id": "' + b"x" * 10_000_000 + b'"}\n' + b"[" * 10_000 + b"\n" + MOVED_IN)
    assert result.exit_code == 3
    assert result.stderr.splitlines() == ["line 1: too-large", "line 2: too-deep"]
    assert len(answers(result)) == len(MOVING_IN_IS_TOLD)


@pytest.mark.parametrize("tail", [b"", b"\n", b"\r\n"])
def test_a_line_of_the_largest_size_is_answered(tail: bytes) -> None:
    assert decide(MOVED_IN.ljust(MAX_BYTES - 1) + tail).exit_code == 0


def test_a_line_that_is_cut_is_never_taken_for_a_whole_one() -> None:
    assert decide(MOVED_IN.ljust(MAX_BYTES + 2, b"\r") + b"garbage\n").exit_code == 3


@pytest.mark.parametrize("blanks", [MAX_BYTES + 1, MAX_BYTES + 2, MAX_BYTES + 3])
def test_content_behind_more_blanks_than_a_line_may_have_is_refused(blanks: int) -> None:
    result = decide(b" " * blanks + MOVED_IN + b"\n")
    assert (result.exit_code, result.stderr) == (3, "line 1: too-large\n")


@pytest.mark.parametrize("given", [b"", b"\n", b"\n\n  \n\r\n"])
def test_nothing_in_is_nothing_out(given: bytes) -> None:
    result = decide(given)
    assert (result.exit_code, result.output) == (0, "")


def test_no_more_than_one_line_is_held() -> None:
    endless = io.BytesIO(b"x" * (5 * MAX_BYTES) + b"\nshort\n")
    assert [(number, len(each)) for number, each in lines(endless)] == [(1, MAX_BYTES + 2), (2, 5)]


def test_another_book_may_be_asked(tmp_path: Path) -> None:
    result = decide(MOVED_IN, "--contracts", str(write(tmp_path, SOUND.replace("age_to = 18", "age_to = 118"))))
    assert [answer["contract"] for answer in answers(result)] == ["kosodate"]


def test_the_book_of_the_environment_is_asked_unless_another_one_is_named(tmp_path: Path) -> None:
    text = SOUND.replace("age_to = 18", "age_to = 118")
    own, other = (write(tmp_path / name, text, name=name) for name in ("own", "other"))
    told = [jukihub("decide", *words, given=MOVED_IN.decode(), HUB_CONTRACTS=str(own))
            for words in ((), ("--contracts", other))]  # fmt: skip
    assert [json.loads(one.stdout)["contract"] for one in told] == ["own", "other"]


def test_an_unknown_setting_is_refused_and_nothing_is_decided() -> None:
    done = jukihub("decide", given=MOVED_IN.decode(), HUB_CONTRACT="anything")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "jukihub: HUB_CONTRACT: unknown-setting\n")


def test_a_book_that_the_law_does_not_support_decides_nothing(tmp_path: Path) -> None:
    write(tmp_path, SOUND.replace('protected  = "deliver"\n', ""))
    result = jukihub("decide", "--contracts", tmp_path, given=MOVED_IN.decode())
    assert (result.returncode, result.stdout) == (1, "")
    said = result.stderr.splitlines()
    assert said[0].endswith("[no-protection-rule]")
    assert said[1:] == ["jukihub: 1 finding(s): nothing is loaded [book-refused]"]


def test_no_book_no_decision(tmp_path: Path) -> None:
    assert jukihub("decide", "--contracts", tmp_path / "nowhere", given=MOVED_IN.decode()).returncode == 1


def test_it_answers_from_anywhere_and_says_nothing_to_people(tmp_path: Path) -> None:
    result = jukihub("decide", given=MOVED_IN.decode() + "\n", folder=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert len(result.stdout.splitlines()) == len(MOVING_IN_IS_TOLD)


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "changes.jsonl").write_bytes((MOVED_IN + b"\n") * 2000)
    with (
        (tmp_path / "changes.jsonl").open("rb") as given,
        subprocess.Popen([COMMAND, "decide"], stdin=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process,
    ):
        out, err = pipe(process.stdout), pipe(process.stderr)
        assert out.readline().startswith(b'{"change"')
        out.close()
        assert (err.read(), process.wait(30)) == (b"", 0)


def test_a_change_is_answered_before_the_next_one_comes() -> None:
    with subprocess.Popen([COMMAND, "decide"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        given, out = pipe(process.stdin), pipe(process.stdout)
        for _ in range(2):
            given.write(MOVED_IN + b"\n")
            given.flush()
            assert [json.loads(out.readline())["contract"] for _ in MOVING_IN_IS_TOLD] == MOVING_IN_IS_TOLD
        given.close()
        assert process.wait(30) == 0


HEAVY = {"aiokafka", "faust", "alembic", "sqlalchemy", "asyncpg", "confluent_kafka", "cryptography"}


def test_it_starts_without_what_it_does_not_need() -> None:
    script = "import sys; from hub.cli import build; build(['decide']); print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert HEAVY & set(done.stdout.split()) == set()
