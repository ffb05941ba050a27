"""Changes to measure with: made up, about 1.6 kB each, every fourth a 世帯主変更; or of a length that is named.

What is longer has a longer address, which every contract of a measurement is told; what is shorter has fewer items.
"""

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


_SHORTEST = ("atena_no", "address")
_GLYPH = "棟"


def changes(count: int) -> Iterator[tuple[UUID, bytes]]:
    """`count` Changes as the relay gets them, each of another resident."""
    for n in range(count):
        resident = uuid4()
        before = _record(n, "計測市仮町一丁目1番1号")
        household = n % 4 == 0
        after = before | (_UNDER_A_HEAD if household else {"address": {"text": "計測市仮町二丁目2番2号"}})
        yield resident, _change(n, resident, household, before, after)


def sized(count: int, length: int) -> Iterator[tuple[UUID, bytes]]:
    """The same, moves alone (転居), each of `length` bytes or a few less; the shortest have some 390."""
    names = [*_SHORTEST]
    for name in _record(0, ""):
        if name not in names and len(_move(0, uuid4(), [*names, name], 0)) <= length:
            names.append(name)
    more = (length - len(_move(0, uuid4(), names, 0))) // (2 * len(_GLYPH.encode()))
    for n in range(count):
        resident = uuid4()
        yield resident, _move(n, resident, names, max(0, more))


def _move(n: int, resident: UUID, names: list[str], more: int) -> bytes:
    records = [_record(n, "") | {"address": {"text": f"仮町{town}番{_GLYPH * more}"}} for town in (1, 2)]
    before, after = ({name: record[name] for name in names} for record in records)
    return _change(n, resident, False, before, after)


def _change(n: int, resident: UUID, household: bool, before: dict[str, Any], after: dict[str, Any]) -> bytes:
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
