"""職権記載, 職権消除, 職権修正, 軽微な修正 (住基令12条, 規則11条): the mayor corrects what nobody has notified.

1. 記載 and 消除 follow the rules of whoever comes and goes by notice. 2. 修正 changes something. 3. The address is
that of the household, so all its members are named; anything else is corrected one person at a time. 4.
住民となった年月日 is an item of Japanese nationals (住基法30条の45). 5. Where a head is called otherwise from now on,
item 4 of every other member is corrected too (HEAD_NAME_CORRECTED, 住基法7条4号). 6. A 軽微な修正 moves nobody and
renames nobody: other characters of the same name, another naming of the same place.
"""

from collections.abc import Mapping
from typing import Any

from producers.acts.entering import entered
from producers.acts.leaving import deleted
from producers.household import Person, View, under_renamed_head
from producers.notices import Correction, ExOfficioCorrection, ExOfficioDelete, ExOfficioEntry, MinorCorrection
from producers.outbox import Draft
from producers.refusals import NoticeRefused


def entry(notice: ExOfficioEntry, view: View) -> list[Draft]:
    """EX_OFFICIO_ENTRY for each person, HOUSEHOLD_CHANGED for each who lives there already."""
    return entered(notice, view, "EX_OFFICIO_ENTRY")


def deletion(notice: ExOfficioDelete, view: View) -> list[Draft]:
    """EX_OFFICIO_DELETE for each, HEAD_CHANGED for each who stays where the head is among them."""
    return deleted(view.find_all(notice.atena_nos), "EX_OFFICIO_DELETE", notice, view)


def correction(notice: ExOfficioCorrection, view: View) -> list[Draft]:
    """EX_OFFICIO_CORRECTION for each, HEAD_NAME_CORRECTED for the others where a head is renamed."""
    return _corrected(notice, view, "EX_OFFICIO_CORRECTION")


def minor(notice: MinorCorrection, view: View) -> list[Draft]:
    """MINOR_CORRECTION for each, HEAD_NAME_CORRECTED for the others where a head is written otherwise."""
    return _corrected(notice, view, "MINOR_CORRECTION")


def _corrected(notice: Correction, view: View, kind: str) -> list[Draft]:
    people, stated = view.find_all(notice.atena_nos), notice.stated()
    _check_scope(people, stated, view)
    drafts = [
        Draft(who.resident, kind, who.record, {**who.record, **stated}, notice.on, notice.notified_on)
        for who in people if {**who.record, **stated} != who.record
    ]  # fmt: skip
    if not drafts:
        raise NoticeRefused("nothing-changes", "items")
    head = people[0]
    return drafts + under_renamed_head(
        head, stated.get("name", head.record["name"]), view, notice.on, notice.notified_on
    )


def _check_scope(people: list[Person], stated: Mapping[str, Any], view: View) -> None:
    if len(people) > 1 and stated.keys() - {"address"}:
        raise NoticeRefused("one-person-only", "items")
    if "address" in stated and len(people) != len(view.members(people[0].household_no)):
        raise NoticeRefused("not-the-whole-household", "atena_nos")
    if stated.get("resident_since") is not None and people[0].is_foreign:
        raise NoticeRefused("only-for-japanese", "items.resident_since")
