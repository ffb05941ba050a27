"""`jukihub contracts diff`: what each subscriber gains and loses from one Book to another, as a lawyer reads it."""

import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from contracts.book import Book, load
from contracts.compare import FIELDS
from contracts.folder import SHIPPED
from hub import books
from hub.cli import build, comparing
from hub.cli.explained import cited
from hub.errors import UsageError
from tests.contracts.books import SOUND, edited, write
from tests.unit.cli.test_decide_command import HEAVY

GRANTED = 'granted    = [{ item = "国籍等", by = "総務部法務", on = 2026-06-01, ref = "第200号" }]'
APPROVAL = "総務部法務 2026-03-20 令和8年 決裁第123号"
SHIPPED_BOOK = load()
SOUND_BASES = tomllib.loads(SOUND)["basis"]


def diff(*arguments: str | Path) -> Result:
    return CliRunner().invoke(build(["contracts"]), ["contracts", "diff", *map(str, arguments)])


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    return write(tmp_path / "sound", SOUND)


def draft(tmp_path: Path, *edits: tuple[str, str]) -> Path:
    return write(tmp_path / "draft", edited(SOUND, edits))


def rows(result: Result) -> list[str]:
    """The rows below the contract's heading."""
    assert result.exit_code == 0, result.output
    return [row.strip() for row in result.stdout.splitlines()[2:]]


def test_a_book_does_not_differ_from_itself(sound: Path) -> None:
    result = diff(sound, sound)
    assert (result.exit_code, result.stdout.splitlines()[1:]) == (0, ["  違いはない"])


def test_the_first_line_names_both_books(sound: Path) -> None:
    first = diff(sound, "shipped").stdout.splitlines()[0]
    assert first == f"Book {load(sound).hash[:12]} → Book {SHIPPED_BOOK.hash[:12]}"


def test_the_heading_says_whether_the_subscriber_may_know_more_or_less(sound: Path, tmp_path: Path) -> None:
    other = draft(tmp_path, ('"続柄"]', '"男女の別"]'))
    heading = diff(sound, other).stdout.splitlines()[1]
    assert heading == "kosodate 子ども政策課（変わる契約）：知り得ることが増え、また減る"


ORDINANCE = cited([SHIPPED_BOOK.bases["庁内連携条例"]]).ja
CONDITIONAL = {"nationality", "move_out_destination"}
WHEN_GRANTED = cited([
    basis for basis in (SHIPPED_BOOK.bases[key] for key in SOUND_BASES) if basis.when_granted >= CONDITIONAL
]).ja  # fmt: skip


@pytest.mark.parametrize(("edit", "expected"), [
    (('"続柄"]', '"続柄", "男女の別"]'), f"項目  ＋  男女の別  {ORDINANCE}"),
    (('"住所", "続柄"]', '"住所"]'), f"項目  －  続柄  {ORDINANCE}"),
    (('"支援措置"]', '"支援措置", "個人番号カードの交付申請"]'), "知らせを受ける種類  ＋  個人番号カードの交付申請"),
    (("age_to = 18", "age_to = 20"), "対象者  変更  満0歳以上満18歳以下の住民 → 満0歳以上満20歳以下の住民  広がる"),
    (("age_to = 18", "age_to = 15"), "対象者  変更  満0歳以上満18歳以下の住民 → 満0歳以上満15歳以下の住民  狭まる"),
    (('identifier = "宛名番号"', 'identifier = "氏名"'), "識別項目  変更  宛名番号 → 氏名"),
    (('"topic"', '"csv"'), "提供方法  変更  topic → csv"),
    (("mirror     = true", "shadow_from = 2026-03-25\nmirror     = true"), "試行の始まり  変更  なし → 2026-03-25"),
    (("from = 2026-04-01", "from = 2026-04-01, until = 2027-03-31"), "効力の終わり  変更  なし → 2027-03-31"),
    (('第123号" }', '第123号", sample = true }'), f"決裁  変更  {APPROVAL} → {APPROVAL}（見本）"),
    (('"宛名番号", "氏名", ', '"氏名", "宛名番号", '), "項目  変更  順序だけが違う"),
    (('["国籍等"]', '["国籍等", "転出先住所"]'), f"条件付き項目  ＋  転出先住所  {WHEN_GRANTED}"),
    (("granted    = []", GRANTED),
     f"認められた条件付き項目  ＋  国籍等  2026-06-01から（期限なし）  総務部法務 2026-06-01 第200号  {WHEN_GRANTED}"),
])  # fmt: skip
def test_each_difference_has_its_row(sound: Path, tmp_path: Path, edit: tuple[str, str], expected: str) -> None:
    assert rows(diff(sound, draft(tmp_path, edit))) == [expected]


def test_a_mirror_also_hears_the_first_load(sound: Path, tmp_path: Path) -> None:
    said = rows(diff(sound, draft(tmp_path, ("mirror     = true\n", ""))))
    assert said == ["知らせを受ける種類  －  初期登録", "写しを持つ  変更  はい → いいえ"]


def test_a_contract_that_is_new_is_told_whole(sound: Path, tmp_path: Path) -> None:
    write(tmp_path / "draft", SOUND)
    both = write(tmp_path / "draft", SOUND.replace("子ども政策課", "別の課"), name="other")
    said = diff(sound, both).stdout.splitlines()
    assert said[1] == "other 別の課（新しい契約）：知り得ることが増える"
    assert said[2] == "  対象者    満0歳以上満18歳以下の住民"
    assert "  利用目的  変更  なし → 児童手当の支給" in said
    assert said[-2:] == ["変わらない契約", "  kosodate"]
    assert diff(both, sound).stdout.splitlines()[1] == "other 別の課（なくなる契約）：知り得ることが減る"


