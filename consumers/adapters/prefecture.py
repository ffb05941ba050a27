"""本人確認情報の通知 to the prefecture (住基法30条の6), keyed by 住民票コード, with 更新順番号 = version.

The list of reasons of 規則11条 is closed: a 旧氏, 通称 or 振り仮名 entered or changed is told as 職権修正等, which is
what the list has for corrections that it does not name. The transport is unsure (the real one is no HTTP); the rest
of the hub sees settings, encode, send and read alone.
"""

from typing import Any

from consumers.adapters.http import Settings, read
from consumers.disclosure import Disclosure
from hub.outcome import Refused

SETTINGS = Settings(path="/notices")
_OTHER_CORRECTION = "EX_OFFICIO_CORRECTION"
_NOT_IN_THE_LIST = frozenset({"FORMER_SURNAME_CHANGED", "ALIAS_CHANGED", "FURIGANA_ENTERED"})


def encode(disclosure: Disclosure) -> dict[str, Any] | Refused:
    """The notice. Somebody who only leaves a population has nothing that 住基法30条の6 would notify."""
    if disclosure.state == "left":
        return Refused("state-not-carried")
    record = dict(disclosure.items)
    if record.get("change_reason") in _NOT_IN_THE_LIST:
        record["change_reason"] = _OTHER_CORRECTION
    return {"update_no": disclosure.version, "record": record}


__all__ = ["SETTINGS", "encode", "read"]
