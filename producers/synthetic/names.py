"""Made-up names: 見本, 例, 架空, 仮名 and the like, with the characters that break systems.

髙 and 𠮷 are in no JIS X 0213 list; U+FA19 changes under NFC; 𡈽 and 𠮷 need surrogate pairs in UTF-16; 葛󠄀 carries a
variation selector; ﾐﾎﾝ is half-width. Nobody may normalise any of them.
"""

from random import Random

Name = tuple[str, str]
"""Written form and reading (katakana)."""

SURNAMES: tuple[Name, ...] = (
    ("見本", "ミホン"), ("例田", "レイダ"), ("架空", "カクウ"), ("仮名山", "カメイヤマ"), ("試田", "タメシダ"),
    ("雛形", "ヒナガタ"), ("模擬川", "モギカワ"), ("想定", "ソウテイ"), ("記入例", "キニュウレイ"),
    ("作例", "サクレイ"), ("例山", "レイヤマ"), ("見本原", "ミホンバラ"), ("仮野", "カリノ"),
    ("試本", "タメシモト"), ("架橋例", "カケハシレイ"),
    ("見本口", "ミホングチ"), ("仮沢", "カリサワ"), ("例島", "レイジマ"), ("想田", "オモイダ"), ("雛野", "ヒナノ"),
)  # fmt: skip
HARD_SURNAMES: tuple[Name, ...] = (
    ("髙見本", "タカミホン"), ("例﨑", "レイザキ"), ("𠮷例", "ヨシレイ"), ("𡈽仮", "ツチカリ"),
    ("葛\U000e0100例", "カツレイ"), ("\ufa19例", "カミレイ"), ("邉見本", "ワタミホン"),
    ("仮名之見本寺架空院", "カメイノミホンジカクウイン"),
)  # fmt: skip
MEN: tuple[Name, ...] = (
    ("例太郎", "レイタロウ"), ("仮一", "カイチ"), ("見本助", "ミホンスケ"), ("試之介", "シノスケ"), ("例次", "レイジ"),
    ("架男", "カオ"), ("想太", "ソウタ"), ("一号", "イチゴウ"), ("雛彦", "ヒナヒコ"), ("模輔", "モスケ"),
)  # fmt: skip
WOMEN: tuple[Name, ...] = (
    ("例子", "レイコ"), ("仮名美", "カナミ"), ("見本花", "ミホンカ"), ("試奈", "シナ"), ("例恵", "レイエ"),
    ("架乃", "カノ"), ("想世", "ソウヨ"), ("二葉", "フタバ"), ("雛子", "ヒナコ"), ("模代", "モヨ"),
)  # fmt: skip
FOREIGNERS: tuple[tuple[str, str, str], ...] = (
    ("SAMPLE TEST {}", "VNM", "サンプル テスト"), ("DOE EXAMPLE {}", "PHL", "ドウ エグザンプル"),
    ("TESTE DE EXEMPLO DA SILVA MODELO {}", "BRA", "テステ デ エゼンプロ ダ シルバ モデロ"),
    ("NAMUNA UDAHARAN {}", "NPL", "ナムナ ウダハラン"), ("様本 例 {}", "CHN", "ヨウホン レイ"),
    ("견본 {}", "KOR", "キョンボン"),
    ("NEMO {}", "XXA", "ネモ"),
)  # fmt: skip
"""Written form (the letters of a number are put in), country code (stateless: XXA), reading."""

_HALF_WIDTH = ("ﾐﾎﾝ ﾚｲｺ", "ｶｸｳ ﾀﾛｳ", "ｶﾒｲ ﾊﾅｺ")
_HARD_SHARE = 0.06


def surname(dice: Random) -> Name:
    """A surname, now and then one with hard characters."""
    return dice.choice(HARD_SURNAMES if dice.random() < _HARD_SHARE else SURNAMES)


def given(dice: Random, sex: str) -> Name:
    """A given name for sex "1" (男) or "2" (女)."""
    return dice.choice(MEN if sex == "1" else WOMEN)


def full(family: Name, own: Name) -> Name:
    """氏名 and its reading, with the full-width space of the register between."""
    return f"{family[0]}\u3000{own[0]}", f"{family[1]}\u3000{own[1]}"


def foreign(dice: Random, number: int) -> tuple[str, str, str]:
    """A foreigner's name, reading and country."""
    pattern, country, reading = dice.choice(FOREIGNERS)
    return pattern.format(_letters(number)), reading, country


def alias(dice: Random) -> str:
    """通称, in half-width kana as old systems left it, or in kanji."""
    return dice.choice((*_HALF_WIDTH, "見本\u3000仮郎", "髙見本\u3000例子"))


def _letters(number: int) -> str:
    """A number in letters, A to Z, so that it can stand in a name."""
    text = ""
    while True:
        number, rest = divmod(number, 26)
        text = chr(ord("A") + rest) + text
        if number == 0:
            return text
