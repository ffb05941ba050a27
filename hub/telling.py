"""From one Change to what goes onto the broker: decide for every contract, seal, and write the ledger's line.

Everything of one poll is collected first and sealed contract by contract: one content key, one draw of nonces and one
call for all record keys. `seq` counts up by one per contract and partition. The ledger's line of a Change names every
contract told, with the item set measured on the very bytes that were sealed.
"""

import hashlib
import hmac
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID, uuid5

import orjson

from contracts.book import Book
from contracts.change import JAPAN
from contracts.contract import Contract
from contracts.decide import NOT_IN_FORCE, Disclosure, Silence, decide, judge
from hub import envelope, topics
from hub.bus import Outgoing
from hub.errors import TokenRefused
from hub.intake import Accepted
from hub.keys import LEDGER, KeyStore
from hub.pseudonym import Pseudonyms
from hub.seal import Place, Sheet, seal

Batches = dict[tuple[str, int], list[Outgoing]]
Entry = dict[str, Any]
Tally = Counter[tuple[str, str]]
"""(contract, TOLD or the reason of a silence) -> how often; for the metrics, once the transaction is committed."""

TOLD: Final = "told"


@dataclass(slots=True)
class Holding:
    """Contracts that cannot be told now, because their key is gone; and the changes that each of them would be told.

    `only`: these contracts alone are told, where what was held is told at last. `stopped`: these are told nothing, and
    nothing is kept for them.
    """

    contracts: set[str] = field(default_factory=set)
    only: frozenset[str] | None = None
    stopped: frozenset[str] = frozenset()
    changes: dict[str, list[Accepted]] = field(default_factory=dict)

    def hold(self, contract: str, changes: list[Accepted]) -> None:
        """Take note that the contract would be told these."""
        self.contracts.add(contract)
        self.changes[contract] = changes


@dataclass(frozen=True, slots=True)
class Told:
    """One disclosure on its way: which change of the poll (by its place there), and what is to be sealed."""

    index: int
    accepted: Accepted
    state: str
    seq: int
    disclosure: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Teller:
    """Decides and seals for every contract of the Book."""

    prefix: str
    book: Book
    keys: KeyStore
    pseudonyms: Mapping[str, Pseudonyms] = field(repr=False)
    digest_key: bytes = field(repr=False)

    @classmethod
    async def of(cls, prefix: str, book: Book, keys: KeyStore) -> "Teller":
        """A teller with the pseudonym keys of every contract and of the ledger."""
        owners = (*book.contracts, LEDGER)
        pseudonyms = {owner: Pseudonyms(await keys.pseudonym_key(owner)) for owner in owners}
        return cls(prefix, book, keys, pseudonyms, await digest_key(keys))

    async def tell(  # noqa: PLR0913 - one poll of one partition
        self, part: int, accepted: Sequence[Accepted], sequences: dict[str, int], now: datetime, tally: Tally,
        holding: Holding | None = None,
    ) -> Batches:  # fmt: skip
        """All records that come of `accepted`, in this order; moves `sequences` on and counts into `tally`.

        A contract whose key is gone is told nothing: what it would be told is noted in `holding`.
        """
        holding = holding or Holding()
        batches: Batches = {}
        entries: list[list[Entry]] = [[] for _ in accepted]
        today = now.astimezone(JAPAN).date()
        for contract in self.book.contracts.values():
            if holding.only is not None and contract.id not in holding.only:
                continue
            if contract.id in holding.stopped:
                tally[contract.id, NOT_IN_FORCE.reason] += len(accepted)
                continue
            told = _told(accepted, contract, today, sequences, tally)
            if records := await self._sealed_or_held(contract, part, told, now, holding):
                batches[topics.disclosures(self.prefix, contract.id), part] = records
                for one, record in zip(told, records, strict=True):
                    entries[one.index].append(entry(contract, one, record.value))
            elif told:
                _untold(contract, len(told), sequences, tally)
        batches[topics.ledger(self.prefix), part] = self._ledger(accepted, entries, now)
        return batches

    def tried(self, accepted: Sequence[Accepted], now: datetime) -> Tally:
        """What contracts on trial would be told: counted, and nothing else. No record and no number comes of it."""
        today, tally = now.astimezone(JAPAN).date(), Tally()
        for contract in self.book.contracts.values():
            if contract.shadow_from is not None:
                outcomes = (tried(one, contract, today) for one in accepted)
                tally.update((contract.id, outcome) for outcome in outcomes if outcome is not None)
        return tally

    async def _sealed_or_held(
        self, contract: Contract, part: int, told: Sequence[Told], now: datetime, holding: Holding
    ) -> list[Outgoing]:
        if told and contract.id not in holding.contracts:
            try:
                return await self._sealed(contract, part, told, now)
            except TokenRefused:
                pass
        if told:
            holding.hold(contract.id, [one.accepted for one in told])
        return []

    async def _sealed(self, contract: Contract, part: int, told: Sequence[Told], now: datetime) -> list[Outgoing]:
        key = await self.keys.content_key(contract.id, now.astimezone(JAPAN).date())
        place = Place(contract.id, topics.disclosures(self.prefix, contract.id), part)
        record_keys = self.pseudonyms[contract.id].of([one.accepted.change.resident for one in told])
        sheets = [Sheet(one.seq, one.disclosure, one.payload, own) for one, own in zip(told, record_keys, strict=True)]
        tokens = seal(key, place, contract.hash, int(now.timestamp()), sheets)
        at = _milliseconds(now)
        return [Outgoing(key, token, envelope.DISCLOSURE, at) for key, token in zip(record_keys, tokens, strict=True)]

    def _ledger(
        self, accepted: Sequence[Accepted], entries: Sequence[Sequence[Entry]], now: datetime
    ) -> list[Outgoing]:
        subjects = self.pseudonyms[LEDGER].of([one.change.resident for one in accepted])
        return [
            Outgoing(subject, self._line(one, subject, told, now), (), _milliseconds(now))
            for one, subject, told in zip(accepted, subjects, entries, strict=True)
        ]

    def _line(self, accepted: Accepted, subject: bytes, entries: Sequence[Entry], now: datetime) -> bytes:
        return orjson.dumps({
            "change": accepted.change.id, "subject": subject.hex(), "book": self.book.hash,
            "decided_on": accepted.change.day.isoformat(), "recorded_at": now.isoformat(), "told": entries,
            "version": accepted.change.version,
            "digest": digest(self.digest_key, accepted.content).hex(),
        })  # fmt: skip


