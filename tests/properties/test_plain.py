"""What the quick way through the door reads, the strict way reads as well, and the same from it."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.change import parse
from contracts.door import read_json
from contracts.errors import ChangeRefused
from contracts.plain import plain
from contracts.wire import Read, valid
from tests.people import line, my_number, record
from tests.properties.made_up import ITEMS, RECORDS
from tests.properties.test_any_input import FIELDS, JSON

DATES = st.sampled_from([
    {"year": 1950, "month": 2, "day": 29}, {"year": True}, {"year": 1950, "text": "頃"}, {"year": 10000}, {"era": ""},
    {}, "2026-02-30", "20260401", "2026-W14-3", "0000-01-01", "２０２６-04-01",
])  # fmt: skip
TEXTS = st.sampled_from([
    "\x85", "\x7f", "\x00", '"', "\\", "\ud800", "·", "\U0001f600", "", "092012", "092011", my_number(1), "0" * 12,
    "1" * 16, "01930000-0000-7000-8000-00000000000A", "0193000000007000800000000000000a",
    "2026-04-02T10:15:00Z", "2026-04-02t10:15:00z", "2026-04-02 10:15:00+09:00", "1899-04-02T10:15:00+09:00",
    "2026-04-02T10:15:00.1234567Z", "2026-04-02T10:15:60Z", "2026-04-02T10:15:00+29:00", "2026-04-02T10:15:00-00:00",
])  # fmt: skip
NUMBERS = st.sampled_from([0, -0.0, 1.0, 1e300, -1, 1, 2**63 - 1, 2**63, 2**64, 10**30, True, False])
VALUES = DATES | TEXTS | NUMBERS | JSON | st.lists(TEXTS | DATES | st.none(), max_size=2)
BYTES = st.sampled_from([
    b'"', b"\\", b"\\u0000", b"\\ud800", b"\\u0073", b"\x00", b"\x7f", b"\xc2\x85", b"\xed\xa0\x80", b" ", b"\n",
    b",", b"{", b"}", b'"name":"x",', b'"name":null,', b'"protected":false,', b'"x":1,', b'"version":1,', b"null",
    b"true", b"1.0", b"1e3", b"-0", b"9" * 30, b"0", b"A",
])  # fmt: skip
EDITS = st.lists(st.tuples(st.integers(0, 1300), st.integers(0, 4), BYTES), min_size=1, max_size=3)
PARTS = st.none() | st.sampled_from(["text", "starts_on", "status"])


def written(fields: Any) -> bytes:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def strictly(given_line: bytes) -> str:
    """All that the strict way reads, types and all; empty where it refuses."""
    try:
        read = valid(read_json(given_line), None)
    except ChangeRefused:
        return ""
    if isinstance(read, ChangeRefused):
        return ""
    return told(Read(read, UUID(read["resident"]), datetime.fromisoformat(read["recorded_at"])))


def told(read: Read) -> str:
    wire = orjson.dumps(read.wire, option=orjson.OPT_SORT_KEYS)
    return f"{wire!r} {read.resident} {read.recorded_at.isoformat()} {read.recorded_at.utcoffset()}"


def hold(given_line: bytes) -> None:
    found = plain(given_line, None)
    assert found is None or told(found) == strictly(given_line)


@given(RECORDS, RECORDS)
def test_what_comes_from_a_register_is_plain(before: Any, after: Any) -> None:
    fields = json.loads(line("RELOCATE", None, None)) | {"before": before, "after": after}
    text = orjson.dumps(fields)
    assert (plain(text, None) is not None) is not any(sign in text for sign in (b"\\", b"\x7f", b"\xc2"))
    hold(text)


@given(st.sampled_from([*FIELDS, "transfer"]), VALUES)
def test_any_value_of_a_field_is_read_alike(field: str, value: Any) -> None:
    hold(written(json.loads(line("RELOCATE", record(), record())) | {field: value}))


@given(st.sampled_from([*ITEMS, "protected"]), PARTS, VALUES, VALUES)
def test_any_value_of_an_item_is_read_alike(item: str, part: str | None, before: Any, after: Any) -> None:
    records = [record(**{item: {part: value} if part else value}) for value in (before, after)]
    hold(written(json.loads(line("RELOCATE", None, None)) | {"before": records[0], "after": records[1]}))


@given(EDITS)
def test_a_line_with_other_bytes_in_it_is_read_alike(edits: list[tuple[int, int, bytes]]) -> None:
    text = written(json.loads(line("RELOCATE", record(), record(birth_date={"year": 1950}))))
    for at, gone, fresh in edits:
        text = text[:at] + fresh + text[at + gone :]
    hold(text)


@pytest.mark.parametrize("place", [b"{", b'"before":{', b'"after":{', b'"address":{'])
@pytest.mark.parametrize("twice", [b'"name":"x",', b'"protected":false,', b'"text":"x",', b'"id":"x",', b'"x":1,'])
def test_a_key_that_is_there_twice_or_that_nobody_knows_is_not_plain(place: bytes, twice: bytes) -> None:
    text = written(json.loads(line("RELOCATE", record(), record())))
    assert plain(text, None) is not None
    assert plain(text.replace(place, place + twice), None) is None


@pytest.mark.trap("V9")
def test_a_plugged_check_is_asked_of_both_records() -> None:
    text = written(json.loads(line("RELOCATE", record(juminhyo_code="1" * 11), record(juminhyo_code="2" * 11))))
    asked: list[str] = []
    assert plain(text, lambda code: not asked.append(code)) is not None
    assert asked == ["1" * 11, "2" * 11]
    for one in asked:
        assert plain(text, one.__ne__) is None
        with pytest.raises(ChangeRefused, match="bad-check-digit"):
            parse(text, one.__ne__)
