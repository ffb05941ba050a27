"""How and when something is handed over, and out of which file, in the terms of a published assessment (評価書)."""

from typing import Final

from contracts.book import Book
from contracts.contract import Contract
from contracts.pages import words

WAYS: Final = {
    "topic": "庁内連携システム（受け取るシステムが、自らの分だけを購読する。）",
    "rest": "庁内連携システム（受け取るシステムが、自らの分だけを照会する。）",
    "csv": "庁内連携システム（受け取るシステムの分だけを記したファイルを、定められた場所に置く。）",
    "prefecture": "専用線（住民基本台帳ネットワークシステム：市町村CSから都道府県サーバへ）",
    "previous-municipality": "専用線（住民基本台帳ネットワークシステム：市町村CSから従前の住所地の市町村CSへ）",
    "koseki-fuhyo": "専用線（住民基本台帳ネットワークシステム：市町村CSから本籍地の市町村CSへ）",
    "jlis-delivery": "専用線（住民基本台帳ネットワークシステム：市町村CSから地方公共団体情報システム機構へ）",
    "intermediate-server": "情報提供ネットワークシステム（団体内統合宛名システムを通じ、副本を登録する。）",
    "convenience-store": "専用線（証明発行サーバへ）",
    "immigration": "専用線（出入国在留管理庁との市町村連携）",
}
"""提供方法・移転方法."""

_MOMENTS: Final = {"rest": "記録した都度備え、照会に応じて知らせる。", "csv": "日次及び求めの都度知らせる。"}
_AT_ONCE: Final = "記録した都度、遅滞なく知らせる。"

_FILES: Final = {"prefecture": "本人確認情報ファイル", "jlis-delivery": "送付先情報ファイル"}
_REGISTER: Final = "住民基本台帳ファイル"

_PROTECTION: Final = {
    "印を付けて提供": "支援措置の対象者である旨の印と、その区分、開始及び終了を付けて知らせる。",
    "区別なく提供": "支援措置の対象者か否かを知らせず、他の者と同じに知らせる。",
    "対象外とする": "支援措置の対象者を本人の範囲から外す。"
                    "支援措置が始まったときは、識別項目だけを示して範囲から外れたことを知らせ、その理由は知らせない。",
    "知らせない": "支援措置の対象者の異動を知らせない。",
}  # fmt: skip


def file_of(contract: Contract) -> str:
    """The file of the assessment that the contract draws on."""
    return _FILES.get(contract.via, _REGISTER)


def moments(book: Book, contract: Contract) -> str:
    """時期・頻度."""
    parts = [f"{words.kinds(book, words.ordinary(contract))}の異動について、{_MOMENTS.get(contract.via, _AT_ONCE)}"]
    if contract.always:
        parts.append(f"ただし、{words.kinds(book, contract.always)}は、提供する情報に変わりがないときも知らせる。")
    if words.those(contract.population) or contract.protected == "suspend":
        parts.append("修正の異動により本人の範囲に入り、又は範囲から外れたときは、その種類にかかわらず知らせる。")
    if words.has_age(contract.population):
        parts.append("年齢への到達は日次で判定する。")
    if contract.mirror:
        parts.append("初回に、本人の範囲の全員について一括して知らせる（初期登録）。")
    return "".join(parts)


def protection(contract: Contract) -> str:
    """支援措置の扱い."""
    return _PROTECTION[words.protection(contract)]
