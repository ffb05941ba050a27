"""What is owed about contracts that have ended or were narrowed: a plan, its run, a confirmation in time.

Nobody has to remember that a contract ended: the ledger knows what it was told, the Books what it may be told, and
what is not recalled yet of the difference is owed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from contracts.book import Book
from contracts.change import JAPAN
from contracts.recall import Over, over
from hub import metrics
from hub.books import Use, uses
from hub.database import Database
from hub.recall.orders import SQL, Recall, recalls
from hub.stops import stopped

Code = Literal["recall-missing", "recall-not-run", "recall-overdue"]


@dataclass(frozen=True, slots=True)
class Owed:
    """One thing that somebody has to do. `recall`: the one that it is about; of a missing one there is none."""

    code: Code
    contract: str
    recall: UUID | None = None


async def owed(database: Database, book: Book, now: datetime) -> list[Owed]:
    """What is owed now."""
    last = {row["contract"]: row["last"] for row in await database.fetch(SQL["told"])}
    known, is_stopped = await recalls(database), await stopped(database, book.contracts.values())
    used = await uses(database)
    today = now.astimezone(JAPAN).date()
    missing = unplanned(last, used, book, is_stopped, known, today)
    told = [name for name, gone in missing.items() if await _was_told(database, name, gone)]
    return [*(Owed("recall-missing", name) for name in told), *_late(known, now)]


def unplanned(  # noqa: PLR0913 - everything that it follows from
    last: Mapping[str, datetime], used: Sequence[Use], book: Book, is_stopped: frozenset[str],
    known: Iterable[Recall], today: date,
) -> dict[str, Over]:  # fmt: skip
    """What is over of each contract and named by no approved recall. `last`: when each was told last."""
    approved = [one for one in known if one.counts]
    found = {}
    for name, told_at in last.items():
        forms = [use.book.contracts[name] for use in used if name in use.book.contracts]
        gone = over(forms, book.contracts.get(name), today, stopped=name in is_stopped)
        own = [one for one in approved if one.contract == name]
        if gone is not None and not _is_recalled(gone, own, told_at, used, name):
            found[name] = gone
    return found


def _is_recalled(gone: Over, own: Sequence[Recall], told_at: datetime, used: Sequence[Use], name: str) -> bool:
    """Whether a recall counts for what is over now: one from before it was permitted or told once more does not."""
    if gone.why == "ended":
        return any(one.why == "ended" and one.approved_at and one.approved_at >= told_at for one in own)
    return all(_names(own, item, _permitted_last(used, name, item)) for item in gone.items)


def _names(own: Iterable[Recall], item: str, since: datetime | None) -> bool:
    return any(item in one.items and one.approved_at and since and one.approved_at >= since for one in own)


def _permitted_last(used: Sequence[Use], name: str, item: str) -> datetime | None:
    """When the last Book came into use by which the contract might be told this item."""
    began = None
    for use in used:
        one = use.book.contracts.get(name)
        if one is not None and item in {*one.items, one.identifier, *(grant.item for grant in one.granted)}:
            began = use.began_at
    return began


async def _was_told(database: Database, name: str, gone: Over) -> bool:
    """Whether there is anything to recall: what was permitted for an hour may never have been told."""
    return gone.why == "ended" or bool(await database.fetchval(SQL["was_told"], name, list(gone.items)))


def _late(known: Iterable[Recall], now: datetime) -> list[Owed]:
    codes: Mapping[str, Code] = {"approved": "recall-not-run", "overdue": "recall-overdue"}
    states = [(one, one.state(now)) for one in known]
    return [Owed(codes[state], one.contract, one.id) for one, state in states if state in codes]


async def show(database: Database, now: datetime) -> None:
    """Set the figure of how many confirmations are overdue."""
    metrics.RECALLS_OVERDUE.set(sum(one.state(now) == "overdue" for one in await recalls(database)))
