"""What is sent is, byte for byte, what aiokafka would have sent."""

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.bus.request import KINDS, pieces

PARTITIONS = st.lists(st.tuples(st.integers(0, 2**31 - 1), st.binary(max_size=50)), max_size=3)
TOPICS = st.lists(st.tuples(st.text(max_size=20), PARTITIONS), max_size=3)


def by_the_library(request: Any) -> bytes:
    """Length, header and request, as AIOKafkaConnection.send joins them."""
    message = request.build_request_header(correlation_id=7, client_id="juki").encode() + request.encode()
    return bytes(struct.pack(">i", len(message)) + message)


@pytest.mark.parametrize("kind", KINDS)
@given(name=st.none() | st.text(max_size=20), acks=st.integers(-1, 1), topics=TOPICS)
def test_a_request_has_the_bytes_of_the_library_in_every_version(
    kind: Any, name: str | None, acks: int, topics: list[Any]
) -> None:
    request = kind(name, acks, 10_000, topics)
    assert b"".join(pieces(request, 7, "juki")) == by_the_library(request)


def test_a_long_request_goes_out_in_pieces_that_are_short() -> None:
    batches = [(part, bytes([part]) * 300_000) for part in range(9)]
    request = KINDS[-1]("id", -1, 10_000, [("topic", batches)])
    sent = [*pieces(request, 7, "juki")]
    assert b"".join(sent) == by_the_library(request)
    assert max(map(len, sent)) < 900_000 < 4 * min(map(len, sent))


def test_no_version_that_the_library_speaks_is_forgotten() -> None:
    from aiokafka.protocol.produce import ProduceRequest  # noqa: PLC0415 - nothing else of it is needed here

    assert {each for each in ProduceRequest._CLASSES if each.API_VERSION >= 3} == {*KINDS}
