"""出入国在留管理庁: 市町村通知 of foreign residents, 入管法61条の8の2 (stand-in).

What is assumed. Fact: each 記載, 消除 and 修正 of a foreign resident's 住民票 is notified. Known practice: by the
number of the 在留カード等, of which the form is two letters, eight digits, two letters. Unsure, invented here: the
transport, the names of members and codes; that a notice of somebody who has no card yet is matched by name, birth
date, sex and nationality. A Japanese national is refused: `null-item` of the nationality.

    POST /notices   {"from": municipality code, "notice_no", "record": {10 items}}
"""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

import forms
import prefecture

PATH = "/notices"
PREFIX = "NYUKAN"
keep = prefecture.keep
_CARD = re.compile(r"[A-Z]{2}[0-9]{8}[A-Z]{2}")


def card(value: Any) -> str | None:
    """The number of a 在留カード or a 特別永住者証明書."""
    return None if isinstance(value, str) and _CARD.fullmatch(value) else "bad-digits"


RECORD: Mapping[str, forms.Check] = {
    "name": forms.text, "birth_date": forms.date, "sex": forms.sex, "nationality": forms.text,
    "address": forms.address, "previous_address": forms.address, "residence_card_no": card,
    "change_action": forms.action, "change_reason": forms.one_of(*prefecture.REASONS), "change_date": forms.date,
}  # fmt: skip
_REQUIRED = frozenset({"name", "nationality", "change_action", "change_reason", "change_date"})
_ENVELOPE: Mapping[str, forms.Check] = {
    "from": forms.municipality_code, "notice_no": forms.number, "record": forms.some_object,
}  # fmt: skip


def fault(body: Mapping[str, Any]) -> tuple[str, str] | None:
    """The first (code, place) that is wrong with a notice."""
    outside = forms.fault_in(body, _ENVELOPE, frozenset(_ENVELOPE))
    inside = outside or forms.fault_in(body["record"], RECORD, _REQUIRED)
    if inside:
        return inside
    record = body["record"]
    fits = prefecture.REASONS[record["change_reason"]] == record["change_action"]
    return None if fits else ("reason-mismatch", "change_reason")


def subject(body: Mapping[str, Any]) -> str:
    """The card's number; who has none is who they are."""
    record = body["record"]
    if record["residence_card_no"] is not None:
        return str(record["residence_card_no"])
    who = json.dumps([record[item] for item in ("name", "birth_date", "sex", "nationality")], sort_keys=True)
    return "no-card-" + hashlib.sha256(who.encode()).hexdigest()[:24]


def version(body: Mapping[str, Any]) -> int:
    return int(body["notice_no"])
