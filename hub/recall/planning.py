"""The plan of a recall: what one contract may be told no longer, and what the ledger says that it was told of that.

Nobody chooses the items: they follow from every Book ever used beside the one of now. The plan is kept as canonical
JSON; its SHA-256 names the very set that another person approves, and a plan that has moved since is not approved.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any, Final

from contracts.book import Book
from contracts.canonical import canonical
from contracts.contract import Contract
from contracts.recall import Over, over
from hub.books import Use, uses
from hub.database import Database
from hub.errors import UsageError
from hub.recall.held import Held, held
from hub.stops import stopped

TYPE: Final = "juki-hub/recall-plan/1"


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be recalled, as it is kept."""

    content: bytes

    @property
    def hash(self) -> str:
        """The SHA-256 of it, in hexadecimal."""
        return sha256(self.content).hexdigest()

    @property
    def said(self) -> dict[str, Any]:
        """What stands in it."""
        found: dict[str, Any] = json.loads(self.content)
        return found


async def planned(database: Database, book: Book, name: str, to: str, today: date) -> Plan:
    """The plan for one contract; `to`: whom the subscriber has to confirm to.

    UsageError: unknown-contract, contract-in-force (nothing is over), nothing-told.
    """
    used, now = await uses(database), book.contracts.get(name)
    forms = [use.book.contracts[name] for use in used if name in use.book.contracts]
    if not forms and now is None:
        raise UsageError("unknown-contract", "CONTRACT")
    is_stopped = now is not None and name in await stopped(database, [now])
    gone = over(forms, now, today, stopped=is_stopped)
    if gone is None:
        raise UsageError("contract-in-force", "CONTRACT", "Nothing of it is over; `jukihub recall stop` stops its feed")
    found = await held(database, name, gone.items, _kept(used, name))
    if not found.items:
        raise UsageError("nothing-told", "CONTRACT", "It was told nothing that it may not keep")
    return Plan(canonical(_said(name, now or forms[-1], gone, found, to)))


def _said(name: str, contract: Contract, gone: Over, found: Held, to: str) -> dict[str, Any]:
    return {
        "type": TYPE, "contract": name, "subscriber": contract.subscriber, "purpose": contract.purpose,
        "via": contract.via, "why": gone.why, "items": [one.as_json() for one in found.items],
        "residents": found.residents, "tellings": found.tellings, "set_sha256": found.digest, "confirm_to": to,
    }  # fmt: skip


def _kept(used: Sequence[Use], name: str) -> dict[str, tuple[Book, Contract]]:
    pairs = ((use.book, use.book.contracts[name]) for use in used if name in use.book.contracts)
    return {contract.hash: (book, contract) for book, contract in pairs}
