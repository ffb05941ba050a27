"""帰化 and 国籍喪失 (住基令8条の2), 在留資格等 and 国籍等 as the Minister of Justice tells them (住基法30条の50).

1. 帰化 and 国籍喪失 are pairs: one record is deleted, another entered, and the human being, the 個人番号, the
住民票コード and the 宛名番号 stay (another 宛名番号 is drawn only where the notice asks for it). 2. Who becomes
Japanese loses what only foreign residents have (30条の45), 通称 and its history with it (令30条の16, 30条の17), and
has a 戸籍の表示; 住民となった年月日 is the day of becoming a foreign resident. 3. Who is not Japanese any more loses
戸籍の表示, 選挙人名簿, 旧氏 and 住民となった年月日, and has a category of 30条の45. 4. Place in the household, address
and 支援措置 stay. Of a head who is called otherwise now, the other members have a HEAD_NAME_CORRECTED. 5. What the
Minister tells is of foreign residents alone, and changes something.
"""

from collections.abc import Mapping
from typing import Any

from producers.acts.one import changed, foreign, japanese
from producers.household import FOREIGN_ITEMS, JAPANESE_ITEMS, Person, View, under_renamed_head
from producers.notices import NationalityCorrection, NationalityLost, Naturalization, ResidenceUpdate
from producers.outbox import Draft


def naturalized(notice: Naturalization, view: View) -> list[Draft]:
    """DELETE_NATURALIZED and ENTRY_NATURALIZED, HEAD_NAME_CORRECTED for the others where the head is renamed."""
    who = foreign(view.find(notice.atena_no))
    after = {
        **who.record, **dict.fromkeys(FOREIGN_ITEMS), **_numbered(notice, view),
        "name": notice.name, "name_furigana": notice.name_furigana, "honseki": notice.honseki, "nationality": None,
        "resident_since": notice.resident_since or who.record.get("foreign_resident_since"),
    }  # fmt: skip
    return _pair(who, after, ("DELETE_NATURALIZED", "ENTRY_NATURALIZED"), notice, view)


def lost(notice: NationalityLost, view: View) -> list[Draft]:
    """DELETE_NATIONALITY_LOST and ENTRY_NATIONALITY_LOST, HEAD_NAME_CORRECTED as above."""
    who = japanese(view.find(notice.atena_no))
    after = {
        **who.record, **dict.fromkeys(JAPANESE_ITEMS), **_numbered(notice, view),
        "name": notice.name, "name_furigana": notice.name_furigana, "nationality": notice.nationality,
        "foreign_resident_since": notice.on, "art30_45_category": notice.art30_45_category,
        "residence_status": notice.residence_status, "residence_expiry": notice.residence_expiry,
        "residence_card_no": notice.residence_card_no,
    }  # fmt: skip
    return _pair(who, after, ("DELETE_NATIONALITY_LOST", "ENTRY_NATIONALITY_LOST"), notice, view)


def _numbered(notice: Naturalization | NationalityLost, view: View) -> dict[str, str]:
    return {"atena_no": view.allotted[0].atena_no} if notice.new_atena_no else {}


def _pair(
    who: Person, after: Mapping[str, Any], kinds: tuple[str, str], notice: Naturalization | NationalityLost, view: View
) -> list[Draft]:
    deletion, entry = kinds
    return [
        Draft(who.resident, deletion, who.record, None, notice.on, notice.notified_on),
        Draft(who.resident, entry, None, after, notice.on, notice.notified_on),
        *under_renamed_head(who, notice.name, view, notice.on, notice.notified_on),
    ]


def residence(notice: ResidenceUpdate, view: View) -> list[Draft]:
    """RESIDENCE_STATUS_UPDATED."""
    who = foreign(view.find(notice.atena_no))
    return changed(notice, who, "RESIDENCE_STATUS_UPDATED", **notice.items.items())


def corrected(notice: NationalityCorrection, view: View) -> list[Draft]:
    """NATIONALITY_CORRECTED."""
    who = foreign(view.find(notice.atena_no))
    return changed(notice, who, "NATIONALITY_CORRECTED", nationality=notice.nationality)
