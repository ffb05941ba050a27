"""One poll, decided and not yet sealed: who is told what, partition by partition."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from contracts.contract import Contract
from hub.cutting import Cut
from hub.kernel.form import Row, Sources, Wording

Rows = dict[int, list[Row]]
"""By partition."""


class Decided(NamedTuple):
    """What is sealed for one contract after the other.

    `ends`: by partition, the place behind its last case; `sequences`: by partition, the last number of each contract;
    `entries`: of each case, what its line in the ledger says of those who were told.
    """

    cut: Cut
    wordings: Sequence[Sequence[Wording]]
    sources: Sources
    ends: Mapping[int, int]
    sequences: Mapping[int, dict[str, int]]
    now: datetime
    entries: Sequence[list[bytes]]

    def places(self) -> Iterable[tuple[int, tuple[int, int]]]:
        """By partition, where its cases begin and end."""
        return self._parted(self.ends.values())

    def rows(self, at: int) -> Rows:
        """By partition that has any, the disclosures of the contract in this place of the Book; cases ascend."""
        rows = self.cut.lots.get(at, [])
        cuts = [bisect_left(rows, (end,)) for end in self.ends.values()]
        return {part: rows[begun:end] for part, (begun, end) in self._parted(cuts) if begun < end}

    def _parted(self, ends: Iterable[int]) -> Iterable[tuple[int, tuple[int, int]]]:
        return zip(self.ends, pairwise((0, *ends)), strict=True)

    def numbers(self, part: int, contract: Contract, count: int) -> int:
        """The first of so many numbers, which the contract has used there from now on."""
        last = self.sequences[part].get(contract.id, 0)
        self.sequences[part][contract.id] = last + count
        return last + 1
