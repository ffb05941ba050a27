from collections.abc import Sequence
from typing import Any

from hub.kernel.form import Row, Sealed

INTERFACE: int

class Sources:
    def __init__(self, records: Sequence[tuple[bytes, bytes]]) -> None: ...
    def seal(self, batch: tuple[Any, ...], rows: Sequence[Row]) -> list[Sealed]: ...
