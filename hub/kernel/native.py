"""The kernel: what hub/kernel/src says, behind the form that its twin has. ImportError where nobody has built it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from contracts.kinds import kinds
from contracts.written import ASKED, FORM, Seen, Written
from hub.bus import BATCH_BYTES, Encoded, Headers, Outgoing
from hub.kernel import _native
from hub.kernel.form import Batch, Disclosed, Lot, Lying, Sealed, Source, Token
from hub.seal import ContentKey, Place, between

NAME: Final = "native"
INTERFACE: Final = 5
"""Of this module to what was built; another one was built from other sources, and is not used."""

if _native.INTERFACE != INTERFACE:
    raise ImportError("the kernel was built from other sources")


class Sources:
    """The records of a batch, encoded once."""

    def __init__(self, records: Sequence[Source], cases: Sequence[bytes]) -> None:
        encoded = [(_text(one.record), orjson.dumps(one.derived), one.beginning) for one in records]
        self._native = _native.Sources(encoded, cases, BATCH_BYTES)

    def seal(self, batch: Batch, lots: Sequence[Lot], keys: Sequence[bytes]) -> list[Sealed]:
        """Cut, pad, seal and measure, lot by lot, without Python's lock."""
        key, *others, headers, written_at = batch
        sealed = self._native.seal((key.key, *others), lots, keys, headers, written_at)
        return [(Encoded(made, headers, written_at), entries) for made, entries in sealed]


def sources(records: Sequence[Source], cases: Sequence[bytes]) -> Sources:
    """Take the records of a batch in."""
    return Sources(records, cases)


def records(keys: Sequence[bytes], values: Sequence[bytes], headers: Headers, written_at: int) -> Sequence[Outgoing]:
    """Records with these keys and values."""
    return Encoded(_native.Records(keys, values, headers, written_at, BATCH_BYTES), headers, written_at)


class Door:
    """Opens Changes and looks at their form, without Python's lock."""

    def __init__(self) -> None:
        self._native = _native.Door(FORM, [*kinds()], ASKED)

    def read(self, keys: Sequence[ContentKey], place: Place, rows: Sequence[Token]) -> list[Seen | None]:
        """What each row holds; None: look at it strictly."""
        return self._native.read([(key.kid, key.key) for key in keys], between(place), rows)


def kids(tokens: Sequence[bytes]) -> dict[str, int]:
    """The content keys that these tokens name, and how many name each."""
    return _native.kids(tokens)


def disclosed(
    keys: Sequence[ContentKey], places: Sequence[Place], rows: Sequence[Lying]
) -> list[Disclosed | None]:  # fmt: skip
    """Each that opens with one of the keys and lies in its place; None: look at it strictly."""
    return _native.disclosed([(key.kid, key.key) for key in keys], [between(place) for place in places], rows)


def door() -> Door:
    """The door for the Changes of this version's form."""
    return Door()


def _text(record: Mapping[str, Any]) -> bytes:
    return record.text if isinstance(record, Written) else orjson.dumps(record)
