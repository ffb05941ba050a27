"""Protection overtakes: 支援措置 that begins must not wait behind what was said before it began.

A disclosure that waits behind others of its resident is looked at once. If it says that the resident is protected,
everything open before it is flagged, and is handed over as of a protected person. If the contract suspends protected
persons and it says `left`, everything open before it is superseded, dead letters included: it would only tell a
counterpart what the very next message takes back. A resident of whom something is on its way is left alone until that
has ended; what only waits for its turn is taken out of hand first, or it would go out as it was read.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from consumers.disclosure import Disclosure
from consumers.opening import Opener
from consumers.settle import Settler
from contracts.contract import Contract
from hub import log
from hub.database import Database, Row, queries
from hub.outcome import Deferred

_SQL = queries(Path(__file__).with_name("inbox.sql"))


def begins_protection(disclosure: Disclosure, contract: Contract) -> bool:
    """Whether what was said before `disclosure` may no longer be said as it was."""
    if contract.protected == "suspend":
        return disclosure.state == "left"
    return disclosure.protected is True


class Scout:
    """Looks ahead for one contract."""

    def __init__(self, database: Database, contract: Contract, opener: Opener, settler: Settler) -> None:
        self._database = database
        self._contract = contract
        self._opener = opener
        self._settler = settler

    async def once(self, busy: Sequence[bytes], put_back: Callable[[bytes], bool] = lambda _: True) -> int:
        """Look at what waits behind others and was not looked at; how many. `busy`: residents to leave alone.

        `put_back`: take what is in hand of a resident out of it; whether nothing of theirs is on its way.
        """
        rows = await self._database.fetch(_SQL["unscouted"], self._contract.id, list(busy))
        looked = [row["id"] for row in rows if await self._look(row, put_back)]
        if looked:
            await self._settler.scouted(looked)
        return len(looked)

    async def _look(self, row: Row, put_back: Callable[[bytes], bool]) -> bool:
        opened = await self._opener.open(row["token"], row["partition"], row["subject"])
        if isinstance(opened, Deferred):
            return False
        if isinstance(opened, Disclosure) and begins_protection(opened, self._contract):
            if not put_back(row["subject"]):
                return False
            supersede = self._contract.protected == "suspend"
            count = await self._settler.overtaken(row["subject"], row["position"], supersede=supersede)
            log.get().info("protection-overtook", contract=self._contract.id, count=count)
        return True
