"""A contract whose key is gone is held alone: what it would be told is kept, and told in order when the key is back.

Nothing is told in clear and nothing is skipped. The router puts each Change that the contract would be told, sealed as
it came, into quarantine under the contract's name, in the transaction in which everybody else is told. From then on
everything for it in that partition goes the same way, so that nothing overtakes what is held; a take-over reads that
from the topic. When the key can be had again the held Changes are told to this contract alone, by the Book of then,
under its next numbers and with a line in the ledger, and a mark behind them says how far.
"""

from collections.abc import Awaitable, Callable, Sequence

from contracts.change import JAPAN
from hub import log, metrics, quarantine
from hub.bus import Incoming
from hub.errors import DatabaseError, DependencyUnavailable, TokenRefused
from hub.router import Router

AT_ONCE = 500
"""Changes per transaction."""

Letters = Callable[[int], Awaitable[Sequence[Incoming]]]
"""What lies in quarantine in one partition, from its beginning."""


class Holder:
    """Tells contracts what was held for them as soon as it can."""

    def __init__(self, letters: Letters) -> None:
        self._letters = letters

    async def once(self, router: Router) -> None:
        """Try each contract that is held; between two polls."""
        for part, contracts in router.held.items():
            for contract in sorted(contracts):
                if await _has_key(router, contract) and await self._settled(router, part, contract):
                    contracts.discard(contract)
                    _tell(router, part, contract)

    async def _settled(self, router: Router, part: int, contract: str) -> bool:
        letters = quarantine.unsettled(await self._letters(part)).get((part, contract), [])
        for start in range(0, len(letters), AT_ONCE):
            some = letters[start : start + AT_ONCE]
            changes = await router.read_again(some)
            if changes is None or not await router.settle(part, contract, changes, some[-1].offset):
                return False
        return True


async def _has_key(router: Router, contract: str) -> bool:
    try:
        await router.teller.keys.content_key(contract, router.clock().astimezone(JAPAN).date())
    except (TokenRefused, DatabaseError, DependencyUnavailable):
        return False
    return True


def _tell(router: Router, part: int, contract: str) -> None:
    log.get().warning("contract-settled", contract=contract, partition=part)
    if not any(contract in contracts for contracts in router.held.values()):
        metrics.CONTRACTS_HELD.labels(contract).set(0)
