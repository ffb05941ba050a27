"""出生 (戸籍法49条, 住基法8条): the child enters the household of a parent who is on the register.

1. The parent is on the register. 2. The child is not. 3. The child lives where the parent lives. 4. Where the parent is
protected the child is as well: an address that may not be found through the parent may not be found through the child.
"""

from producers.acts import newcomers
from producers.household import View, head_of, under
from producers.notices import Birth
from producers.outbox import Draft


def to_changes(notice: Birth, view: View) -> list[Draft]:
    """BIRTH for the child."""
    parent = view.find(notice.parent, "parent")
    head = head_of(view.members(parent.household_no))
    entry = next(newcomers.entries([notice.child], view))
    record = newcomers.record(entry, parent.household_no, notice.on, parent.record["address"])
    guarded = {
        **record, "protected": parent.record.get("protected") is not False,
        "dv_protection": parent.record.get("dv_protection"),
    }  # fmt: skip
    place = "child.relationship_to_head"
    after = under(guarded, head.record["name"], notice.child.relationship_to_head, place)
    return [Draft(entry.numbers.resident, "BIRTH", None, after, notice.on, notice.notified_on)]
