"""One item or a few of one person: names, numbers, 戸籍の表示, qualifications, card, 改製. The forms."""

from typing import Literal

from producers.notices.form import Mentioned, OfOne, Text


class FormerSurname(OfOne):
    """旧氏の記載, 変更, 削除 (住基令30条の13, 30条の14); null removes."""

    act: Literal["former-surname"]
    former_surname: Text | None


class Alias(OfOne):
    """通称の記載 and 削除 (住基令30条の16); null removes."""

    act: Literal["alias"]
    alias_name: Text | None


class Furigana(OfOne):
    """氏名の振り仮名の記載 (住基法7条1号の2)."""

    act: Literal["furigana"]
    name_furigana: Text


class _MyNumber(OfOne):
    my_number: str

    def brings(self) -> list[str]:
        return [self.my_number]


class MyNumberEntry(_MyNumber):
    """個人番号の職権記載: whoever has none yet."""

    act: Literal["my-number-entry"]


class MyNumberRequest(_MyNumber):
    """個人番号の変更請求 (番号法7条2項)."""

    act: Literal["my-number-request"]


class MyNumberCorrection(_MyNumber):
    """個人番号の職権修正 (番号法7条2項)."""

    act: Literal["my-number-correction"]


class JuminhyoCodeEntry(OfOne):
    """住民票コードの職権記載."""

    act: Literal["juminhyo-code-entry"]
    juminhyo_code: str


class JuminhyoCodeRequest(OfOne):
    """住民票コードの変更請求 (住基法30条の4)."""

    act: Literal["juminhyo-code-request"]
    juminhyo_code: str


class HonsekiCorrection(OfOne):
    """戸籍の表示の修正 (住基法7条5号)."""

    act: Literal["honseki-correction"]
    honseki: Text


class Qualified(Mentioned):
    """資格事項 (住基法7条10号から11号の2); what is not mentioned stays, an explicit null ends it."""

    nhi_qual: Text | None = None
    latter_elderly_qual: Text | None = None
    ltci_qual: Text | None = None
    pension_qual: Text | None = None
    child_allowance_qual: Text | None = None


class Qualification(OfOne):
    """資格事項の修正."""

    act: Literal["qualification"]
    items: Qualified


class ElectoralRoll(OfOne):
    """選挙人名簿登録の修正 (住基法10条), as the 選挙管理委員会 tells it; null: not on the roll any more."""

    act: Literal["electoral-roll"]
    electoral_roll: Text | None


class CardRequest(OfOne):
    """個人番号カードの交付申請."""

    act: Literal["card-request"]


class Reissue(OfOne):
    """住民票の改製 (住基法10条の2): the same facts on a new record."""

    act: Literal["reissue"]
