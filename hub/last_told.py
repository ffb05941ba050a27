"""The last that a contract was told of some residents, as the ledger has it, and how far its hand-over has come.

A 随時移転 does not count: it tells some items once more, for a purpose of its own, and no copy has to reflect it.
The ledger names residents by pseudonyms of its own, the inbox by those of the contract: whoever asks here holds the
residents themselves, and may unwrap the keys of both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import orjson

from contracts.contract import Contract
from hub.database import Database, queries
from hub.keys import LEDGER, PseudonymKeys
from hub.lookback import Telling, tellings
from hub.pseudonym import Pseudonyms

COMING: Final = "coming"
"""Told, and not yet in the inbox."""
WAITING: Final = "waiting"
DEAD: Final = "dead"
SETTLED: Final = "settled"
"""Through the inbox, which no longer has it."""
ON_TOPIC: Final = "on-topic"
"""On the contract's own topic, which its subscriber reads by itself."""

_PAGE: Final = 500
_SQL = queries(Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True, slots=True)
class LastTold:
    """One disclosure on the ledger. `hand_over`: the state of the inbox's row, COMING, SETTLED or ON_TOPIC.

    `partition` and `seq`: its number on the contract's topic; `version`: that of the Change.
    """

    change: UUID
    disclosure: UUID
    state: str
    told_at: datetime
    hand_over: str
    partition: int
    seq: int
    version: int

    def as_json(self) -> dict[str, str | int]:
        """For machines."""
        return {
            "change": str(self.change), "disclosure": str(self.disclosure), "version": self.version,
            "state": self.state, "told_at": self.told_at.isoformat(), "hand_over": self.hand_over,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand between a contract and one resident. `pseudonym`: as the contract knows them; `last`: None where
    the contract was never told of them; `blocked`: a dead letter of theirs keeps all else about them waiting."""

    pseudonym: bytes
    last: LastTold | None
    blocked: bool


async def standings(
    database: Database, key_of: PseudonymKeys, contract: Contract, residents: Sequence[UUID]
) -> dict[UUID, Standing]:
    """Of every one of `residents`."""
    own = Pseudonyms(await key_of(contract.id))
    ledger = Pseudonyms(await key_of(LEDGER))
    found: dict[UUID, Standing] = {}
    for start in range(0, len(residents), _PAGE):
        page = residents[start : start + _PAGE]
        last = await _last(database, contract, ledger.of(page))
        names = own.of(page)
        blocked = {row["subject"] for row in await database.fetch(_SQL["blocked"], contract.id, names)}
        for resident, name, subject in zip(page, names, ledger.of(page), strict=True):
            found[resident] = Standing(name, last.get(subject), name in blocked)
    return found


async def _last(database: Database, contract: Contract, subjects: Sequence[bytes]) -> dict[bytes, LastTold]:
    newest: dict[bytes, tuple[Any, Telling]] = {}
    for row in await database.fetch(_SQL["lines"], subjects):
        mine = [one for one in tellings(row) if one.contract == contract.id and one.transfer is None]
        if mine and row["subject"] not in newest:
            newest[row["subject"]] = row, mine[0]
    states = await _states(database, contract, [telling for _, telling in newest.values()])
    return {
        subject: LastTold(
            UUID(int=row["change"].int), UUID(one.disclosure), one.state, row["recorded_at"],
            states[UUID(one.disclosure)], one.partition, one.seq, orjson.loads(row["line"])["version"],
        )
        for subject, (row, one) in newest.items()
    }  # fmt: skip


async def _states(database: Database, contract: Contract, told: Sequence[Telling]) -> dict[UUID, str]:
    ids = [UUID(one.disclosure) for one in told]
    if contract.via == "topic":
        return dict.fromkeys(ids, ON_TOPIC)
    places = [one.partition for one in told], [one.seq for one in told]
    rows = await database.fetch(_SQL["hand_overs"], contract.id, ids, *places)
    return {
        UUID(int=row["disclosure"].int): row["state"] or (SETTLED if row["read"] else COMING) for row in rows
    }
