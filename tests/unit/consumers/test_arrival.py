"""Which records the inbox takes, drops or refuses, judged without a database."""

from uuid import UUID

import pytest

from consumers.arrival import Gap, Seen, judge, place_id, sort, unproven
from hub.bus import Incoming
from hub.envelope import CHANGE, DISCLOSURE
from hub.seal import ContentKey, Place, Sheet, seal

TOPIC = "juki.disclosures.tax"
KEY = ContentKey.of("tax.2026-04-01", bytes(32))


def uuid(n: int) -> str:
    return str(UUID(int=n, version=4))


def record(n: int, *, seq: int | None = None, place: Place | None = None, key: ContentKey = KEY) -> Incoming:
    """The n-th record of partition 3."""
    sheet = Sheet(n if seq is None else seq, uuid(n), b"{}", n.to_bytes(16, "big"))
    token = seal(key, place or Place("tax", TOPIC, 3), "0" * 64, 1, [sheet])[0]
    return Incoming(TOPIC, 3, n, n.to_bytes(16, "big"), token, DISCLOSURE, 1)


def sorted_of(*records: Incoming, last: int = 0, known: dict[UUID, Seen] | None = None):
    return sort([judge(one, "tax") for one in records], known or {}, {3: last}, "tax")


def codes(*records: Incoming) -> list[str]:
    return [arrival.code for arrival in sorted_of(*records).kept]


def test_what_belongs_here_is_kept_under_its_own_id() -> None:
    arrival = judge(record(1), "tax")
    assert (arrival.id, arrival.subject, arrival.seq, arrival.code) == (UUID(uuid(1)), (1).to_bytes(16, "big"), 1, "")


@pytest.mark.trap("input-13", "C6")
@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, "null-value"),
        (b"", "not-a-token"),
        (b'{"name": "\xe8\xa6\x8b\xe6\x9c\xac"}', "not-a-token"),
        (b"e30....", "bad-header"),
        (b"x" * 200_000, "too-large"),
    ],
)
def test_what_is_no_token_is_refused_and_not_kept(value: bytes | None, code: str) -> None:
    arrival = judge(record(1)._replace(value=value), "tax")
    assert (arrival.code, arrival.token, arrival.id) == (code, None, place_id("tax", 3, 1))


@pytest.mark.trap("input-23", "C5")
def test_a_token_of_another_contract_is_refused() -> None:
    foreign = ContentKey.of("elections.2026-04-01", bytes(32))
    assert codes(record(1, place=Place("elections", TOPIC, 3), key=foreign)) == ["foreign-token"]


@pytest.mark.trap("input-23", "C5")
def test_a_token_of_another_partition_is_refused() -> None:
    assert codes(record(1, place=Place("tax", TOPIC, 4))) == ["moved-token"]


@pytest.mark.trap("input-13")
@pytest.mark.parametrize("key", [None, b"", b"short", b"x" * 17])
def test_a_record_without_a_usable_key_is_refused(key: bytes | None) -> None:
    assert codes(record(1)._replace(key=key)) == ["no-record-key"]


@pytest.mark.trap("input-13", "C15")
def test_spoofed_headers_are_refused() -> None:
    assert codes(record(1)._replace(headers=CHANGE)) == ["foreign-headers"]


def test_a_refused_record_keeps_its_place_in_the_sequence() -> None:
    found = sorted_of(record(1)._replace(headers=CHANGE), record(2))
    assert (found.gaps, found.last) == ([], {3: 2})


def test_a_token_beside_another_record_key_is_refused() -> None:
    assert codes(record(1)._replace(key=b"x" * 16)) == ["foreign-record-key"]


@pytest.mark.trap("input-23")
def test_a_token_that_does_not_open_is_not_believed_and_moves_no_sequence() -> None:
    forged = unproven(judge(record(1, seq=10**12), "tax"), "tax", "altered-token")
    found = sort([forged, judge(record(2, seq=1), "tax")], {}, {3: 0}, "tax")
    assert ([one.code for one in found.kept], found.gaps, found.last) == (["altered-token", ""], [], {3: 1})


def test_a_planted_token_does_not_take_the_place_of_the_one_whose_id_it_claims() -> None:
    forged, genuine = judge(record(1, seq=2), "tax"), judge(record(1), "tax")
    found = sort([unproven(forged, "tax", "altered-token"), genuine], {}, {3: 0}, "tax")
    assert [one.code for one in found.kept] == ["altered-token", ""]


def test_a_record_that_lies_elsewhere_does_not_count_in_the_sequence() -> None:
    found = sorted_of(record(1, seq=9, place=Place("tax", TOPIC, 4)), record(2, seq=1))
    assert (found.gaps, found.last) == ([], {3: 1})


@pytest.mark.trap("input-01", "input-23")
def test_a_repeat_is_dropped_and_counted() -> None:
    first = record(1)
    found = sorted_of(first, record(2), first._replace(offset=3))
    assert (len(found.kept), found.repeats, found.last) == (2, 1, {3: 2})


def test_a_repeat_of_what_the_inbox_holds_is_dropped_whatever_its_number() -> None:
    found = sorted_of(record(7, seq=8), last=7, known={UUID(uuid(7)): Seen(7, None)})
    assert (found.kept, found.repeats, found.gaps, found.last) == ([], 1, [], {3: 8})


@pytest.mark.trap("input-23", "C5")
def test_a_hole_in_the_sequence_is_recorded_and_the_token_taken() -> None:
    found = sorted_of(record(1), record(4))
    assert (found.gaps, [arrival.code for arrival in found.kept]) == ([Gap(3, 2, 4)], ["", ""])


@pytest.mark.trap("input-23", "C5")
def test_swapped_tokens_are_both_noticed() -> None:
    found = sorted_of(record(2), record(1))
    assert (found.gaps, [arrival.code for arrival in found.kept]) == ([Gap(3, 1, 2)], ["", "sequence-not-rising"])


@pytest.mark.trap("input-02", "input-23")
def test_other_bytes_under_the_same_id_and_number_are_both_kept() -> None:
    found = sorted_of(record(1), record(1)._replace(offset=2))
    assert ([arrival.code for arrival in found.kept], found.repeats) == (["", "sequence-taken"], 0)
