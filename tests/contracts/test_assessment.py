"""The section 提供・移転 has one block for each contract, and says of it what the contract says."""

import re
import shutil
from pathlib import Path

import pytest

from contracts import assessment
from contracts.book import Book, load
from contracts.contract import DEPARTMENTAL, Contract
from contracts.folder import SHIPPED
from contracts.pages import words
from tests.contracts.books import SOUND, edited, write
from tests.contracts.reading import cells

RECEIVERS = {
    "提供先": {"prefecture", "previous-municipality", "koseki-fuhyo", "jlis-delivery", "intermediate-server",
            "immigration", "school-affairs", "elections"},
    "移転先": {"child-policy", "health-insurance", "elderly-care", "tax", "welfare", "public-health",
            "disaster-prevention"},
    "委託先": {"convenience-store"},
}  # fmt: skip
SHIPPED_BOOK = load()
Block = dict[str, str]


def blocks(book: Book) -> dict[str, tuple[str, Block]]:
    """By contract: what the subscriber is, and its lines."""
    found = re.findall(r"^### (\S+)　.*（([a-z-]+)）\n\n((?:\|.*\n)+)", assessment.markdown(book), re.MULTILINE)
    assert len(found) == len({name for _, name, _ in found})
    lines = {name: [cells(line) for line in text.splitlines()[2:]] for _, name, text in found}
    return {name: (whom, {said[0]: said[1] for said in lines[name]}) for whom, name, _ in found}


def line(book: Book, contract: str, start: str) -> str:
    """The line of the block of `contract` whose heading begins with `start`."""
    return next(said for heading, said in blocks(book)[contract][1].items() if heading.startswith(start))


def test_every_contract_has_its_block() -> None:
    assert set(blocks(SHIPPED_BOOK)) == set(SHIPPED_BOOK.contracts)


def test_what_a_receiver_is_follows_from_its_bases() -> None:
    told = {whom: {name for name, (said, _) in blocks(SHIPPED_BOOK).items() if said == whom} for whom in RECEIVERS}
    assert told == RECEIVERS


def test_the_rule_and_the_counts_stand_on_the_page() -> None:
    page = assessment.markdown(SHIPPED_BOOK)
    assert "提供を行っている（8件）　移転を行っている（7件）　このほか委託に伴う提供（1件）" in page
    assert "移転とは、根拠に番号法9条" in page


def test_a_basis_and_not_the_way_of_handing_over_makes_a_transfer(tmp_path: Path) -> None:
    without = (('"番号法9条1項別表81", "庁内連携条例", "庁内連携条例・子ども"', '"番号法9条1項別表81"'),
               ('"宛名番号", "氏名", "生年月日", "住所", "続柄"', '"個人番号"'), ('"宛名番号"', '"個人番号"'),
               ("population = { age_from = 0, age_to = 18 }", ""))  # fmt: skip
    text = SOUND
    for edit in without:  # one after the other: the last finds what the first left
        text = edited(text, (edit,))
    assert blocks(load(write(tmp_path, text)))["kosodate"][0] == "移転先"
    assert {SHIPPED_BOOK.contracts[name].via for name in ("school-affairs", "elections")} <= DEPARTMENTAL


@pytest.mark.parametrize("contract", SHIPPED_BOOK.contracts.values(), ids=lambda contract: contract.id)
def test_the_information_is_that_of_the_contract(contract: Contract) -> None:
    told = line(SHIPPED_BOOK, contract.id, "③")
    had, _, off = told.partition("。条件付き（個別の決裁があるまで知らせない。）：")
    names = [SHIPPED_BOOK.items[item].ja for item in contract.items]
    assert had.removesuffix("。") == f"{'、'.join(names)}（{len(names)}項目）"
    assert off.removesuffix("。") == "、".join(SHIPPED_BOOK.items[item].ja for item in contract.conditional)


