"""Why a copy is not handed out: a closed list, each with the sentence for the clerk. None says who is protected."""

from typing import Final

SENTENCES: Final = {
    "not-on-register": "住民基本台帳に記録されていない方です。除票の写しの請求かどうか確かめてください。",
    "not-removed": "除票がない方です。住民票の写しの請求かどうか確かめてください。",
    "one-removed": "除票の写しは、お一人ずつ請求してください。",
    "different-households": "同じ世帯の方ではありません。世帯ごとに請求してください。",
    "not-entitled": "本人又は同一の世帯の方（除票は本人）ではありません。法12条の3等の請求かどうか確かめてください。",
    "purpose-missing": "請求者の氏名・住所（機関の名称）と利用の目的が明らかにされていません。",
    "refused-by-law": "交付できません（法12条6項等）。その場で理由を告げず、担当の責任者に引き継いでください。",
    "examine-first": "責任者の審査を経てから交付してください（事務処理要領第5-10）。",
    "basic-items-only": "法12条の3の請求では、基礎証明事項のほかは記載できません。",
    "numbers-not-for-others": "個人番号と住民票コードは、本人又は同一の世帯の方の請求でなければ記載できません。",
}


def sentence(code: str) -> str:
    """The sentence for the clerk."""
    return SENTENCES[code]
