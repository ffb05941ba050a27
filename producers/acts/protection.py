"""支援措置 (住民基本台帳事務処理要領第5-10): begins, is extended and ends by decision; the flag goes with every later
Change.

1. Applicant and those included live in one household. 2. Nobody is protected twice; where the record does not say, a
start is accepted. 3. The other party (相手方) is somebody of this register by 宛名番号, or anybody else by name, and
none of those protected. 4. It is extended from a month before its end, a year on from that end, and not into the past.
5. It ends by an explicit decision alone: the date in the record ends nothing.
"""

from calendar import monthrange
from datetime import date
from typing import Any

from producers.household import Person, View
from producers.notices import OtherParty, ProtectionEnd, ProtectionExtend, ProtectionStart
from producers.notices.protection import a_year_on
from producers.outbox import Draft
from producers.refusals import NoticeRefused


def start(notice: ProtectionStart, view: View) -> list[Draft]:
    """PROTECTION_STARTED for each person."""
    people = view.find_all(notice.atena_nos)
    if any(person.record.get("protected") is True for person in people):
        raise NoticeRefused("already-protected", "atena_nos")
    for party in notice.other_parties:
        _check_party(party, notice, view)
    flagged = {"protected": True, "dv_protection": notice.protection()}
    return [
        Draft(who.resident, "PROTECTION_STARTED", who.record, {**who.record, **flagged}, notice.on, notice.notified_on)
        for who in people
    ]


def _check_party(party: OtherParty, notice: ProtectionStart, view: View) -> None:
    if (party.atena_no is None) == (party.name is None):
        raise NoticeRefused("other-party-unnamed", "other_parties")
    if party.atena_no in notice.atena_nos:
        raise NoticeRefused("other-party-is-applicant", "other_parties.atena_no")
    if party.atena_no is not None and not any(party.atena_no == who.atena_no for who in view.everybody()):
        raise NoticeRefused("other-party-unknown", "other_parties.atena_no")


def extend(notice: ProtectionExtend, view: View) -> list[Draft]:
    """PROTECTION_EXTENDED for each person."""
    return [
        Draft(who.resident, "PROTECTION_EXTENDED", who.record,
              {**who.record, "protected": True, "dv_protection": _extended(who, notice, view)},
              notice.on, notice.notified_on)
        for who in _protected(notice.atena_nos, view)
    ]  # fmt: skip


def _extended(who: Person, notice: ProtectionExtend, view: View) -> dict[str, Any]:
    measure = who.record.get("dv_protection") or {}
    end = measure.get("ends_on") if isinstance(measure.get("ends_on"), str) else None
    if end is not None and notice.decided_on < renewable_from(end):
        raise NoticeRefused("too-early", "decided_on")
    ends_on = notice.ends_on or a_year_on(end or notice.decided_on)
    if ends_on <= max(view.today.isoformat(), end or ""):
        raise NoticeRefused("already-over", "ends_on")
    return {**measure, "ends_on": ends_on}


def renewable_from(ends_on: str) -> str:
    """The day from which an extension may be asked for: a month before the end."""
    end = date.fromisoformat(ends_on)
    year, month = (end.year, end.month - 1) if end.month > 1 else (end.year - 1, 12)
    return date(year, month, min(end.day, monthrange(year, month)[1])).isoformat()


def end(notice: ProtectionEnd, view: View) -> list[Draft]:
    """PROTECTION_ENDED for each person."""
    cleared = {"protected": False, "dv_protection": None}
    return [
        Draft(who.resident, "PROTECTION_ENDED", who.record, {**who.record, **cleared}, notice.on, notice.notified_on)
        for who in _protected(notice.atena_nos, view)
    ]


def _protected(atena_nos: list[str], view: View) -> list[Person]:
    people = view.find_all(atena_nos)
    if any(person.record.get("protected") is False for person in people):
        raise NoticeRefused("not-protected", "atena_nos")
    return people
