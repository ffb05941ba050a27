"""What persons do about recalls: stop, plan, approve, run, confirm. Each act is allowed, done and noted in the audit.

An operator plans, a contract officer who is another person approves, and an operator runs it: the feed of a contract
that has ended is stopped, the notice is signed, and the destruction of its content keys is asked for, which a second
person approves as ever (erasure.py). Who notes what the subscriber confirms has neither planned nor run it. Every step
may be repeated. Stopping alone takes one person, because nobody is told anything by it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from contracts.canonical import canonical
from contracts.change import JAPAN
from contracts.contract import Contract
from contracts.recall import term
from hub import acts, confirmed, erasure, given, topics
from hub.accounts import check_approver
from hub.acting import Clock, acting_as
from hub.acts import End, new_release
from hub.books import uses
from hub.caller import present
from hub.config import Settings
from hub.database import Database, connect
from hub.erasure import Order, Wish
from hub.errors import ApprovalRequired, DependencyUnavailable, NotPermitted, UsageError
from hub.people import Act, Person
from hub.recall import notice, orders
from hub.recall.confirming import Confirmation, Said, judged
from hub.recall.orders import SQL, Recall
from hub.recall.planning import Plan, planned
from hub.retention.signing import Signed
from hub.tokens import Bearer
from hub.wanted import reader_of
from hub.wording import LABEL, said

Withdraw = Callable[[str], object]
"""Takes all rights from a principal of the broker."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run has done. `erasure`: the request for the keys that it made; None where none was to be made."""

    notice: Signed
    erasure: Order | None


@dataclass(frozen=True, slots=True)
class Shown:
    """One recall with all that belongs to it. `keys`, `undelivered`: what is still there of the contract."""

    recall: Recall
    confirmations: tuple[dict[str, Any], ...]
    keys: int
    undelivered: int


