"""Characters that a counterpart's own set does not have (外字): found, counted, replaced beside the original. Pure.

A character is what a reader sees: a base with the variation selectors and combining marks behind it. The set is JIS X
0213, asked of Python's `shift_jis_2004`, which has that set alone; `euc_jis_2004` would let JIS X 0212 pass. Where a
character is replaced it is by one that is listed here or by its own base; where neither is in the set, by 〓. Nothing
is ever replaced in the text itself: whoever needs the replacement is told beside it where it is one.
"""

import unicodedata
from dataclasses import dataclass
from functools import cache
from itertools import chain, product
from typing import Final

PLACEHOLDER: Final = "〓"
_TO_KATAKANA: Final = 0x60
_LARGE: Final = str.maketrans("ァィゥェォッャュョヮヵヶ", "アイウエオツヤユヨワカケ", "ー")
SIMILAR: Final = {
    "髙": "高", "𠮷": "吉", "槗": "橋", "淸": "清", "靑": "青", "吳": "呉", "閒": "間", "敎": "教", "～": "〜",
}  # fmt: skip
"""Characters outside the set, and the one that is written in their place where they cannot be printed."""


@dataclass(frozen=True, slots=True)
class Replaced:
    """A text without 外字. `at`: places of those that were replaced, from 1; `whole`: none of them became 〓."""

    text: str
    at: tuple[int, ...]
    whole: bool


def characters(text: str) -> list[str]:
    """The characters of `text` as a reader counts them."""
    found: list[str] = []
    for point in text:
        if found and _belongs(point):
            found[-1] += point
        else:
            found.append(point)
    return found


def carried(character: str) -> bool:
    """Whether the set has this character."""
    try:
        return character.encode("shift_jis_2004").decode("shift_jis_2004") == character
    except UnicodeError:
        return False


def outside(text: str) -> int:
    """How many characters of `text` the set does not have (外字数)."""
    if _alone().issuperset(text):
        return 0
    return sum(not carried(one) for one in characters(text))


def replaced(text: str) -> Replaced:
    """`text` in characters of the set alone."""
    seen = characters(text)
    at = tuple(place for place, one in enumerate(seen, start=1) if not carried(one))
    written = [one if carried(one) else _instead(one) for one in seen]
    return Replaced("".join(written), at, all(written[place - 1] != PLACEHOLDER for place in at))


def search_key(kana: str) -> str:
    """清音化かな, by which a name is found: katakana without voiced marks, small kana, long marks (K; no public table).

    A key beside the name; the name itself is never normalised.
    """
    return kana.translate(_PLAIN)


def _plain(kana: str) -> str:
    bare = unicodedata.normalize("NFD", kana)[0]
    return (chr(ord(bare) + _TO_KATAKANA) if "\u3041" <= bare <= "\u3096" else bare).translate(_LARGE)


_PLAIN: Final = {point: _plain(chr(point)) for point in range(0x3041, 0x3100)}


def _instead(character: str) -> str:
    base = SIMILAR.get(character[0], character[0])
    return base if carried(base) else PLACEHOLDER


def _belongs(point: str) -> bool:
    return "\ufe00" <= point <= "\ufe0f" or "\U000e0100" <= point <= "\U000e01ef" or bool(unicodedata.combining(point))


@cache
def _alone() -> frozenset[str]:
    """What the set has as one point that no mark is: the codec takes five times as long to say so of a name.

    Made when the first text is looked at, and not by every command that knows the adapters.
    """
    written = chain(product(range(0x100)), product(range(0x81, 0xFD), range(0x40, 0xFD)))
    read = (bytes(each).decode("shift_jis_2004", "replace") for each in written)
    return frozenset(each for each in read if len(each) == 1 and carried(each) and not _belongs(each))
