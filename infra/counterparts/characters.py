"""What a receiver computes of a text by itself: characters, 外字 (outside JIS X 0213), 清音化かな. Independent of us.

A character is a base with the selectors and combining marks behind it. 清音化かな: katakana for hiragana, no voiced
marks, no small kana, no long marks (known practice; the exact table is not public).
"""

import re
import unicodedata
from functools import lru_cache

_ONE = re.compile("(?s).[\u0300-\u036f\u3099\u309a\ufe00-\ufe0f\U000e0100-\U000e01ef]*")
_SMALL = str.maketrans("ァィゥェォッャュョヮヵヶ", "アイウエオツヤユヨワカケ")


def characters(text: str) -> list[str]:
    return _ONE.findall(text)


@lru_cache(maxsize=65_536)
def known(character: str) -> bool:
    """Whether JIS X 0213 has it."""
    try:
        return bool(character.encode("shift_jis_2004"))
    except UnicodeEncodeError:
        return False


def outside(text: str | None) -> int:
    return sum(not known(one) for one in characters(text or ""))


def search(kana: str | None) -> str | None:
    if kana is None:
        return None
    return "".join(map(_key, kana)).replace("ー", "")


@lru_cache(maxsize=65_536)
def _key(one: str) -> str:
    plain = unicodedata.normalize("NFD", one)[0] if "\u3041" <= one <= "\u30ff" else one
    return (chr(ord(plain) + 0x60) if "\u3041" <= plain <= "\u3096" else plain).translate(_SMALL)
