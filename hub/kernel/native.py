"""The kernel: what hub/kernel/src says, behind the form that its twin has. ImportError where nobody has built it."""

from collections.abc import Sequence
from typing import Final

import orjson

from hub.kernel import _native
from hub.kernel.form import Batch, Row, Sealed, Source

NAME: Final = "native"
INTERFACE: Final = 1
"""Of this module to what was built; another one was built from other sources, and is not used."""

if _native.INTERFACE != INTERFACE:
    raise ImportError("the kernel was built from other sources")


class Sources:
    """The records of a batch, encoded once."""

    def __init__(self, records: Sequence[Source]) -> None:
        self._native = _native.Sources([(orjson.dumps(one.members), one.beginning) for one in records])

    def seal(self, batch: Batch, rows: Sequence[Row]) -> list[Sealed]:
        """Cut, pad, seal and measure, row by row, without Python's lock."""
        key, *others = batch
        return self._native.seal((key.key, *others), rows)


def sources(records: Sequence[Source]) -> Sources:
    """Take the records of a batch in."""
    return Sources(records)
