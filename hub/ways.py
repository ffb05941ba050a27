"""The ways of handing over (`via` of a contract) that somebody walks in this release, and those that wait for one.

A contract whose way is not built yet is decided, sealed and proven like any other; what it is told stays on its topic
until the way is there, because a notice that expires unread would be a notice lost.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from contracts.contract import Contract

ADAPTED: Final = frozenset({
    "prefecture", "previous-municipality", "koseki-fuhyo", "jlis-delivery", "intermediate-server", "convenience-store",
    "immigration",
})  # fmt: skip
"""Handed over by a process of ours; a test compares this with consumers.adapters, which stands above this room."""
READ: Final = frozenset({"topic"})
"""Read by the subscriber itself."""
PULLED: Final = frozenset({"rest"})
"""Fetched by the subscriber from a process of ours."""
FILED: Final = frozenset({"csv"})
"""Taken off the topic by `jukihub run files`, and put into files by `jukihub files write`, once a day."""

A_FILE_IS_DUE: Final = timedelta(hours=26)
"""How long something may wait for its file: a day, and two hours for a file that is long or begins late."""


def walked(contract: Contract) -> bool:
    """Whether somebody takes what this contract is told off its topic."""
    return contract.via in ADAPTED | READ | PULLED | FILED


def overdue(contract: Contract | None, oldest: datetime | None, now: datetime) -> datetime | None:
    """`oldest`, where it should have been handed over by now: what waits for its file of the day is not late yet."""
    waits = contract is not None and contract.via in FILED and oldest is not None and now - oldest < A_FILE_IS_DUE
    return None if waits else oldest


def waiting(contracts: Mapping[str, Contract]) -> dict[str, str]:
    """The contracts whose way is not built yet: id and `via`."""
    return {name: contract.via for name, contract in contracts.items() if not walked(contract)}
