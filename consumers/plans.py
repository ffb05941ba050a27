"""Plans of replay as they are kept: the exact set with its hash, what happened to it, how far it is.

The set and its events are append-only. The hash is taken of everything that decides what goes out: contract and its
hash, every letter with its attempt, its token and its verdict. Whoever approves approves that hash.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from consumers.plan_state import Event, Stand, Times, stand
from consumers.verdicts import Verdict
from hub.config import Settings
from hub.database import Connection, Database, Row, queries
from hub.errors import NotPermitted, UsageError

SQL = queries(Path(__file__).with_name("plans.sql"))
_COLUMNS = [
    "plan", "letter", "position", "partition", "subject", "attempts", "code", "token_sha256", "change", "line_key",
    "verdict", "reason", "items", "dropped", "protected", "behind",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Member:
    """One letter of a plan. `line_key`: its resident on the ledger; `behind`: who waits and is released with it."""

    letter: UUID
    position: int
    partition: int
    subject: bytes | None
    attempts: int
    code: str
    token_sha256: bytes | None
    change: UUID | None
    line_key: bytes | None
    verdict: Verdict
    behind: int

    def decides(self) -> list[Any]:
        """What of it decides what goes out, for the hash."""
        said = self.verdict
        return [
            str(self.letter), self.position, self.attempts, (self.token_sha256 or b"").hex(), said.code, said.reason,
            list(said.items), said.protected,
        ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan without its letters."""

    id: UUID
    contract: str
    contract_hash: str
    filter: str
    reason: str
    planned_by: UUID
    planned_at: datetime
    digest: bytes


def times(settings: Settings) -> Times:
    """How long plans and approvals are good, by the settings."""
    return Times(timedelta(hours=settings.approval_hours), timedelta(hours=settings.execution_hours))


def digest(contract: str, contract_hash: str, members: Sequence[Member]) -> bytes:
    """The hash of a set: independent of the order in which it was found."""
    lines = [orjson.dumps([contract, contract_hash])]
    lines += [orjson.dumps(one.decides()) for one in sorted(members, key=lambda one: one.letter)]
    return hashlib.sha256(b"\n".join(lines)).digest()


async def keep(database: Database, plan: Plan, members: Sequence[Member]) -> None:
    """Write a plan down, whole or not at all."""
    async with database.transaction() as held:
        await held.execute(
            SQL["insert"], plan.id, plan.contract, plan.contract_hash, plan.filter, plan.reason, plan.planned_by,
            plan.planned_at, plan.digest,
        )  # fmt: skip
        await held.copy("inbox", "plan_letters", _COLUMNS, [_row(plan.id, one) for one in members])


def _row(plan: UUID, one: Member) -> tuple[Any, ...]:
    said = one.verdict
    return (
        plan, one.letter, one.position, one.partition, one.subject, one.attempts, one.code, one.token_sha256,
        one.change, one.line_key, said.code, said.reason, list(said.items), list(said.dropped), said.protected,
        one.behind,
    )  # fmt: skip


async def found(database: Database, plan: UUID) -> Plan:
    """The plan with this id; UsageError where there is none."""
    row = await database.fetchrow(SQL["plan"], plan)
    if row is None:
        raise UsageError("no-such-plan", "PLAN")
    return Plan(**row)


async def listed(database: Database) -> list[Plan]:
    """The newest hundred, the newest first."""
    return [Plan(**row) for row in await database.fetch(SQL["plans"])]


async def events(database: Database | Connection, plan: UUID) -> list[Event]:
    """What happened to a plan, in order."""
    return [Event(**row) for row in await database.fetch(SQL["events"], plan)]


async def where(database: Database, plan: Plan, allowed: Times, now: datetime) -> Stand:
    """Where it stands."""
    return stand(await events(database, plan.id), plan.planned_at, allowed, now)


async def note(held: Connection | Database, plan: UUID, event: Event) -> None:
    """Write down what happens; NotPermitted where it has been approved, or has ended, already."""
    done = await held.execute(SQL["note"], plan, event.what, event.code, event.person, event.at, event.digest)
    if not done:
        raise NotPermitted("plan-moved-on", "plan", "`jukihub replay show` says where it is")


async def members(database: Database, plan: UUID, *, rest: bool = False) -> list[Member]:
    """The letters of a plan in order; `rest`: without those that were handed over already."""
    return [member(row) for row in await database.fetch(SQL["rest" if rest else "members"], plan)]


def member(row: Row) -> Member:
    """A letter of a plan out of its row."""
    verdict = Verdict(
        row["verdict"], row["reason"], tuple(row["items"]), tuple(row["dropped"]), row["protected"]
    )  # fmt: skip
    return Member(
        row["letter"], row["position"], row["partition"], row["subject"], row["attempts"], row["code"],
        row["token_sha256"], row["change"], row["line_key"], verdict, row["behind"],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a plan is. `held`: letters that it does not release; `open`: handed over and not yet ended."""

    total: int
    held: int
    handed: int
    open: int
    ended: Mapping[str, int]

    @property
    def left(self) -> int:
        """Letters that are still to be handed over."""
        return self.total - self.held - self.handed

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {"total": self.total, "held": self.held, "handed": self.handed, "open": self.open, "left": self.left,
                "ended": dict(self.ended)}  # fmt: skip


async def progress(database: Database, plan: UUID) -> Progress:
    """How far it is."""
    return (await Count.of(database, plan)).progress


class Count:
    """How far a plan is, followed by its one run: counted once, and then only what is on its way is looked at.

    To count 100,000 letters anew for every chunk would cost the database more than the replay itself.
    """

    def __init__(self, database: Database, plan: UUID, total: int, held: int) -> None:
        self._database = database
        self._plan = plan
        self._total = total
        self._held = held
        self._open: set[UUID] = set()
        self._ended: Counter[str] = Counter()

    @classmethod
    async def of(cls, database: Database, plan: UUID) -> "Count":
        """Counted now."""
        size = await database.fetchrow(SQL["size"], plan) or {"total": 0, "held": 0}
        made = cls(database, plan, size["total"], size["held"])
        for row in await database.fetch(SQL["standing"], plan):
            if row["state"] == "handed":
                made.handed(row["letters"])
            else:
                made._ended[row["outcome"]] += row["count"]
        return made

    def handed(self, letters: Iterable[UUID]) -> None:
        """These were handed over, or kept back: they end, or have ended."""
        self._open.update(letters)

    async def look(self) -> Progress:
        """How far it is now."""
        for row in await self._database.fetch(SQL["ended"], self._plan, [*self._open]) if self._open else ():
            self._open.discard(row["letter"])
            self._ended[row["outcome"]] += 1
        return self.progress

    @property
    def progress(self) -> Progress:
        """How far it was when that was looked at last."""
        handed = len(self._open) + self._ended.total()
        return Progress(self._total, self._held, handed, len(self._open), dict(self._ended))


async def summary(database: Database, plan: UUID) -> list[dict[str, Any]]:
    """What deciding again came to: per verdict and reason how many letters, and how many wait behind them."""
    return [dict(row) for row in await database.fetch(SQL["summary"], plan)]


async def results(database: Database, plan: UUID) -> list[dict[str, Any]]:
    """Every letter with its verdict, where it is now, and how it ended."""
    return [dict(row) for row in await database.fetch(SQL["results"], plan)]
