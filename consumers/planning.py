"""Making a plan of replay, having it approved, and seeing whether it still holds.

A plan is the exact set of letters and what deciding each of them again came to. It holds as long as deciding again
comes to the same: a letter that was settled otherwise, another letter in front, a contract that has changed by a word,
a protection that has begun void it, whoever notices. It is looked at when it is approved and when it is run.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from consumers import plans
from consumers.plan_state import Event, check_approvable
from consumers.plans import SQL, Member, Plan
from consumers.verdicts import WITHHELD
from consumers.weighing import Weigher
from contracts.book import Book
from contracts.change import JAPAN
from hub.accounts import check_asker
from hub.books import ContractHashes
from hub.config import Settings
from hub.database import Database
from hub.errors import NotPermitted, UsageError
from hub.people import Act, Person, second_person
from hub.wording import said

ALL: Final = 2_000_000
"""More letters than an inbox can hold: nothing is capped in silence."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which dead letters of one contract are meant; None is any."""

    contract: str
    code: str | None = None
    ids: Sequence[UUID] | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int = ALL

    def __str__(self) -> str:
        said = {
            "contract": self.contract, "code": self.code, "since": self.since, "until": self.until,
            "limit": self.limit if self.limit < ALL else None,
            "ids": ",".join(map(str, self.ids)) if self.ids is not None else None,
        }  # fmt: skip
        return " ".join(f"{name}={value}" for name, value in said.items() if value is not None)


async def chosen(database: Database, wanted: Filter) -> list[UUID]:
    """The dead letters that are meant, in order; UsageError where an id is none of them."""
    asked = (wanted.code, list(wanted.ids) if wanted.ids is not None else None, wanted.since, wanted.until)
    found = [row["id"] for row in await database.fetch(SQL["chosen"], wanted.contract, *asked, wanted.limit)]
    if wanted.ids is not None and set(wanted.ids) - set(found):
        raise UsageError("no-such-letter", "FILTER")
    return found


async def plan(  # noqa: PLR0913 - what is to be said of a plan
    settings: Settings, database: Database, book: Book, wanted: Filter, person: Person, reason: str, now: datetime
) -> Plan:
    """A new plan, kept; UsageError where no letter is meant, NotPermitted where no router works by this Book."""
    why = said(reason, "--reason")
    ids = await chosen(database, wanted)
    if not ids:
        raise UsageError("no-letters", "FILTER")
    contract = book.contracts.get(wanted.contract)
    if contract and not await ContractHashes(database, contract.id).knows(contract.hash):
        raise NotPermitted("book-not-in-use", "contracts", "Start the routers with this Book first")
    async with Weigher(settings, database, wanted.contract, contract, now.astimezone(JAPAN).date()) as weigher:
        members = await weigher.weigh(ids)
    hashed = contract.hash if contract else ""
    digest = plans.digest(wanted.contract, hashed, members)
    made = Plan(uuid4(), wanted.contract, hashed, str(wanted), why, person.id, now, digest)
    await plans.keep(database, made, members)
    return made


async def approve(  # noqa: PLR0913 - as above
    settings: Settings, database: Database, book: Book, plan_id: UUID, person: Person, now: datetime
) -> Plan:
    """Approve the very set of a plan, as somebody who has not asked for it; NotPermitted, and void, where it moved."""
    made = await plans.found(database, plan_id)
    second_person(made.planned_by, person)
    await check_asker(database, made.planned_by, Act.REPLAY_PLAN)
    check_approvable(await plans.where(database, made, plans.times(settings), now))
    async with Weigher(
        settings, database, made.contract, book.contracts.get(made.contract), now.astimezone(JAPAN).date()
    ) as weigher:
        await check(database, made, weigher, now)
    await plans.note(database, plan_id, Event("approved", "", person.id, now, made.digest))
    return made


async def check(database: Database, made: Plan, weigher: Weigher, now: datetime) -> list[Member]:
    """The letters that are left, weighed again; where they are not what was planned, the plan is void: NotPermitted."""
    planned = await plans.members(database, made.id, rest=True)
    code = await _unsound(database, made)
    again: list[Member] = []
    if not code and made.contract_hash != (weigher.contract.hash if weigher.contract else ""):
        code = "contract-changed"
    if not code:
        again = await weigher.weigh([one.letter for one in planned], await _died_again(database, made))
        code = moved(planned, again)
    if code:
        await void(database, made, code, now)
    return again


async def void(database: Database, made: Plan, why: str, now: datetime) -> None:
    """The plan does not hold any more: written down, and raised."""
    await plans.note(database, made.id, Event("voided", why, None, now))
    code = f"plan-void-{why}"
    raise NotPermitted(code, "plan", "Nothing more of it is handed over; make a new plan")


def moved(planned: Sequence[Member], again: Sequence[Member]) -> str:
    """Why what was planned is no longer what deciding again comes to; empty where it is."""
    now = {one.letter: one for one in again}
    if len(now) != len(planned):
        return "letter-settled"
    pairs = [(one, now[one.letter]) for one in planned if one.decides() != now[one.letter].decides()]
    for one, other in pairs:
        if (one.position, one.attempts, one.token_sha256) != (other.position, other.attempts, other.token_sha256):
            return "letter-changed"
        if other.verdict.reason == "another-letter-first":
            return "another-letter-first"
        if other.verdict.protected > one.verdict.protected or (
            other.verdict.code == WITHHELD and other.verdict.reason == "protected"
        ):
            return "protection-began"
    return "decision-changed" if pairs else ""


async def _unsound(database: Database, made: Plan) -> str:
    """Whether the set that is kept is the one of the hash: what was altered behind our back is not approved."""
    kept = plans.digest(made.contract, made.contract_hash, await plans.members(database, made.id))
    return "" if kept == made.digest else "set-altered"


async def _died_again(database: Database, made: Plan) -> dict[bytes, list[int]]:
    found: dict[bytes, list[int]] = defaultdict(list)
    for row in await database.fetch(SQL["dead_of_plan"], made.id, made.contract):
        found[row["subject"]].append(row["position"])
    return found
