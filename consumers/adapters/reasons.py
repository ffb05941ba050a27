"""The reasons of 規則11条 as counterparts take them: a closed list of twenty.

A 旧氏, 通称 or 振り仮名 entered or changed is told as 職権修正等, which is what the list has for corrections that it
does not name.
"""

from typing import Any, Final

_OTHER_CORRECTION: Final = "EX_OFFICIO_CORRECTION"
_NOT_IN_THE_LIST: Final = frozenset({"FORMER_SURNAME_CHANGED", "ALIAS_CHANGED", "FURIGANA_ENTERED"})


def listed(record: dict[str, Any]) -> dict[str, Any]:
    """The record with its reason as the list has it."""
    if record.get("change_reason") in _NOT_IN_THE_LIST:
        return {**record, "change_reason": _OTHER_CORRECTION}
    return record
