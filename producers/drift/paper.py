"""Digests that a subscriber has handed over in a file, in the place of a counterpart that is asked (contracts/handed).

What is compared is all that the contract permits to be kept, and nothing else: digests of one item or two would let
whoever writes them try its values one after the other. A bucket of which the file says no residents is noted as wanted:
the subscriber digests anew and names them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from contracts.columns import Unfit, names_of, texts
from contracts.contract import Contract
from contracts.handed import RESIDENT, DigestsRefused, Handed, decoded
from contracts.kept import keepable
from contracts.law import items
from hub.errors import UsageError
from hub.pseudonym import Pseudonyms
from producers.digests import Form, Side, by_identifier
from producers.drift.ways import WAYS, HandedOver
from producers.household import Record

LARGEST: Final = 256 * 1024 * 1024
"""Bytes of a file: of every resident of a city of a million, and of nobody twice."""
SKEW: Final = timedelta(minutes=5)
"""By how much a subscriber's clock may be ahead."""
OLDEST: Final = timedelta(days=7)
"""How old digests may be: what has left the topic since can be told from nothing that was lost."""


@dataclass(slots=True)
class Paper:
    """The other side, as a file has it. `hash`: SHA-256 of the file. Found out by looking: `wanted`, the buckets that
    differ and whose residents it does not say."""

    said: Handed
    hash: str = ""
    wanted: set[str] = field(default_factory=set)

    @property
    def noted(self) -> dict[str, str | int]:
        """What the audit says of it: of how many residents it has digests, and which file it was."""
        return {"compared": sum(map(len, self.said.residents.values())), "hash": self.hash}

    async def buckets(self) -> Mapping[str, str]:
        """Bucket -> digest."""
        self.wanted = set()
        return self.said.buckets

    async def bucket(self, name: str) -> Mapping[bytes, bytes] | None:
        """Code digest -> record digest, where the file says them."""
        if (people := self.said.residents.get(name)) is None:
            self.wanted.add(name)
            return None
        return {code: one.record for code, one in people.items()}

    def version(self, code: bytes) -> int | None:
        """What the copy was told last of somebody, where it says so."""
        one = self.said.holding(code)
        return one.version if one else None

    def has_read(self, partition: int, seq: int) -> bool:
        """Whether this number of the contract's topic was taken before the copy was digested, as far as it says."""
        return self.said.read is None or seq <= self.said.read.get(partition, 0)


def permitted(contract: Contract, on: date) -> tuple[str, ...]:
    """What may be compared: items, or the columns of a contract that is told by files; PROTECTED where it is told."""
    names = keepable(contract, on)
    return names_of(names) if _by_columns(contract) else names


def side_of(contract: Contract, paper: Paper, pseudonyms: Pseudonyms) -> Side:
    """How the subscriber digests. `pseudonyms`: those of the contract."""

    def pseudonym(_contract: Contract, resident: UUID, _record: Record) -> str:
        return pseudonyms.of([resident])[0].hex()

    return Side(form_of(contract, paper), pseudonym if paper.said.named_by == RESIDENT else by_identifier)


def form_of(contract: Contract, paper: Paper) -> Form:
    """What of our record is digested: what the paper compares, in the form in which the subscriber was told it."""
    compared, by_columns = paper.said.compared, _by_columns(contract)

    def form(held: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            told = texts(held) if by_columns else held
        except Unfit:
            return held  # no file could tell it, so whatever is there differs
        return {name: told[name] for name in compared}

    return form


def read(file: Path, key: bytes, name: str, now: datetime) -> Paper:
    """The paper in a file; UsageError says what is wrong with it."""
    try:
        if file.stat().st_size > LARGEST:
            raise UsageError("too-large", "--theirs")
        content = file.read_bytes()
        said = decoded(content, key, name)
    except OSError:
        raise UsageError("unreadable", "--theirs", "A file with the subscriber's digests is meant") from None
    except DigestsRefused as refused:
        raise UsageError(refused.code, "--theirs", "Have it written and handed over once more") from None
    if said.taken_at > now + SKEW:
        raise UsageError("taken-in-the-future", "--theirs", "The subscriber's clock is ahead of this one")
    if said.taken_at < now - OLDEST:
        raise UsageError("taken-too-long-ago", "--theirs", f"{OLDEST.days} days are the most: have it written anew")
    return Paper(said, sha256(content).hexdigest())


def lawful(paper: Paper, contract: Contract, on: date) -> None:
    """UsageError where the copy compares what it may not keep, or less than all that it may, or names residents by what
    the hub cannot name them."""
    names = permitted(contract, on)
    if beyond := {*paper.said.compared} - {*names}:
        said = sorted(beyond & {*items(), *names_of(items())})  # what the law has no word for is not repeated
        raise UsageError("not-permitted", ", ".join(said), "It keeps what its contract does not permit (any more)")
    if sorted(paper.said.compared) != sorted(names):
        missing = sorted({*names} - {*paper.said.compared})
        raise UsageError("not-whole", ", ".join(missing), "Have all digested that its contract permits, each once")
    if paper.said.named_by not in (contract.identifier, RESIDENT):
        raise UsageError("named-otherwise", "--theirs", f"By {contract.identifier} or {RESIDENT}")


def _by_columns(contract: Contract) -> bool:
    return WAYS[contract.via] == HandedOver(columns=True)
