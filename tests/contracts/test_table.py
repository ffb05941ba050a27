"""The table that legal signs says what the contracts say: each item, each article, and all that a hash is taken of."""

import re
import shutil
from datetime import date
from pathlib import Path
from typing import get_args

import pytest

from contracts import table
from contracts.articles import permitting
from contracts.book import Book, load
from contracts.checks import ALWAYS_HEARD, MIRRORED
from contracts.contract import Contract
from contracts.folder import SHIPPED
from contracts.form import Via
from contracts.law import expanded
from contracts.pages import handing, words
from tests.contracts.books import SOUND, edited, write
from tests.contracts.reading import Page, Table, by_contract, first_table

PERIOD = "from = 2026-06-01, until = 2027-03-31"
GRANT = f'{{ item = "国籍等", by = "総務部法務", on = 2026-05-20, ref = "第200号", {PERIOD} }}'
GRANTED = ("granted    = []", f"granted    = [{GRANT}]")
UNSIGNED = {
    "contract": ('第123号" }', '第123号", sample = true }'),
    "grant": ("granted    = []", f"granted    = [{GRANT.replace(' }', ', sample = true }')}]"),
}
ERAS = {"令和": 2018, "平成": 1988}


@pytest.fixture(scope="module")
def book() -> Book:
    return load()


@pytest.fixture(scope="module")
def said(book: Book) -> Table:
    return by_contract(first_table(table.markdown(book)))


def made(folder: Path, *edits: tuple[str, str]) -> Book:
    return load(write(folder, edited(SOUND, edits)))


def of(book: Book, row: str, contract: str = "kosodate") -> str:
    return by_contract(first_table(table.markdown(book)))[row, contract]


def read_day(text: str) -> date:
    found = re.fullmatch(r"(令和|平成)(\d+|元)年(\d+)月(\d+)日", text)
    assert found is not None, text
    era, year, month, day = found.groups()
    return date(ERAS[era] + (1 if year == "元" else int(year)), int(month), int(day))


def legend(book: Book) -> dict[int, str]:
    return {at: basis.name for at, basis in enumerate(book.bases.values(), 1)}


def expected_mark(contract: Contract, item: str) -> str:
    if item in contract.items:
        return "●"
    if item in {grant.item for grant in contract.granted}:
        return "◎"
    return "△" if item in contract.conditional else ""


def test_every_item_of_every_contract_is_told_as_the_contract_has_it(book: Book, said: Table) -> None:
    for contract in book.contracts.values():
        marks = {item.id: said[item.ja, contract.id][:1] for item in book.items.values()}
        assert marks == {item: expected_mark(contract, item) for item in book.items}


def test_no_item_is_in_two_rows_and_none_is_missing(book: Book) -> None:
    names = [row[1] for row in first_table(table.markdown(book))]
    rows = [name for name in names if name in {item.ja for item in book.items.values()}]
    assert rows == [item.ja for item in book.items.values()]


def test_every_cell_that_is_not_blank_names_the_articles_that_let_the_item_through(book: Book, said: Table) -> None:
    for contract in book.contracts.values():
        for item in (*contract.items, *contract.conditional):
            numbers = said[book.items[item].ja, contract.id].split()[1].split(",")
            assert numbers != [""]
            assert [legend(book)[int(at)] for at in numbers] == [one.name for one in permitting(book, contract, item)]


def test_the_numbers_of_the_cells_are_those_of_the_legend(book: Book) -> None:
    lines, sheet = set(table.markdown(book).splitlines()), re.sub(r"<[^>]+>", "", table.html(book))
    for at, basis in enumerate(book.bases.values(), 1):
        days = words.period(basis.in_force_from, basis.in_force_until)
        assert f"| {at} | {basis.name} | {basis.certainty} | {days} | {basis.source} | {basis.remark} |" in lines
        assert f"{at}{basis.name}［{basis.certainty}］{basis.source}" in sheet


