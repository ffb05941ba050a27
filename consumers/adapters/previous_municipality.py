"""転入通知 to the municipality where somebody has lived before (住基法9条1項), through the CS.

To whom is in the notice itself: the municipality of 従前の住所. Where the register does not know it, nobody can be
told, and the notice becomes a dead letter (`no-recipient`). The law names only "その旨"; that exactly the items of the
contract are told is the contract's word, and unsure (U).
"""

from typing import Any

from consumers.adapters.http import Settings, read
from consumers.adapters.municipality import Municipality
from consumers.disclosure import Disclosure
from hub.outcome import Refused

SETTINGS = Settings(path="/notices")


def encode(disclosure: Disclosure, sender: Municipality) -> dict[str, Any] | Refused:
    """The notice of one person. Only who has moved in is told: there is none of anybody who is gone."""
    if disclosure.state in ("left", "deleted"):
        return Refused("state-not-carried")
    to = (disclosure.items.get("previous_address") or {}).get("municipality_code")
    if to is None:
        return Refused("no-recipient")
    return {"from": sender.code, "to": to, "notice_no": disclosure.version, "record": dict(disclosure.items)}


__all__ = ["SETTINGS", "encode", "read"]
