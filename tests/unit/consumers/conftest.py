"""What speaks to counterparts is tried on either event loop: the process that hands over has one of its own."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

import pytest
import uvloop

Loops = Mapping[str, Callable[[], object]]
ONE: Final[Loops] = {"asyncio": asyncio.new_event_loop}
BOTH: Final[Loops] = {**ONE, "uvloop": uvloop.new_event_loop}


def pytest_asyncio_loop_factories(item: pytest.Item) -> Loops:
    return BOTH if item.path.name == "test_wire.py" else ONE
