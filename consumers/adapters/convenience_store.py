"""コンビニ交付: the latest record of each resident, keyed by 宛名番号; whoever is deleted or left is erased.

An erasure carries the identifier and nothing else. It counts as delivered only when the counterpart has given its
receipt and, asked once more, says that the record is not there: that is the confirmation which the ledger keeps. The
identifier is asked for in a body, never in an address that somebody's log would keep.

The centre serves from 6:30 to 23:00. Records are stored within these hours alone; an erasure is never kept waiting by
them, whosever it is, because what is erased late can be printed by somebody in between. That the centre takes erasures
at night is assumed (U).
"""

from datetime import datetime
from typing import Any, Final

from consumers.adapters import http
from consumers.adapters.hours import Hours
from consumers.adapters.http import Answer, Line, Settings
from consumers.adapters.municipality import Municipality
from consumers.disclosure import Disclosure
from hub.outcome import Deferred, Delivered, Outcome, Refused

SETTINGS = Settings(path="/records")
STATE = Settings(path="/records/state")
COUNT = Settings(path="/records/count")
ERASED: Final = "erased"
"""What the ledger says was confirmed."""

_GONE = frozenset({"deleted", "left"})
_DONE = frozenset({"stored", ERASED})
_NOT_THERE = frozenset({ERASED, "unknown"})


def encode(disclosure: Disclosure, _sender: Municipality) -> dict[str, Any] | Refused:
    """Store or erase."""
    record = dict(disclosure.items)
    subject = {"atena_no": record.pop("atena_no", None), "version": disclosure.version}
    if disclosure.state in _GONE:
        return {**subject, "operation": "erase"}
    return {**subject, "operation": "store", "record": record}


def read(answer: Answer) -> Outcome:
    """As everywhere, and the answer must say what became of the record."""
    outcome, said = http.read(answer), http.said(answer.body)
    if isinstance(outcome, Delivered) and said.get("state") not in _DONE:
        return Deferred("nonsense")
    if isinstance(outcome, Deferred) and answer.status == 503 and said.get("code") == "closed":
        return Deferred("closed")
    return outcome


async def after(line: Line, disclosure: Disclosure, message: dict[str, Any], taken: Delivered) -> Outcome:
    """An erasure is read back: Delivered with its confirmation once the record is not there."""
    if message["operation"] != "erase":
        return taken
    answer = await line.send(STATE, str(disclosure.id), {"atena_no": message["atena_no"]})
    return answer if isinstance(answer, Deferred) else read_back(answer, taken)


def read_back(answer: Answer, taken: Delivered) -> Outcome:
    """What the centre says of a record that it has taken the erasure of."""
    state = http.said(answer.body).get("state")
    if answer.status == 200 and state in _NOT_THERE:
        return Delivered(taken.receipt, ERASED)
    if answer.status == 200:
        return Deferred("not-erased" if state == "stored" else "nonsense")
    outcome = http.read(answer)
    return outcome if isinstance(outcome, Deferred) else Deferred("nonsense")


def rest(disclosure: Disclosure, hours: Hours, now: datetime) -> float:
    """How long a record is kept back that may not be stored now; erasures are not."""
    return 0.0 if disclosure.state in _GONE else hours.until_open(now).total_seconds()


__all__ = ["COUNT", "SETTINGS", "STATE", "after", "encode", "read", "read_back", "rest"]
