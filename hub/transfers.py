"""Orders for 随時移転: an extraction for one contract, asked for by one person, approved (決裁) by another, run once.

What an order says is fixed when it is asked for: the contract, the items, the bases, the purpose, the last day on which
it may be run, and the residents, by the contract's pseudonyms. It can be approved for a day, unless the account that
has asked is retired. It is carried out where the register is (producers/transfer), under the id of its request: cut
off, running it again carries it on; ended, it never runs again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal
from uuid import UUID, uuid5

from contracts.change import JAPAN
from hub import acts, topics
from hub.acts import End, new_release
from hub.database import Database, queries
from hub.errors import ApprovalRequired, NotPermitted, UsageError
from hub.people import Person

DONE: Final = "transferred"
"""How an act ends whose residents have been told of."""
LONGEST: Final = timedelta(days=31)
"""How far off the last day of an order may be."""

State = Literal["waiting", "void", "approved", "expired", "done"]

_PAGE: Final = 5000
_SQL = queries(Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for. `items`: ids; `basis`: keys of law/bases.toml; `until`: the last day, in Japan, to run it;
    `chosen`: how the residents were chosen, without naming one."""

    contract: str
    items: tuple[str, ...]
    basis: tuple[str, ...]
    purpose: str
    until: date
    chosen: str


@dataclass(frozen=True, slots=True)
class Order:
    """A wish as it was asked for. `count`: residents; `asked_by`, `approved_by`: names of accounts; `approvable_until`:
    when it is void without an approval; `retired`: the account that has asked is; `ended`: how it was carried out;
    `approved_at`: when it was approved (決裁)."""

    id: UUID
    wish: Wish
    count: int
    asked_by: str
    asked_at: datetime
    approvable_until: datetime
    approved_by: str | None = None
    retired: bool = False
    ended: End | None = None
    approved_at: datetime | None = None

    def state(self, now: datetime) -> State:
        """How it stands."""
        if self.ended is not None:
            return "done"
        over = self.wish.until < now.astimezone(JAPAN).date()
        if self.approved_by is not None:
            return "expired" if over else "approved"
        return "void" if over or self.retired or self.approvable_until <= now else "waiting"

    def as_json(self, now: datetime) -> dict[str, Any]:
        """For machines: ids as text, times in RFC 3339; no resident, not even by a pseudonym."""
        return {
            "request": str(self.id), "state": self.state(now), "contract": self.wish.contract,
            "items": list(self.wish.items), "basis": list(self.wish.basis), "purpose": self.wish.purpose,
            "until": self.wish.until.isoformat(), "chosen": self.wish.chosen, "count": self.count,
            "asked_by": self.asked_by, "asked_at": self.asked_at.isoformat(),
            "approvable_until": self.approvable_until.isoformat(), "approved_by": self.approved_by,
            "recorded": self.ended.count if self.ended else None,
        }  # fmt: skip


async def ask(  # noqa: PLR0913 - every word that is kept
    database: Database, prefix: str, wish: Wish, subjects: Sequence[bytes], person: Person, now: datetime
) -> Order:
    """Write down what is asked for; UsageError without a purpose."""
    release = new_release(0, 0, [])
    async with database.transaction() as held:
        asked = await acts.request(
            held, topics.disclosures(prefix, wish.contract), release, person, wish.purpose, now
        )  # fmt: skip
        await held.execute(
            _SQL["ask"], release.id, wish.contract, list(wish.items), list(wish.basis), wish.until, wish.chosen,
            list(subjects),
        )  # fmt: skip
    return Order(release.id, wish, len(subjects), person.name, now, asked.expires_at)


async def waiting(database: Database, now: datetime) -> list[Order]:
    """What another person has yet to approve."""
    found = [_order(row) for row in await database.fetch(_SQL["unapproved"], now)]
    return [one for one in found if one.state(now) == "waiting"]


async def one(database: Database, number: UUID) -> Order:
    """The order of this id."""
    found = await kept(database, [number])
    if number not in found:
        raise UsageError("unknown-request", "request", "`jukihub transfer requests` names those that wait")
    return found[number]


async def kept(database: Database, numbers: Iterable[UUID]) -> dict[UUID, Order]:
    """The orders of these ids, as far as they are kept."""
    return {order.id: order for order in map(_order, await database.fetch(_SQL["kept"], list(numbers)))}


async def subjects(database: Database, number: UUID) -> list[bytes]:
    """Whom it is about, by the contract's pseudonyms."""
    return list(await database.fetchval(_SQL["subjects"], number))


async def approve(database: Database, prefix: str, number: UUID, person: Person, now: datetime) -> Order:
    """決裁: from now on it may be run. Refused as every act is, and once its last day is over."""
    order = await one(database, number)
    _check_day(order, now)
    topic = topics.disclosures(prefix, order.wish.contract)
    await acts.approve(database, topic, number, person, now, acts.TRANSFER)
    return await one(database, number)


async def runnable(database: Database, number: UUID, now: datetime) -> Order:
    """The order, where it may be run now: approved, not run to its end, its last day not over."""
    order = await one(database, number)
    if order.ended is not None:
        raise NotPermitted("already-run", "request", "An order extracts once: ask for another")
    if order.approved_by is None:
        raise ApprovalRequired("not-approved", "request", "Another person approves it: `jukihub transfer approve`")
    _check_day(order, now)
    return order


async def end(database: Database, number: UUID, count: int, now: datetime) -> None:
    """Write down that it was carried out. `count`: residents who are told of."""
    await acts.end(database, number, End(DONE, count), now)


async def on_the_ledger(database: Database, contract: str, changes: Iterable[UUID]) -> int:
    """To how many of these Changes the ledger has a line that tells the contract of them."""
    told = [uuid5(change, contract) for change in changes]
    pages = (told[at : at + _PAGE] for at in range(0, len(told), _PAGE))
    return sum([int(await database.fetchval(_SQL["on_the_ledger"], contract, page)) for page in pages])


def _check_day(order: Order, now: datetime) -> None:
    if order.wish.until < now.astimezone(JAPAN).date():
        raise NotPermitted("order-expired", "request", "Its last day is over: ask again")


def _order(row: Mapping[str, Any]) -> Order:
    wish = Wish(
        row["contract"], tuple(row["items"]), tuple(row["basis"]), row["reason"], row["until"], row["chosen"]
    )  # fmt: skip
    ended = End(row["code"], row["told"]) if row["code"] else None
    return Order(
        UUID(int=row["id"].int), wish, row["count"], row["name"], row["requested_at"], row["expires_at"],
        row["approved_by"], row["retired_at"] is not None, ended, row["ordered_at"],
    )  # fmt: skip
