"""Who comes to the counter in the stories: families with made-up names, each with numbers that nobody had before."""

from itertools import count
from typing import Any

from tests.duties.hall import NUMBERS, TODAY, Change, Hall

HERE = {
    "municipality_code": "992011", "town": "見本町一丁目", "machiaza_id": "0001001", "number": "1番1号",
    "postal_code": "9900001", "text": "見本県見本市見本町一丁目1番1号",
}  # fmt: skip
THERE = HERE | {"number": "2番2号", "text": "見本県見本市見本町一丁目2番2号"}
NEIGHBOUR = {"municipality_code": "993018", "text": "見本県例示町大字例1番地"}
ABROAD = {"text": "架空国仮名州"}
HONSEKI = "架空県仮名市仮名町一番地　例田　例蔵"
_drawn = count(1)


def someone(age: int = 46, relationship: str = "世帯主", **stated: Any) -> dict[str, Any]:
    """A newcomer as a notice states one, Japanese, of about this age, with the next name and the next numbers."""
    n = next(_drawn)
    return {
        "name": f"例田　第{n}号", "name_furigana": "レイダ　ダイゴウ", "sex": "2",
        "birth_date": f"{int(TODAY[:4]) - age}-01-02",
        "my_number": NUMBERS.my_number(n), "juminhyo_code": NUMBERS.juminhyo_code(n), "honseki": HONSEKI,
        "relationship_to_head": relationship, **stated,
    }  # fmt: skip


def foreigner(**stated: Any) -> dict[str, Any]:
    """The same from abroad."""
    n = next(_drawn)
    return someone() | {
        "name": f"SAMPLE TEST {n}", "name_furigana": None, "honseki": None, "nationality": "VNM",
        "art30_45_category": "中長期在留者", "residence_status": {"status": "留学", "period": "２年３月"},
        "residence_expiry": "2028-07-01", "residence_card_no": NUMBERS.card_no(n), **stated,
    }  # fmt: skip


def couple_with_child() -> list[dict[str, Any]]:
    """Head, wife, and a child of eight."""
    return [someone(), someone(36, "妻"), someone(8, "子")]


async def moved_in(hall: Hall, *persons: dict[str, Any], **stated: Any) -> list[Change]:
    """They file a 転入 from the neighbouring municipality."""
    said = {"moved_on": TODAY, "address": HERE, "previous_address": NEIGHBOUR} | stated
    return await hall.file("move-in", persons=[*persons], **said)


async def living_here(hall: Hall, *persons: dict[str, Any]) -> list[str]:
    """The 宛名番号 of people who have moved in; whoever hears of that has heard of it."""
    came = await moved_in(hall, *persons)
    await hall.heard(came)
    return [change.atena_no for change in came]
