"""世帯分離, 世帯合併, 世帯変更, 続柄変更 (住基法25条; 続柄 of foreign nationals 30条の48): nobody moves.

1. Who goes is on the register and in one household. 2. 分離: somebody stays; those who go have exactly one head. 3.
合併: all of a household go. 4. 変更: some of them go. 5. Into another household only at the same address: whoever
lives elsewhere files a 転居. 6. Where the head leaves others behind, a new head is demanded. 7. 続柄: of members,
never of the head; at least one is another than before.
"""

from producers.acts.regroup import founding, joining
from producers.household import HEAD, Person, View, head_of, those_who_stay, unaltered, under
from producers.notices import HouseholdChange, HouseholdMerge, HouseholdSplit, RelationshipChange
from producers.outbox import Draft
from producers.refusals import NoticeRefused


def split(notice: HouseholdSplit, view: View) -> list[Draft]:
    """HOUSEHOLD_SPLIT for each who goes, HEAD_CHANGED or HOUSEHOLD_CHANGED for each who stays."""
    people = view.find_all(notice.atena_nos)
    left = view.members(people[0].household_no)
    if len(people) == len(left):
        raise NoticeRefused("nobody-stays", "atena_nos")
    records = founding(people, notice.head, notice.movers, view)
    went = [
        Draft(who.resident, "HOUSEHOLD_SPLIT", who.record, record, notice.on, notice.notified_on)
        for who, record in zip(people, records, strict=True)
    ]
    return went + those_who_stay(left, people, notice, "HOUSEHOLD_CHANGED")


def merge(notice: HouseholdMerge, view: View) -> list[Draft]:
    """HOUSEHOLD_MERGED for each who comes, HOUSEHOLD_CHANGED for each who lives there already."""
    people = view.find_all(notice.atena_nos)
    if len(people) != len(view.members(people[0].household_no)):
        raise NoticeRefused("not-the-whole-household", "atena_nos")
    return _into_another(people, notice, view, "HOUSEHOLD_MERGED")


def change(notice: HouseholdChange, view: View) -> list[Draft]:
    """HOUSEHOLD_CHANGED for each who goes and each who is joined; for each who stays that or HEAD_CHANGED."""
    people = view.find_all(notice.atena_nos)
    left = view.members(people[0].household_no)
    if len(people) == len(left):
        raise NoticeRefused("the-whole-household", "atena_nos")
    went = _into_another(people, notice, view, "HOUSEHOLD_CHANGED")
    return went + those_who_stay(left, people, notice, "HOUSEHOLD_CHANGED")


def _into_another(
    people: list[Person], notice: HouseholdMerge | HouseholdChange, view: View, kind: str
) -> list[Draft]:
    joined, records = joining(people, notice.household_no, notice.movers, view)
    if any(who.record["address"] != head_of(joined).record["address"] for who in people):
        raise NoticeRefused("different-addresses", "household_no")
    came = [
        Draft(who.resident, kind, who.record, record, notice.on, notice.notified_on)
        for who, record in zip(people, records, strict=True)
    ]
    return came + [unaltered(who, "HOUSEHOLD_CHANGED", notice.on, notice.notified_on) for who in joined]


def relationship(notice: RelationshipChange, view: View) -> list[Draft]:
    """RELATIONSHIP_CHANGED for each who is something else to the head from now on."""
    people = view.find_all(notice.atena_nos)
    if notice.relationships.keys() != set(notice.atena_nos):
        raise NoticeRefused("relationship-missing", "relationships")
    if any(person.is_head for person in people) or HEAD in notice.relationships.values():
        raise NoticeRefused("head-exists", "relationships")
    changed = [(who, under(who.record, who.record["household_head_name"], notice.relationships[who.atena_no]))
               for who in people]  # fmt: skip
    drafts = [
        Draft(who.resident, "RELATIONSHIP_CHANGED", who.record, after, notice.on, notice.notified_on)
        for who, after in changed if after != who.record
    ]  # fmt: skip
    if not drafts:
        raise NoticeRefused("nothing-changes", "relationships")
    return drafts
