"""個人番号 (番号法7条2項) and 住民票コード (住基法30条の4): first entry, change on request, correction ex officio.

1. A first entry is for whoever has none, a change or correction for whoever has one. 2. A new number is another than
before. 3. A 個人番号 is nobody else's: not of somebody on the register, and not of somebody who was. Check digits are
judged at the Change's own door.
"""

from producers.acts.one import changed
from producers.household import Person, View
from producers.notices import (
    JuminhyoCodeEntry,
    JuminhyoCodeRequest,
    MyNumberCorrection,
    MyNumberEntry,
    MyNumberRequest,
)
from producers.outbox import Draft
from producers.refusals import NoticeRefused

_MyNumber = MyNumberEntry | MyNumberRequest | MyNumberCorrection


def my_number_entry(notice: MyNumberEntry, view: View) -> list[Draft]:
    """MY_NUMBER_ENTERED_EX_OFFICIO."""
    return _numbered(notice, _without(view.find(notice.atena_no), "my_number"), view, "MY_NUMBER_ENTERED_EX_OFFICIO")


def my_number_request(notice: MyNumberRequest, view: View) -> list[Draft]:
    """MY_NUMBER_CHANGE_REQUESTED."""
    return _numbered(notice, _with(view.find(notice.atena_no), "my_number"), view, "MY_NUMBER_CHANGE_REQUESTED")


def my_number_correction(notice: MyNumberCorrection, view: View) -> list[Draft]:
    """MY_NUMBER_CORRECTED_EX_OFFICIO."""
    return _numbered(notice, _with(view.find(notice.atena_no), "my_number"), view, "MY_NUMBER_CORRECTED_EX_OFFICIO")


def juminhyo_code_entry(notice: JuminhyoCodeEntry, view: View) -> list[Draft]:
    """JUMIN_CODE_ENTERED_EX_OFFICIO."""
    who = _without(view.find(notice.atena_no), "juminhyo_code")
    return changed(notice, who, "JUMIN_CODE_ENTERED_EX_OFFICIO", juminhyo_code=notice.juminhyo_code)


def juminhyo_code_request(notice: JuminhyoCodeRequest, view: View) -> list[Draft]:
    """JUMIN_CODE_CHANGE_REQUESTED."""
    who = _with(view.find(notice.atena_no), "juminhyo_code")
    return changed(notice, who, "JUMIN_CODE_CHANGE_REQUESTED", juminhyo_code=notice.juminhyo_code)


def _numbered(notice: _MyNumber, who: Person, view: View, kind: str) -> list[Draft]:
    view.check_number_free(notice.my_number, who.resident)
    return changed(notice, who, kind, my_number=notice.my_number)


def _without(who: Person, item: str) -> Person:
    if who.record.get(item) is not None:
        raise NoticeRefused("has-number", item)
    return who


def _with(who: Person, item: str) -> Person:
    if who.record.get(item) is None:
        raise NoticeRefused("has-no-number", item)
    return who
