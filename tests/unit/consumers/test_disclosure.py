"""What may lie under a seal, and what of it may show."""

from uuid import UUID

import orjson
import pytest

from consumers.disclosure import Disclosure, read
from hub.errors import TokenRefused

JTI = str(UUID(int=5, version=4))
SAID = {
    "id": JTI, "contract": "tax", "version": 7, "recorded_at": "2026-04-01T00:00:00+09:00", "state": "inside",
    "items": {"name": "見本 𠮷"}, "protected": True,
}  # fmt: skip


def payload(**changed: object) -> bytes:
    return orjson.dumps({**SAID, **changed}).ljust(1024)


def test_the_padding_is_no_part_of_it() -> None:
    said = Disclosure(
        UUID(JTI), "tax", 7, "inside", {"name": "見本 𠮷"}, True, recorded_at="2026-04-01T00:00:00+09:00"
    )
    assert read(payload(), JTI, "tax") == said


def test_a_disclosure_that_does_not_say_is_not_unprotected() -> None:
    without = {name: value for name, value in SAID.items() if name != "protected"}
    assert read(orjson.dumps(without), JTI, "tax").protected is None


def test_a_transfer_names_its_order() -> None:
    order = UUID(int=9, version=4)
    assert read(payload(transfer=str(order)), JTI, "tax").transfer == order
    assert read(payload(), JTI, "tax").transfer is None


@pytest.mark.parametrize(
    "changed",
    [{"version": "7"}, {"version": 0}, {"version": 7.0}, {"version": True}, {"version": 2**63}, {"again": True},
     {"recorded_at": None}, {"state": "gone"}, {"items": []}, {"protected": "no"}, {"more": 1},
     {"transfer": "1"}, {"transfer": None}],
    ids=str,
)
def test_a_payload_of_another_form_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(TokenRefused, match="bad-payload"):
        read(payload(**changed), JTI, "tax")


@pytest.mark.parametrize(
    "payload",
    [b"", b"[]", b"null", b'{"name": "secret"', b'{"secret": 1}', b'"\\ud800"', b"\xff", b"[" * 100_000],
    ids=lambda each: str(each[:20]),
)
def test_what_cannot_be_read_is_refused_and_no_error_remembers_it(payload: bytes) -> None:
    with pytest.raises(TokenRefused, match="bad-payload") as refused:
        read(payload, JTI, "tax")
    assert (refused.value.__cause__, refused.value.__context__) == (None, None)


@pytest.mark.parametrize("changed", [{"id": str(UUID(int=6, version=4))}, {"contract": "elections"}], ids=str)
def test_a_payload_that_is_not_what_its_header_promised_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(TokenRefused, match="payload-mismatch"):
        read(payload(**changed), JTI, "tax")


def test_a_repr_says_nothing_of_the_content() -> None:
    assert repr(read(payload(), JTI, "tax")) == f"Disclosure(id={UUID(JTI)!r}, contract='tax')"
