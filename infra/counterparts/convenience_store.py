"""The contractor's server for certificates at convenience stores (コンビニ交付, stand-in).

What is assumed. Fact: it holds the latest record of each resident and nothing older; the record of whoever is deleted
is erased; protected persons (支援措置) are not served, so their record is erased too. Certificates: 住基法12条. Known
practice: keyed by 宛名番号; certificates are printed from 6:30 to 23:00. Unsure, therefore invented here: the
transport, the names of the members, that reading back answers `erased`, that records can be counted, and that outside
the hours (`--hours`, by a clock of its own) no record is stored while an erasure is taken, and a question answered, at
any time. A record may be read back, so that the city can see that it is gone; whose it is stands in the body, because
addresses are logged. What a record has to hold is what the certificates print (certificates.py): 23 items always, of
four more those that the contract has been granted; one that lacks what its certificate prints is refused.

    POST /records               {"atena_no", "version", "operation": "store", "record": {23 to 27 items beside it}}
                                {"atena_no", "version", "operation": "erase"}
    POST /records/state         {"atena_no"}: {"state": "stored", "version"} · {"state": "erased" | "unknown"}
    POST /records/count         {}: {"stored": how many records are held}
    GET  /digests               整合性確認 (digests.py)
    GET  /records/{atena_no}    instrument: the same as /records/state, 404 where nothing is held

Faults of its own: {"fault": "closed"} is the night (503 `closed` to whatever is not an erasure), {"fault": "clock",
"at": "22:59"} a clock that stands, {"fault": "keeps-erased"} takes erasures and still holds the record, {"fault":
"miscounts", "by": 3} counts wrong.
"""

from collections.abc import Mapping
from typing import Any

import certificates
import digests
import forms
import hours
from aiohttp import web
from memory import Told

PATH = "/records"
PREFIX = "CONV"
KEEPS_HOURS = True
FAULTS: dict[str, dict[str, Any]] = {
    "closed": {}, "clock": {"at": hours.MINUTES}, "keeps-erased": {}, "miscounts": {"by": int},
}  # fmt: skip

RECORD: Mapping[str, forms.Check] = {
    "household_no": forms.digits(1, 15), "name": forms.text, "name_furigana": forms.text, "former_surname": forms.text,
    "alias_name": forms.text, "birth_date": forms.date, "sex": forms.sex, "address": forms.address,
    "address_fixed_date": forms.date, "resident_since": forms.date, "notified_date": forms.date,
    "previous_address": forms.address, "is_household_head": forms.truth, "household_head_name": forms.text,
    "relationship_to_head": forms.text, "honseki": forms.text, "nationality": forms.text,
    "foreign_resident_since": forms.date, "art30_45_category": forms.text, "residence_status": forms.residence_status,
    "residence_expiry": forms.date, "residence_card_no": forms.text, "dv_protection": forms.dv_protection,
    "alias_history": forms.entries, "my_number": forms.my_number, "juminhyo_code": forms.digits(11, 11),
    "seal_registration": forms.seal_registration,
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
    return outside or _fault_of_record(body["record"])


def _fault_of_record(record: Mapping[str, Any]) -> tuple[str, str] | None:
    told = {item: check for item, check in RECORD.items() if item in record or item not in certificates.GRANTABLE}
    wrong = forms.fault_in(record, told, frozenset())
    empty = None if wrong else certificates.lacking(record)
    return ("null-item", empty) if empty else wrong


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


def judge(standin: Any, body: Mapping[str, Any]) -> web.Response | None:
    """At night nothing is stored."""
    on = standin.faults.on
    night = "closed" in on or hours.are_over(standin.hours, on.get("clock", {}).get("at") or hours.now())
    if not night or body["operation"] == "erase":
        return None
    standin.memory.refused.append({"id": "", "code": "closed"})
    return web.json_response({"code": "closed"}, status=503)


async def state(standin: Any, request: web.Request) -> web.Response:
    """Whether a record is held; never what it says."""
    body = await standin.asked(request, {"atena_no": forms.digits(1, 15)})
    if isinstance(body, web.Response):
        return body
    records, who = standin.memory.records, body["atena_no"]
    if records.get(who) is None and not (who in records and "keeps-erased" in standin.faults.on):
        return web.json_response({"state": "erased" if who in records else "unknown"})
    return web.json_response({"state": "stored", "version": standin.memory.versions[who]})


async def count(standin: Any, request: web.Request) -> web.Response:
    """How many records are held."""
    body = await standin.asked(request, {})
    if isinstance(body, web.Response):
        return body
    held = sum(record is not None for record in standin.memory.records.values())
    return web.json_response({"stored": held + standin.faults.on.get("miscounts", {}).get("by", 0)})


EXTRA = (("POST", "/records/state", state), ("POST", "/records/count", count), *digests.EXTRA)