def test_all_that_a_contract_means_is_read_from_the_head(book: Book, said: Table) -> None:
    names = {item.ja: item.id for item in book.items.values()}
    for contract in book.contracts.values():
        told, _, always = said["知らせる異動", contract.id].removesuffix("）").partition("（常に：")
        assert expanded(told.split("、")) == contract.hears - ALWAYS_HEARD - MIRRORED
        assert expanded(always.split("、")) == contract.always
        numbers = said["法令上の根拠", contract.id].split(",")
        assert [legend(book)[int(at)] for at in numbers] == [book.bases[key].name for key in contract.basis]
        assert said["利用目的", contract.id] == contract.purpose
        assert names[said["識別項目", contract.id]] == contract.identifier
        assert said["写しの保持", contract.id].startswith("有") == contract.mirror
        assert said["提供方法", contract.id] == words.VIAS[contract.via]
        assert read_day(said["効力", contract.id].removesuffix("から")) == contract.in_force_from
        assert contract.approved.ref in said["決裁", contract.id]
        assert contract.hash[:12] == said["契約のハッシュ（先頭12桁）", contract.id]


def test_the_ways_of_handing_over_are_told_apart() -> None:
    assert set(words.VIAS) == set(handing.WAYS) == set(get_args(Via))
    assert len(set(words.VIAS.values())) == len(words.VIAS)


@pytest.mark.parametrize(("population", "expected"), [
    ("{ age_from = 0, age_to = 18 }", "満0歳以上満18歳以下"), ("{ age_to = 15 }", "満15歳以下"),
    ("{ age_from = 40 }", "満40歳以上"), ("{}", "全ての住民"),
])  # fmt: skip
def test_people_are_told_in_words(tmp_path: Path, population: str, expected: str) -> None:
    book = made(tmp_path, ("{ age_from = 0, age_to = 18 }", population))
    assert of(book, "対象者") == expected


def test_nationality_and_age_are_told_in_words(said: Table) -> None:
    assert said["対象者", "elections"] == "日本国民・満17歳以上"
    assert said["対象者", "immigration"] == "外国人住民"
    assert said["対象者", "tax"] == "全ての住民"


PROTECTING = (
    ('"続柄"]', '"続柄", "支援措置"]'), ('"児童手当の支給"', '"児童手当その他の子ども・子育て支援の給付"'),
    ('"庁内連携条例・子ども"]', '"庁内連携条例・子ども", "住民基本台帳事務処理要領第5-10"]'),
)  # fmt: skip


@pytest.mark.parametrize(("edits", "expected"), [
    ((), "区別なく提供"), (PROTECTING, "印を付けて提供"), ((*PROTECTING, ('"deliver"', '"suspend"')), "対象外とする"),
    ((*PROTECTING, ('"deliver"', '"withhold"')), "知らせない"),
])  # fmt: skip
def test_what_is_done_for_protected_people_is_told(
    tmp_path: Path, edits: tuple[tuple[str, str], ...], expected: str
) -> None:
    assert of(made(tmp_path, *edits), "支援措置の扱い") == expected


def test_a_granted_item_is_told_with_its_days_its_article_and_its_approval(tmp_path: Path) -> None:
    book = made(tmp_path, GRANTED)
    number = next(at for at, name in legend(book).items() if name == book.bases["庁内連携条例・子ども"].name)
    assert of(book, "国籍等") == f"◎ {number} 令和8年6月1日から令和9年3月31日まで"
    assert of(book, "決裁").endswith("／国籍等：総務部法務 令和8年5月20日 第200号")


def test_a_trial_and_a_last_day_are_told(tmp_path: Path) -> None:
    days = "{ from = 2026-04-01, until = 2027-03-31 }\nshadow_from = 2026-03-25"
    book = made(tmp_path, ("{ from = 2026-04-01 }", days))
    assert of(book, "効力") == "令和8年4月1日から令和9年3月31日まで（試行 令和8年3月25日から）"


