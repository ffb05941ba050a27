from collections.abc import Sequence
from typing import Any

from contracts.written import Seen
from hub.kernel.form import Row, Sealed, Token

INTERFACE: int

class Sources:
    def __init__(self, records: Sequence[tuple[bytes, bytes, bytes]]) -> None: ...
    def seal(self, batch: tuple[Any, ...], rows: Sequence[Row]) -> list[Sealed]: ...

class Door:
    def __init__(self, record: Sequence[tuple[str, Any]], kinds: Sequence[str], asked: Sequence[str]) -> None: ...
    @staticmethod
    def kids(tokens: Sequence[bytes]) -> dict[str, int]: ...
    def read(
        self, keys: Sequence[tuple[str, bytes]], middle: bytes, rows: Sequence[Token]
    ) -> list[Seen | None]: ...
