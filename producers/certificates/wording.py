"""How values are written on a certificate: dates by era, foreigners' by the western calendar, nothing ever invented.

An incomplete date is written as it was found (不詳); where nobody kept the wording, with its unknown parts named so.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from producers.household import Record

_ERAS: Final = (
    (date(2019, 5, 1), "令和"), (date(1989, 1, 8), "平成"), (date(1926, 12, 25), "昭和"),
    (date(1912, 7, 30), "大正"), (date(1868, 1, 25), "明治"),
)  # fmt: skip
_SEX: Final = {"1": "男", "2": "女"}
REMOVED: Final = {
    "MOVE_OUT_DOMESTIC": "転出", "MOVE_OUT_ABROAD": "国外転出", "DEATH": "死亡", "DELETE_NATURALIZED": "帰化等",
    "DELETE_NATIONALITY_LOST": "国籍喪失", "EX_OFFICIO_DELETE": "職権消除",
}  # fmt: skip


def day(value: Any, western: bool = False) -> str:
    """A date of the register, complete or not; nothing for null."""
    if not value:
        return ""
    if isinstance(value, str):
        given = date.fromisoformat(value)
        return f"{given.year if western else _era(given)}年{given.month}月{given.day}日"
    return value.get("text") or _parts(value, western)


def _era(given: date) -> str:
    for start, era in _ERAS:
        if given >= start:
            number = given.year - start.year + 1
            return f"{era}{'元' if number == 1 else number}"
    return str(given.year)


def _parts(value: Mapping[str, Any], western: bool) -> str:
    year, month, of_month = value.get("year"), value.get("month"), value.get("day")
    if year is None:
        return "年月日不詳"
    begun = str(year) if western or month is None else _era(date(year, month, of_month or 1))
    return f"{begun}年" + (f"{month}月" if month else "月不詳") + (f"{of_month}日" if of_month else "日不詳")


def address(value: Mapping[str, Any] | None) -> str:
    """An address as it is worded; its parts one behind the other where nobody worded it."""
    if not value:
        return ""
    parts = (value.get("town"), value.get("number"), value.get("building"))
    return value.get("text") or "".join(part for part in parts if part)


def sex(record: Record) -> str:
    """男 or 女."""
    return _SEX.get(record.get("sex") or "", "")


def aliases(record: Record) -> str:
    """通称の記載及び削除に関する事項: each alias with the days on which it was entered and removed."""
    told = []
    for entry in record.get("alias_history") or ():
        if isinstance(entry, Mapping):
            days = (day(entry.get("entered_on"), western=True), day(entry.get("removed_on"), western=True))
            told.append(f"{entry.get('alias') or ''}（記載 {days[0]}" + (f"、削除 {days[1]}）" if days[1] else "）"))
    return "、".join(told)


def residence(record: Record) -> str:
    """区分, 在留資格, 在留期間, 満了の日 and card number, as far as each is there (法30条の45の表の下欄)."""
    status = record.get("residence_status") or {}
    parts = (
        record.get("art30_45_category"), status.get("status"), status.get("period"),
        day(record.get("residence_expiry"), western=True), record.get("residence_card_no"),
    )  # fmt: skip
    return "　".join(part for part in parts if part)
