"""市町村通知 to 出入国在留管理庁 of foreign residents (入管法61条の8の2), keyed by the number of the 在留カード等.

Who has none yet (出生による経過滞在者) is notified without one: the law makes no exception for them. Household and
qualifications are no business of this counterpart, and the contract does not hear them.
"""

from typing import Any

from consumers.adapters.http import Settings, read
from consumers.adapters.municipality import Municipality
from consumers.adapters.reasons import listed
from consumers.disclosure import Disclosure
from hub.outcome import Refused

SETTINGS = Settings(path="/notices")


def encode(disclosure: Disclosure, sender: Municipality) -> dict[str, Any] | Refused:
    """The notice. Who becomes a national is notified by the 消除 of the pair, not by leaving the population."""
    if disclosure.state == "left":
        return Refused("state-not-carried")
    return {"from": sender.code, "notice_no": disclosure.version, "record": listed(dict(disclosure.items))}


__all__ = ["SETTINGS", "encode", "read"]
