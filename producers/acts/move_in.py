"""転入 (住基法22条): from another municipality, or from abroad (foreign nationals: 30条の46, 30条の47).

1. As for everybody who comes onto the register (`entering`). 2. 特例転入 (24条の2): the card was presented, and neither
30 days since the planned day nor 14 since the move have passed; after that the paper certificate is needed again.
3. Whoever lived here already and becomes a 中長期在留者 or the like (30条の47) is a foreign national.
"""

from datetime import date, timedelta

from contracts.dates import last_day
from producers.acts.entering import entered
from producers.household import View
from producers.notices import MoveIn, MoveInAbroad
from producers.outbox import Draft
from producers.refusals import NoticeRefused


def to_changes(notice: MoveIn, view: View) -> list[Draft]:
    """MOVE_IN_DOMESTIC for each person, HOUSEHOLD_CHANGED for each who lives there already."""
    _check_special(notice)
    return entered(notice, view, "MOVE_IN_DOMESTIC")


def abroad(notice: MoveInAbroad, view: View) -> list[Draft]:
    """MOVE_IN_ABROAD for each person, HOUSEHOLD_CHANGED for each who lives there already."""
    if notice.had_address and any(person.nationality is None for person in notice.persons):
        raise NoticeRefused("only-for-foreigners", "had_address")
    return entered(notice, view, "MOVE_IN_ABROAD")


def _check_special(notice: MoveIn) -> None:
    if notice.special is None:
        return
    if not notice.special.card_presented:
        raise NoticeRefused("card-needed", "special.card_presented")
    ends = [date.fromisoformat(notice.special.planned_on) + timedelta(days=30)]
    moved = last_day(notice.moved_on)
    ends += [moved + timedelta(days=14)] if moved is not None else []
    if date.fromisoformat(notice.notified_on) > min(ends):
        raise NoticeRefused("special-too-late", "special")
