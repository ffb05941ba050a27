"""Why a 届出 is not accepted: a closed list of codes, each with the sentence that the clerk reads. Never a value."""

from hub.errors import JukiError

SENTENCES = {
    "not-on-register": "住民基本台帳に記録されていない方です。宛名番号を確かめてください。",
    "already-on-register": "すでに住民基本台帳に記録されている方です。転居または訂正の届出かどうか確かめてください。",
    "unknown-household": "その世帯はありません。世帯番号を確かめてください。",
    "different-households": "同じ世帯の方ではありません。世帯ごとに届け出てください。",
    "same-household": "すでにその世帯の方です。",
    "one-head-needed": "世帯主はお一人です。新しい世帯の世帯主を一人だけ決めてください。",
    "head-exists": "その世帯には世帯主がいます。続柄を確かめてください。",
    "new-head-needed": "世帯主がいなくなります。残る方の中から新しい世帯主を決めてください。",
    "new-head-not-needed": "世帯主は変わりません。新しい世帯主の欄は空けてください。",
    "new-head-not-a-member": "新しい世帯主は、その世帯に残る方でなければなりません。",
    "household-changed-since": "世帯がその後に変わっています。このままでは世帯主と続柄が合いません。",
    "nobody-stays": "世帯の全員が分かれることはできません。世帯主変更の届出かどうか確かめてください。",
    "not-the-whole-household": "世帯の方が全員記入されていません。世帯全員を記入してください。",
    "the-whole-household": "世帯の全員が記入されています。世帯合併の届出かどうか確かめてください。",
    "different-addresses": "住所が違う世帯です。先に転居の届出または住所の修正が要ります。",
    "already-head": "すでに世帯主の方です。",
    "relationship-missing": "新しい世帯主との続柄が記入されていない方がいます。",
    "not-a-member": "続柄の欄に、その世帯の方ではない宛名番号があります。",
    "named-twice": "同じ方が二度記入されています。",
    "not-yet-happened": "異動の日がまだ来ていません。届出は事実が生じた後です。",
    "already-planned": "転出の届出がすでにされています。",
    "not-planned": "転出の届出がされていません。",
    "card-needed": "転入届の特例には個人番号カードの提示が要ります。転出証明書があれば特例でない届出ができます。",
    "special-too-late": "転入届の特例の期間を過ぎています。転出証明書を添えて届け出てください。",
    "only-for-japanese": "日本国民の方だけの事項です。国籍等を確かめてください。",
    "only-for-foreigners": "外国人住民の方だけの事項です。国籍等を確かめてください。",
    "category-missing": "法第30条の45に規定する区分が記入されていません。",
    "one-person-only": "この事項はお一人ずつ修正してください。",
    "nothing-changes": "記入された内容は、いまの記録と同じです。",
    "nothing-to-remove": "削除する記載がありません。",
    "alias-exists": "すでに通称が記載されています。先に削除の申出が要ります。",
    "not-kana": "振り仮名は仮名で記入してください。",
    "has-number": "すでに記載されています。変更の請求か職権の修正かを確かめてください。",
    "has-no-number": "個人番号または住民票コードがまだ記載されていません。職権の記載が先です。",
    "number-taken": "その個人番号は別の方のものです。通知を確かめてください。",
    "under-age": "18歳に達していない方は選挙人名簿に登録されません。",
    "unknown-change": "その異動の記録はありません。異動の番号を確かめてください。",
    "already-cancelled": "その異動はすでに取り消されています。",
    "not-the-latest": "その異動の後に別の異動が記録されています。新しいものから順に取り消してください。",
    "cannot-be-cancelled": "この記録は取り消せません。正しい内容で改めて届け出るか、職権で修正してください。",
    "restore-instead": "消除された方を戻すのは回復です。",
    "cancel-instead": "消除ではない異動を戻すのは取消です。",
    "other-party-unknown": "相手方の宛名番号の記録がありません。この市に記録のない相手方は氏名で記入してください。",
    "other-party-unnamed": "相手方は、宛名番号か氏名のどちらか一方で記入してください。",
    "other-party-is-applicant": "支援措置を受ける方が相手方としても記入されています。",
    "too-early": "延長の申出は、期間の終わる日の一月前からです。",
    "already-over": "延長しても期間が過ぎています。終了を決定した後、新たに申し出てください。",
    "already-protected": "すでに支援措置の対象の方です。延長の届出かどうか確かめてください。",
    "not-protected": "支援措置の対象の方ではありません。",
    "reused-receipt": "同じ受付番号で、内容の違う届出がすでに受理されています。",
    "unknown-act": "届出の種類が分かりません。",
    "missing-field": "記入されていない欄があります。",
    "unknown-field": "届出にない欄があります。",
    "bad-value": "記入の形式が正しくない欄があります。",
    "too-busy": "同じ世帯の別の異動と重なりました。もう一度届け出てください。",
}
REMARKS = {
    "late": "届出の期間を過ぎています。遅れた理由を聞き取ってください（住民基本台帳法第52条第2項）。",
}
"""What the clerk is told about a notice that is accepted."""

_OTHERWISE = "記入の形式が正しくありません。"


class NoticeRefused(JukiError):
    """A 届出 that is not accepted; nothing of it has been written. `place` is a field of the notice, or empty."""


def sentence(code: str) -> str:
    """The sentence for a clerk; a code of the Change's own door has the general one."""
    return SENTENCES.get(code, _OTHERWISE)
