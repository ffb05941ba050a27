"""附票記載事項通知 to the municipality of the 本籍 (住基法19条1項), through the CS. Japanese nationals alone have one.

The register holds the 戸籍の表示 as text, so the municipality is the longest of the known names that it begins with
(`Municipality.codes`). Where none fits, or there is no 戸籍の表示 at all, nobody is guessed: a dead letter
(`no-recipient`). A 本籍 in our own municipality takes the same way, to our own 附票.
"""

from typing import Any

from consumers.adapters.http import Settings, read
from consumers.adapters.municipality import Municipality
from consumers.disclosure import Disclosure
from hub.outcome import Refused

SETTINGS = Settings(path="/notices")


def encode(disclosure: Disclosure, sender: Municipality) -> dict[str, Any] | Refused:
    """The notice. Who only leaves the population (日本国民) is told by 戸籍, not by us."""
    if disclosure.state == "left":
        return Refused("state-not-carried")
    to = _municipality(disclosure.items.get("honseki") or "", sender)
    if to is None:
        return Refused("no-recipient")
    return {"from": sender.code, "to": to, "notice_no": disclosure.version, "record": dict(disclosure.items)}


def _municipality(honseki: str, sender: Municipality) -> str | None:
    fitting = [name for name in sender.codes if honseki.startswith(name)]
    return sender.codes[max(fitting, key=len)] if fitting else None


__all__ = ["SETTINGS", "encode", "read"]
