"""What is due: from the bodies of the Changes that were minted, by the contracts alone. Pure.

The oracle decides as the law does (`contracts.decide`) and knows nothing of how anything travels. What a protection
that begins may do to what still waits before it (消えるか、保護つきで届くか) is part of what is due.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid5

from consumers.adapters import ADAPTERS
from consumers.disclosure import Disclosure
from contracts.change import Change, parse
from contracts.contract import Contract
from contracts.decide import Silence, decide
from hub.outcome import Refused
from tests.faults.chaos.judge import Due


def due(bodies: Iterable[bytes], contracts: Mapping[str, Contract]) -> list[Due]:
    """Every disclosure that must arrive somewhere, by contract."""
    changes = [parse(body) for body in bodies]
    return [one for contract in contracts.values() for one in _of_contract(changes, contract)]


def _of_contract(changes: Iterable[Change], contract: Contract) -> list[Due]:
    told: dict[UUID, list[Due]] = defaultdict(list)
    for change in sorted(changes, key=lambda change: change.version):
        if (one := _told(change, contract)) is not None:
            told[one.resident].append(one)
    return [one for of_resident in told.values() for one in _overtaken(of_resident, contract)]


def _told(change: Change, contract: Contract) -> Due | None:
    decision = decide(change, contract, change.day)
    if isinstance(decision, Silence):
        return None
    told = str(uuid5(UUID(change.id), contract.id))
    return Due(told, contract.id, change.id, change.resident, change.version, decision.state, decision.items,
               decision.protected)  # fmt: skip


def _overtaken(told: list[Due], contract: Contract) -> list[Due]:
    """Each with the messages that its counterpart may be sent, seen from the last to the first."""
    begun, found = False, list[Due]()
    for one in reversed(told):
        suspends = contract.protected == "suspend"
        messages = _messages(one, contract, flagged=begun and not suspends)
        found.append(replace(one, messages=messages, may_be_overtaken=begun and suspends))
        begun = begun or (one.state == "left" if suspends else one.protected is True)
    return found[::-1]


def _messages(one: Due, contract: Contract, *, flagged: bool) -> tuple[Mapping[str, Any], ...]:
    if contract.via not in ADAPTERS:
        return ()
    said = Disclosure(UUID(one.id), one.contract, one.version, one.state, dict(one.items), one.protected)
    first = (said, said.flagged())[: 2 if flagged else 1]
    encoded = [ADAPTERS[contract.via].encode(each) for each in (*first, *(one.repeated() for one in first))]
    return tuple(message for message in encoded if not isinstance(message, Refused))
