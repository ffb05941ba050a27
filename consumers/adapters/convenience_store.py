"""コンビニ交付: the latest record of each resident, keyed by 宛名番号; whoever is deleted or left is erased.

An erasure carries the identifier and nothing else. It counts as delivered only when the counterpart says that the
record is gone.
"""

from typing import Any

from consumers.adapters import http
from consumers.adapters.http import Answer, Settings
from consumers.adapters.municipality import Municipality
from consumers.disclosure import Disclosure
from hub.outcome import Deferred, Delivered, Outcome, Refused

SETTINGS = Settings(path="/records")
_GONE = frozenset({"deleted", "left"})
_DONE = frozenset({"stored", "erased"})


def encode(disclosure: Disclosure, _sender: Municipality) -> dict[str, Any] | Refused:
    """Store or erase."""
    record = dict(disclosure.items)
    subject = {"atena_no": record.pop("atena_no", None), "version": disclosure.version}
    if disclosure.state in _GONE:
        return {**subject, "operation": "erase"}
    return {**subject, "operation": "store", "record": record}


def read(answer: Answer) -> Outcome:
    """As everywhere, and the answer must say what became of the record."""
    outcome = http.read(answer)
    if isinstance(outcome, Delivered) and http.said(answer.body).get("state") not in _DONE:
        return Deferred("nonsense")
    return outcome


__all__ = ["SETTINGS", "encode", "read"]
