"""People who go into another household together: a new one among themselves, or one that exists."""

from collections.abc import Mapping
from typing import Any

from producers.household import Person, View, head_of, under, under_new_head
from producers.refusals import NoticeRefused

Records = list[dict[str, Any]]


def founding(people: list[Person], head: str | None, movers: Mapping[str, str], view: View) -> Records:
    """The records of `people` in a household of their own: exactly one of them is its head."""
    if head is None:
        raise NoticeRefused("one-head-needed", "head")
    return [{**record, "household_no": view.new_household_no} for _, record in under_new_head(people, head, movers)]


def joining(
    people: list[Person], household_no: str, movers: Mapping[str, str], view: View
) -> tuple[list[Person], Records]:
    """Who lives there already, and the records of `people` under the head of that household, who stays."""
    if people[0].household_no == household_no:
        raise NoticeRefused("same-household", "household_no")
    joined = view.members(household_no)
    if any(person.atena_no not in movers for person in people):
        raise NoticeRefused("relationship-missing", "movers")
    head = head_of(joined)
    records = [
        {**under(person.record, head.record["name"], movers[person.atena_no], "movers"), "household_no": household_no}
        for person in people
    ]
    return joined, records
