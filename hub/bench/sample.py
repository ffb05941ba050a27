"""Changes to measure with: made up, about 1.2 kB each, some forty items before and after, every fourth a 世帯主変更."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import orjson

from contracts.identifiers import my_number_check

_ITEMS: dict[str, Any] = {
    "protected": False, "household_no": "0000000007", "name": "計測 太郎", "name_furigana": "ケイソク タロウ",
    "former_surname": None, "alias_name": None, "birth_date": "1990-04-01", "sex": "1",
    "address_fixed_date": "2020-01-01", "resident_since": "2020-01-01", "notified_date": "2020-01-05",
    "is_household_head": True, "household_head_name": None, "relationship_to_head": "世帯主",
    "honseki": "計測市仮町一番地", "nationality": None, "dv_protection": None, "child_allowance_qual": None,
}  # fmt: skip
_UNDER_A_HEAD = {"is_household_head": False, "household_head_name": "計測 花子", "relationship_to_head": "子"}


def changes(count: int) -> Iterator[tuple[UUID, bytes]]:
    """`count` Changes as the relay gets them, each of another resident."""
    for n in range(count):
        resident = uuid4()
        yield resident, _change(n, resident)


def _change(n: int, resident: UUID) -> bytes:
    before = _record(n, "計測市仮町一丁目1番1号")
    household = n % 4 == 0
    after = before | (_UNDER_A_HEAD if household else {"address": {"text": "計測市仮町二丁目2番2号"}})
    return orjson.dumps({
        "id": f"01930000-0000-7000-8000-{n:012x}", "resident": str(resident), "version": 1_775_092_500_000_000 + n,
        "kind": "HEAD_CHANGED" if household else "RELOCATE", "effective_on": "2026-04-01", "notified_on": "2026-04-02",
        "recorded_at": "2026-04-02T10:15:00.123456+09:00", "before": before, "after": after,
    })  # fmt: skip


def _record(n: int, address: str) -> dict[str, Any]:
    eleven = f"{n + 1:011d}"
    return _ITEMS | {
        "atena_no": f"{n:015d}", "togo_atena_no": f"{n:015d}", "juminhyo_code": eleven,
        "my_number": eleven + my_number_check(eleven), "address": {"text": address, "postal_code": "0000000"},
    }  # fmt: skip
