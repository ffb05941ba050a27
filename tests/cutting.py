"""One payload as it goes under the seal, without what seals it."""

from datetime import date

from contracts.change import Change
from contracts.contract import Contract
from contracts.decide import Facts
from hub.cutting import Case, Cut, Decisions
from hub.intake import Accepted
from hub.kernel.twin import Values, cut, cutter


def payload(change: Change, contract: Contract, on: date, disclosure: str) -> bytes | None:
    """What `contract` is told of `change`, decided on the day `on`; None for silence."""
    case = Case(Accepted(change, b"{}"), Facts.of(change, on), bytes(16), bytes(16))
    decisions = Decisions([contract], on)
    poll = Cut.decided([case], decisions)
    if not poll.lots:
        return None
    (source,), (wording,) = poll.sources, decisions.wordings[0]
    values = Values.of({**source.record, **source.derived})
    return cut((values, source.beginning), cutter(wording), disclosure.encode())