def test_what_is_signed_is_no_sample(tmp_path: Path) -> None:
    assert words.SAMPLE not in table.markdown(made(tmp_path)) + table.html(made(tmp_path))


@pytest.mark.parametrize("what", UNSIGNED)
def test_what_nobody_has_signed_is_unmistakably_a_sample(tmp_path: Path, what: str) -> None:
    book = made(tmp_path, UNSIGNED[what])
    assert "【見本】" in of(book, "決裁")
    assert "> **見本：" in table.markdown(book)
    page = Page(table.html(book))
    assert {"watermark", "notice", "sample"} <= {attributes.get("class") for _, attributes in page.tags}
    assert ["見本"] * 5 in page.rows


def test_the_sheet_says_what_the_text_says(book: Book) -> None:
    text = [row[3:] for row in first_table(table.markdown(book))[2:]]
    width = len(book.contracts)
    wide = [row[-width:] for row in Page(table.html(book)).rows if len(row) > width]
    assert text == wide[1:]


def test_the_heads_of_the_sheet_are_those_of_the_text(book: Book) -> None:
    wide = [row for row in Page(table.html(book)).rows if len(row) > len(book.contracts)]
    names = [re.sub(r"（([a-z-]+)）$", r"\1", head) for head in first_table(table.markdown(book))[0][3:]]
    assert wide[0][1:] == names


def test_the_sheet_is_one_page_of_a3(book: Book) -> None:
    assert "@page { size: A3 landscape;" in table.html(book)


def test_the_sheet_needs_nothing_but_itself(book: Book) -> None:
    page, text = Page(table.html(book)), table.html(book)
    assert {"script", "link", "img", "iframe", "object", "base", "form"} & {tag for tag, _ in page.tags} == set()
    assert {"src", "href", "srcset", "onload", "style"} & {name for _, named in page.tags for name in named} == set()
    assert [word for word in ("url(", "@import", "@font-face", "http", "//", "expression(") if word in text] == []


def test_what_a_contract_says_is_text_in_both_forms(tmp_path: Path) -> None:
    hostile = 'あ|い <b onload=\\"x\\">&amp; `う` \\\\'
    book = made(tmp_path, ('"子ども政策課"', f'"{hostile}"'))
    subscriber = book.contracts["kosodate"].subscriber
    assert first_table(table.markdown(book))[0][3] == f"{subscriber}（kosodate）"
    page = Page(table.html(book))
    assert [f"{subscriber}kosodate"] == [row[-1] for row in page.rows if row[-1].startswith("あ")]
    assert "onload" not in {name for _, named in page.tags for name in named}


def test_another_contract_is_another_column_and_nothing_else(book: Book, tmp_path: Path) -> None:
    shutil.copytree(SHIPPED / "subscribers", tmp_path / "subscribers")
    more = load(write(tmp_path, SOUND))
    before, after = first_table(table.markdown(book)), first_table(table.markdown(more))
    at = after[0].index("子ども政策課（kosodate）")
    assert before == [row[:at] + row[at + 1 :] for row in after]
    assert outside(book) == outside(more)


def outside(book: Book) -> list[str]:
    """The lines of the page that belong neither to its table nor to the identity of the whole."""
    lines = table.markdown(book).splitlines()
    return [line for line in lines if line.count("|") < len(book.contracts) and book.hash not in line]


@pytest.mark.trap("input-07", "V8")
@pytest.mark.parametrize(("day", "expected"), [
    (date(2019, 5, 1), "令和元年5月1日"), (date(2019, 4, 30), "平成31年4月30日"),
    (date(1989, 1, 8), "平成元年1月8日"), (date(1989, 1, 7), "昭和64年1月7日"),
    (date(1926, 12, 25), "昭和元年12月25日"), (date(1926, 12, 24), "1926年12月24日"),
])  # fmt: skip
def test_days_are_told_by_their_era(day: date, expected: str) -> None:
    assert words.day(day) == expected
