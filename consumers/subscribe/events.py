"""What a subscription tells: what was applied, what is missing, what nobody can open any more. Content never shows."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from contracts.decide import State


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record lies on the subscriber's topic."""

    partition: int
    offset: int

    def __str__(self) -> str:
        return f"partition {self.partition} offset {self.offset}"


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What the subscriber is told of one change (提供情報).

    `resident`: the pseudonym under which this contract, and no other, knows the resident; the same for ever.
    `version`: microseconds, rising per resident. `items`: item id -> value, null where the register has none.
    `protected`: 支援措置; None where the disclosure does not say, which is to be read as protected.
    `contract_hash`: of the contract under which it was told. `transfer`: the order (決裁) of a 随時移転, which tells
    once and may have fewer items than the contract permits, because the order names no others; None for all else.
    """

    at: Place
    seq: int
    id: UUID
    resident: bytes = field(repr=False)
    contract_hash: str = field(repr=False)
    version: int = field(repr=False)
    recorded_at: str = field(repr=False)
    state: State = field(repr=False)
    items: dict[str, Any] = field(repr=False)
    protected: bool | None = field(default=None, repr=False)
    transfer: UUID | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Applied:
    """The disclosure was applied; its transaction is committed."""

    disclosure: Disclosure


@dataclass(frozen=True, slots=True)
class Repeated:
    """Nothing was applied: this resident has this version already, or a later one."""

    disclosure: Disclosure


@dataclass(frozen=True, slots=True)
class Gap:
    """These numbers are missing, both included. Noted in the same transaction, so it is still known after a crash."""

    partition: int
    from_seq: int
    to_seq: int


@dataclass(frozen=True, slots=True)
class Erased:
    """A record that is still there and that nobody opens any more: its key was destroyed. The feed goes on.

    `seq` is what its header says, and None where that is not the number that was due: unopened, it is a mere claim.
    """

    at: Place
    seq: int | None
    kid: str


@dataclass(frozen=True, slots=True)
class Expired:
    """These numbers, both included, are no longer on the topic: its retention is over."""

    partition: int
    from_seq: int
    to_seq: int


@dataclass(frozen=True, slots=True)
class KeysWanted:
    """The key of this record is not among those granted: fetch the keys anew. Its partition waits, and asks again."""

    at: Place
    kid: str


Event = Applied | Repeated | Gap | Erased | KeysWanted
"""What happens while a feed is followed."""

Told = Disclosure | Gap | Erased | Expired | KeysWanted
"""What a topic answers that is read once more."""
