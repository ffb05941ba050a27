"""旧氏 (住基令30条の13, 30条の14), 通称 (30条の16, 30条の17) and 氏名の振り仮名 (住基法7条1号の2).

1. 旧氏 is for Japanese nationals: entered, changed, removed. 2. 通称 is for foreign nationals: entered where there is
none, and removed; another one is a removal and an entry. Both stand in its history with their day. 3. A 振り仮名 is
written in kana. 4. What stands there already is not entered, and what does not stand there not removed.
"""

import re
from typing import Any

from producers.acts.one import changed, foreign, japanese
from producers.household import View
from producers.notices import Alias, FormerSurname, Furigana
from producers.outbox import Draft
from producers.refusals import NoticeRefused

_KANA = re.compile("[ぁ-ゖァ-ヺー゛゜ゝゞヽヾ・\u3000 ]+")


def former_surname(notice: FormerSurname, view: View) -> list[Draft]:
    """FORMER_SURNAME_CHANGED."""
    who = japanese(view.find(notice.atena_no))
    _check_removal(notice.former_surname, who.record.get("former_surname"), "former_surname")
    return changed(notice, who, "FORMER_SURNAME_CHANGED", former_surname=notice.former_surname)


def alias(notice: Alias, view: View) -> list[Draft]:
    """ALIAS_CHANGED."""
    who = foreign(view.find(notice.atena_no))
    present = who.record.get("alias_name")
    _check_removal(notice.alias_name, present, "alias_name")
    if notice.alias_name is not None and present is not None:
        raise NoticeRefused("alias-exists", "alias_name")
    history = _history([*(who.record.get("alias_history") or [])], notice, present)
    return changed(notice, who, "ALIAS_CHANGED", alias_name=notice.alias_name, alias_history=history)


def furigana(notice: Furigana, view: View) -> list[Draft]:
    """FURIGANA_ENTERED."""
    if not _KANA.fullmatch(notice.name_furigana):
        raise NoticeRefused("not-kana", "name_furigana")
    who = view.find(notice.atena_no)
    return changed(notice, who, "FURIGANA_ENTERED", name_furigana=notice.name_furigana)


def _check_removal(stated: str | None, present: Any, place: str) -> None:
    if stated is None and present is None:
        raise NoticeRefused("nothing-to-remove", place)


def _history(history: list[Any], notice: Alias, present: Any) -> list[Any]:
    """令30条の17: what was entered and removed, and when."""
    if notice.alias_name is not None:
        return [*history, {"alias": notice.alias_name, "entered_on": notice.on}]
    if history and isinstance(history[-1], dict) and history[-1].get("alias") == present:
        return [*history[:-1], {**history[-1], "removed_on": notice.on}]
    return [*history, {"alias": present, "removed_on": notice.on}]
