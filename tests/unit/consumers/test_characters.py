"""What is quick about characters says the same as looking at each of them."""

import unicodedata
from typing import Final

from hypothesis import example, given
from hypothesis import strategies as st

from consumers.adapters.characters import carried, characters, outside, search_key

_LARGE: Final = str.maketrans("ァィゥェォッャュョヮヵヶ", "アイウエオツヤユヨワカケ", "ー")
_HARD: Final = "見本 市町髙﨑𠮷か゚がガー\u3099\u309a\ufe00\U000e0100˩˥æ\u0300\u0301①ｱ　"
TEXTS: Final = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from(_HARD))


@given(TEXTS)
@example("か\u309aき")
@example("˩˥")
@example("æ\u0300")
def test_a_text_has_as_many_characters_outside_as_are_not_carried(text: str) -> None:
    assert outside(text) == sum(not carried(one) for one in characters(text))


def one_by_one(kana: str) -> str:
    bare = (unicodedata.normalize("NFD", one)[0] if "\u3041" <= one <= "\u30ff" else one for one in kana)
    return "".join(chr(ord(one) + 0x60) if "\u3041" <= one <= "\u3096" else one for one in bare).translate(_LARGE)


@given(TEXTS | st.text(st.characters(min_codepoint=0x3000, max_codepoint=0x3130)))
def test_a_key_is_made_of_each_character_by_itself(kana: str) -> None:
    assert search_key(kana) == one_by_one(kana)
