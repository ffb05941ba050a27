"""What municipalities tell one another through the CS, and which of them this made-up country has.

NAMES: code and name, as a 戸籍の表示 begins with it. A notice says from whom to whom it goes, its number, and a record
of its own form; it is keyed by 住民票コード.
"""

from collections.abc import Callable, Mapping
from typing import Any

import forms

NAMES = {
    "992011": "見本県見本市", "993018": "見本県例示町", "992020": "架空県仮名市", "994014": "想定県雛形村",
}  # fmt: skip

Body = Mapping[str, Any]
Fault = tuple[str, str] | None
_ENVELOPE: Mapping[str, forms.Check] = {
    "from": forms.municipality_code, "to": forms.municipality_code, "notice_no": forms.number,
    "record": forms.some_object,
}  # fmt: skip


def fault(
    body: Body, record: Mapping[str, forms.Check], required: frozenset[str], misdirected: Callable[[Body], Fault]
) -> Fault:
    """The first (code, place) that is wrong with a notice whose record has this form."""
    outside = forms.fault_in(body, _ENVELOPE, frozenset(_ENVELOPE))
    return outside or forms.fault_in(body["record"], record, required) or misdirected(body)


def subject(body: Body) -> str:
    return str(body["record"]["juminhyo_code"])


def version(body: Body) -> int:
    return int(body["notice_no"])
