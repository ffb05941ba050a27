"""Opening a sealed disclosure in the hands of the hub: key by kid, place, contract, and what the payload promises.

A token names the very contract, by its hash, under which it was told. One that no Book ever used has held was told by
nobody who may, even where it opens: it is refused.
"""

from typing import Any, Protocol

from consumers.disclosure import Disclosure, read
from hub import metrics
from hub.errors import DatabaseError, DependencyUnavailable, TokenRefused
from hub.keys import KeyStore
from hub.outcome import Deferred, Refused
from hub.seal import Place, check_place, header, opened

UNKNOWN_CONTRACT = "unknown-contract"

CODES = ("unknown-kid", "altered-token", UNKNOWN_CONTRACT, "bad-payload", "payload-mismatch")
"""What a token that lies where it belongs can be refused with when it is opened, besides that its key was destroyed."""


class Known(Protocol):
    """Which contracts there have been; `hub.books.ContractHashes` is one."""

    async def knows(self, contract_hash: str) -> bool:
        """Whether the contract has ever had this hash."""


class Opener:
    """Opens the tokens of one contract. Keys and contracts are remembered, so only the first token of a day asks."""

    def __init__(self, keys: KeyStore, contract: str, topic: str, contracts: Known) -> None:
        self._keys = keys
        self._contract = contract
        self._topic = topic
        self._contracts = contracts

    async def open(self, token: bytes, partition: int, subject: bytes) -> Disclosure | Deferred | Refused:
        """The disclosure; Refused where the token is not what it should be, Deferred where nobody can say so now."""
        try:
            head = header(token)
            check_place(head, Place(self._contract, self._topic, partition), subject)
            return await self.open_read(token, head)
        except TokenRefused as refused:
            return Refused(refused.code)

    async def open_read(self, token: bytes, head: dict[str, Any]) -> Disclosure | Deferred | Refused:
        """The same of a token whose header was read and found to belong where it lies."""
        try:
            payload = opened(token, head, await self._keys.by_kid(head["kid"]))
            if not await self._contracts.knows(head["ctr"]):
                return Refused(UNKNOWN_CONTRACT)
            return read(payload, head["jti"], self._contract)
        except TokenRefused as refused:
            return Refused(refused.code)
        except (DependencyUnavailable, DatabaseError):
            metrics.KEYS_UNAVAILABLE.labels(self._contract).inc()
            return Deferred("key-unavailable")
