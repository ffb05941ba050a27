"""From one Change to what goes onto the broker: decide for every contract, seal, and write the ledger's line.

Everything of one poll is collected first and sealed contract by contract: one content key, one draw of nonces, one
call for all record keys, and one of the kernel, which cuts and seals. `seq` counts up by one per contract and
partition. The ledger's line of a Change names every contract told, with the item set measured on the very bytes that
were sealed.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Final, NamedTuple

import orjson
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from contracts.book import Book
from contracts.change import JAPAN
from contracts.contract import Contract
from contracts.decide import NOT_IN_FORCE, Silence, judge
from hub import envelope, topics
from hub.bus import Outgoing
from hub.cutting import Case, Cut, Decisions
from hub.errors import TokenRefused
from hub.intake import Accepted
from hub.kernel import chosen
from hub.kernel.form import Batch, Kernel, Sealed, Sources, Wording
from hub.keys import LEDGER, KeyStore
from hub.pseudonym import Pseudonyms
from hub.seal import Place, beginning, drawn

Batches = dict[tuple[str, int], Sequence[Outgoing]]
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

    def concerns(self, contract: str) -> bool:
        """Whether the contract may be told anything at all."""
        return (self.only is None or contract in self.only) and contract not in self.stopped

    def hold(self, contract: str, changes: list[Accepted]) -> None:
        """Take note that the contract would be told these."""
        self.contracts.add(contract)
        self.changes[contract] = changes


@dataclass(frozen=True, slots=True)
class Teller:
    """Decides and seals for every contract of the Book."""

    prefix: str
    book: Book
    keys: KeyStore
    pseudonyms: Mapping[str, Pseudonyms] = field(repr=False)
    digest_key: bytes = field(repr=False)
    kernel: Kernel = field(repr=False)
    _decisions: dict[date, Decisions] = field(default_factory=dict, repr=False)

    @classmethod
    async def of(cls, prefix: str, book: Book, keys: KeyStore, kernel: Kernel | None = None) -> "Teller":
        """A teller with the pseudonym keys of every contract and of the ledger."""
        owners = (*book.contracts, LEDGER)
        pseudonyms = {owner: Pseudonyms(await keys.pseudonym_key(owner)) for owner in owners}
        return cls(prefix, book, keys, pseudonyms, await digest_key(keys), kernel or chosen())

    async def tell(  # noqa: PLR0913 - one poll of one partition
        self, part: int, accepted: Sequence[Accepted], sequences: dict[str, int], now: datetime, tally: Tally,
        holding: Holding | None = None,
    ) -> Batches:  # fmt: skip
        """All records that come of `accepted`, in this order; moves `sequences` on and counts into `tally`.

        A contract whose key is gone is told nothing: what it would be told is noted in `holding`.
        """
        holding, batches = holding or Holding(), Batches()
        poll = self._decided(part, accepted, sequences, now)
        entries: list[list[bytes]] = [[] for _ in accepted]
        for at, contract in enumerate(self.book.contracts.values()):
            if not holding.concerns(contract.id) or not (lot := poll.cut.lots.get(at)):
                continue
            if sealed := await self._sealed_or_held(at, contract, poll, holding):
                batches[topics.disclosures(self.prefix, contract.id), part], said = sealed
                for (case, _, _), entry in zip(lot, said, strict=True):
                    entries[case].append(entry)
                tally[contract.id, TOLD] += len(lot)
                sequences[contract.id] = sequences.get(contract.id, 0) + len(lot)
                await asyncio.sleep(0)  # what was told before is on its way meanwhile, and answers come
        tally.update(self._silences(poll.cut, holding))
        batches[topics.ledger(self.prefix), part] = self._ledger(poll.cut.cases, entries, now)
        return batches

    def _decided(
        self, part: int, accepted: Sequence[Accepted], sequences: Mapping[str, int], now: datetime
    ) -> "Decided":
        """Everything decided, nothing sealed."""
        today = now.astimezone(JAPAN).date()
        decisions = self._decisions.get(today)
        if decisions is None or decisions.is_full:
            self._decisions.clear()
            decisions = self._decisions[today] = Decisions([*self.book.contracts.values()], today)
        cut = Cut.of(accepted, decisions)
        sources = self.kernel.sources(cut.sources, [case.id for case in cut.cases])
        return Decided(part, cut, decisions.wordings, sources, sequences, now)

    def _silences(self, cut: Cut, holding: Holding) -> Tally:
        """Why who is told nothing; a contract that was stopped is as good as not in force."""
        found = Tally({(name, why): count for (name, why), count in cut.silences().items() if holding.concerns(name)})
        for name in holding.stopped & self.book.contracts.keys():
            if holding.only is None or name in holding.only:
                found[name, NOT_IN_FORCE.reason] = len(cut.cases)
        return found

    def tried(self, accepted: Sequence[Accepted], now: datetime) -> Tally:
        """What contracts on trial would be told: counted, and nothing else. No record and no number comes of it."""
        today, tally = now.astimezone(JAPAN).date(), Tally()
        for contract in self.book.contracts.values():
            if contract.shadow_from is not None:
                outcomes = (tried(one, contract, today) for one in accepted)
                tally.update((contract.id, outcome) for outcome in outcomes if outcome is not None)
        return tally

    async def _sealed_or_held(
        self, at: int, contract: Contract, poll: "Decided", holding: Holding
    ) -> Sealed | None:
        if contract.id not in holding.contracts:
            try:
                return await self._sealed(at, contract, poll)
            except TokenRefused:
                pass
        holding.hold(contract.id, [poll.cut.cases[case].accepted for case, _, _ in poll.cut.lots[at]])
        return None

    async def _sealed(self, at: int, contract: Contract, poll: "Decided") -> Sealed:
        """A record for each disclosure of a contract, and the entry of the ledger line that names it."""
        lot, cases, now, first = poll.cut.lots[at], poll.cut.cases, poll.now, poll.sequences.get(contract.id, 0) + 1
        key = await self.keys.content_key(contract.id, now.astimezone(JAPAN).date())
        place = Place(contract.id, topics.disclosures(self.prefix, contract.id), poll.part)
        batch = Batch(
            key, beginning(key, place, contract.hash, int(now.timestamp())), drawn(contract.id, len(lot)),
            contract.id.encode(), contract.hash.encode(), poll.wordings[at], first, envelope.DISCLOSURE,
            _milliseconds(now),
        )  # fmt: skip
        keys = self.pseudonyms[contract.id].of_bytes([cases[case].own for case, _, _ in lot])
        return poll.sources.seal(batch, lot, keys)

    def _ledger(self, cases: Sequence[Case], entries: Sequence[Sequence[bytes]], now: datetime) -> Sequence[Outgoing]:
        subjects, recorded_at = self.pseudonyms[LEDGER].of_bytes([case.own for case in cases]), now.isoformat()
        lines = [self._line(*each, recorded_at) for each in zip(cases, subjects, entries, strict=True)]
        return self.kernel.records(subjects, lines, (), _milliseconds(now))

    def _line(self, case: Case, subject: bytes, entries: Sequence[bytes], recorded_at: str) -> bytes:
        change = case.accepted.change
        return orjson.dumps({
            "change": change.id, "subject": subject.hex(), "book": self.book.hash,
            "decided_on": case.facts.on.isoformat(), "recorded_at": recorded_at,
            "told": orjson.Fragment(b"[%b]" % b",".join(entries)), "version": change.version,
            "digest": digest(self.digest_key, case.accepted.content).hex(),
        })  # fmt: skip


class Decided(NamedTuple):
    """What is sealed for one contract after the other. `sequences`: the last number of each."""

    part: int
    cut: Cut
    wordings: Sequence[Sequence[Wording]]
    sources: Sources
    sequences: Mapping[str, int]
    now: datetime


def tried(accepted: Accepted, contract: Contract, today: date) -> str | None:
    """TOLD or the reason of a silence, as if in force; None where the change was recorded on no day of the trial."""
    day = accepted.change.day
    if contract.shadow_from is None or today < contract.shadow_from or not contract.in_shadow(day):
        return None
    found = judge(accepted.change, contract, day)
    return found.reason if isinstance(found, Silence) else TOLD


async def digest_key(keys: KeyStore) -> bytes:
    """The key of the digests by which the ledger knows a Change again."""
    return await keys.pseudonym_key(f"{LEDGER}-digest")


def digest(key: bytes, content: bytes) -> bytes:
    """What the ledger keeps of the bytes of a Change; keyed, because a plain hash of a record could be guessed."""
    keyed = _keyed(key).copy()  # to take the key in costs more than to digest a Change
    keyed.update(content)
    return keyed.finalize()


@lru_cache(maxsize=4)
def _keyed(key: bytes) -> HMAC:
    return HMAC(key, SHA256())


def _milliseconds(now: datetime) -> int:
    return int(now.timestamp() * 1000)
