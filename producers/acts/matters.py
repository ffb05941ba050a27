"""戸籍の表示 (住基法7条5号), 資格事項 (10号から11号の2), 選挙人名簿 (10条), カード交付申請, 改製 (10条の2).

1. 戸籍の表示 and 選挙人名簿 are items of Japanese nationals (30条の45). 2. The roll is for those of 18 and more
(公選法21条). 3. Something changes. 4. A card is applied for by whoever has a 個人番号; the application alters no item.
5. A 改製 puts the same facts on a new record, so nothing differs, and those who hold copies are told.
"""

from contracts.dates import age
from producers.acts.one import changed, japanese
from producers.household import View, unaltered
from producers.notices import CardRequest, ElectoralRoll, HonsekiCorrection, Qualification, Reissue
from producers.outbox import Draft
from producers.refusals import NoticeRefused


def honseki(notice: HonsekiCorrection, view: View) -> list[Draft]:
    """HONSEKI_CORRECTED."""
    return changed(notice, japanese(view.find(notice.atena_no)), "HONSEKI_CORRECTED", honseki=notice.honseki)


def qualification(notice: Qualification, view: View) -> list[Draft]:
    """QUALIFICATION_CHANGED."""
    return changed(notice, view.find(notice.atena_no), "QUALIFICATION_CHANGED", **notice.items.items())


def electoral_roll(notice: ElectoralRoll, view: View) -> list[Draft]:
    """ELECTORAL_ROLL_CHANGED."""
    who = japanese(view.find(notice.atena_no))
    years = age(who.record.get("birth_date"), view.today)
    if notice.electoral_roll is not None and years is not None and years < 18:
        raise NoticeRefused("under-age", "electoral_roll")
    return changed(notice, who, "ELECTORAL_ROLL_CHANGED", electoral_roll=notice.electoral_roll)


def card(notice: CardRequest, view: View) -> list[Draft]:
    """CARD_REQUESTED."""
    who = view.find(notice.atena_no)
    if who.record.get("my_number") is None:
        raise NoticeRefused("has-no-number", "atena_no")
    return [unaltered(who, "CARD_REQUESTED", notice.on, notice.notified_on)]


def reissue(notice: Reissue, view: View) -> list[Draft]:
    """REISSUED."""
    return [unaltered(view.find(notice.atena_no), "REISSUED", notice.on, notice.notified_on)]
