"""本人確認情報の通知 to the prefecture (住基法30条の6), keyed by 住民票コード, with 更新順番号 = version.

While the line is down the inbox is the ordered spool that 規則2条2項 asks for: nothing is lost, nobody is overtaken by
a later change of their own. A notice that an earlier hand-over has failed for says so by its 異常時更新順番号, which is
its 更新順番号 once more; in ordinary operation there is none. What the real number counts is not public (U). Beside
the items go those of 本人確認情報 that are computed: 外字数, 清音化かな, 市町村コード, 大字・字コード, 操作者ID and
操作端末ID. The transport is unsure (the real one is no HTTP); the rest of the hub sees settings, encode, send and read.
"""

from collections.abc import Mapping
from typing import Any

from consumers.adapters.characters import outside, search_key
from consumers.adapters.http import Settings, read
from consumers.adapters.municipality import Municipality
from consumers.adapters.reasons import listed
from consumers.disclosure import Disclosure
from hub.outcome import Refused

SETTINGS = Settings(path="/notices")


def encode(disclosure: Disclosure, sender: Municipality) -> dict[str, Any] | Refused:
    """The notice. Somebody who only leaves a population has nothing that 住基法30条の6 would notify."""
    if disclosure.state == "left":
        return Refused("state-not-carried")
    record = listed(dict(disclosure.items))
    return {
        "update_no": disclosure.version, "emergency_update_no": disclosure.version if disclosure.again else None,
        "record": record, "derived": _derived(record, sender),
    }  # fmt: skip


def _derived(record: Mapping[str, Any], sender: Municipality) -> dict[str, Any]:
    """What 本人確認情報 has beside the items: computed from them, or of who sends it."""
    address, kana = record.get("address") or {}, record.get("name_furigana")
    return {
        "name_outside": outside(record.get("name") or ""),
        "name_search": None if kana is None else search_key(kana),
        "address_outside": outside(address.get("text") or ""),
        "former_surname_outside": outside(record.get("former_surname") or ""),
        "municipality_code": address.get("municipality_code"), "town_code": address.get("machiaza_id"),
        "operator": sender.operator, "terminal": sender.terminal,
    }  # fmt: skip


__all__ = ["SETTINGS", "encode", "read"]
