"""Who is told nothing now, and what is kept for them until they can be told."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from hub.intake import Accepted


@dataclass(slots=True)
class Holding:
    """By partition, contracts that cannot be told now, because their key is gone; and what each of them would be told.

    `only`: these contracts alone are told, where what was held is told at last. `stopped`: these are told nothing, and
    nothing is kept for them.
    """

    contracts: Mapping[int, Collection[str]] = field(default_factory=dict)
    only: frozenset[str] | None = None
    stopped: frozenset[str] = frozenset()
    changes: dict[tuple[int, str], list[Accepted]] = field(default_factory=dict)

    def concerns(self, contract: str) -> bool:
        """Whether the contract may be told anything at all."""
        return (self.only is None or contract in self.only) and contract not in self.stopped

    def holds(self, part: int, contract: str) -> bool:
        """Whether the contract was held already."""
        return contract in self.contracts.get(part, ())
