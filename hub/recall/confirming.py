"""What a subscriber has confirmed of a recall: judged before it is kept. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from contracts.change import JAPAN
from hub.errors import UsageError
from hub.recall.orders import Recall
from hub.wording import LABEL, said


class Result(StrEnum):
    """What the subscriber did; the list is closed."""

    DELETED = "deleted"
    RETURNED = "returned"
    KEPT = "kept"


class Way(StrEnum):
    """How it said so."""

    PAPER = "paper"
    ELECTRONIC = "electronic"
    INSPECTION = "inspection"


@dataclass(frozen=True, slots=True)
class Said:
    """What was said, as it is typed. `items`: ids or statutory names, none for all that is open; `article`: under which
    law something is kept; `by`: the office that said so; `paper`: SHA-256 of what it was written on, which only an
    inspection does without."""

    result: Result
    by: str
    way: Way
    on: date
    items: tuple[str, ...] = ()
    article: str = ""
    paper: bytes | None = None


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What is kept of it."""

    id: UUID
    recall: UUID
    items: tuple[str, ...]
    said: Said

    def as_json(self) -> dict[str, Any]:
        """For machines, and for the digest on the ledger."""
        one = self.said
        return {
            "id": str(self.id), "recall": str(self.recall), "items": list(self.items), "result": one.result.value,
            "article": one.article or None, "said_by": one.by, "way": one.way.value, "said_on": one.on.isoformat(),
            "paper_sha256": one.paper.hex() if one.paper else None,
        }  # fmt: skip


def judged(number: UUID, one: Recall, given: Said, now: datetime) -> Confirmation:
    """The confirmation, where it can be one; UsageError with the place that is wrong."""
    if one.noticed_at is None:
        raise UsageError("not-noticed", "ID", "`jukihub recall run` writes the notice")
    if given.way is not Way.INSPECTION and given.paper is None:
        raise UsageError("paper-missing", "--paper", "What the subscriber wrote: a scan or the file, for its digest")
    if (given.result is Result.KEPT) != bool(given.article.strip()):
        raise UsageError("article-of-what-is-kept", "--article", "With `kept` and only there: under which law")
    if not one.noticed_at.astimezone(JAPAN).date() <= given.on <= now.astimezone(JAPAN).date():
        raise UsageError("bad-day", "--on", "A day from that of the notice to today")
    words = Said(
        given.result, said(given.by, "--by", LABEL), given.way, given.on, given.items,
        said(given.article, "--article", LABEL) if given.article else "", given.paper,
    )  # fmt: skip
    return Confirmation(number, one.id, _items(one, given.items), words)


def _items(one: Recall, named: Sequence[str]) -> tuple[str, ...]:
    if not named:
        if not one.open:
            raise UsageError("confirmed-already", "ID", "Name the items of which something else is true now")
        return tuple(sorted(one.open))
    ids = {item["name"]: item["item"] for item in one.plan.said["items"]}
    found = {ids.get(name, name) for name in named}
    if found - one.items:
        raise UsageError("not-recalled", "--item", "An item that the notice names")
    return tuple(sorted(found))
