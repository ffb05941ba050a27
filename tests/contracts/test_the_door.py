"""What the door of a Change lets in and what it refuses: by place and closed code, and never by a value."""

# ruff: noqa: E501 - tables are read line by line, one case in each

import json
from collections.abc import Callable
from typing import Any

import pytest

from contracts.change import MAX_RECORD_BYTES, parse
from contracts.door import MAX_BYTES
from contracts.errors import ChangeRefused
from contracts.identifiers import my_number_check
from tests.people import line, my_number, record

SECRET = "極秘の値"


def refusal(given: bytes) -> str:
    """`code` or `code at place`; empty where the line is let in."""
    try:
        parse(given)
    except ChangeRefused as refused:
        return f"{refused.code} at {refused.place}" if refused.place else refused.code
    return ""


def entering(**changed: Any) -> bytes:
    return line("MOVE_IN_DOMESTIC", None, record(**changed))


def refused_item(item: str, value: Any) -> str:
    return refusal(entering(**{item: value})).removesuffix(f" at after.{item}")


# Numbers

WRONG_CHECK = "0000000000" + "1" + str((int(my_number_check("00000000001")) + 1) % 10)
FULL_WIDTH = "".join(chr(0xFF10 + int(digit)) for digit in my_number(1))


@pytest.mark.trap("input-04", "V6")
@pytest.mark.parametrize(("value", "code"), [
    (my_number(1), ""), (None, ""), (WRONG_CHECK, "bad-check-digit"), ("0" * 12, "all-same-digits"),
    (my_number(1) + "0", "bad-format"), (my_number(1)[:11], "bad-format"), (FULL_WIDTH, "bad-format"), ("", "bad-format"),
    (f"{my_number(1)}\n", "bad-format"), (f" {my_number(1)}", "bad-format"), (my_number(1)[:11] + "X", "bad-format"),
    (int(my_number(10**10)), "bad-type"), (True, "bad-type"),
])  # fmt: skip
def test_a_my_number_has_twelve_ascii_digits_and_fits_its_check_digit(value: Any, code: str) -> None:
    assert refused_item("my_number", value) == code


@pytest.mark.trap("input-04")
def test_every_single_wrong_digit_of_a_my_number_is_found_but_for_a_check_digit_of_nought() -> None:
    number = my_number(6214983202)
    for at in range(11):
        for digit in set("0123456789") - {number[at]}:
            other = number[:at] + digit + number[at + 1 :]
            assert my_number_check(other[:11]) != number[11] or number[11] == "0"


def test_the_check_digit_of_a_my_number_is_that_of_the_ministerial_ordinance() -> None:
    assert my_number_check("62149832025") == "7"


@pytest.mark.trap("input-05", "V6", "V9")
@pytest.mark.parametrize(("value", "code"), [
    ("12345678901", ""), ("1234567890", "bad-format"), ("123456789012", "bad-format"), ("１２３４５６７８９０１", "bad-format"),
    (12345678901, "bad-type"),
])  # fmt: skip
def test_a_juminhyo_code_has_eleven_ascii_digits(value: Any, code: str) -> None:
    assert refused_item("juminhyo_code", value) == code


@pytest.mark.trap("input-05", "V9")
def test_the_check_of_a_juminhyo_code_can_be_plugged_in() -> None:
    with pytest.raises(ChangeRefused, match="bad-check-digit"):
        parse(entering(), juminhyo_check=lambda code: code.endswith("9"))
    assert parse(entering(), juminhyo_check=lambda code: code.endswith("1")).kind == "MOVE_IN_DOMESTIC"


@pytest.mark.parametrize("item", ["atena_no", "household_no", "togo_atena_no"])
@pytest.mark.parametrize(("value", "code"), [
    ("1", ""), ("0" * 15, ""), ("0" * 16, "bad-format"), ("", "bad-format"), ("12-3", "bad-format"), ("１", "bad-format"),
])  # fmt: skip
def test_a_municipal_number_has_up_to_fifteen_ascii_digits(item: str, value: str, code: str) -> None:
    assert refused_item(item, value) == code


