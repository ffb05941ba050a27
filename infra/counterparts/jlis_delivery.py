"""J-LIS: 送付先情報 in its 67 items (番号法7条, 16条の2), and inquiries for 本人確認情報 (stand-in).

What is assumed. Fact and known practice: the 67 items, their names and order, and that 項目長, 外字数 and the 代替文字
items go with the texts. Unsure, therefore invented here: the transport; that everything is text; that 項目長 counts
characters as a reader sees them; that the permitted set is JIS X 0213; the codes of 代替文字変換結果 (0 nothing, 1 each
by a similar character, 2 at least one by 〓); three digits per place; 送付先管理番号 of 23 digits, the municipality's
code first, allotted once. Every computed item is computed again here. A letter needs somebody to reach: name, address,
postal code, birth date, sex, 個人番号 and 住民票コード may not be empty.

    POST /deliveries   {"from": municipality code, "version", "items": [67 texts]}
    POST /inquiries    inquiries.py; POST /known: instrument, people whom it knows beside those of whom it was told
"""

import re
from collections.abc import Mapping
from typing import Any

import characters
import forms
import inquiries
from memory import Told

PATH = "/deliveries"
PREFIX = "JLIS"
PLACEHOLDER = "〓"

def _sixty_seven(value: Any) -> str | None:
    if not isinstance(value, list) or len(value) != 67:
        return "bad-count"
    return None if all(isinstance(text, str) for text in value) else "bad-text"


_ENVELOPE: Mapping[str, forms.Check] = {
    "from": forms.municipality_code, "version": forms.number, "items": _sixty_seven,
}  # fmt: skip
_FILLED: Mapping[int, forms.Check] = {
    1: forms.digits(23, 23), 2: forms.digits(7, 7), 4: forms.text, 7: forms.text, 9: forms.municipality_code,
    11: forms.text, 12: forms.digits(7, 7), 14: forms.text, 16: forms.text, 18: forms.text, 20: forms.digits(7, 7),
    22: forms.text, 24: forms.text, 26: forms.text, 28: forms.digits(7, 7), 30: forms.text, 32: forms.text,
    33: forms.one_of("1"), 34: lambda value: _eight(value, whole=True), 35: forms.text, 36: forms.text,
    37: forms.one_of("1", "2"), 38: forms.digits(11, 11), 40: forms.text, 44: forms.digits(7, 7), 46: forms.text,
    48: lambda value: _eight(value, whole=False), 49: forms.sex, 50: forms.my_number,
    53: forms.one_of("0", "1", "2"), 60: forms.one_of("0", "1"),
}  # fmt: skip
_MAY_BE_EMPTY: Mapping[int, forms.Check] = {
    43: forms.text, 51: forms.text, 52: lambda value: _eight(value, whole=False), 62: forms.text, 64: forms.text,
    66: forms.text, 67: forms.text,
}  # fmt: skip
_LENGTHS = {
    3: 4, 6: 7, 10: 11, 13: 14, 17: 18, 21: 22, 25: 26, 29: 30, 39: 40, 42: 43, 45: 46, 54: 55, 56: 57,
}  # fmt: skip
_OUTSIDE = {5: 4, 8: 7, 15: 14, 19: 18, 23: 22, 27: 26, 31: 30, 41: 40, 47: 46, 63: 62}
_REPLACED = ((40, 55, 58), (46, 57, 59))
_UNUSED = (61, 65)


def fault(body: Mapping[str, Any]) -> tuple[str, str] | None:
    """The first (code, place) that is wrong with a letter."""
    outside = forms.fault_in(body, _ENVELOPE, frozenset(_ENVELOPE))
    if outside:
        return outside
    item: Mapping[int, str] = dict(enumerate(body["items"], start=1))
    return _values(item) or _computed(item) or _replacements(item) or _sender(body, item)


def _values(item: Mapping[int, str]) -> tuple[str, str] | None:
    for number, check in (_FILLED | _MAY_BE_EMPTY).items():
        if not item[number]:
            if number in _FILLED:
                return "missing-item", f"item-{number}"
        elif code := check(item[number]):
            return code, f"item-{number}"
    return next((("bad-text", f"item-{number}") for number in _UNUSED if item[number]), None)


def _computed(item: Mapping[int, str]) -> tuple[str, str] | None:
    for at, of in _LENGTHS.items():
        if item[at] != str(len(characters.characters(item[of]))):
            return "bad-length", f"item-{at}"
    for at, of in _OUTSIDE.items():
        if item[at] != str(characters.outside(item[of])):
            return "bad-outside-count", f"item-{at}"
    some = any(characters.outside(item[of]) for of in (40, 46, 62))
    return None if item[60] == str(int(some)) else ("bad-code", "item-60")


def _replacements(item: Mapping[int, str]) -> tuple[str, str] | None:
    """Where and by what 外字 were replaced: everything else must stand as it stood."""
    for of, instead, places in _REPLACED:
        written = characters.characters(item[of])
        at = [place for place, one in enumerate(written, start=1) if not characters.known(one)]
        if item[places] != "".join(f"{place:03d}" for place in at):
            return "bad-replacement", f"item-{places}"
        if not _stands(written, characters.characters(item[instead]), at):
            return "bad-replacement", f"item-{instead}"
    return None if item[53] == _result(item) else ("bad-replacement", "item-53")


def _stands(written: list[str], instead: list[str], at: list[int]) -> bool:
    if not at or len(written) != len(instead):
        return not at and not instead
    pairs = enumerate(zip(written, instead, strict=True), start=1)
    return all(characters.known(new) and (place in at or new == old) for place, (old, new) in pairs)


def _result(item: Mapping[int, str]) -> str:
    instead = [(item[of], item[new]) for of, new, _ in _REPLACED if item[new]]
    if not instead:
        return "0"
    return "2" if any(new.count(PLACEHOLDER) > old.count(PLACEHOLDER) for old, new in instead) else "1"


def _sender(body: Mapping[str, Any], item: Mapping[int, str]) -> tuple[str, str] | None:
    if body["from"] != item[9] or item[1][:6] != item[9]:
        return "wrong-sender", "item-9"
    return None if (item[2], item[4]) == (item[44], item[46]) else ("wrong-recipient", "item-4")


def _eight(value: str, *, whole: bool) -> str | None:
    """Eight digits; where it need not be whole, an unknown part is zeros."""
    if not re.fullmatch("[0-9]{8}", value):
        return "bad-date"
    year, month, day = (int(part) for part in (value[:4], value[4:6], value[6:]))
    parts = {"year": year, "month": month, "day": day}
    if whole and 0 in parts.values():
        return "bad-date"
    return forms.date({name: part or None for name, part in parts.items()})


def subject(body: Mapping[str, Any]) -> str:
    return str(body["items"][37])


def version(body: Mapping[str, Any]) -> int:
    return int(body["version"])


def keep(records: dict[str, Any], told: Told) -> str:
    """The last letter of everybody."""
    records[told.subject] = {"number": told.body["items"][0], "version": told.version, "items": told.body["items"]}
    return "accepted"


EXTRA = (("POST", "/inquiries", inquiries.ask), ("POST", "/known", inquiries.know))
