"""The quick door makes the same Change of a line as the strict one, or leaves the line to it."""

import json
from functools import cache
from typing import Any, Final
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.change import Change, parse
from contracts.errors import ChangeRefused
from contracts.written import change_of
from hub.kernel.form import Door
from hub.keys import CHANGES
from hub.seal import ContentKey, Place, Sheet, seal
from tests.kernels import kernel, needs_native
from tests.people import line, record
from tests.properties.made_up import ITEMS
from tests.properties.test_any_input import FIELDS, JSON

pytestmark = needs_native
KEY: Final = ContentKey.of(f"{CHANGES}.2026-04-02", bytes(range(32)))
PLACE: Final = Place(CHANGES, "juki.changes", 3)
OWN: Final = bytes(range(16))


@cache
def door() -> Door:
    made = kernel("native").door()
    assert made is not None
    return made


def sealed(content: bytes, place: Place = PLACE, own: bytes = OWN, key: ContentKey = KEY) -> bytes:
    return seal(key, place, "", 0, [Sheet(0, "", content, own)])[0]


def quickly(content: bytes, resident: UUID) -> Change | ChangeRefused | None:
    (seen,) = door().read([KEY], PLACE, [(sealed(content), OWN, resident.bytes)])
    if seen is None:
        return None
    assert seen[0] == content
    try:
        return change_of(seen, resident)
    except ChangeRefused as refused:
        return refused


def strictly(content: bytes) -> Change | ChangeRefused:
    try:
        return parse(content)
    except ChangeRefused as refused:
        return refused


