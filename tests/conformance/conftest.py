"""Stand-ins are shared by the tests of a module: a process per kind, which forgets between two tests."""

from collections.abc import Iterator

import pytest

from tests.conformance.counterparts import Standing


@pytest.fixture(scope="module")
def standing() -> Iterator[Standing]:
    made = Standing()
    yield made
    made.stop()