@dataclass(frozen=True, slots=True)
class Recaller:
    """One caller who has to do with recalls."""

    settings: Settings
    database: Database
    bearer: Bearer
    now: Clock
    withdraw: Withdraw

    @property
    def today(self) -> date:
        """In Japan."""
        return self.now().astimezone(JAPAN).date()

    async def stop(self, name: str, reason: str) -> None:
        """From now on this contract is told nothing, and what waits for it goes to nobody. UsageError where its period
        begins later: a stop of today is not about it."""
        details: dict[str, str | int] = {"contract": name, "reason": reason}
        async with acting_as(self.bearer, self.database, Act.RECALL_STOP, name, self.now, details) as person:
            contract, why = await self._contract(name), said(reason, "--reason")
            if contract.in_force_from > self.today:
                raise UsageError("not-begun", "CONTRACT", "Take it out of the Book, or stop it on its first day")
            await self._stopped(contract, person, why)

    async def plan(self, name: str, to: str, reason: str) -> Recall:
        """Write down what would be recalled; UsageError where nothing is, or the same was approved before."""
        details: dict[str, str | int] = {"contract": name, "reason": reason}
        async with acting_as(self.bearer, self.database, Act.RECALL_PLAN, name, self.now, details) as person:
            made = await self._planned(name, said(to, "--to", LABEL))
            if await self.database.fetchval(SQL["approved_before"], made.hash):
                raise UsageError("recalled-already", "CONTRACT", "`jukihub recall show` names it")
            number = await self._asked(made, person, reason)
            details |= {"request": str(number), "hash": made.hash, "count": len(made.said["items"])}
        return await orders.recall(self.database, number)

    async def approve(self, number: UUID) -> Recall:
        """Approve what another person has planned; NotPermitted `plan-moved` where it is not that any more."""
        async with acting_as(self.bearer, self.database, Act.RECALL_APPROVE, str(number), self.now) as person:
            one = await orders.recall(self.database, number)
            if (await self._planned(one.contract, one.plan.said["confirm_to"])).hash != one.plan.hash:
                raise NotPermitted("plan-moved", "ID", "What it names has changed: plan it anew")
            await acts.approve(self.database, self._topic(one.contract), number, person, self.now(), acts.RECALL)
        return await orders.recall(self.database, number)

    async def run(self, number: UUID) -> Ran:
        """Carry out what was approved, as far as it is not; ApprovalRequired where it was not, NotPermitted where who
        has approved it is no longer in office and its notice is not there."""
        details: dict[str, str | int] = {}
        async with acting_as(self.bearer, self.database, Act.RECALL_RUN, str(number), self.now, details) as person:
            one = await orders.recall(self.database, number)
            if one.approved_by is None:
                raise ApprovalRequired("not-approved", "ID", "Another person approves it: `jukihub recall approve`")
            if one.noticed_at is None and one.approver is not None:
                await check_approver(self.database, one.approver)
            asked = await self._ended(one, person) if one.why == "ended" else None
            rule = term(self.settings.contracts)
            made = await notice.issued(self.settings, self.database, one, rule, self.now())
            await acts.end(self.database, number, End("noticed", len(one.items)), self.now())
            details |= {"contract": one.contract, "count": len(one.items)}
            if asked is not None:
                details["made"] = str(asked.id)
        return Ran(made, asked)

    async def confirm(self, number: UUID, given: Said) -> Confirmation:
        """Note what the subscriber has confirmed; ApprovalRequired from who has planned or run it."""
        details: dict[str, str | int] = {}
        async with acting_as(self.bearer, self.database, Act.RECALL_CONFIRM, str(number), self.now, details) as person:
            one = await orders.recall(self.database, number)
            if person.id == one.planner or await self.database.fetchval(SQL["has_run_it"], str(number), person.id):
                raise ApprovalRequired("confirmed-by-who-recalls", "ID", "Somebody who has neither planned nor run it")
            made = judged(uuid4(), one, given, self.now())
            await self._kept(made, person)
            details |= {"made": str(made.id), "count": len(made.items), "ended": made.said.result.value}
        return made

    async def all(self) -> tuple[list[Recall], list[dict[str, Any]]]:
        """Every recall, and every stop."""
        async with acting_as(self.bearer, self.database, Act.RECALL_SEE, "recalls", self.now):
            stops = [_stop(dict(row)) for row in await self.database.fetch(SQL["stops"])]
            return await orders.recalls(self.database), stops

    async def show(self, number: UUID) -> Shown:
        """One of them."""
        async with acting_as(self.bearer, self.database, Act.RECALL_SEE, str(number), self.now):
            one = await orders.recall(self.database, number)
            rows = await self.database.fetch(SQL["confirmations"], number)
            left = await self.database.fetchrow(SQL["standing"], one.contract)
            keys, undelivered = (left["keys"], left["undelivered"]) if left else (0, 0)
            return Shown(one, tuple(_confirmed(dict(row)) for row in rows), keys, undelivered)

    async def notice(self, number: UUID) -> Signed:
        """The notice of one of them."""
        async with acting_as(self.bearer, self.database, Act.RECALL_SEE, str(number), self.now):
            return await notice.noticed(self.database, number)

    async def _planned(self, name: str, to: str) -> Plan:
        return await planned(self.database, given.book(self.settings), name, to, self.today)

    async def _asked(self, made: Plan, person: Person, reason: str) -> UUID:
        release, plan = new_release(0, 0, []), made.said
        items = [one["item"] for one in plan["items"]]
        async with self.database.transaction() as held:
            topic = self._topic(plan["contract"])
            await acts.request(held, topic, release, person, reason, self.now())
            kept = (release.id, plan["contract"], plan["why"], items, made.hash, made.content)
            await held.execute(SQL["plan"], *kept)
        return release.id

    async def _ended(self, one: Recall, person: Person) -> Order | None:
        await self._stopped(await self._contract(one.contract), person, one.reason)
        until, now = self.today - timedelta(days=1), self.now()
        rows = await self.database.fetch(SQL["keys_left"], one.contract, until.isoformat(), now)
        if not rows:
            return None
        wish, kids = Wish(one.contract, until), [row["kid"] for row in rows]
        topic, why = topics.erasures(self.settings.prefix), f"利用停止 {one.id}"
        return await erasure.ask(self.database, topic, wish, person, why, now, kids)

    async def _stopped(self, contract: Contract, person: Person, reason: str) -> None:
        """For our own processes, which ask the database; then on the broker, where the subscriber reads itself."""
        await self.database.execute(SQL["stop"], contract.id, self.today, self.now(), person.id, reason)
        if contract.via == "topic":
            await asyncio.to_thread(self.withdraw, reader_of(contract))

    async def _contract(self, name: str) -> Contract:
        """As the Book of now has it, or the last one that did."""
        if (now := given.book(self.settings).contracts.get(name)) is not None:
            return now
        for use in reversed(await uses(self.database)):
            if name in use.book.contracts:
                return use.book.contracts[name]
        raise UsageError("unknown-contract", "CONTRACT")

    async def _kept(self, made: Confirmation, person: Person) -> None:
        one, now = made.said, self.now()
        row = (made.id, made.recall, list(made.items), one.result.value, one.article or None, one.by, one.way.value,
               one.on, one.paper, person.id, now)  # fmt: skip
        async with self.database.transaction() as held:
            await held.execute(SQL["confirm"], *row)
            line = (made.id, notice.ON_THE_LEDGER, self.settings.partitions, notice.CONFIRMED)
            await confirmed.note(held, *line, canonical(made.as_json()), now)

    def _topic(self, contract: str) -> str:
        return topics.disclosures(self.settings.prefix, contract)


@asynccontextmanager
async def opened(settings: Settings, now: Clock) -> AsyncIterator[Recaller]:
    """For whoever types the command."""

    def withdraw(principal: str) -> object:
        from hub.broker_admin import Broker  # noqa: PLC0415 - only where a subscriber reads its topic itself

        if not settings.kafka:
            raise DependencyUnavailable("no-broker", "HUB_KAFKA", "It is stopped here; type it again with the broker")
        return Broker(settings.kafka, settings.secrets_dir).withdraw(principal, settings.prefix)

    async with connect(settings.database, size=2) as database:
        yield Recaller(settings, database, await present(settings, database, now()), now, withdraw)


def _stop(row: dict[str, Any]) -> dict[str, Any]:
    return {"contract": row["contract"], "stopped_at": row["stopped_at"].isoformat(), "by": row["name"],
            "reason": row["reason"]}  # fmt: skip


def _confirmed(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": str(row["id"]), "items": row["items"], "result": row["result"], "article": row["article"],
        "said_by": row["said_by"], "way": row["way"], "said_on": row["said_on"].isoformat(),
        "paper_sha256": row["paper"].hex() if row["paper"] else None, "noted_by": row["name"],
        "noted_at": row["noted_at"].isoformat(),
    }  # fmt: skip
