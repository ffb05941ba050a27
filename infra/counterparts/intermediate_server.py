"""The 中間サーバー: registration of the city's copy (副本) of 住民票関係情報 (stand-in).

What is assumed. Fact (番号法19条8号, 住基法7条4号): the copy is keyed by 団体内統合宛名番号, holds the items of 7条4号
and neither name nor address of the person; of a head it therefore has the fact (その旨) and no household_head_name;
copies are erased by an operation of the city. Known practice: the flag 自動応答不可 keeps the copy of a protected
person from being answered automatically. Unsure, invented here: the layout number, the names of the members, that a
消除 marks the copy as removed and leaves its erasure to the city.

    GET  /digests  整合性確認 (digests.py)
    POST /copies   {"togo_atena_no", "version", "auto_answer": false for 自動応答不可, "record": {6 items beside it}}
"""

from collections.abc import Mapping
from typing import Any

import digests
import forms
from memory import Told

PATH = "/copies"
PREFIX = "CHUKAN"

RECORD: Mapping[str, forms.Check] = {
    "is_household_head": forms.truth, "household_head_name": forms.text, "relationship_to_head": forms.text,
    "change_action": forms.action, "change_date": forms.date, "dv_protection": forms.dv_protection,
}  # fmt: skip
_ENVELOPE: Mapping[str, forms.Check] = {
    "togo_atena_no": forms.digits(1, 15), "version": forms.number, "auto_answer": forms.truth,
    "record": lambda value: None if isinstance(value, dict) else "not-an-object",
}  # fmt: skip


def fault(body: Mapping[str, Any]) -> tuple[str, str] | None:
    """The first (code, place) that is wrong with a copy."""
    outside = forms.fault_in(body, _ENVELOPE, frozenset(_ENVELOPE))
    form = outside or forms.fault_in(body["record"], RECORD, frozenset({"change_action", "change_date"}))
    return form or _own_name(body["record"])


def _own_name(record: Mapping[str, Any]) -> tuple[str, str] | None:
    named = record["is_household_head"] and record["household_head_name"] is not None
    return ("not-null", "household_head_name") if named else None


def subject(body: Mapping[str, Any]) -> str:
    return str(body["togo_atena_no"])


def version(body: Mapping[str, Any]) -> int:
    return int(body["version"])


def keep(records: dict[str, Any], told: Told) -> str:
    """Keep the latest copy with its flag."""
    removed = told.body["record"]["change_action"] == "消除"
    records[told.subject] = {"removed": removed, "auto_answer": told.body["auto_answer"], **told.body["record"]}
    return "removed" if removed else "kept"


ALTERED = "relationship_to_head"
_OF_THE_COPY = frozenset({"change_action", "change_date", "removed", "auto_answer"})


def held(subject: str, record: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What is digested: the items of the person, and 自動応答不可; nothing of a copy that is marked as removed."""
    if record is None or record["removed"]:
        return None
    items = {item: value for item, value in record.items() if item not in _OF_THE_COPY}
    return {"togo_atena_no": subject, "protected": not record["auto_answer"], **items}


EXTRA = digests.EXTRA