def _told(
    accepted: Sequence[Accepted], contract: Contract, today: date, sequences: dict[str, int], tally: Tally
) -> list[Told]:
    told = []
    for index, one in enumerate(accepted):
        decision = decided(one, contract, today)
        if isinstance(decision, Silence):
            tally[contract.id, decision.reason] += 1
            continue
        tally[contract.id, TOLD] += 1
        sequences[contract.id] = seq = sequences.get(contract.id, 0) + 1
        disclosure = str(uuid5(UUID(one.change.id), contract.id))
        content = payload(one, contract, decision, disclosure)
        told.append(Told(index, one, decision.state, seq, disclosure, content))
    return told


def _untold(contract: Contract, count: int, sequences: dict[str, int], tally: Tally) -> None:
    """Nothing was told after all: the numbers are free again, and nothing is counted."""
    tally[contract.id, TOLD] -= count
    sequences[contract.id] -= count
    if not sequences[contract.id]:
        del sequences[contract.id]


def decided(accepted: Accepted, contract: Contract, today: date) -> Disclosure | Silence:
    """The decision as of the day of recording; a contract that has ended by `today` is told nothing more."""
    if not contract.in_force(today):
        return NOT_IN_FORCE
    return decide(accepted.change, contract, accepted.change.day)


def tried(accepted: Accepted, contract: Contract, today: date) -> str | None:
    """TOLD or the reason of a silence, as if in force; None where the change was recorded on no day of the trial."""
    day = accepted.change.day
    if contract.shadow_from is None or today < contract.shadow_from or not contract.in_shadow(day):
        return None
    outcome = judge(accepted.change, contract, day)
    return outcome.reason if isinstance(outcome, Silence) else TOLD


async def digest_key(keys: KeyStore) -> bytes:
    """The key of the digests by which the ledger knows a Change again."""
    return await keys.pseudonym_key(f"{LEDGER}-digest")


def digest(key: bytes, content: bytes) -> bytes:
    """What the ledger keeps of the bytes of a Change; keyed, because a plain hash of a record could be guessed."""
    return hmac.digest(key, content, "sha256")


def payload(accepted: Accepted, contract: Contract, decision: Disclosure, disclosure: str) -> bytes:
    """The JSON that goes under the seal."""
    content: dict[str, Any] = {
        "id": disclosure, "contract": contract.id, "version": accepted.change.version,
        "recorded_at": accepted.change.recorded_at.isoformat(), "state": decision.state, "items": decision.items,
    }  # fmt: skip
    if decision.protected is not None:
        content["protected"] = decision.protected
    if accepted.change.transfer is not None:
        content["transfer"] = accepted.change.transfer.order
    return orjson.dumps(content)


def entry(contract: Contract, told: Told, token: bytes | None) -> Entry:
    """The part of a ledger line that names one contract told: items and order (随時移転) are those under the seal."""
    sealed = orjson.loads(told.payload)
    said = {
        "contract": contract.id, "contract_hash": contract.hash, "disclosure": told.disclosure, "seq": told.seq,
        "state": told.state, "items": [*sealed["items"]], "token_sha256": hashlib.sha256(token or b"").hexdigest(),
    }  # fmt: skip
    return said | {"transfer": sealed["transfer"]} if "transfer" in sealed else said


def _milliseconds(now: datetime) -> int:
    return int(now.timestamp() * 1000)