@pytest.mark.parametrize(("value", "code"), [
    ("092011", ""), ("131016", ""), ("011002", ""), ("271004", ""), (None, ""),
    ("092012", "bad-check-digit"), ("09201", "bad-format"), ("０９２０１１", "bad-format"),
])  # fmt: skip
def test_a_municipality_code_fits_its_check_digit(value: Any, code: str) -> None:
    found = refusal(entering(address={"municipality_code": value}))
    assert found.removesuffix(" at after.address") == code


# Dates


@pytest.mark.trap("input-07", "V8")
@pytest.mark.parametrize(("value", "code"), [
    ("2026-02-28", ""), ("2024-02-29", ""), ("1868-01-25", ""), ("1868-10-23", ""), ("1926-12-25", ""), ("2999-01-01", ""),
    ("2026-02-29", "bad-date"), ("2026-02-30", "bad-date"), ("2026-13-01", "bad-date"), ("2026-00-00", "bad-date"),
    ("20260401", "bad-date"), ("2026-W14-3", "bad-date"), ("2026-4-1", "bad-date"), ("２０２６-04-01", "bad-date"),
    ("2026-04-01T00:00:00", "bad-date"), ("令和8年4月1日", "bad-date"), ("", "bad-date"), (20260401, "bad-date"),
    ({"year": 1950, "month": None, "day": None, "text": "昭和25年頃"}, ""), ({"year": None, "month": None, "day": None}, ""),
    ({"year": 1950, "month": 2, "day": 29}, "bad-date"), ({"year": None, "month": 2, "day": 29}, ""),
    ({"year": None, "month": 2, "day": 30}, "bad-date"), ({"year": 1950, "month": 13}, "bad-date"),
    ({"year": "1950"}, "bad-date"), ({"year": True}, "bad-date"), ({"year": 0}, "bad-date"),
    ({"year": 1950, "era": "昭和"}, "bad-date"), ({"text": 7}, "bad-date"), ([1950, 1, 1], "bad-date"),
    ({"year": 1950, "text": "\u0000"}, "control-character"),
])  # fmt: skip
def test_a_date_is_complete_or_honestly_incomplete(value: Any, code: str) -> None:
    assert refused_item("birth_date", value) == code


@pytest.mark.parametrize(("value", "code"), [
    ("2026-04-02T10:15:00+09:00", ""), ("2026-04-02T10:15:00.1Z", ""), ("2026-04-02T10:15:00", "bad-timestamp"),
    ("2026-04-02 10:15:00+09:00", "bad-timestamp"), ("2026-02-30T10:15:00+09:00", "bad-timestamp"),
    ("2026-04-02T25:15:00+09:00", "bad-timestamp"), ("2026-04-02T10:15:00+99:00", "bad-timestamp"), (0, "bad-type"),
])  # fmt: skip
def test_the_time_of_recording_has_an_offset(value: Any, code: str) -> None:
    assert refusal(line("DEATH", record(), None, recorded_at=value)).removesuffix(" at recorded_at") == code


# JSON


def nested(depth: int) -> bytes:
    return b'{"id":' + b"[" * depth + b"]" * depth + b"}"


def replaced(old: bytes, new: bytes) -> bytes:
    assert entering().count(old) == 1
    return entering().replace(old, new)


