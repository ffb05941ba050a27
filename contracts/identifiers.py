"""The numbers of the registry and their check digits. ASCII digits only: Python's own tests let full-width ones pass.

個人番号: 平成26年総務省令第85号5条. 全国地方公共団体コード: 総務省, modulus 11. The formula of the check digit of
住民票コード is not public, so its check is pluggable and, unless a city plugs one in, only the form is tested.
"""

import re
from collections.abc import Callable
from operator import mul

JuminhyoCheck = Callable[[str], bool]

_MY_NUMBER_WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_MUNICIPALITY_WEIGHTS = (6, 5, 4, 3, 2)
_TWELVE = re.compile(r"[0-9]{12}")
_ELEVEN = re.compile(r"[0-9]{11}")
_SIX = re.compile(r"[0-9]{6}")
_MUNICIPAL = re.compile(r"[0-9]{1,15}")


def my_number_check(eleven: str) -> str:
    """The check digit that follows the first eleven digits of a 個人番号."""
    rest = _weighted(eleven, _MY_NUMBER_WEIGHTS) % 11
    return "0" if rest <= 1 else str(11 - rest)


def municipality_check(five: str) -> str:
    """The check digit that follows the five digits of a 全国地方公共団体コード."""
    return str((11 - _weighted(five, _MUNICIPALITY_WEIGHTS) % 11) % 10)


def my_number_fault(text: str) -> str | None:
    """Why `text` cannot be a 個人番号: bad-format, all-same-digits, bad-check-digit; None where it can."""
    if not _TWELVE.fullmatch(text):
        return "bad-format"
    if text == text[0] * 12:
        return "all-same-digits"
    return None if my_number_check(text[:11]) == text[11] else "bad-check-digit"


def municipality_code_fault(text: str) -> str | None:
    """Why `text` cannot be a 全国地方公共団体コード of six digits; None where it can."""
    if not _SIX.fullmatch(text):
        return "bad-format"
    return None if municipality_check(text[:5]) == text[5] else "bad-check-digit"


def juminhyo_code_fault(text: str, check: JuminhyoCheck | None = None) -> str | None:
    """Why `text` cannot be a 住民票コード of eleven digits, by `check` where there is one; None where it can."""
    if not _ELEVEN.fullmatch(text):
        return "bad-format"
    return None if check is None or check(text) else "bad-check-digit"


def municipal_number_fault(text: str) -> str | None:
    """Why `text` cannot be a 宛名番号, 世帯番号 or 団体内統合宛名番号 (1 to 15 digits); None where it can."""
    return None if _MUNICIPAL.fullmatch(text) else "bad-format"


def _weighted(digits: str, weights: tuple[int, ...]) -> int:
    if len(digits) != len(weights) or not (digits.isascii() and digits.isdigit()):
        raise ValueError("other digits, or another number of them")
    letters: int = sum(map(mul, digits.encode(), weights))
    return letters - ord("0") * sum(weights)
