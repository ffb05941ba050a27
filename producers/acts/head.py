"""世帯主変更 (住基法25条): one event, and item 4 of every member changes (住基法7条4号).

1. The new head is on the register and is not the head. 2. Every other member's relationship to the new head is stated.
"""

from producers.household import View, under_new_head
from producers.notices import HeadChange
from producers.outbox import Draft
from producers.refusals import NoticeRefused


def to_changes(notice: HeadChange, view: View) -> list[Draft]:
    """HEAD_CHANGED for each member of the household."""
    chosen = view.find(notice.new_head, "new_head")
    if chosen.is_head:
        raise NoticeRefused("already-head", "new_head")
    changed = under_new_head(view.members(chosen.household_no), notice.new_head, notice.relationships)
    return [
        Draft(who.resident, "HEAD_CHANGED", who.record, after, notice.on, notice.notified_on) for who, after in changed
    ]
