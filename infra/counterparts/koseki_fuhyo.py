"""The 戸籍の附票 of the municipalities: 附票記載事項通知, 住基法19条1項 (stand-in).

What is assumed. Fact: the municipality of the address notifies that of the 本籍, through the CS, of what has to be
entered in the 附票; only Japanese nationals have a 戸籍. Unsure, invented here: the transport, the names of members and
codes; that the 本籍 is text which begins with the name of its municipality; that a municipality notifies itself in the
same way where it is both.

    POST /notices   {"from", "to": municipality codes, "notice_no", "record": {10 items}}
"""

from collections.abc import Mapping
from typing import Any

import forms
import municipalities
from memory import Told
from municipalities import NAMES

PATH = "/notices"
PREFIX = "FUHYO"
subject, version = municipalities.subject, municipalities.version

RECORD: Mapping[str, forms.Check] = {
    "name": forms.text, "birth_date": forms.date, "sex": forms.sex, "address": forms.address,
    "address_fixed_date": forms.date, "previous_address": forms.address, "juminhyo_code": forms.digits(11, 11),
    "honseki": forms.text, "change_action": forms.action, "change_date": forms.date,
}  # fmt: skip
_REQUIRED = frozenset({"name", "birth_date", "sex", "juminhyo_code", "honseki", "change_action", "change_date"})


def fault(body: Mapping[str, Any]) -> tuple[str, str] | None:
    """The first (code, place) that is wrong with a notice."""
    return municipalities.fault(body, RECORD, _REQUIRED, _misdirected)


def _misdirected(body: Mapping[str, Any]) -> tuple[str, str] | None:
    if body["from"] not in NAMES:
        return "wrong-sender", "from"
    if body["to"] not in NAMES:
        return "unknown-recipient", "to"
    return None if body["record"]["honseki"].startswith(NAMES[body["to"]]) else ("wrong-recipient", "to")


def keep(records: dict[str, Any], told: Told) -> str:
    """The 附票 has one line after the other; what is kept here is the last."""
    removed = told.body["record"]["change_action"] == "消除"
    records[told.subject] = {"at": told.body["to"], "removed": removed, **told.body["record"]}
    return "removed" if removed else "entered"
