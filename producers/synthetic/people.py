"""One made-up person as a whole record: every item of the register, with what the law gives to whom.

Japanese nationals have a 戸籍の表示 and 住民となった年月日; foreign residents have instead nationality, category,
status, card and 外国人住民となった年月日 (住基法30条の45). Qualifications follow age. Nothing here is a rule of the
hub: it only has to look like a register.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

from contracts.dates import age
from producers.household import HEAD
from producers.synthetic import dates, names, places
from producers.synthetic.numbers import Numbers, atena_no, togo_atena_no

_STATUSES = (
    ("永住者", None, "中長期在留者"),
    ("技術・人文知識・国際業務", "５年", "中長期在留者"),
    ("留学", "２年３月", "中長期在留者"),
    ("特別永住者", None, "特別永住者"),
)


@dataclass(frozen=True, slots=True)
class Member:
    """What makes one member of a household different. `maiden`: a 旧氏; `country`: None for Japanese nationals."""

    name: names.Name
    sex: str
    relationship: str
    born: date
    birth_date: Any
    maiden: str | None = None
    country: str | None = None

    def born_about(self, unknown: str) -> "Member":
        """The same person with a birth date of which a part is unknown."""
        return replace(self, birth_date=dates.incomplete(self.born, unknown))


@dataclass(frozen=True, slots=True)
class Sketch:
    """What the members of one household have in common."""

    household_no: str
    address: dict[str, Any]
    head_name: str
    on: date
    dice: Random
    numbers: Numbers
    protected: bool


def person(sketch: Sketch, member: Member, index: int) -> tuple[UUID, dict[str, Any]]:
    """The resident with this index in the city, and the record."""
    return UUID(int=sketch.dice.getrandbits(128), version=4), {
        **_numbers(sketch, index), **_identity(member), **_residence(sketch, member), **_place(sketch, member),
        **_nationality(sketch, member, index), **_qualifications(sketch, member), **_control(sketch, member),
    }  # fmt: skip


def _numbers(sketch: Sketch, index: int) -> dict[str, Any]:
    return {
        "atena_no": atena_no(index), "household_no": sketch.household_no, "togo_atena_no": togo_atena_no(index),
        "my_number": sketch.numbers.my_number(index), "juminhyo_code": sketch.numbers.juminhyo_code(index),
    }  # fmt: skip


def _identity(member: Member) -> dict[str, Any]:
    return {
        "name": member.name[0], "name_furigana": member.name[1], "former_surname": member.maiden,
        "birth_date": member.birth_date, "sex": member.sex,
    }  # fmt: skip


def _residence(sketch: Sketch, member: Member) -> dict[str, Any]:
    since = max(member.born, dates.before(sketch.dice, sketch.on, 30))
    moved_in = since > member.born
    previous = places.elsewhere(sketch.dice) if moved_in else None
    since_items = {"resident_since": since.isoformat()} if member.country is None else {"resident_since": None}
    return {
        **since_items, "address": sketch.address, "address_fixed_date": since.isoformat(),
        "notified_date": _notified(sketch, since) if moved_in else None,
        "previous_address": previous, "move_out_destination": None,
    }  # fmt: skip


def _notified(sketch: Sketch, since: date) -> str:
    return min(since + timedelta(days=sketch.dice.randint(0, 14)), sketch.on).isoformat()


def _place(sketch: Sketch, member: Member) -> dict[str, Any]:
    is_head = member.relationship == HEAD
    return {
        "is_household_head": is_head, "household_head_name": None if is_head else sketch.head_name,
        "relationship_to_head": member.relationship,
    }  # fmt: skip


def _nationality(sketch: Sketch, member: Member, index: int) -> dict[str, Any]:
    if member.country is None:
        return _japanese(member)
    status, period, category = sketch.dice.choice(_STATUSES)
    expiry = (sketch.on + timedelta(days=sketch.dice.randint(30, 1800))).isoformat() if period else None
    alias = names.alias(sketch.dice) if sketch.dice.random() < 0.5 else None
    entered = max(member.born, dates.before(sketch.dice, sketch.on, 15)).isoformat()
    return {
        "honseki": None, "nationality": member.country,
        "foreign_resident_since": entered, "art30_45_category": category,
        "residence_status": {"status": status, "period": period}, "residence_expiry": expiry,
        "residence_card_no": sketch.numbers.card_no(index), "alias_name": alias,
        "alias_history": [{"alias": alias, "entered_on": entered}] if alias else None,
    }  # fmt: skip


def _japanese(member: Member) -> dict[str, Any]:
    family = member.name[0].split("\u3000")[0]
    return {
        "honseki": f"見本県見本市見本町一番地\u3000{family}\u3000例蔵",
        "nationality": None, "foreign_resident_since": None,
        "art30_45_category": None, "residence_status": None, "residence_expiry": None, "residence_card_no": None,
        "alias_name": None, "alias_history": None,
    }  # fmt: skip


def _qualifications(sketch: Sketch, member: Member) -> dict[str, Any]:
    years = age(member.born.isoformat(), sketch.on) or 0
    insured = years < 75 and sketch.dice.random() < 0.22
    return {
        "electoral_roll": "登録" if member.country is None and years >= 18 else None,
        "nhi_qual": "資格取得" if insured else None,
        "latter_elderly_qual": "資格取得" if years >= 75 else None,
        "ltci_qual": "第１号被保険者" if years >= 65 else None,
        "pension_qual": "第１号被保険者" if insured and 20 <= years < 60 else None,
        "child_allowance_qual": "支給対象児童" if years < 18 else None,
        "seal_registration": _seal(sketch) if years >= 20 and sketch.dice.random() < 0.5 else None,
    }


def _seal(sketch: Sketch) -> dict[str, Any]:
    registered = dates.before(sketch.dice, sketch.on, 20)
    return {"number": f"{sketch.dice.randint(1, 999999):06d}", "registered_on": registered.isoformat()}


def _control(sketch: Sketch, member: Member) -> dict[str, Any]:
    if not sketch.protected:
        return {"protected": False, "dv_protection": None}
    category = "配偶者暴力" if member.relationship == HEAD else "同一住所"
    measure = {"category": category, "starts_on": "2026-02-16", "ends_on": "2027-02-15"}
    return {"protected": True, "dv_protection": measure}
