"""Why a 届出 is not accepted: a closed list of codes, each with the sentence that the clerk reads. Never a value."""

from hub.errors import JukiError

SENTENCES = {
    "not-on-register": "住民基本台帳に記録されていない方です。宛名番号を確かめてください。",
    "already-on-register": "すでに住民基本台帳に記録されている方です。転居または訂正の届出かどうか確かめてください。",
    "numbers-disagree": "宛名番号と個人番号が別の方のものです。本人を確かめてください。",
    "unknown-household": "その世帯はありません。世帯番号を確かめてください。",
    "different-households": "同じ世帯の方ではありません。世帯ごとに届け出てください。",
    "same-household": "すでにその世帯の方です。",
    "one-head-needed": "世帯主はお一人です。新しい世帯の世帯主を一人だけ決めてください。",
    "head-exists": "その世帯には世帯主がいます。続柄を確かめてください。",
    "new-head-needed": "世帯主がいなくなります。残る方の中から新しい世帯主を決めてください。",
    "new-head-not-needed": "世帯主は変わりません。新しい世帯主の欄は空けてください。",
    "new-head-not-a-member": "新しい世帯主は、その世帯に残る方でなければなりません。",
    "already-head": "すでに世帯主の方です。",
    "relationship-missing": "新しい世帯主との続柄が記入されていない方がいます。",
    "not-a-member": "続柄の欄に、その世帯の方ではない宛名番号があります。",
    "named-twice": "同じ方が二度記入されています。",
    "not-yet-happened": "異動の日がまだ来ていません。届出は事実が生じた後です。",
    "already-planned": "転出の届出がすでにされています。",
    "not-planned": "転出の届出がされていません。",
    "already-protected": "すでに支援措置の対象の方です。延長の届出かどうか確かめてください。",
    "not-protected": "支援措置の対象の方ではありません。",
    "reused-receipt": "同じ受付番号で、内容の違う届出がすでに受理されています。",
    "unknown-act": "届出の種類が分かりません。",
    "missing-field": "記入されていない欄があります。",
    "unknown-field": "届出にない欄があります。",
    "bad-value": "記入の形式が正しくない欄があります。",
    "needs-merge": "個人番号が同じ住民の宛名が二つになります。宛名の統合の手続によってください。",
    "my-number-of-another": "この個人番号は別の宛名の方のものです。本人を確かめてください。",
    "proved-another": "この個人番号の方とは別の方であると、すでに確認されています。個人番号を確かめてください。",
    "too-busy": "同じ世帯の別の異動と重なりました。もう一度届け出てください。",
}
_OTHERWISE = "記入の形式が正しくありません。"


class NoticeRefused(JukiError):
    """A 届出 that is not accepted; nothing of it has been written. `place` is a field of the notice, or empty."""


def sentence(code: str) -> str:
    """The sentence for a clerk; a code of the Change's own door has the general one."""
    return SENTENCES.get(code, _OTHERWISE)