JSON: list[tuple[str, Callable[[], bytes], str]] = [
    ("ten megabytes", lambda: b'{"id": "' + b"x" * 10_000_000 + b'"}', "too-large"),
    ("one byte too many", lambda: entering().ljust(MAX_BYTES + 1), "too-large"),
    ("depth 10 000", lambda: nested(10_000), "too-deep"),
    ("duplicate keys", lambda: replaced(b'"version"', b'"id": "1", "version"'), "duplicate-key"),
    ("duplicate keys in a record", lambda: replaced(b'"sex": "2"', b'"sex": "1", "sex": "2"'), "duplicate-key"),
    ("duplicate keys, one of them escaped", lambda: replaced(b'"sex": "2"', b'"\\u0073ex": "1", "sex": "2"'), "duplicate-key"),
    ("NaN", lambda: replaced(b'"sex": "2"', b'"sex": NaN'), "bad-number"),
    ("Infinity", lambda: replaced(b'"sex": "2"', b'"sex": -Infinity'), "bad-number"),
    ("a fraction", lambda: replaced(b"1775092500000000", b"1775092500000000.0"), "bad-number"),
    ("a huge integer", lambda: replaced(b"1775092500000000", b"9" * 5000), "bad-number"),
    ("an integer above 2^63", lambda: replaced(b"1775092500000000", b"9223372036854775808"), "bad-number at version"),
    ("a byte order mark", lambda: b"\xef\xbb\xbf" + entering(), "byte-order-mark"),
    ("UTF-16", lambda: entering().decode().encode("utf-16"), "bad-encoding"),
    ("CP932", lambda: entering().decode().encode("cp932"), "bad-encoding"),
    ("an escaped NUL", lambda: entering(name="\x00"), "control-character at after.name"),
    ("a raw NUL", lambda: replaced(b'"sex": "2"', b'"sex": "\x00"'), "bad-json"),
    ("a lone surrogate", lambda: replaced(b'"sex": "2"', b'"sex": "\\ud800"'), "control-character at after.sex"),
    ("a lone surrogate in a name", lambda: replaced(b'"name_furigana": "', b'"name_furigana": "\\ud800'),
     "control-character at after.name_furigana"),
    ("a surrogate as a key", lambda: replaced(b'"sex"', b'"\\udfff"'), "control-character at after"),
    ("a list", lambda: b"[]", "bad-type"),
    ("nothing but null", lambda: b"null", "bad-type"),
    ("two objects", lambda: b"{}{}", "bad-json"),
    ("a comma too many", lambda: b'{"id": 1,}', "bad-json"),
]  # fmt: skip


@pytest.mark.trap("input-08", "P13", "V4")
@pytest.mark.parametrize(("title", "given", "expected"), JSON, ids=[case[0] for case in JSON])
def test_json_that_parses_too_well_is_refused(title: str, given: Callable[[], bytes], expected: str) -> None:
    assert refusal(given()) == expected


def test_a_line_of_the_largest_size_is_let_in() -> None:
    assert refusal(entering().ljust(MAX_BYTES)) == ""


@pytest.mark.trap("A23")
def test_a_record_that_could_not_be_sealed_for_everybody_is_refused() -> None:
    assert refusal(entering(honseki="a" * MAX_RECORD_BYTES)) == "too-large at after"


# Items and shape


@pytest.mark.trap("input-09", "V2")
@pytest.mark.parametrize("where", ["before", "after"])
def test_an_item_that_the_law_does_not_know_is_refused_and_not_named(where: str) -> None:
    records = {"before": record(), "after": record()} | {where: record() | {SECRET: "1"}}
    assert refusal(line("RELOCATE", records["before"], records["after"])) == f"unknown-item at {where}"


@pytest.mark.trap("input-09", "V2")
def test_an_unknown_field_of_the_change_is_refused_and_not_named() -> None:
    assert refusal(line("DEATH", record(), None, **{SECRET: 1})) == "unknown-field"


def test_an_unknown_part_of_an_address_is_refused_at_the_address() -> None:
    assert refusal(entering(address={SECRET: "1"})) == "unknown-item at after.address"


@pytest.mark.parametrize("item", ["removal_date", "change_action", "change_reason", "change_date", "is_japanese"])
def test_a_derived_item_stands_in_a_record_only_as_null(item: str) -> None:
    assert refused_item(item, None) == ""
    assert refused_item(item, "2026-04-01") == "derived-item"


