"""A resident whose every value can be recognised: before and after, no two items have a value in common.

Text, dates (不詳, with their wording) and structures carry the name of their item; numbers are computed so that they
pass the door and that none lies inside another. Two items have values that say nothing, 世帯主である旨 and 男女の別:
they are recognised by their key alone.
"""

from datetime import date, timedelta
from typing import Any, Final

from contracts.law import items
from tests.people import my_number

BEFORE, AFTER = 0, 1
Moment = int

NUMBERS: Final = {
    "atena_no": ("310000000000001", "310000000000002"), "household_no": ("5200000001", "5200000002"),
    "togo_atena_no": ("74000001", "74000002"), "juminhyo_code": ("86000000001", "86000000002"),
    "my_number": (my_number(91_000_001), my_number(91_000_002)),
}  # fmt: skip
_PARTS: Final = {
    "Address": "text", "{status, period}": "status", "{category, starts_on, ends_on}": "category",
    "{number, registered_on}": "number",
}  # fmt: skip


def value(item: str, moment: Moment) -> Any:
    """The value of `item` in the record before or after; null for what is derived."""
    known = items()[item]
    if known.derived_from:
        return None
    if item in NUMBERS:
        return NUMBERS[item][moment]
    if item == "sex":
        return "12"[moment]
    return _worded(known.type, word(item, moment), moment)


def _worded(form: str, text: str, moment: Moment) -> Any:
    if form == "bool":
        return moment == BEFORE
    if form == "list":
        return [text]
    if form == "Date":
        return {"year": None, "month": None, "day": None, "text": text}
    return {_PARTS[form]: text} if form in _PARTS else text


def word(item: str, moment: Moment) -> str:
    """The text by which a value of `item` is recognised."""
    return f"印-{item}-{'後' if moment else '前'}"


def born(years: int, on: date, moment: Moment) -> str:
    """The day of birth of somebody who is `years` old on the day `on`, and was so for a while."""
    return (date(on.year - years, on.month, on.day) - timedelta(days=20 + moment)).isoformat()


def birthday_tomorrow(years: int, on: date) -> str:
    """The day of birth of somebody who attains `years` on the day `on`: the day before the birthday, by law."""
    return (date(on.year - years, on.month, on.day) + timedelta(days=1)).isoformat()
