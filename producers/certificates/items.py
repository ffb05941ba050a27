"""What may stand on a certificate, in the order of 住基法7条 and 30条の45, and what has to be asked for specially.

Without a special request 4号, 5号 and 8号の2 to 14号 are left out (12条5項), and of foreign residents 国籍等 and what
the table of 30条の45 says of their stay (30条の51). 旧氏 and 通称 go with the name (令30条の13, 30条の16). 5号, 6号 and
9号 are for Japanese nationals. 12号 (rations) has no item in any register. An item that the record leaves empty has an
empty row: what is kept off a copy for protection then looks like what nobody ever stated.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from producers.certificates import wording
from producers.household import Record

BASIC: Final = ""
"""What everybody has who has the copy (12条の3第1項: 基礎証明事項)."""

BOTH, JAPANESE, FOREIGN = "both", "japanese", "foreign"
NUMBERS: Final = frozenset({"my-number", "juminhyo-code"})
"""Special requests that the person and the household alone may make (12条の2, 12条の3: 第8号の2及び第13号を除く)."""


@dataclass(frozen=True, slots=True)
class Item:
    """One row. `asked`: the special request that it takes; `whose`: of whose copies it is a row."""

    id: str
    label: str
    article: str
    read: Callable[[Record], str]
    asked: str = BASIC
    whose: str = BOTH

    def belongs_to(self, record: Record) -> bool:
        """Whether it is a row of this person's copy."""
        return self.whose in (BOTH, FOREIGN if is_foreign(record) else JAPANESE)


def is_foreign(record: Record) -> bool:
    """Whether 住基法30条の45 is about this person."""
    return record.get("nationality") is not None


def _text(name: str) -> Callable[[Record], str]:
    return lambda record: record.get(name) or ""


def _day(name: str) -> Callable[[Record], str]:
    return lambda record: wording.day(record.get(name), western=is_foreign(record))


def _address(name: str) -> Callable[[Record], str]:
    return lambda record: wording.address(record.get(name))


def _head(record: Record) -> str:
    return "世帯主" if record.get("is_household_head") else record.get("household_head_name") or ""


def _relationship(record: Record) -> str:
    return "" if record.get("is_household_head") else record.get("relationship_to_head") or ""


ITEMS: Final = (
    Item("name", "氏名", "7条1号", _text("name")),
    Item("former_surname", "旧氏", "令30条の13", _text("former_surname")),
    Item("alias_name", "通称", "令30条の16", _text("alias_name"), whose=FOREIGN),
    Item("name_furigana", "氏名の振り仮名", "7条1号の2", _text("name_furigana")),
    Item("birth_date", "生年月日", "7条2号", _day("birth_date")),
    Item("sex", "男女の別", "7条3号", wording.sex),
    Item("household_head_name", "世帯主", "7条4号", _head, "household"),
    Item("relationship_to_head", "世帯主との続柄", "7条4号", _relationship, "household"),
    Item("honseki", "戸籍の表示", "7条5号", _text("honseki"), "honseki", JAPANESE),
    Item("resident_since", "住民となった年月日", "7条6号", _day("resident_since"), whose=JAPANESE),
    Item("address", "住所", "7条7号", _address("address")),
    Item("address_fixed_date", "住所を定めた年月日", "7条7号", _day("address_fixed_date")),
    Item("notified_date", "住所を定めた旨の届出の年月日", "7条8号", _day("notified_date")),
    Item("previous_address", "従前の住所", "7条8号", _address("previous_address")),
    Item("my_number", "個人番号", "7条8号の2", _text("my_number"), "my-number"),
    Item("electoral_roll", "選挙人名簿", "7条9号", _text("electoral_roll"), "electoral-roll", JAPANESE),
    Item("nhi_qual", "国民健康保険", "7条10号", _text("nhi_qual"), "nhi"),
    Item("latter_elderly_qual", "後期高齢者医療", "7条10号の2", _text("latter_elderly_qual"), "latter-elderly"),
    Item("ltci_qual", "介護保険", "7条10号の3", _text("ltci_qual"), "ltci"),
    Item("pension_qual", "国民年金", "7条11号", _text("pension_qual"), "pension"),
    Item("child_allowance_qual", "児童手当", "7条11号の2", _text("child_allowance_qual"), "child-allowance"),
    Item("juminhyo_code", "住民票コード", "7条13号", _text("juminhyo_code"), "juminhyo-code"),
    Item("alias_history", "通称の記載及び削除", "7条14号", wording.aliases, "alias-history", FOREIGN),
    Item("foreign_resident_since", "外国人住民となった年月日", "30条の45", _day("foreign_resident_since"),
         whose=FOREIGN),
    Item("nationality", "国籍・地域", "30条の45", _text("nationality"), "nationality", FOREIGN),
    Item("residence_status", "区分・在留資格・期間・満了の日・番号", "30条の45", wording.residence, "residence",
         FOREIGN),
)  # fmt: skip

SPECIAL: Final = tuple(dict.fromkeys(item.asked for item in ITEMS if item.asked))
"""Every special request there is, in the order of the law."""

EARLIER: Final = frozenset({"notified_date", "previous_address"})
"""Where somebody lived before (8号)."""