@pytest.mark.parametrize("contract", SHIPPED_BOOK.contracts.values(), ids=lambda contract: contract.id)
def test_basis_purpose_and_approval_are_those_of_the_contract(contract: Contract) -> None:
    cited = re.sub(r"［[KU]］", "", line(SHIPPED_BOOK, contract.id, "①"))
    assert cited == "、".join(SHIPPED_BOOK.bases[key].name for key in contract.basis)
    assert line(SHIPPED_BOOK, contract.id, "②") == contract.purpose
    assert line(SHIPPED_BOOK, contract.id, "④") == assessment.BY_CITY
    assert line(SHIPPED_BOOK, contract.id, "識別項目") == SHIPPED_BOOK.items[contract.identifier].ja
    heard = words.kinds(SHIPPED_BOOK, words.ordinary(contract))
    assert line(SHIPPED_BOOK, contract.id, "⑦").startswith(f"{heard}の異動について")
    assert ("初期登録" in line(SHIPPED_BOOK, contract.id, "⑦")) == contract.mirror
    assert contract.approved.ref in line(SHIPPED_BOOK, contract.id, "効力")


@pytest.mark.parametrize(("contract", "expected"), [
    ("tax", ""), ("elections", "のうち、日本国民で満17歳以上の者"), ("immigration", "のうち、外国人住民"),
    ("school-affairs", "のうち、満15歳以下の者"), ("convenience-store", "（支援措置の対象者を除く。）"),
])  # fmt: skip
def test_whom_it_concerns_is_told_in_a_sentence(contract: str, expected: str) -> None:
    assert line(SHIPPED_BOOK, contract, "⑤") == f"住民基本台帳に記録されている者{expected}"


@pytest.mark.parametrize(("contract", "expected"), [
    ("tax", "含む"), ("elections", "含まない"),
    ("intermediate-server", "含む（個人番号に代わって用いられる団体内統合宛名番号）"),
    ("disaster-prevention", "含まない（条件付き。個別の決裁があるまで知らせない。）"),
])  # fmt: skip
def test_whether_it_has_the_my_number_is_told(contract: str, expected: str) -> None:
    assert line(SHIPPED_BOOK, contract, "個人番号") == expected


@pytest.mark.parametrize(("contract", "expected"), [
    ("tax", "支援措置の対象者である旨の印"), ("prefecture", "支援措置の対象者か否かを知らせず"),
    ("convenience-store", "支援措置の対象者を本人の範囲から外す"),
])  # fmt: skip
def test_what_is_done_for_protected_people_is_told(contract: str, expected: str) -> None:
    assert line(SHIPPED_BOOK, contract, "支援措置").startswith(expected)


def test_what_is_told_by_its_mere_occurrence_is_told() -> None:
    told = {name for name in SHIPPED_BOOK.contracts if "変わりがないときも" in line(SHIPPED_BOOK, name, "⑦")}
    assert told == {name for name, contract in SHIPPED_BOOK.contracts.items() if contract.always}


def test_a_granted_item_is_told_with_its_days(tmp_path: Path) -> None:
    grant = '{ item = "国籍等", by = "総務部法務", on = 2026-06-01, ref = "第200号" }'
    book = load(write(tmp_path, edited(SOUND, (("granted    = []", f"granted    = [{grant}]"),))))
    assert line(book, "kosodate", "③").endswith("（5項目）。個別の決裁により：国籍等（令和8年6月1日から）。")
    assert line(book, "kosodate", "効力").endswith("／国籍等：総務部法務 令和8年6月1日 第200号")


def test_another_contract_is_another_block_and_nothing_else(tmp_path: Path) -> None:
    shutil.copytree(SHIPPED / "subscribers", tmp_path / "subscribers")
    more = load(write(tmp_path, SOUND))
    assert blocks(more).keys() - blocks(SHIPPED_BOOK).keys() == {"kosodate"}
    assert without(more, "kosodate") == without(SHIPPED_BOOK, "")


def without(book: Book, contract: str) -> list[str]:
    """The page without one block, without the counts and without the identity of the whole."""
    page = assessment.markdown(book)
    page = re.sub(rf"^### .*（{contract}）\n\n(?:\|.*\n)+\n", "", page, flags=re.MULTILINE) if contract else page
    return [text for text in page.splitlines() if book.hash not in text and not text.startswith("提供を行っている")]


def test_what_nobody_has_signed_is_a_sample_and_what_is_signed_is_none(tmp_path: Path) -> None:
    sample = edited(SOUND, (('第123号" }', '第123号", sample = true }'),))
    assert "> **見本：" in assessment.markdown(load(write(tmp_path / "sample", sample)))
    assert "見本" not in assessment.markdown(load(write(tmp_path / "signed", SOUND)))
