"""Forms of the values that a counterpart accepts. Independent of the sender: nothing of the hub is imported.

A check takes one value and answers None where it fits, or a closed code. No answer holds a value. Digits are ASCII
only, compared as they came: `stdnum` alone would convert full-width digits and let twelve zeros pass.
Sources: 個人番号 平成26年総務省令第85号5条 (python-stdnum, `jp.in_`); 全国地方公共団体コード 総務省, modulus 11.
The check formula of the 住民票コード is not public: eleven digits is all that is tested.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from stdnum.jp import in_

Check = Callable[[Any], str | None]

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_ADDRESS = ("municipality_code", "town", "machiaza_id", "number", "building", "postal_code", "text")


def text(value: Any) -> str | None:
    """Any characters but control characters; names are taken as they come, never normalised."""
    return None if isinstance(value, str) and value and not _CONTROL.search(value) else "bad-text"


def digits(shortest: int, longest: int) -> Check:
    """A check for a number written in ASCII digits."""
    pattern = re.compile(rf"[0-9]{{{shortest},{longest}}}")
    return lambda value: None if isinstance(value, str) and pattern.fullmatch(value) else "bad-digits"


_SIX, _TWELVE = digits(6, 6), digits(12, 12)


def my_number(value: Any) -> str | None:
    """個人番号: 12 digits, check digit, not one digit throughout."""
    fits = not _TWELVE(value) and len(set(value)) > 1 and in_.calc_check_digit(value[:-1]) == value[-1]
    return None if fits else "bad-my-number"


def municipality_code(value: Any) -> str | None:
    """全国地方公共団体コード: 5 digits and a check digit."""
    return "bad-municipality-code" if _SIX(value) or not _fits_its_digit(value) else None


@lru_cache(maxsize=4096)
def _fits_its_digit(value: str) -> bool:
    rest = sum(int(digit) * weight for digit, weight in zip(value, (6, 5, 4, 3, 2), strict=False)) % 11
    return (11 - rest) % 10 == int(value[5])


def truth(value: Any) -> str | None:
    return None if isinstance(value, bool) else "bad-truth"


def number(value: Any) -> str | None:
    """A whole number above zero that fits 63 bits."""
    return None if type(value) is int and 0 < value < 2**63 else "bad-number"


def count(value: Any) -> str | None:
    """A whole number, zero included."""
    return None if type(value) is int and 0 <= value < 2**31 else "bad-number"


def some_object(value: Any) -> str | None:
    """An object, whatever is in it: it is looked into by a check of its own."""
    return None if isinstance(value, dict) else "not-an-object"


def one_of(*values: str) -> Check:
    return lambda value: None if isinstance(value, str) and value in values else "bad-code"


def date(value: Any) -> str | None:
    """YYYY-MM-DD, or {year, month, day, text} with null parts (不詳)."""
    if isinstance(value, str):
        return None if _is_a_day(value) else "bad-date"
    if not isinstance(value, dict) or not value.keys() <= {"year", "month", "day", "text"}:
        return "bad-date"
    parts = [value.get(name) for name in ("year", "month", "day")]
    whole = all(part is None or type(part) is int for part in parts)
    wording = value.get("text") is None or not text(value["text"])
    return None if whole and wording and _day_exists(*parts) else "bad-date"


@lru_cache(maxsize=65_536)
def _is_a_day(value: str) -> bool:
    found = _ISO.fullmatch(value)
    return found is not None and _day_exists(*map(int, found.groups()))


def _day_exists(year: int | None, month: int | None, day: int | None) -> bool:
    if year is not None and not 1 <= year <= 9999:
        return False
    if month is not None and not 1 <= month <= 12:
        return False
    return day is None or 1 <= day <= (monthrange(2000 if year is None else year, month)[1] if month else 31)


def parts(checks: Mapping[str, Check]) -> Check:
    """A check for an object that has no other members than these; each may be missing or null."""

    def check(value: Any) -> str | None:
        if not isinstance(value, dict) or not value.keys() <= checks.keys():
            return "bad-object"
        faults = (checks[name](part) for name, part in value.items() if part is not None)
        return next((fault for fault in faults if fault), None)

    return check


def entries(value: Any) -> str | None:
    """A list (通称の履歴); its entries are kept as they come."""
    return None if isinstance(value, list) else "bad-list"


address = parts({**dict.fromkeys(_ADDRESS, text), "municipality_code": municipality_code, "postal_code": text})
dv_protection = parts({"category": text, "starts_on": date, "ends_on": date})
residence_status = parts({"status": text, "period": text})
seal_registration = parts({"number": text, "registered_on": date})
action = one_of("記載", "消除", "修正")
sex = one_of("1", "2")


def fault_in(value: Any, checks: Mapping[str, Check], required: frozenset[str]) -> tuple[str, str] | None:
    """The first (code, place) of an object that must have exactly these members; only `required` may not be null."""
    if not isinstance(value, dict):
        return "not-an-object", ""
    if not value.keys() <= checks.keys():
        return "unknown-item", ""
    if value.keys() != checks.keys():
        return "missing-item", min(checks.keys() - value.keys())
    for name, check in checks.items():
        fault = _null(name, required) if value[name] is None else check(value[name])
        if fault:
            return fault, name
    return None


def _null(name: str, required: frozenset[str]) -> str | None:
    return "null-item" if name in required else None
