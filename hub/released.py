"""The ledger's line of a release: what a replay hands over once more, by whose plan and whose approval.

It stands beside the line of the first telling, under the same disclosure, on the same partition, and has no number of
its own (`seq` counts tellings). Its items are measured on the very bytes that were sealed. Who reads the ledger tells
the two forms apart by the member `kind`, which a line of a Change does not have.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

RELEASE: Final = "release"


@dataclass(frozen=True, slots=True)
class Warrant:
    """Under what a release happens: the plan, who asked for it, and who approved it."""

    plan: UUID
    requested_by: UUID
    approved_by: UUID


@dataclass(frozen=True, slots=True)
class Released:
    """One disclosure that is released once more. `subject`: the ledger's pseudonym of the resident."""

    disclosure: UUID
    change: UUID
    subject: bytes
    contract: str
    contract_hash: str
    state: str
    items: Sequence[str]
    token: bytes


def line(warrant: Warrant, one: Released, now: datetime) -> bytes:
    """The line, as it goes onto juki.ledger."""
    return orjson.dumps({
        "kind": RELEASE, "plan": str(warrant.plan), "requested_by": str(warrant.requested_by),
        "approved_by": str(warrant.approved_by), "disclosure": str(one.disclosure), "change": str(one.change),
        "subject": one.subject.hex(), "contract": one.contract, "contract_hash": one.contract_hash,
        "state": one.state, "items": list(one.items), "token_sha256": hashlib.sha256(one.token).hexdigest(),
        "recorded_at": now.isoformat(),
    })  # fmt: skip


def is_release(read: Mapping[str, Any]) -> bool:
    """Whether a line of the ledger is one of these."""
    return read.get("kind") == RELEASE


def archived(partition: int, offset: int, read: Mapping[str, Any], value: bytes | None) -> tuple[Any, ...]:
    """The row of hub.releases that a line comes to."""
    return (
        partition, offset, UUID(read["plan"]), UUID(read["disclosure"]), UUID(read["change"]), read["contract"],
        read["contract_hash"], read["state"], read["items"], bytes.fromhex(read["token_sha256"]),
        UUID(read["requested_by"]), UUID(read["approved_by"]), datetime.fromisoformat(read["recorded_at"]), value,
    )  # fmt: skip