@pytest.mark.parametrize(("kind", "before", "after", "expected"), [
    ("MOVE_IN_DOMESTIC", record(), record(), "shape-mismatch at kind"), ("BIRTH", record(), None, "shape-mismatch at kind"),
    ("DEATH", record(), record(), "shape-mismatch at kind"), ("DEATH", None, record(), "shape-mismatch at kind"),
    ("RELOCATE", None, record(), "shape-mismatch at kind"), ("RELOCATE", record(), None, "shape-mismatch at kind"),
    ("RELOCATE", None, None, "shape-mismatch at kind"), ("MARRIAGE", record(), record(), "unknown-kind at kind"),
    ("転居", record(), record(), "unknown-kind at kind"), ("RELOCATE", record(), record(), ""),
])  # fmt: skip
def test_the_action_of_a_kind_fits_the_shape(kind: str, before: Any, after: Any, expected: str) -> None:
    assert refusal(line(kind, before, after)) == expected


@pytest.mark.parametrize("field", ["id", "resident", "version", "kind", "effective_on", "recorded_at", "before", "after"])
def test_a_field_that_must_be_there_is_missed_by_name(field: str) -> None:
    fields = json.loads(line("RELOCATE", record(), record()))
    del fields[field]
    assert refusal(json.dumps(fields).encode()) == f"missing-field at {field}"


WRONG_TYPES = {"version": "12", "id": 7, "protected": "false", "is_household_head": 1, "name": 7, "sex": 2, "address": "東"}


@pytest.mark.trap("V5")
@pytest.mark.parametrize("field", WRONG_TYPES)
def test_types_are_strict(field: str) -> None:
    value = WRONG_TYPES[field]
    given = entering(**{field: value}) if field in record() else line("DEATH", record(), None, **{field: value})
    assert refusal(given).split(" at ")[0] in {"bad-type", "bad-format"}


def test_every_item_may_be_null_and_every_item_may_be_missing() -> None:
    assert refusal(line("MOVE_IN_DOMESTIC", None, {})) == ""
    assert refusal(entering(**dict.fromkeys(record()))) == ""


def marked() -> list[bytes]:
    """Changes with the secret in every position that a value or a name can have."""
    names = [line("DEATH", record(), None, **{SECRET: 1}), entering(**{SECRET: 1}), entering(address={SECRET: 1})]
    whole = [line("DEATH", record(), None, **{field: SECRET}) for field in ("id", "version", "recorded_at")]
    whole.append(line(SECRET, record(), None))
    wrong = [entering(**{item: [SECRET]}) for item in record()] + [entering(**{item: {SECRET: SECRET}}) for item in record()]
    broken = [SECRET.encode(), f'{{"{SECRET}": '.encode(), f'{{"{SECRET}": 1, "{SECRET}": 2}}'.encode()]
    return names + whole + wrong + broken


@pytest.mark.trap("V1", "V2", "V3")
@pytest.mark.parametrize("given", marked(), ids=range(len(marked())))
def test_a_refusal_holds_no_value_and_no_unknown_name(given: bytes) -> None:
    with pytest.raises(ChangeRefused) as raised:
        parse(given)
    seen = f"{raised.value!r} {raised.value} {raised.value.__dict__} {raised.value.__cause__!r} {raised.value.__context__!r}"
    assert SECRET not in seen
    assert (raised.value.__cause__, raised.value.__context__) == (None, None)


@pytest.mark.parametrize("entry", [{"\ud800": "x"}, {"\0": "x"}, {"since": {"year": 2020, "text": "\ud800"}}, "\0", 7])
def test_a_history_of_aliases_holds_only_what_can_be_carried(entry: Any) -> None:
    with pytest.raises(ChangeRefused):
        parse(json.dumps(json.loads(entering()) | {"after": {"alias_history": [entry]}}).encode())
