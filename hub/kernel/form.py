"""What the kernel and its twin are given, and what they give back: the same bytes for the same input, or an error.

On the way in the kernel opens a batch of Changes and looks at their form (`Door`). It takes those that are spelled as
the relay spells them; any other is left to the strict door, which alone refuses. The twin has no such door. Beyond the
topics disclosures are opened in the same way (`disclosed`), and there the twin does it too.

A payload is pieces in a row, and nothing else: `{"id":"`, the id, `",`, the `lead` of its wording, the `beginning` of
its record, the `head` of its wording, `{`, the named items in their order, `}`, the `tail` of its wording. An item that
the record does not have is null; what is not named is never copied. Who may be told what was decided before.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from contracts.written import Seen
from hub.bus.records import Headers, Outgoing
from hub.seal import ContentKey, Place


class Source(NamedTuple):
    """One record of a batch, and the `beginning` of every payload that is cut from it.

    `derived`: members that no record has; they go before those of the record.
    """

    record: Mapping[str, Any]
    derived: Mapping[str, Any]
    beginning: bytes


class Wording(NamedTuple):
    """What is the same for many disclosures. `items`: what is told, by name, in this order."""

    lead: bytes
    head: bytes
    items: tuple[str, ...]
    tail: bytes


class Batch(NamedTuple):
    """What is the same for all disclosures of one call: those of one contract, under one key.

    `nonces`: 12 bytes for each row, of one lot after the other; `contract`, `hash`: its id, its fingerprint;
    `written_at`: of the records, ms since 1970.
    """

    key: ContentKey
    nonces: bytes
    contract: bytes
    hash: bytes
    wordings: Sequence[Wording]
    headers: Headers
    written_at: int


Row = tuple[int, int, int]
"""One disclosure: the places of its case, of its record and of its wording.

Its id is the UUID of version 5 (RFC 9562) of the contract's id in the space of the change's.
"""


class Lot(NamedTuple):
    """What goes to one place. `start`: of the protected headers; `first`: the `seq` of the first row, from which the
    others count on.
    """

    start: bytes
    first: int
    rows: Sequence[Row]


Sealed = tuple[Sequence[Outgoing], list[bytes]]
"""The records of a lot, and of each the entry in a line of the ledger.

State, items and order (`transfer`) are measured on the very bytes that were sealed, and the digest on the token.
"""


class Sources(Protocol):
    """The records of a batch, ready to be cut for one contract after the other."""

    def seal(self, batch: Batch, lots: Sequence[Lot], keys: Sequence[bytes]) -> list[Sealed]:
        """Cut, pad, seal and measure, lot by lot and row by row. `keys`: the record key of each row.

        ValueError for another number of nonces or keys, IndexError for a case, a record or a wording that is not there.
        """


Token = tuple[bytes, bytes, bytes]
"""A sealed Change, the record key beside it, and the resident behind that, 16 bytes."""


class Door(Protocol):
    """Takes the Changes of a batch that are plain."""

    def read(self, keys: Sequence[ContentKey], place: Place, rows: Sequence[Token]) -> list[Seen | None]:
        """Each that opens with one of the keys, lies in its place, is of its resident, and fits; None: look at it."""


Lying = tuple[bytes, bytes, int]
"""A sealed disclosure, the record key beside it, and which of the places it lies in."""

Disclosed = tuple[bytes, str, int, str]
"""What lay under the seal, without the spaces behind it; of the header the hash of the contract, `seq` and `jti`."""


class Kernel(Protocol):
    """One way to do it."""

    @property
    def NAME(self) -> str:  # noqa: N802 - a constant of a module
        """What `jukihub status` says."""

    def sources(self, records: Sequence[Source], cases: Sequence[bytes]) -> Sources:
        """Take the records of a batch in. `cases`: the ids of their changes, 16 bytes each."""

    def records(
        self, keys: Sequence[bytes], values: Sequence[bytes], headers: Headers, written_at: int
    ) -> Sequence[Outgoing]:
        """Records with these keys and values."""

    def kids(self, tokens: Sequence[bytes]) -> dict[str, int]:
        """The content keys that these tokens name, and how many name each."""

    def disclosed(
        self, keys: Sequence[ContentKey], places: Sequence[Place], rows: Sequence[Lying]
    ) -> list[Disclosed | None]:
        """Each that opens with one of the keys and lies in its place; None: look at it strictly."""

    def door(self) -> Door | None:
        """A quick door for Changes; None: each is looked at strictly."""