def resident_of(content: bytes) -> UUID:
    """Whose it is, where anybody can say; else nobody's."""
    try:
        return UUID(json.loads(content)["resident"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return UUID(int=0)


def said(one: Change | ChangeRefused) -> Any:
    return (one.code, one.place) if isinstance(one, ChangeRefused) else (one, one.altered, one.day)


def check(content: bytes) -> bool:
    """Whether the quick door has taken it; then the two say the same."""
    found = quickly(content, resident_of(content))
    if found is not None:
        assert said(found) == said(strictly(content))
    return found is not None


def plain(fields: Any) -> bytes:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


USUAL: Final = {
    "entry": line("MOVE_IN_DOMESTIC", None, record()),
    "correction": line("RELOCATE", record(), record(name='別名 "𠮷" \\')),
    "removal": line("DEATH", record(), None),
    "addressed": plain(json.loads(line("SNAPSHOT", None, record())) | {"to": ["tax", "child-policy"]}),
    "cancels": plain(json.loads(line("RELOCATE", record(), record())) | {"cancels": str(UUID(int=7)).upper()}),
    "nothing known": line("RELOCATE", {}, {}),
}  # fmt: skip


@pytest.mark.parametrize("usual", USUAL)
def test_what_the_relay_sends_is_taken(usual: str) -> None:
    assert check(plain(json.loads(USUAL[usual])))


@given(st.sampled_from([*USUAL]), st.sampled_from(("before", "after")), st.sampled_from([*ITEMS, "protected"]), JSON)
def test_any_value_of_an_item_is_as_the_strict_door_says(usual: str, where: str, item: str, value: Any) -> None:
    fields = json.loads(USUAL[usual])
    fields[where] = (fields[where] or {}) | {item: value}
    check(plain(fields))


NESTED: Final = st.dictionaries(
    st.sampled_from(("town", "text", "municipality_code", "starts_on", "status", "x")),
    st.none() | st.text(max_size=3) | st.sampled_from(("131016", "2026-02-29", "2024-02-29")), max_size=4,
)  # fmt: skip


@given(st.sampled_from(("address", "previous_address", "dv_protection", "residence_status")), NESTED, NESTED)
def test_what_differs_is_the_same_in_whatever_order_the_parts_stand(item: str, one: Any, other: Any) -> None:
    for after in (other, one, dict(reversed(one.items()))):
        check(plain(json.loads(line("RELOCATE", record() | {item: one}, record() | {item: after}))))


NUMBERS: Final = st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{6}|[0-9]{11,12}|[0-9]{1,17}", fullmatch=True)


@given(st.sampled_from([*ITEMS]), NUMBERS)
def test_numbers_and_dates_fit_where_the_strict_door_says_so(item: str, text: str) -> None:
    check(plain(json.loads(line("RELOCATE", record(), record() | {item: text}))))


@given(st.sampled_from((*FIELDS, "after", "transfer", "x")), JSON)
def test_any_value_of_a_field_is_taken_as_the_strict_door_takes_it(field: str, value: Any) -> None:
    check(plain(json.loads(line("RELOCATE", record(), record())) | {field: value}))


MOMENTS: Final = st.from_regex(
    r"(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\.[0-9]{1,7})?(Z|[+-][0-2][0-9]:[0-6]0)",
    fullmatch=True,
)


@given(MOMENTS)
def test_a_moment_is_one_for_both(text: str) -> None:
    check(plain(json.loads(line("RELOCATE", record(), record())) | {"recorded_at": text}))


@given(st.sampled_from([*USUAL]), st.integers(0), st.binary(max_size=3), st.integers(0, 3))
def test_a_damaged_line_is_taken_as_the_strict_door_takes_it(usual: str, at: int, damage: bytes, gone: int) -> None:
    whole = plain(json.loads(USUAL[usual]))
    at %= len(whole)
    check(whole[:at] + damage + whole[at + gone :])


@pytest.mark.parametrize("twice", ['"name":"別名",', '"protected":false,', '"address":null,'])
def test_a_key_that_is_there_twice_is_left_to_the_strict_door(twice: str) -> None:
    whole = plain(json.loads(USUAL["correction"])).decode()
    for place in ('"before":{', '"after":{', "{"):
        assert not check(whole.replace(place, place + twice, 1).encode())


@pytest.mark.trap("input-08")
@given(st.integers(0), st.sampled_from(b"AB-_.=+/ {"))
def test_an_altered_token_is_not_opened(at: int, letter: int) -> None:
    content = plain(json.loads(USUAL["correction"]))
    token = sealed(content)
    at %= len(token)
    altered = token[:at] + bytes([letter]) + token[at + 1 :]
    (seen,) = door().read([KEY], PLACE, [(altered, OWN, resident_of(content).bytes)])
    assert (seen is None) is (altered != token)


ELSEWHERE: Final = {
    "moved": (sealed(USUAL["entry"], Place(CHANGES, "juki.changes", 4)), OWN),
    "of another topic": (sealed(USUAL["entry"], Place(CHANGES, "juki.other", 3)), OWN),
    "for somebody else": (sealed(USUAL["entry"], Place("tax", "juki.changes", 3)), OWN),
    "beside another key": (sealed(USUAL["entry"]), bytes(16)),
    "under an unknown key": (sealed(USUAL["entry"], key=ContentKey.of(f"{CHANGES}.2026-04-03", bytes(32))), OWN),
    "under a key that only has its name": (sealed(USUAL["entry"], key=ContentKey.of(KEY.kid, bytes(32))), OWN),
    "of another contract's wording": (seal(KEY, PLACE, "c" * 64, 0, [Sheet(1, "", USUAL["entry"], OWN)])[0], OWN),
    "nothing": (b"", OWN),
}  # fmt: skip


@pytest.mark.parametrize("where", ELSEWHERE)
def test_a_token_that_lies_elsewhere_is_left_to_the_strict_door(where: str) -> None:
    token, own = ELSEWHERE[where]
    assert door().read([KEY], PLACE, [(token, own, resident_of(USUAL["entry"]).bytes)]) == [None]


def test_a_change_of_somebody_else_is_left_to_the_strict_door() -> None:
    assert door().read([KEY], PLACE, [(sealed(USUAL["entry"]), OWN, bytes(16))]) == [None]


def test_the_keys_that_tokens_name_are_counted() -> None:
    other = ContentKey.of(f"{CHANGES}.2026-04-03", bytes(32))
    tokens = [sealed(b"{}"), sealed(b"{}", key=other), sealed(b"{}"), b"", b"x.y"]
    assert kernel("native").kids(tokens) == {KEY.kid: 2, other.kid: 1}
