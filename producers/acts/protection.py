"""支援措置 (住民基本台帳事務処理要領第5-10): begins and ends by decision; the flag goes with every later Change.

1. Applicant and those included live in one household. 2. Nobody is protected twice; where the record does not say, a
start is accepted. 3. It ends by an explicit decision alone: the date in the record ends nothing.
"""

from producers.household import View
from producers.notices import ProtectionEnd, ProtectionStart
from producers.outbox import Draft
from producers.refusals import NoticeRefused


def start(notice: ProtectionStart, view: View) -> list[Draft]:
    """PROTECTION_STARTED for each person."""
    people = view.find_all(notice.atena_nos)
    if any(person.record.get("protected") is True for person in people):
        raise NoticeRefused("already-protected", "atena_nos")
    flagged = {"protected": True, "dv_protection": notice.protection()}
    return [
        Draft(who.resident, "PROTECTION_STARTED", who.record, {**who.record, **flagged}, notice.on, notice.notified_on)
        for who in people
    ]


def end(notice: ProtectionEnd, view: View) -> list[Draft]:
    """PROTECTION_ENDED for each person."""
    people = view.find_all(notice.atena_nos)
    if any(person.record.get("protected") is False for person in people):
        raise NoticeRefused("not-protected", "atena_nos")
    cleared = {"protected": False, "dv_protection": None}
    return [
        Draft(who.resident, "PROTECTION_ENDED", who.record, {**who.record, **cleared}, notice.on, notice.notified_on)
        for who in people
    ]
