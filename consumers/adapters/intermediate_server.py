"""Registration of the copy (副本) of 住民票関係情報 at the 中間サーバー (番号法19条8号, 住基法7条4号).

Keyed by 団体内統合宛名番号. The copy of a protected person, or of one of whom it is not said, is marked 自動応答不可.
Erasing a copy is an operation of the city, not a consequence of 消除.
"""

from typing import Any

from consumers.adapters.http import Settings, read
from consumers.adapters.municipality import Municipality
from consumers.disclosure import Disclosure
from hub.outcome import Refused

SETTINGS = Settings(path="/copies")


def encode(disclosure: Disclosure, _sender: Municipality) -> dict[str, Any] | Refused:
    """The copy: the identifier outside, the items of 7条4号 inside."""
    if disclosure.state == "left":
        return Refused("state-not-carried")
    record = dict(disclosure.items)
    return {
        "togo_atena_no": record.pop("togo_atena_no", None), "version": disclosure.version,
        "auto_answer": disclosure.protected is False, "record": record,
    }  # fmt: skip


__all__ = ["SETTINGS", "encode", "read"]
