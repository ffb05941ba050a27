"""Acknowledging: what a subscriber has taken is Delivered, what it will not have is a dead letter. Idempotent.

Judged as a whole before anything is settled: an id that is none of this contract's, one that would overtake another of
its resident, and one that was settled otherwise before are refused, and then nothing of the request is done. What was
settled in the same way before is a repeat, so whoever hears nothing sends it again: what a crash left undone is done
then. Where another request has settled one meanwhile, nothing behind it is settled here. Each is opened once more for
its version, as everywhere: one that is not above the last delivered is no success.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final
from uuid import UUID

from consumers.disclosure import Disclosure
from consumers.opening import Opener
from consumers.settle import Attempt, Ended, Head, Settler
from hub.database import Database, Row, queries
from hub.errors import DatabaseError, DependencyUnavailable, JukiError, UsageError
from hub.keys import DESTROYED
from hub.outcome import Deferred, Delivered, Outcome, Refused

AT_ONCE: Final = 1000
"""Disclosures that one request may name."""

_CODE: Final = "counterpart-"
_DEAD: Final = "dead"
_OPEN: Final = "waiting"
_SQL = queries(Path(__file__).with_name("pages.sql"))


class Code(StrEnum):
    """Why a subscriber will not have a disclosure. Closed, because a text might quote what it objects to."""

    KEY_MISSING = "key-missing"
    NOT_OPENED = "not-opened"
    BINDING_MISMATCH = "binding-mismatch"
    OUT_OF_ORDER = "out-of-order"
    UNKNOWN_PERSON = "unknown-person"
    UNKNOWN_ITEM = "unknown-item"
    BAD_VALUE = "bad-value"
    NOT_ACCEPTED = "not-accepted"


class Conflict(JukiError):
    """What is acknowledged does not go with what is known; nothing of the request was done."""


@dataclass(frozen=True, slots=True)
class Said:
    """How one disclosure stands after the request; `repeated`: it was settled before."""

    id: str
    state: str
    repeated: bool


def wanted(delivered: Iterable[UUID], refused: Iterable[tuple[UUID, Code]], receipt: str) -> dict[UUID, Outcome]:
    """What is said of each disclosure; UsageError where one is named twice."""
    said: list[tuple[UUID, Outcome]] = [(each, Delivered(receipt)) for each in delivered]
    said += [(each, Refused(f"{_CODE}{code}")) for each, code in refused]
    if len(dict(said)) != len(said):
        raise UsageError("named-twice", "acknowledgement")
    return dict(said)


def judged(rows: Sequence[Row], said: Mapping[UUID, Outcome]) -> list[Row]:
    """Those that are to be settled, in order; Conflict or UsageError where the request cannot be meant. Pure."""
    if len(rows) != len(said):
        raise UsageError("unknown-disclosure", "acknowledgement")
    refused: set[bytes] = set()
    due = []
    for row in rows:
        outcome = said[row["id"]]
        if row["state"] != _OPEN:
            _check_repeat(row["state"], outcome)
            continue
        if row["behind"] or row["skips"] or row["subject"] in refused:
            raise Conflict("out-of-order", "acknowledgement")
        if isinstance(outcome, Refused):
            refused.add(row["subject"])
        due.append(row)
    return due


def _check_repeat(state: str, outcome: Outcome) -> None:
    """What we have closed ourselves (superseded, discarded, corrected, erased) is no contradiction to anything."""
    if (state == _DEAD and isinstance(outcome, Delivered)) or (state == "delivered" and isinstance(outcome, Refused)):
        raise Conflict("settled-otherwise", "acknowledgement")


async def acknowledge(
    database: Database, opener: Opener, settler: Settler, contract: str, said: Mapping[UUID, Outcome]
) -> list[Said]:
    """Settle what is said, in order per resident; how each stands now, in order."""
    rows = await database.fetch(_SQL["named"], contract, [*said])
    lines: dict[bytes, _Line] = {}
    for row in judged(rows, said):
        lines.setdefault(row["subject"], _Line(deque(), row["last_version"] or 0)).rows.append(row)
    going_on = [*lines.values()]
    while going_on:  # of each resident the next, all of them at once
        going_on = await _next(opener, settler, going_on, said)
    before = {row["id"]: row["state"] for row in rows}
    after = await database.fetch(_SQL["named"], contract, [*said])
    return [Said(str(row["id"]), _called(row["state"]), before[row["id"]] != _OPEN) for row in after]


def _called(state: str) -> str:
    """What a state of the inbox is called towards a subscriber."""
    return "refused" if state == _DEAD else state


@dataclass(slots=True)
class _Line:
    """One resident's, one after the other. `version`: of the last that was delivered."""

    rows: deque[Row]
    version: int


async def _next(
    opener: Opener, settler: Settler, lines: Sequence[_Line], said: Mapping[UUID, Outcome]
) -> list[_Line]:  # fmt: skip
    """Settle the first of each line; those that go on behind it."""
    attempts = [await _attempt(opener, line, said) for line in lines]
    going_on = []
    for line, one, settled in zip(lines, attempts, await settler.settle_all(attempts), strict=True):
        if isinstance(settled, DatabaseError):
            raise settled
        outcome = one.ended.outcome
        ends = not settled or (isinstance(outcome, Refused) and outcome.code != DESTROYED)
        line.version = max(line.version, one.ended.version or 0)
        if line.rows and not ends:  # it may be a letter by now, behind which nothing is delivered
            going_on.append(line)
    return going_on


async def _attempt(opener: Opener, line: _Line, said: Mapping[UUID, Outcome]) -> Attempt:
    row = line.rows.popleft()
    head = Head(row["id"], row["subject"], row["partition"], row["token"], row["attempts"], row["flagged"],
                line.version, row["plan"])  # fmt: skip
    return Attempt(head, await _ended(opener, row, line.version, said[row["id"]]))


async def _ended(opener: Opener, row: Row, version: int, outcome: Outcome) -> Ended:
    opened = await opener.open(row["token"], row["partition"], row["subject"])
    if isinstance(opened, Deferred):
        raise DependencyUnavailable(opened.code, "KEK", "Send the same again")
    if not isinstance(opened, Disclosure):
        return Ended(opened, None)
    if isinstance(outcome, Delivered) and opened.version <= version:
        return Ended(Refused("out-of-order"), opened.version)
    return Ended(outcome, opened.version)
