"""Weighing dead letters: each decided again in one pass over juki.changes, then seen in the order of its resident.

The pass begins on the day of the earliest Change and goes to the end, so that a protection begun since is seen.
Content is opened letter by letter and let go; what remains is a verdict. What is `held-back` is not the law's doing:
a letter that failed too often, that came too late, or that another one of its resident stands before. A crowd is
weighed with rests, each as long as the work before it: broker, database and processor are the living traffic's first.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final
from uuid import UUID

from consumers.disclosure import Disclosure
from consumers.opening import Opener
from consumers.plans import SQL, Member
from consumers.verdicts import (
    HELD_BACK,
    NOT_DECIDABLE,
    Verdict,
    decided_again,
    is_protected,
    standing,
    with_protection,
)
from contracts.change import Change
from contracts.contract import Contract
from hub import destroyed, topics
from hub.books import ContractHashes
from hub.config import Settings
from hub.database import Database, Row
from hub.errors import DatabaseError
from hub.keys import KeyStore
from hub.lookback import Sight
from hub.outcome import Deferred, Refused
from hub.recalling import PRINCIPAL, Past, Recall, Recalled, pasts, recalling
from hub.seal import header

CHUNK: Final = 500
"""Letters whose content is in memory at a time."""
AT_A_STRETCH: Final = 0.1
"""Seconds of work before a rest; what is weighed within them is weighed without."""

ANOTHER_FIRST: Final = Verdict(HELD_BACK, "another-letter-first")


@dataclass(slots=True)
class Protections:
    """Of each resident, the newest Change that was met says whether they are protected."""

    newest: dict[bytes, tuple[int, bool]]

    def meet(self, one: Recalled) -> bool:
        """Take a Change into account; whether a protection has begun with it, as far as is known.

        Of whom nothing was known before, it may have: a Change that is gone said nothing of them.
        """
        before = self.newest.get(one.key)
        if before is not None and one.change.version < before[0]:
            return False
        now = is_protected(one.change)
        self.newest[one.key] = (one.change.version, now)
        return now and (before is None or not before[1])

    def of(self, past: Past | None) -> bool | None:
        """Whether the resident is protected; None where nothing is known."""
        found = self.newest.get(past.key) if past else None
        return found[1] if found else None


class Weigher:
    """Weighs the letters of one contract. A block of its own: it holds the pass over juki.changes open.

    `contract`: as it is now, None where there is none; `today`: in Japan.
    """

    def __init__(
        self, settings: Settings, database: Database, name: str, contract: Contract | None, today: date
    ) -> None:  # fmt: skip
        self._settings = settings
        self._database = database
        self._name = name
        self.contract = contract
        self._today = today
        self._protections = Protections({})
        self._recall: Recall | None = None
        self._stack = AsyncExitStack()
        self._began = time.monotonic()
        self.pasts: Mapping[UUID, Past] = {}

    keys: KeyStore
    _opener: Opener

    async def __aenter__(self) -> "Weigher":
        self.keys = await destroyed.keys(self._settings, self._database, PRINCIPAL)
        topic = topics.disclosures(self._settings.prefix, self._name)
        self._opener = Opener(self.keys, self._name, topic, ContractHashes(self._database, self._name))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def weigh(
        self, letters: Sequence[UUID], also: Mapping[bytes, Sequence[int]] | None = None
    ) -> list[Member]:
        """The dead ones among `letters`, each with its verdict, in order; once for each Weigher.

        `also`: positions of letters, by resident, that are no reason to hold another one back.
        """
        self._began = time.monotonic()
        rows = await self._rows(letters)
        sight = await Sight.of(self.keys)
        self.pasts = await pasts(self._database, sight, self._name, [row["id"] for row in rows])
        verdicts = dict(await self._by_law(sight, rows))
        return in_order([self._member(row, verdicts[row["id"]]) for row in rows], _ahead(rows), also or {})

    async def catch_up(self) -> int:
        """How many of these residents have become protected since this was asked last."""
        if self._recall is None:
            return 0
        return sum([self._protections.meet(one) async for found in self._recall.changes() for one in found])

    async def _rows(self, letters: Sequence[UUID]) -> list[Row]:
        rows: list[Row] = []
        for start in range(0, len(letters), CHUNK * 2):
            rows += await self._database.fetch(SQL["weighed"], self._name, list(letters[start : start + CHUNK * 2]))
            await self._rested()
        return sorted(rows, key=lambda row: int(row["position"]))

    async def _by_law(self, sight: Sight, rows: Sequence[Row]) -> Iterable[tuple[UUID, Verdict]]:
        if unlawful := standing(self.contract, self._today):
            return [(row["id"], unlawful) for row in rows]
        found: dict[UUID, Verdict] = {}
        if self.pasts:
            self._recall = await self._stack.enter_async_context(
                recalling(self._settings, sight, self.pasts.values())
            )  # fmt: skip
            await self._passed(self._recall, rows, found)
        rest = [row for row in rows if row["id"] not in found]
        for start in range(0, len(rest), CHUNK):
            await self._decide([(row, None) for row in rest[start : start + CHUNK]], found)
            await self._rested()
        return [(row["id"], self._guarded(row, found[row["id"]])) for row in rows]

    async def _passed(self, recall: Recall, rows: Sequence[Row], found: dict[UUID, Verdict]) -> None:
        sought: dict[UUID, list[Row]] = defaultdict(list)
        for row in rows:
            if row["id"] in self.pasts:
                sought[self.pasts[row["id"]].change].append(row)
        async for changes in recall.changes():
            met: list[tuple[Row, Change | None]] = []
            for one in changes:
                self._protections.meet(one)
                met += [(row, one.change) for row in sought.get(UUID(one.change.id), ())
                        if self.pasts[row["id"]].digest == one.digest]  # fmt: skip
            await self._decide(met, found)
            await self._rested()

    async def _decide(self, met: Sequence[tuple[Row, Change | None]], found: dict[UUID, Verdict]) -> None:
        if not met:
            return
        ids = [row["id"] for row, _ in met]
        tokens = {row["id"]: row["token"] for row in await self._database.fetch(SQL["tokens"], self._name, ids)}
        for row, change in met:
            found[row["id"]] = await self._verdict(row, tokens.get(row["id"]), change)

    async def _verdict(self, row: Row, token: bytes | None, change: Change | None) -> Verdict:
        if row["subject"] is None:
            return Verdict(NOT_DECIDABLE, "nobody-to-deliver")
        opened = await self._opener.open(token or b"", row["partition"], row["subject"])
        if isinstance(opened, Deferred):
            raise DatabaseError(opened.code)
        if isinstance(opened, Refused):
            return Verdict(NOT_DECIDABLE, opened.code)
        if opened.id != row["id"]:
            return Verdict(NOT_DECIDABLE, "unproven")
        if row["id"] not in self.pasts or self.contract is None:
            return Verdict(NOT_DECIDABLE, "not-in-ledger")
        held = _held_back(row, opened, self._settings.replays_at_most)
        return held or decided_again(opened, header(token)["ctr"], self.contract, change, self._today)

    async def _rested(self) -> None:
        worked = time.monotonic() - self._began
        if worked >= AT_A_STRETCH:
            await asyncio.sleep(worked)
            self._began = time.monotonic()

    def _guarded(self, row: Row, verdict: Verdict) -> Verdict:
        if self.contract is None:
            return verdict
        known = self._protections.of(self.pasts.get(row["id"]))
        return with_protection(verdict, self.contract, known or row["flagged"])

    def _member(self, row: Row, verdict: Verdict) -> Member:
        past = self.pasts.get(row["id"])
        return Member(
            row["id"], row["position"], row["partition"], row["subject"], row["attempts"], row["code"],
            row["token_sha256"], past.change if past else None, past.subject if past else None, verdict,
            row["behind"],
        )  # fmt: skip


def _held_back(row: Mapping[str, Any], said: Disclosure, replays_at_most: int) -> Verdict | None:
    if row["replays"] >= replays_at_most:
        return Verdict(HELD_BACK, "too-many-replays")
    return Verdict(HELD_BACK, "out-of-order") if said.version <= (row["last_version"] or 0) else None


def _ahead(rows: Iterable[Mapping[str, Any]]) -> dict[UUID, int]:
    return {row["id"]: row["ahead"] for row in rows}


def in_order(
    members: Sequence[Member], ahead: Mapping[UUID, int], also: Mapping[bytes, Sequence[int]]
) -> list[Member]:
    """Held back is what has a letter of its resident before it that is not released with it.

    `members`: in the order of their positions. `ahead`: how many dead letters of its resident are before each.
    """
    before: dict[bytes | None, list[Member]] = defaultdict(list)
    ordered = []
    for one in members:
        mine = before[one.subject]
        known = len(mine) + sum(position < one.position for position in also.get(one.subject or b"", ()))
        blocked = ahead[one.letter] > known or not all(other.verdict.releases for other in mine)
        ordered.append(replace(one, verdict=ANOTHER_FIRST) if blocked and one.verdict.releases else one)
        mine.append(ordered[-1])
    return ordered
