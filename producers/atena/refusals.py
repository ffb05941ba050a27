"""Why a number is not given, moved or joined: a closed list of codes, each with the sentence for a clerk."""

from producers.refusals import NoticeRefused

SENTENCES = {
    "unknown-field": "付番依頼にない欄があります。",
    "missing-field": "記入されていない欄があります。",
    "bad-value": "記入の形式が正しくない欄があります。",
    "bad-format": "番号の形式が正しくありません。",
    "bad-check-digit": "個人番号の検査用数字が合いません。個人番号を確かめてください。",
    "all-same-digits": "個人番号として使われない番号です。個人番号を確かめてください。",
    "receipt-needed": "宛名番号のない依頼には受付番号が必要です。",
    "reused-receipt": "同じ受付番号で、内容の違う依頼がすでに受け付けられています。",
    "former-without-new": "変更前の個人番号だけが記入されています。変更後の個人番号も記入してください。",
    "former-unknown": "変更前の個人番号は、この方のものとして記録されていません。",
    "other-my-number": "この宛名番号の方の個人番号と違います。変更があったのか、別の方かを確かめてください。",
    "my-number-of-another": "この個人番号は別の宛名の方のものです。本人を確かめてください。",
    "atena-no-of-another": "この業務の同じ宛名番号が、別の方に使われています。",
    "proved-another": "この個人番号の方とは別の方であると、すでに確認されています。個人番号を確かめてください。",
    "needs-merge": "住民の宛名が二つになります。統合の手続（申請と承認）によってください。",
    "unknown-atena-no": "この業務にその宛名番号はありません。",
    "unknown-number": "その団体内統合宛名番号はありません。",
    "no-match": "この個人番号の方はいません。",
    "same-number": "同じ団体内統合宛名番号です。",
    "already-merged": "すでに他の番号に統合された番号です。統合先の番号を使ってください。",
    "two-my-numbers": "二つの番号の個人番号が違います。別の方です。",
    "not-linked": "この団体内統合宛名番号に結び付いていない宛名番号があります。",
    "named-twice": "同じ宛名番号が二度記入されています。",
    "nobody-moves": "分離する宛名番号がありません。",
    "nobody-remains": "分離すると、元の番号に誰も残りません。",
    "not-merged-into-it": "この番号に統合された番号ではありません。",
    "reason-needed": "理由を記入してください。",
    "unknown-request": "その申請はありません。",
    "request-expired": "申請の期限が過ぎています。もう一度申請してください。",
    "already-approved": "この申請はすでに承認されています。",
    "too-busy": "同じ方の別の異動と重なりました。もう一度行ってください。",
}
_OTHERWISE = "記入の形式が正しくありません。"


class NumberRefused(NoticeRefused):
    """Nothing of it has been written. `place` is a field, or empty."""


def sentence(code: str) -> str:
    """The sentence for a clerk."""
    return SENTENCES.get(code, _OTHERWISE)
