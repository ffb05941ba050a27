"""The contractor's server for certificates at convenience stores (コンビニ交付, stand-in).

What is assumed. Fact: it holds the latest record of each resident and nothing older; the record of whoever is deleted
is erased; protected persons (支援措置) are not served, so their record is erased too. Certificates: 住基法12条. Known
practice: keyed by 宛名番号. Unsure, therefore invented here: the transport, the names of the members, and that reading
back answers `erased`. A record may be read back, so that the city can see that it is gone.

    POST /records               {"atena_no", "version", "operation": "store", "record": {23 items beside it}}
                                {"atena_no", "version", "operation": "erase"}
    GET  /digests               整合性確認 (digests.py)
    GET  /records/{atena_no}    200 {"state": "stored", "version"} · 404 {"state": "erased"} · 404 {"state": "unknown"}
"""

from collections.abc import Mapping
from typing import Any

import digests
import forms
from memory import Told

PATH = "/records"
PREFIX = "CONV"

RECORD: Mapping[str, forms.Check] = {
    "household_no": forms.digits(1, 15), "name": forms.text, "name_furigana": forms.text, "former_surname": forms.text,
    "alias_name": forms.text, "birth_date": forms.date, "sex": forms.sex, "address": forms.address,
    "address_fixed_date": forms.date, "resident_since": forms.date, "notified_date": forms.date,
    "previous_address": forms.address, "is_household_head": forms.truth, "household_head_name": forms.text,
    "relationship_to_head": forms.text, "honseki": forms.text, "nationality": forms.text,
    "foreign_resident_since": forms.date, "art30_45_category": forms.text, "residence_status": forms.residence_status,
    "residence_expiry": forms.date, "residence_card_no": forms.text, "dv_protection": forms.dv_protection,
}  # fmt: skip
_ERASE: Mapping[str, forms.Check] = {
    "atena_no": forms.digits(1, 15), "version": forms.number, "operation": forms.one_of("erase"),
}  # fmt: skip
_STORE: Mapping[str, forms.Check] = {
    **_ERASE, "operation": forms.one_of("store"),
    "record": lambda value: None if isinstance(value, dict) else "not-an-object",
}  # fmt: skip


def fault(body: Mapping[str, Any]) -> tuple[str, str] | None:
    """The first (code, place) that is wrong with an operation."""
    if isinstance(body, dict) and body.get("operation") == "erase":
        return forms.fault_in(body, _ERASE, frozenset(_ERASE))
    outside = forms.fault_in(body, _STORE, frozenset(_STORE))
    return outside or forms.fault_in(body["record"], RECORD, frozenset())


def subject(body: Mapping[str, Any]) -> str:
    return str(body["atena_no"])


def version(body: Mapping[str, Any]) -> int:
    return int(body["version"])


def keep(records: dict[str, Any], told: Told) -> str:
    """Latest only: the new record takes the place of the old; erasing leaves nothing but the fact."""
    if told.body["operation"] == "erase":
        records[told.subject] = None
        return "erased"
    records[told.subject] = {"version": told.version, **told.body["record"]}
    return "stored"


ALTERED = "name"


def held(subject: str, record: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What is digested: the number and the items of the record; nothing of whoever was erased."""
    if record is None:
        return None
    return {"atena_no": subject, **{item: value for item, value in record.items() if item != "version"}}


EXTRA = digests.EXTRA
