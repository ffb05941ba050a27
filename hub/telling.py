"""From Changes to what goes onto the broker: decide for every contract, seal, and write the ledger's lines.

Everything of one poll is decided first and sealed contract by contract, whatever its partition: one content key, one
draw of nonces, one call for all record keys, and one of the kernel, which cuts and seals. What a contract is told is
handed on before the next one is sealed. `seq` counts up by one per contract and partition. The ledger's line of a
Change names every contract told, with the item set measured on the very bytes that were sealed.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from itertools import accumulate, chain
from typing import Final

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
from hub.decided import Decided, Rows
from hub.errors import TokenRefused
from hub.intake import Accepted
from hub.kernel import chosen
from hub.kernel.form import Batch, Kernel, Lot
from hub.keys import LEDGER, KeyStore
from hub.pseudonym import Pseudonyms
from hub.seal import ContentKey, Place, beginning, drawn
from hub.untold import Holding

Batches = dict[tuple[str, int], Sequence[Outgoing]]
Tally = Counter[tuple[str, str]]
"""(contract, TOLD or the reason of a silence) -> how often; for the metrics, once the transaction is committed."""

Write = Callable[[Batches], Awaitable[None]]
"""Takes what is to be written; it may be on its way while the rest is made."""

TOLD: Final = "told"


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

    async def tell(  # noqa: PLR0913 - one poll
        self, accepted: Mapping[int, Sequence[Accepted]], sequences: Mapping[int, dict[str, int]], now: datetime,
        tally: Tally, write: Write, holding: Holding | None = None,
    ) -> None:  # fmt: skip
        """Hand all records that come of `accepted` (by partition, in this order) to `write`, the ledger's last.

        Moves `sequences` (by partition, of each contract) on and counts into `tally`. A contract whose key is gone is
        told nothing: what it would be told is noted in `holding`.
        """
        holding = holding or Holding()
        poll = self._decided(accepted, sequences, now)
        for at, contract in enumerate(self.book.contracts.values()):
            rows = poll.rows(at) if holding.concerns(contract.id) else {}
            if rows and (batches := await self._told(at, contract, rows, poll, holding)):
                tally[contract.id, TOLD] += sum(map(len, batches.values()))
                await write(batches)
                await asyncio.sleep(0)  # what was told before is on its way meanwhile, and answers come
        tally.update(self._silences(poll.cut, holding))
        await write(self._ledger(poll))

    async def all_of(  # noqa: PLR0913 - one poll of one partition
        self, part: int, accepted: Sequence[Accepted], sequences: dict[str, int], now: datetime, tally: Tally,
        holding: Holding | None = None,
    ) -> Batches:  # fmt: skip
        """All that comes of the Changes of one partition."""
        batches: Batches = {}

        async def keep(more: Batches) -> None:
            batches.update(more)

        await self.tell({part: accepted}, {part: sequences}, now, tally, keep, holding)
        return batches

    def _decided(
        self, accepted: Mapping[int, Sequence[Accepted]], sequences: Mapping[int, dict[str, int]], now: datetime
    ) -> Decided:
        """Everything decided, nothing sealed."""
        today = now.astimezone(JAPAN).date()
        decisions = self._decisions.get(today)
        if decisions is None or decisions.is_full:
            self._decisions.clear()
            decisions = self._decisions[today] = Decisions([*self.book.contracts.values()], today)
        cut = Cut.of([*chain(*accepted.values())], decisions)
        sources = self.kernel.sources(cut.sources, [case.id for case in cut.cases])
        ends = dict(zip(accepted, accumulate(map(len, accepted.values())), strict=True))
        return Decided(cut, decisions.wordings, sources, ends, sequences, now, [[] for _ in cut.cases])

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

    async def _told(
        self, at: int, contract: Contract, rows: Rows, poll: Decided, holding: Holding
    ) -> Batches:  # fmt: skip
        """What the contract is told; of a partition on which it is held, nothing."""
        free = {part: lot for part, lot in rows.items() if not holding.holds(part, contract.id)}
        key = await self._key(contract, poll.now) if free else None
        told = free if key else {}
        for part in rows.keys() - told.keys():
            holding.changes[part, contract.id] = [poll.cut.cases[case].accepted for case, _, _ in rows[part]]
        return self._sealed(at, contract, told, key, poll) if key else {}

    async def _key(self, contract: Contract, now: datetime) -> ContentKey | None:
        """The content key of the day; None where it is gone."""
        try:
            return await self.keys.content_key(contract.id, now.astimezone(JAPAN).date())
        except TokenRefused:
            return None

    def _sealed(self, at: int, contract: Contract, rows: Rows, key: ContentKey, poll: Decided) -> Batches:
        """A record for each disclosure of a contract, by place; the ledger's entries and `seq` are noted in `poll`."""
        topic, issued = topics.disclosures(self.prefix, contract.id), int(poll.now.timestamp())
        cases = [case for lot in rows.values() for case, _, _ in lot]
        lots = [
            Lot(
                beginning(key, Place(contract.id, topic, part), contract.hash, issued),
                poll.numbers(part, contract, len(lot)), lot,
            )
            for part, lot in rows.items()
        ]  # fmt: skip
        batch = Batch(
            key, drawn(contract.id, len(cases)), contract.id.encode(), contract.hash.encode(), poll.wordings[at],
            envelope.DISCLOSURE, _milliseconds(poll.now),
        )  # fmt: skip
        own = self.pseudonyms[contract.id].of_bytes([poll.cut.cases[case].own for case in cases])
        sealed = poll.sources.seal(batch, lots, own)
        for case, entry in zip(cases, chain(*(entries for _, entries in sealed)), strict=True):
            poll.entries[case].append(entry)
        return {(topic, part): records for part, (records, _) in zip(rows, sealed, strict=True)}

    def _ledger(self, poll: Decided) -> Batches:
        cases, recorded_at, at = poll.cut.cases, poll.now.isoformat(), _milliseconds(poll.now)
        subjects = self.pseudonyms[LEDGER].of_bytes([case.own for case in cases])
        lines = [self._line(*each, recorded_at) for each in zip(cases, subjects, poll.entries, strict=True)]
        return {
            (topics.ledger(self.prefix), part): self.kernel.records(subjects[begun:end], lines[begun:end], (), at)
            for part, (begun, end) in poll.places()
        }

    def _line(self, case: Case, subject: bytes, entries: Sequence[bytes], recorded_at: str) -> bytes:
        change = case.accepted.change
        return orjson.dumps({
            "change": change.id, "subject": subject.hex(), "book": self.book.hash,
            "decided_on": case.facts.on.isoformat(), "recorded_at": recorded_at,
            "told": orjson.Fragment(b"[%b]" % b",".join(entries)), "version": change.version,
            "digest": digest(self.digest_key, case.accepted.content).hex(),
        })  # fmt: skip


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
