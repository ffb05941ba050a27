"""`jukihub explain` of a change from a file, without any server."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from hub.cli import sections
from tests.contracts.books import SOUND, write
from tests.unit.cli.explaining import ARTICLE, BAD, BOOK, HEAD, MOVED_IN, Ask, ask, on_prefecture
from tests.unit.cli.test_decide_command import HEAVY

__all__ = ["ask"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Two changes, a blank line and one that is refused."""
    made = tmp_path / "changes.jsonl"
    made.write_bytes(b"\n".join([MOVED_IN, b"", HEAD, BAD]))
    return made


def test_who_is_told_and_who_is_not_both_end_well(ask: Ask) -> None:
    told, silent = ask("-", *on_prefecture(), given=MOVED_IN), ask("-", *on_prefecture(), given=HEAD)
    assert (told[0], told[2], silent[0], silent[2]) == (0, "", 0, "")
    assert "知らせる：対象者に入った  [entered]" in told[1]
    assert "知らせない：知らせを受ける種類でない  [not-heard]" in silent[1]


def test_the_first_line_says_which_book_day_contract_period_and_approval(ask: Ask) -> None:
    contract = BOOK.contracts["prefecture"]
    first = ask("-", *on_prefecture(), given=MOVED_IN)[1].splitlines()[0]
    for word in (BOOK.hash[:12], contract.hash[:12], "2026-04-02", "prefecture", f"{contract.in_force_from}から",
                 contract.approved.by, contract.approved.ref):  # fmt: skip
        assert word in first


def test_an_approval_that_is_a_sample_is_called_one(ask: Ask, tmp_path: Path) -> None:
    folder = write(tmp_path, SOUND.replace('第123号" }', '第123号", sample = true }'))
    first = ask("-", "--contract", "kosodate", "--contracts", folder, given=MOVED_IN)[1].splitlines()[0]
    assert "（見本）" in first


def test_every_rule_and_every_item_has_its_line(ask: Ask) -> None:
    said = ask("-", *on_prefecture(), given=MOVED_IN)[1]
    for number in range(1, 7):
        assert f"\n  {number} ○  " in said
    assert f"  住所  address  値あり  {ARTICLE}\n" in said
    assert "  通称  alias_name  空（null）  " in said
    assert "  世帯主である旨  is_household_head\n" in said


def test_it_speaks_english_on_request(ask: Ask) -> None:
    said = ask("-", *on_prefecture("--lang", "en"), given=HEAD)[1]
    assert "not told: the contract does not hear the kind  [not-heard]" in said
    assert "世帯主変更 is not among the kinds that it hears" in said


def test_json_has_all_of_it(ask: Ask) -> None:
    told = json.loads(ask("-", *on_prefecture("--json"), given=MOVED_IN)[1])
    assert list(told) == [
        "book", "day", "contract", "change", "told", "outcome", "trial", "rules", "items", "withheld", "grants",
        "ledger",
    ]  # fmt: skip
    assert (told["book"], told["day"], told["told"], told["outcome"]) == (BOOK.hash, "2026-04-02", True, "entered")
    assert [rule["number"] for rule in told["rules"]] == [1, 2, 3, 4, 5, 6]
    assert [each["item"] for each in told["items"]] == list(BOOK.contracts["prefecture"].items)
    assert told["items"][0]["bases"][0]["name"]
    assert told["ledger"] is None


def test_a_rule_that_was_not_asked_is_null(ask: Ask) -> None:
    told = json.loads(ask("-", *on_prefecture("--json"), given=HEAD)[1])
    assert [rule["holds"] for rule in told["rules"]] == [True, True, False, None, None, None]


def test_a_line_of_a_file_may_be_chosen(ask: Ask, file: Path) -> None:
    ids = [json.loads(ask(*on_prefecture(f"{file}:{number}", "--json"))[1])["change"]["id"][-1] for number in (1, 3)]
    assert ids == ["1", "2"]


def test_a_change_may_be_laid_out_over_several_lines(ask: Ask, tmp_path: Path) -> None:
    laid_out = tmp_path / "change.json"
    laid_out.write_text(json.dumps(json.loads(MOVED_IN), indent=2, ensure_ascii=False), encoding="utf-8")
    assert ask(*on_prefecture(laid_out))[0] == 0


@pytest.mark.parametrize(("suffix", "code"), [
    ("", "several-changes"), (":2", "no-such-line"), (":9", "no-such-line"), (".no", "unreadable"),
])  # fmt: skip
def test_what_is_no_single_change_is_a_usage_error(ask: Ask, file: Path, suffix: str, code: str) -> None:
    exit_code, out, err = ask(*on_prefecture(f"{file}{suffix}"))
    assert (exit_code, out, err.startswith(f"jukihub: CHANGE: {code}. ")) == (2, "", True)


def test_a_file_with_a_colon_in_its_name_is_a_file(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "a:3").write_bytes(MOVED_IN)
    assert ask(*on_prefecture(tmp_path / "a:3"))[0] == 0


@pytest.mark.parametrize("given", [BAD, b"{", b"", b"[" * 100_000, b'{"id": "' + b"x" * 100_000])
def test_what_is_no_change_is_refused_with_a_code(ask: Ask, given: bytes) -> None:
    exit_code, out, err = ask("-", *on_prefecture(), given=given)
    assert (exit_code, out, len(err.splitlines())) == (1, "", 1)


def test_a_refusal_names_place_and_code_and_no_value(ask: Ask, file: Path) -> None:
    assert ask(*on_prefecture(f"{file}:4")) == (1, "", "jukihub: after.sex: bad-format\n")


def test_an_unknown_contract_is_answered_with_those_that_exist(ask: Ask) -> None:
    exit_code, out, err = ask("-", "--contract", "nowhere", given=MOVED_IN)
    assert (exit_code, out) == (2, "")
    assert err == f"jukihub: --contract: unknown-contract. There are: {', '.join(BOOK.contracts)}\n"


def test_the_day_may_be_given(ask: Ask) -> None:
    told = json.loads(ask("-", *on_prefecture("--on", "2026-03-31", "--json"), given=MOVED_IN)[1])
    assert (told["day"], told["outcome"]) == ("2026-03-31", "not-in-force")


def test_two_books_are_one_too_many(ask: Ask, tmp_path: Path) -> None:
    assert ask("-", *on_prefecture("--book", "0123abcd", "--contracts", tmp_path), given=MOVED_IN)[0] == 2


def test_on_a_terminal_it_is_a_table_with_the_same_words(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sections, "_on_a_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "200")
    said = ask("-", *on_prefecture(), given=HEAD)[1]
    assert "[not-heard]" in said
    assert "世帯主変更" in said


def test_a_file_needs_nothing_heavy(file: Path) -> None:
    script = (
        f"import sys; sys.argv = ['jukihub', 'explain', {f'{file}:1'!r}, '--contract', 'prefecture']\n"
        "from hub.cli import main\ntry:\n    main()\nfinally:\n    print(*sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert (done.returncode, loaded & (HEAVY | {"hub.lookback", "hub.database", "rich"})) == (0, set())
