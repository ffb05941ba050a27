"""A sealed value opens where it lies, with any JOSE library, and nowhere else."""

import os
from collections.abc import Callable
from typing import Any

import orjson
import pybase64
import pytest

from hub.errors import TokenRefused
from hub.seal import ContentKey, Place, Sheet, _common, _read, header, open_token, padded, seal

PLACE = Place("child-policy", "juki.disclosures.child-policy", 3)
KEY = ContentKey.of("child-policy.2026-04-02", os.urandom(32))


def one(payload: bytes = b'{"a":1}', seq: int = 7) -> bytes:
    return seal(KEY, PLACE, "c" * 64, 1_775_000_000, [Sheet(seq, "0193", payload, b"k" * 16)])[0]


def test_a_token_opens_where_it_lies() -> None:
    read, payload = open_token(one(), KEY, PLACE, b"k" * 16)
    assert (read["seq"], payload.rstrip(b" ")) == (7, b'{"a":1}')


@pytest.mark.threat("B1")
@pytest.mark.trap("C15")
@pytest.mark.parametrize("length", [0, 1, 511, 512, 513, 1024, 1025, 30_000])
def test_a_payload_is_padded_to_a_power_of_two_times_512(length: int) -> None:
    size = len(padded(b"x" * length))
    assert size >= max(length, 512)
    assert (size // 512).bit_count() == 1
    assert size % 512 == 0


@pytest.mark.trap("A23")
def test_the_largest_record_stays_below_what_stock_libraries_open() -> None:
    assert len(one(b"x" * 32_000)) < 65_536


@pytest.mark.threat("B2")
@pytest.mark.trap("input-23", "C5")
@pytest.mark.parametrize(
    ("place", "code"),
    [
        (Place("tax", PLACE.topic, 3), "foreign-token"),
        (Place(PLACE.aud, "juki.disclosures.tax", 3), "moved-token"),
        (Place(PLACE.aud, PLACE.topic, 4), "moved-token"),
    ],
)
def test_a_token_is_refused_where_it_does_not_belong(place: Place, code: str) -> None:
    with pytest.raises(TokenRefused) as refused:
        open_token(one(), KEY, place, b"k" * 16)
    assert refused.value.code == code


@pytest.mark.trap("C8")
def test_a_token_of_another_key_is_refused() -> None:
    with pytest.raises(TokenRefused) as refused:
        open_token(one(), ContentKey.of("child-policy.2026-04-03", os.urandom(32)), PLACE, b"k" * 16)
    assert refused.value.code == "unknown-kid"


@pytest.mark.trap("input-23", "C5")
def test_a_token_beside_another_record_key_is_refused() -> None:
    with pytest.raises(TokenRefused) as refused:
        open_token(one(), KEY, PLACE, b"o" * 16)
    assert refused.value.code == "foreign-record-key"


def test_another_spelling_of_the_same_bytes_is_another_token_and_refused() -> None:
    head, body = one(b"x" * 4096).rsplit(b"..", 1)
    spelled = head + b".." + body.replace(b"-", b"+").replace(b"_", b"/")
    with pytest.raises(TokenRefused):
        open_token(spelled, KEY, PLACE, b"k" * 16)


@pytest.mark.trap("C8")
@pytest.mark.parametrize("kid", ["child-policy.\0", "child-policy", "a.b.2026-04-02", "x" * 99 + ".2026-04-02", ""])
def test_a_key_id_of_another_form_reaches_no_database(kid: str) -> None:
    forged = pybase64.urlsafe_b64encode(orjson.dumps(header(one()) | {"kid": kid})).rstrip(b"=") + b"...."
    with pytest.raises(TokenRefused) as refused:
        header(forged)
    assert refused.value.code == "bad-header"


@pytest.mark.threat("B4")
@pytest.mark.trap("input-23", "C5")
def test_every_altered_letter_of_a_token_is_noticed() -> None:
    token = one()
    for at in range(len(token)):
        altered = token[:at] + (b"A" if token[at : at + 1] != b"A" else b"B") + token[at + 1 :]
        with pytest.raises(TokenRefused):
            open_token(altered, KEY, PLACE, b"k" * 16)


@pytest.mark.parametrize("value", [None, b"", b"x", b"{}", b"....", b"a.b.c.d.e", '{"name":"架空"}'.encode()])
def test_what_is_not_a_token_is_refused_without_a_value(value: bytes | None) -> None:
    with pytest.raises(TokenRefused) as refused:
        header(value)
    assert refused.value.code in {"not-a-token", "bad-header"}


@pytest.mark.threat("B4")
@pytest.mark.trap("C6", "C8")
@pytest.mark.parametrize(("member", "value", "code"), [
    ("alg", "none", "bad-algorithm"), ("enc", "A128GCM", "bad-algorithm"), ("zip", "DEF", "bad-header"),
    ("crit", ["exp"], "bad-header"), ("part", "3", "bad-header"), ("seq", True, "bad-header"),
    ("seq", 2**63, "bad-header"), ("iat", -1, "bad-header"),
])  # fmt: skip
def test_a_sender_cannot_choose_the_algorithm(member: str, value: object, code: str) -> None:
    changed = header(one()) | {member: value}
    with pytest.raises(TokenRefused) as refused:
        header(pybase64.urlsafe_b64encode(orjson.dumps(changed)).rstrip(b"=") + b"....")
    assert refused.value.code == code


PROTECTED = pybase64.urlsafe_b64decode(one().split(b".")[0] + b"==")
OTHERWISE = [
    PROTECTED.replace(b'"seq":7', b'"seq":07'), PROTECTED.replace(b'"seq":7', b'"seq":-7'),
    PROTECTED.replace(b'"seq":7', b'"seq":7.0'), PROTECTED.replace(b'"seq":7', b'"seq":9223372036854775808'),
    PROTECTED.replace(b'"seq":7', b'"seq":"7"'), PROTECTED.replace(b'"jti"', b'"typ"'),
    PROTECTED.replace(b',"seq"', b',"seq":1,"seq"'), PROTECTED.replace(b',"ctr"', b',"jti":"x","ctr"'),
    PROTECTED.replace(b'"aud":"child-policy"', b'"aud":"child-policy'), PROTECTED + b" ", PROTECTED[:-1], b"", b"[]",
]  # fmt: skip


@pytest.mark.trap("C8")
@pytest.mark.parametrize("protected", [PROTECTED, *OTHERWISE], ids=range(len(OTHERWISE) + 1))
def test_a_header_is_read_alike_whether_its_beginning_was_seen_before_or_not(protected: bytes) -> None:
    _common.cache_clear()
    answers = [_answer(protected), _answer(PROTECTED), _answer(protected)]
    assert answers[0] == answers[2] == _told(_read, protected)
    assert answers[1] == _told(_read, PROTECTED)


def _answer(protected: bytes) -> object:
    return _told(header, pybase64.urlsafe_b64encode(protected).rstrip(b"=") + b"....")


def _told(read: Callable[[bytes], dict[str, Any]], given: bytes) -> object:
    try:
        return list(read(given).items())
    except TokenRefused as refused:
        return refused.code


@pytest.mark.trap("C3")
def test_no_nonce_is_used_twice() -> None:
    tokens = seal(KEY, PLACE, "c", 0, [Sheet(n, "j", b"", b"") for n in range(1000)])
    assert len({token.split(b".")[2] for token in tokens}) == 1000


def test_a_content_key_does_not_show_itself() -> None:
    assert repr(KEY) == "ContentKey(child-policy.2026-04-02)"
