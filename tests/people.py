"""Synthetic residents, recognisably made up, and Changes about them; numbers are computed, never typed in."""

import json
from typing import Any
from uuid import UUID

from contracts.change import Change, parse
from contracts.identifiers import my_number_check

RESIDENT = UUID("00000000-0000-4000-8000-000000000001")


def my_number(n: int) -> str:
    eleven = f"{n:011d}"
    return eleven + my_number_check(eleven)


def record(n: int = 1, **changed: Any) -> dict[str, Any]:
    """A full record of synthetic resident `n`, a head: somebody else's has the head's name (`in_household_of`)."""
    return {
        "protected": False, "atena_no": f"{n:015d}", "household_no": f"{n:010d}", "togo_atena_no": f"{9_000_000 + n}",
        "my_number": my_number(n), "juminhyo_code": f"{n:011d}", "name": f"架空 人{n}号", "name_furigana": "カクウ",
        "birth_date": "1990-04-01", "sex": "2", "address": {"text": f"架空市仮町{n}番地"}, "is_household_head": True,
        "household_head_name": None, "relationship_to_head": "世帯主", "nationality": None,
        "dv_protection": None,
    } | changed  # fmt: skip


def in_household_of(n: int, relationship: str) -> dict[str, Any]:
    """What the record of somebody says who lives with resident `n` as head (住基法7条4号)."""
    return {
        "household_no": f"{n:010d}", "is_household_head": False, "household_head_name": f"架空 人{n}号",
        "relationship_to_head": relationship,
    }  # fmt: skip


def effective_on(kind: str) -> str:
    """The day of an event; a review is that of the day on which it is recorded, 2 April."""
    return "2026-04-02" if kind == "POPULATION_REVIEW" else "2026-04-01"


def line(kind: str, before: Any, after: Any, **changed: Any) -> bytes:
    """One Change as the registry writes it."""
    fields = {
        "id": "01930000-0000-7000-8000-000000000001", "resident": str(RESIDENT), "version": 1_775_092_500_000_000,
        "kind": kind, "effective_on": effective_on(kind), "notified_on": "2026-04-02",
        "recorded_at": "2026-04-02T10:15:00.123456+09:00", "before": before, "after": after,
    } | changed  # fmt: skip
    return json.dumps(fields, ensure_ascii=False).encode()


def change(kind: str, before: Any, after: Any, **changed: Any) -> Change:
    """The same, through the door."""
    return parse(line(kind, before, after, **changed))
