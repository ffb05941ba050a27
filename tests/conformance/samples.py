"""Disclosures of people who are plainly made up, for each way of handing over. Numbers are generated, never typed."""

from random import Random
from typing import Any
from uuid import UUID, uuid5

from consumers.disclosure import Disclosure
from contracts.identifiers import municipality_check, my_number_check

_SPACE = UUID("00000000-0000-4000-8000-000000000000")
FIRST_VERSION = 1_700_000_000_000_000


def digits(seed: int, length: int) -> str:
    return "".join(Random(seed).choices("0123456789", k=length))


def my_number(seed: int) -> str:
    eleven = digits(seed, 11)
    return eleven + my_number_check(eleven)


def address(seed: int) -> dict[str, Any]:
    five = digits(seed, 5)
    return {
        "municipality_code": five + municipality_check(five), "town": "見本町", "machiaza_id": None,
        "number": f"{seed}番", "building": None, "postal_code": digits(seed + 1, 7), "text": None,
    }  # fmt: skip


def _prefecture(seed: int, name: str) -> dict[str, Any]:
    return {
        "name": name, "name_furigana": "ミホン", "former_surname": None, "alias_name": None,
        "birth_date": {"year": 1950, "month": None, "day": None, "text": "昭和25年月日不詳"}, "sex": "1",
        "address": address(seed), "my_number": my_number(seed), "juminhyo_code": digits(seed + 2, 11),
        "change_action": "修正", "change_reason": "RELOCATE", "change_date": "2026-04-01",
    }  # fmt: skip


def _intermediate_server(seed: int, name: str) -> dict[str, Any]:
    return {
        "togo_atena_no": digits(seed + 3, 15), "is_household_head": False, "household_head_name": name,
        "relationship_to_head": "妻", "change_action": "修正", "change_date": "2026-04-01", "dv_protection": None,
    }  # fmt: skip


def _convenience_store(seed: int, name: str) -> dict[str, Any]:
    return {
        "atena_no": digits(seed + 4, 12), "household_no": digits(seed + 5, 12), "name": name, "name_furigana": "ミホン",
        "former_surname": None, "alias_name": None, "birth_date": "1990-02-28", "sex": "2", "address": address(seed),
        "address_fixed_date": "2026-04-01", "resident_since": "2020-01-01", "notified_date": None,
        "previous_address": None, "is_household_head": True, "household_head_name": None,
        "relationship_to_head": "世帯主", "honseki": None, "nationality": None, "foreign_resident_since": None,
        "art30_45_category": None, "residence_status": None, "residence_expiry": None, "residence_card_no": None,
        "dv_protection": None,
    }  # fmt: skip


CITY, TOWN = "992011", "993018"
"""見本市, where the register is, and 例示町, from where people come: both of a prefecture that does not exist."""


def _located(seed: int, code: str, text: str) -> dict[str, Any]:
    return {**address(seed), "municipality_code": code, "text": f"{text}{seed}番"}


def _previous_municipality(seed: int, name: str) -> dict[str, Any]:
    return {
        "name": name, "name_furigana": "ミホン", "birth_date": "1990-02-28", "sex": "2",
        "address": _located(seed, CITY, "見本県見本市見本町"),
        "previous_address": _located(seed, TOWN, "見本県例示町大字例"),
        "juminhyo_code": digits(seed + 6, 11), "change_date": "2026-04-01", "notified_date": "2026-04-02",
        "change_reason": "MOVE_IN_DOMESTIC",
    }  # fmt: skip


def _koseki_fuhyo(seed: int, name: str) -> dict[str, Any]:
    return {
        "name": name, "birth_date": "1990-02-28", "sex": "2", "address": _located(seed, CITY, "見本県見本市見本町"),
        "address_fixed_date": "2026-04-01", "previous_address": None, "juminhyo_code": digits(seed + 7, 11),
        "honseki": "見本県例示町大字例一番地\u3000見本\u3000例蔵", "change_action": "修正", "change_date": "2026-04-01",
    }  # fmt: skip


def _jlis_delivery(seed: int, name: str) -> dict[str, Any]:
    return {
        "name": name, "name_furigana": "ミホン", "former_surname": None, "alias_name": None,
        "birth_date": {"year": 1950, "month": None, "day": None, "text": "昭和25年月日不詳"}, "sex": "1",
        "address": _located(seed, CITY, "見本県見本市髙見本"), "my_number": my_number(seed),
        "juminhyo_code": digits(seed + 8, 11), "art30_45_category": None, "residence_expiry": None,
    }  # fmt: skip


def _immigration(seed: int, name: str) -> dict[str, Any]:
    return {
        "name": name, "birth_date": "1990-02-28", "sex": "2", "nationality": "XXA",
        "address": _located(seed, CITY, "見本県見本市見本町"), "previous_address": None,
        "residence_card_no": f"ZZ{digits(seed + 9, 8)}ZZ", "change_action": "修正", "change_reason": "RELOCATE",
        "change_date": "2026-04-01",
    }  # fmt: skip


ITEMS = {
    "prefecture": _prefecture, "previous-municipality": _previous_municipality, "koseki-fuhyo": _koseki_fuhyo,
    "jlis-delivery": _jlis_delivery, "intermediate-server": _intermediate_server,
    "convenience-store": _convenience_store, "immigration": _immigration,
}  # fmt: skip
IDENTIFIER = {
    "prefecture": "juminhyo_code", "previous-municipality": "juminhyo_code", "koseki-fuhyo": "juminhyo_code",
    "jlis-delivery": "juminhyo_code", "intermediate-server": "togo_atena_no", "convenience-store": "atena_no",
    "immigration": "residence_card_no",
}  # fmt: skip


def disclosure(via: str, seed: int = 1, *, nth: int = 1, name: str = "見本𠮷髙葛󠄀", **changed: Any) -> Disclosure:
    """The `nth` disclosure of the made-up person `seed`."""
    said: dict[str, Any] = {
        "id": uuid5(_SPACE, f"{via}.{seed}.{nth}"), "contract": via, "version": FIRST_VERSION + nth,
        "state": "inside", "items": ITEMS[via](seed * 100, name), "protected": False,
    }  # fmt: skip
    return Disclosure(**{**said, **changed})