def test_a_change_of_the_law_is_told_by_basis(tmp_path: Path) -> None:
    for folder in ("law", "subscribers"):
        shutil.copytree(SHIPPED / folder, tmp_path / folder)
    bases = tmp_path / "law" / "bases.toml"
    header = '[bases."番号法22条"]\n'
    before, rest = bases.read_text(encoding="utf-8").split(header)
    bases.write_text(before + header + rest.replace("permits = [", 'permits = ["個人番号", ', 1), encoding="utf-8")
    there, back = (diff(*pair).stdout.splitlines()[1:] for pair in (("shipped", tmp_path), (tmp_path, "shipped")))
    assert there == ["法令", "  根拠  番号法22条  変わる", "    permits  ＋個人番号"]
    assert back == [*there[:2], "    permits  －個人番号"]


def test_it_speaks_english_on_request(sound: Path, tmp_path: Path) -> None:
    said = diff(sound, draft(tmp_path, ("age_to = 18", "age_to = 20")), "--lang", "en").stdout
    assert "kosodate 子ども政策課 (changed): may know more" in said
    assert "residents from 0 up to 18 completed years → residents from 0 up to 20 completed years  wider" in said


def test_json_has_all_of_it(sound: Path, tmp_path: Path) -> None:
    other = draft(tmp_path, ('"続柄"]', '"続柄", "男女の別"]'))
    told = json.loads(diff(sound, other, "--json").stdout)
    assert (told["before"], told["after"], told["same"]) == (load(sound).hash, load(other).hash, False)
    (change,) = told["contracts"]
    (found,) = change["differences"]
    assert (change["effect"], found["field"], found["effect"], found["lost"]) == ("gains", "items", "gains", [])
    (part,) = found["gained"]
    assert (part["id"], part["name"]) == ("sex", "男女の別")
    assert [basis["key"] for basis in part["bases"]] == ["庁内連携条例"]
    assert [json.loads(diff("shipped", "shipped", "--json").stdout)[key] for key in ("same", "contracts")] == [True, []]


def test_json_of_a_new_contract_and_of_the_law_is_json_too(sound: Path, tmp_path: Path) -> None:
    told = json.loads(diff(sound, "shipped", "--json").stdout)
    assert {change["status"] for change in told["contracts"]} == {"added", "removed"}


def test_every_field_has_a_name_for_people() -> None:
    assert set(comparing.FIELD_NAMES) == set(FIELDS)


# Which Books


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch, sound: Path) -> Book:
    """A Book that is kept, and no other."""
    book = load(sound)

    async def book_by_hash(_settings: Any, start: str) -> Book:
        if not book.hash.startswith(start):
            raise UsageError("unknown-book", start)
        return book

    monkeypatch.setattr(books, "book_by_hash", book_by_hash)
    return book


@pytest.mark.parametrize("digits", [8, 64])
def test_a_kept_book_may_be_named_by_its_hash(kept: Book, sound: Path, digits: int) -> None:
    result = diff(kept.hash[:digits].upper(), sound)
    assert (result.exit_code, "違いはない" in result.stdout) == (0, True)


@pytest.mark.parametrize("name", ["nowhere", "0123abc", "00000000", "", "shipped/"])
def test_what_is_no_book_is_a_usage_error(kept: Book, name: str) -> None:
    result = diff("shipped", name)
    assert isinstance(result.exception, UsageError)
    assert result.exception.code == "unknown-book"
    assert result.stdout == ""


def test_a_draft_that_the_law_does_not_support_is_answered_with_all_findings(sound: Path, tmp_path: Path) -> None:
    faulty = draft(tmp_path, ('via        = "topic"\n', ""), ("age_from = 0", "age_from = 90"))
    as_text, as_json = diff(sound, faulty), diff(sound, faulty, "--json")
    assert (as_text.exit_code, as_json.exit_code) == (1, 1)
    assert [line.split("[")[-1] for line in as_text.stdout.splitlines()] == ["no-way]", "bad-population]"]
    assert as_text.stderr == "2 finding(s): nothing is compared\n"
    assert [found["code"] for found in json.loads(as_json.stdout)["findings"]] == ["no-way", "bad-population"]


def test_both_books_are_judged_and_one_finding_is_told_once(tmp_path: Path) -> None:
    faulty = draft(tmp_path, ('via        = "topic"\n', ""))
    other = write(tmp_path / "other", SOUND.replace('purpose    = "児童手当の支給"\n', ""))
    assert [line.split("[")[-1] for line in diff(faulty, other).stdout.splitlines()] == ["no-way]", "no-purpose]"]
    assert len(diff(faulty, faulty).stdout.splitlines()) == 1


def test_folders_need_nothing_heavy(sound: Path) -> None:
    script = (
        f"import sys; sys.argv = ['jukihub', 'contracts', 'diff', 'shipped', {str(sound)!r}]\n"
        "from hub.cli import main\ntry:\n    main()\nfinally:\n    print(*sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert (done.returncode, loaded & (HEAVY | {"hub.books", "hub.database", "rich"})) == (0, set())
