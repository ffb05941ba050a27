"""The prefecture's server of 住基ネット: 本人確認情報の通知, 住基法30条の6 (stand-in).

What is assumed. Fact: each change of 氏名・生年月日・性別・住所・個人番号・住民票コード is notified, keyed by
住民票コード, with one of the 20 reasons of 規則11条; household changes are not. Practice: a rising 更新順番号;
beside the items 外字数, 清音化かな, 市町村コード, 操作者ID and 操作端末ID, which are recomputed here where they can
be. Unsure, therefore invented here: the transport (the real one is a protocol of its own on a dedicated line, no
HTTP), the names of the members, the codes of refusal, and what 異常時更新順番号 counts: here it is the 更新順番号
once more on a notice that waited in the city's spool because the line was down, and null on any other.

    POST /notices            {"update_no": 更新順番号, "emergency_update_no": null or the same, "record": {12 items},
                              "derived": {8 items}}                        Idempotency-Key: id of the notice
    GET  /digests            整合性確認 (digests.py)
"""

from collections.abc import Mapping
from typing import Any

import characters
import digests
import forms
from memory import Told

PATH = "/notices"
PREFIX = "PREF"

_ENTRY = (
    "MOVE_IN_DOMESTIC", "MOVE_IN_ABROAD", "BIRTH", "ENTRY_NATURALIZED", "ENTRY_NATIONALITY_LOST",
    "EX_OFFICIO_ENTRY",
)  # fmt: skip
_REMOVAL = (
    "MOVE_OUT_DOMESTIC", "MOVE_OUT_ABROAD", "DEATH", "DELETE_NATURALIZED", "DELETE_NATIONALITY_LOST",
    "EX_OFFICIO_DELETE",
)  # fmt: skip
_CORRECTION = (
    "RELOCATE", "MINOR_CORRECTION", "EX_OFFICIO_CORRECTION", "MY_NUMBER_CHANGE_REQUESTED",
    "MY_NUMBER_CORRECTED_EX_OFFICIO", "MY_NUMBER_ENTERED_EX_OFFICIO", "JUMIN_CODE_CHANGE_REQUESTED",
    "JUMIN_CODE_ENTERED_EX_OFFICIO",
)  # fmt: skip
REASONS = {
    **dict.fromkeys(_ENTRY, "記載"), **dict.fromkeys(_REMOVAL, "消除"), **dict.fromkeys(_CORRECTION, "修正"),
}  # fmt: skip

RECORD: Mapping[str, forms.Check] = {
    "name": forms.text, "name_furigana": forms.text, "former_surname": forms.text, "alias_name": forms.text,
    "birth_date": forms.date, "sex": forms.sex, "address": forms.address, "my_number": forms.my_number,
    "juminhyo_code": forms.digits(11, 11), "change_action": forms.action, "change_reason": forms.one_of(*REASONS),
    "change_date": forms.date,
}  # fmt: skip
_ENVELOPE: Mapping[str, forms.Check] = {
    "update_no": forms.number, "emergency_update_no": forms.number, "record": forms.some_object,
    "derived": forms.some_object,
}  # fmt: skip
_DERIVED: Mapping[str, forms.Check] = {
    "name_outside": forms.count, "name_search": forms.text, "address_outside": forms.count,
    "former_surname_outside": forms.count, "municipality_code": forms.municipality_code, "town_code": forms.text,
    "operator": forms.text, "terminal": forms.text,
}  # fmt: skip
_REQUIRED = frozenset({"juminhyo_code", "change_action", "change_reason", "change_date"})


def fault(body: Mapping[str, Any]) -> tuple[str, str] | None:
    """The first (code, place) that is wrong with a notice."""
    outside = forms.fault_in(body, _ENVELOPE, frozenset(_ENVELOPE) - {"emergency_update_no"})
    inside = outside or forms.fault_in(body["record"], RECORD, _REQUIRED)
    inside = inside or forms.fault_in(body["derived"], _DERIVED, frozenset({"operator", "terminal"}))
    if inside:
        return inside
    record = body["record"]
    if body["emergency_update_no"] not in (None, body["update_no"]):
        return "bad-emergency-number", "emergency_update_no"
    if REASONS[record["change_reason"]] != record["change_action"]:
        return "reason-mismatch", "change_reason"
    return next((("bad-derived", name) for name, value in _expected(record).items() if body["derived"][name] != value),
                None)  # fmt: skip


def _expected(record: Mapping[str, Any]) -> dict[str, Any]:
    """What a sender must have computed from the record."""
    address = record["address"] or {}
    return {
        "name_outside": characters.outside(record["name"]), "name_search": characters.search(record["name_furigana"]),
        "address_outside": characters.outside(address.get("text")),
        "former_surname_outside": characters.outside(record["former_surname"]),
        "municipality_code": address.get("municipality_code"), "town_code": address.get("machiaza_id"),
    }  # fmt: skip


def subject(body: Mapping[str, Any]) -> str:
    return str(body["record"]["juminhyo_code"])


def version(body: Mapping[str, Any]) -> int:
    return int(body["update_no"])


def keep(records: dict[str, Any], told: Told) -> str:
    """Keep the latest record; a removed one stays, marked as removed (the prefecture keeps it for its own period)."""
    removed = told.body["record"]["change_action"] == "消除"
    records[told.subject] = {"removed": removed, **told.body["record"]}
    return "removed" if removed else "kept"


ALTERED = "name"
_OF_THE_NOTICE = frozenset({"change_action", "change_reason", "change_date", "removed"})


def held(_subject: str, record: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What is digested: the nine items that are of the person and not of the notice; nothing of whoever was removed."""
    if record is None or record["removed"]:
        return None
    return {item: value for item, value in record.items() if item not in _OF_THE_NOTICE}


EXTRA = digests.EXTRA
