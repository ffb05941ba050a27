"""What is sent is, byte for byte, what aiokafka would have sent."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.bus.request import KINDS, encoded

PARTITIONS = st.lists(st.tuples(st.integers(0, 2**31 - 1), st.binary(max_size=50)), max_size=3)
TOPICS = st.lists(st.tuples(st.text(max_size=20), PARTITIONS), max_size=3)


def by_the_library(request: Any) -> bytes:
    """As its schema has it, which nobody has replaced."""
    told: Callable[[list[Any]], bytes] = request.SCHEMA.encode
    return told([getattr(request, name) for name in request.SCHEMA.names])


@pytest.mark.parametrize("kind", KINDS)
@given(name=st.none() | st.text(max_size=20), acks=st.integers(-1, 1), topics=TOPICS)
def test_a_request_has_the_bytes_of_the_library_in_every_version(
    kind: Any, name: str | None, acks: int, topics: list[Any]
) -> None:
    request = kind(name, acks, 10_000, topics)
    assert encoded(request) == by_the_library(request) == request.encode()


def test_no_version_that_the_library_speaks_is_forgotten() -> None:
    from aiokafka.protocol.produce import ProduceRequest  # noqa: PLC0415 - nothing else of it is needed here

    assert {each for each in ProduceRequest._CLASSES if each.API_VERSION >= 3} == {*KINDS}
