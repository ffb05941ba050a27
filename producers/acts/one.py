"""One person, one kind, some items replaced: the shape of most acts."""

from typing import Any

from producers.household import Person
from producers.notices import OfOne
from producers.outbox import Draft
from producers.refusals import NoticeRefused


def changed(notice: OfOne, who: Person, kind: str, **items: Any) -> list[Draft]:
    """`kind` for `who` with these items; NoticeRefused `nothing-changes` where they stand there already."""
    after = {**who.record, **items}
    if all(who.record.get(name) == value for name, value in items.items()):
        raise NoticeRefused("nothing-changes", next(iter(items), ""))
    return [Draft(who.resident, kind, who.record, after, notice.on, notice.notified_on)]


def japanese(who: Person) -> Person:
    """`who`; NoticeRefused `only-for-japanese` otherwise."""
    if who.is_foreign:
        raise NoticeRefused("only-for-japanese", "atena_no")
    return who


def foreign(who: Person) -> Person:
    """`who`; NoticeRefused `only-for-foreigners` otherwise."""
    if not who.is_foreign:
        raise NoticeRefused("only-for-foreigners", "atena_no")
    return who
