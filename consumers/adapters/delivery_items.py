"""送付先情報 (番号法7条, 16条の2): its 67 items in their order, as data. Number, name, and what stands there.

The order and the names are those of published assessments (K); lengths and codes are not public and therefore assumed:
項目長 counts characters as a reader sees them, 外字数 those outside JIS X 0213, 位置情報 is three digits per place.
What nobody may tell us, or our register does not know, is an empty text. Everything is text, as in a file of columns.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from consumers.adapters.characters import Replaced, characters, outside, replaced
from consumers.adapters.municipality import Municipality


@dataclass(frozen=True, slots=True)
class Letter:
    """What the 67 items are made of: texts that may be empty, and the municipality that sends the letter."""

    number: str
    day: str
    name: str
    kana: str
    former_surname: str
    postal_code: str
    address: str
    birth_date: str
    sex: str
    my_number: str
    juminhyo_code: str
    category: str
    expiry: str
    sender: Municipality


Source = Callable[[Letter], str]


def _length(source: Source) -> Source:
    return lambda letter: str(len(characters(source(letter))))


def _outside(source: Source) -> Source:
    return lambda letter: str(outside(source(letter)))


def _nothing(_letter: Letter) -> str:
    return ""


def _always(text: str) -> Source:
    return lambda _letter: text


def _texts(letter: Letter) -> tuple[str, ...]:
    return (letter.name, letter.address, letter.former_surname)


def _result(letter: Letter) -> str:
    """0: nothing to replace; 1: each by a similar character; 2: at least one by 〓."""
    found = [replaced(text) for text in (letter.name, letter.address)]
    if not any(one.at for one in found):
        return "0"
    return "1" if all(one.whole for one in found) else "2"


def _instead(source: Source) -> Source:
    return lambda letter: found.text if (found := replaced(source(letter))).at else ""


def _places(source: Source) -> Source:
    return lambda letter: "".join(f"{place:03d}" for place in _at(replaced(source(letter))))


def _at(found: Replaced) -> tuple[int, ...]:
    return found.at


def _flag(letter: Letter) -> str:
    return "1" if any(map(outside, _texts(letter))) else "0"


def _name(letter: Letter) -> str:
    return letter.name


def _kana(letter: Letter) -> str:
    return letter.kana


def _address(letter: Letter) -> str:
    return letter.address


def _postal_code(letter: Letter) -> str:
    return letter.postal_code


def _of(office: str, part: str) -> Source:
    return lambda letter: str(getattr(getattr(letter.sender, office), part))


_CITY, _CITY_ADDRESS = _of("office", "name"), _of("office", "address")
_PICKUP, _PICKUP_ADDRESS = _of("pickup", "name"), _of("pickup", "address")
_CARDS, _CARDS_ADDRESS = _of("cards", "name"), _of("cards", "address")
_SUBSTITUTED_NAME, _SUBSTITUTED_ADDRESS = _instead(_name), _instead(_address)

ITEMS: Final[tuple[tuple[int, str, Source], ...]] = (
    (1, "送付先管理番号", lambda letter: letter.number),
    (2, "送付先郵便番号", _postal_code),
    (3, "送付先住所漢字項目長", _length(_address)),
    (4, "送付先住所漢字", _address),
    (5, "送付先住所漢字外字数", _outside(_address)),
    (6, "送付先氏名漢字項目長", _length(_name)),
    (7, "送付先氏名漢字", _name),
    (8, "送付先氏名漢字外字数", _outside(_name)),
    (9, "市町村コード", lambda letter: letter.sender.code),
    (10, "市町村名項目長", _length(_CITY)),
    (11, "市町村名", _CITY),
    (12, "市町村郵便番号", _of("office", "postal_code")),
    (13, "市町村住所項目長", _length(_CITY_ADDRESS)),
    (14, "市町村住所", _CITY_ADDRESS),
    (15, "市町村住所外字数", _outside(_CITY_ADDRESS)),
    (16, "市町村電話番号", _of("office", "phone")),
    (17, "交付場所名項目長", _length(_PICKUP)),
    (18, "交付場所名", _PICKUP),
    (19, "交付場所名外字数", _outside(_PICKUP)),
    (20, "交付場所郵便番号", _of("pickup", "postal_code")),
    (21, "交付場所住所項目長", _length(_PICKUP_ADDRESS)),
    (22, "交付場所住所", _PICKUP_ADDRESS),
    (23, "交付場所住所外字数", _outside(_PICKUP_ADDRESS)),
    (24, "交付場所電話番号", _of("pickup", "phone")),
    (25, "カード送付場所名項目長", _length(_CARDS)),
    (26, "カード送付場所名", _CARDS),
    (27, "カード送付場所名外字数", _outside(_CARDS)),
    (28, "カード送付場所郵便番号", _of("cards", "postal_code")),
    (29, "カード送付場所住所項目長", _length(_CARDS_ADDRESS)),
    (30, "カード送付場所住所", _CARDS_ADDRESS),
    (31, "カード送付場所住所外字数", _outside(_CARDS_ADDRESS)),
    (32, "カード送付場所電話番号", _of("cards", "phone")),
    (33, "対象となる人数", _always("1")),
    (34, "処理年月日", lambda letter: letter.day),
    (35, "操作者ID", lambda letter: letter.sender.operator),
    (36, "操作端末ID", lambda letter: letter.sender.terminal),
    (37, "印刷区分", lambda letter: letter.sender.printing),
    (38, "住民票コード", lambda letter: letter.juminhyo_code),
    (39, "氏名漢字項目長", _length(_name)),
    (40, "氏名漢字", _name),
    (41, "氏名漢字外字数", _outside(_name)),
    (42, "氏名かな項目長", _length(_kana)),
    (43, "氏名かな", _kana),
    (44, "郵便番号", _postal_code),
    (45, "住所項目長", _length(_address)),
    (46, "住所", _address),
    (47, "住所外字数", _outside(_address)),
    (48, "生年月日", lambda letter: letter.birth_date),
    (49, "性別", lambda letter: letter.sex),
    (50, "個人番号", lambda letter: letter.my_number),
    (51, "第30条の45に規定する区分", lambda letter: letter.category),
    (52, "在留期間の満了の日", lambda letter: letter.expiry),
    (53, "代替文字変換結果", _result),
    (54, "代替文字氏名項目長", _length(_SUBSTITUTED_NAME)),
    (55, "代替文字氏名", _SUBSTITUTED_NAME),
    (56, "代替文字住所項目長", _length(_SUBSTITUTED_ADDRESS)),
    (57, "代替文字住所", _SUBSTITUTED_ADDRESS),
    (58, "代替文字氏名位置情報", _places(_name)),
    (59, "代替文字住所位置情報", _places(_address)),
    (60, "外字フラグ", _flag),
    (61, "外字パターン", _nothing),          # the images of 外字: we have none
    (62, "旧氏漢字", lambda letter: letter.former_surname),
    (63, "旧氏外字数", _outside(lambda letter: letter.former_surname)),
    (64, "旧氏ふりがな", _nothing),          # part of the item 旧氏 in the register, not apart from it
    (65, "旧氏外字変更連番", _nothing),
    (66, "ローマ字氏名", _nothing),          # no contract knows it
    (67, "ローマ字旧氏", _nothing),
)  # fmt: skip
"""Every item: number, name, and its text for one letter."""


def texts(letter: Letter) -> list[str]:
    """The 67 texts of one letter, in their order."""
    return [source(letter) for _, _, source in ITEMS]


def numbered(found: list[str]) -> dict[str, Any]:
    """The same by name, for people who look."""
    return {name: text for (_, name, _), text in zip(ITEMS, found, strict=True)}
