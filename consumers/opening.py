"""Opening a sealed disclosure in the hands of the hub: key by kid, place, contract, and what the payload promises.

Many at a time are opened in one call of the kernel, where they are plainly right. It never refuses: whatever it leaves
is opened once more, alone, and there it is said what is wrong.
A token names the very contract, by its hash, under which it was told. One that no Book ever used has held was told by
nobody who may, even where it opens: it is refused.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final, NamedTuple, Protocol

from consumers.disclosure import Disclosure, read
from hub import metrics
from hub.errors import DatabaseError, DependencyUnavailable, TokenRefused
from hub.kernel import chosen
from hub.kernel.form import Disclosed, Kernel
from hub.keys import KeyStore, named
from hub.outcome import Deferred, Refused
from hub.seal import Place, check_place, header, opened

UNKNOWN_CONTRACT = "unknown-contract"

CODES = ("unknown-kid", "altered-token", UNKNOWN_CONTRACT, "bad-payload", "payload-mismatch")
"""What a token that lies where it belongs can be refused with when it is opened, besides that its key was destroyed."""


_UUID: Final = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Sealed = tuple[bytes, int, bytes]
"""A token, the partition that it lies in, and the record key beside it."""


class Plain(NamedTuple):
    """A disclosure that was opened with others, and its number, which is proven by that."""

    seq: int
    disclosure: Disclosure


class Known(Protocol):
    """Which contracts there have been; `hub.books.ContractHashes` is one."""

    async def knows(self, contract_hash: str) -> bool:
        """Whether the contract has ever had this hash."""


class Opener:
    """Opens the tokens of one contract. Keys and contracts are remembered, so only the first token of a day asks.

    `kernel`: what opens many at a time.
    """

    def __init__(
        self, keys: KeyStore, contract: str, topic: str, contracts: Known, kernel: Kernel | None = None
    ) -> None:
        self._kernel = kernel or chosen()
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

    async def open_all(self, sealed: Sequence[Sealed]) -> list[Plain | None]:
        """Of each, in order, what it holds; None: it is not plainly right, or a key is not to be had: open it alone."""
        kids = self._kernel.kids([token for token, _, _ in sealed])
        keys = await named(self._keys, self._contract, kids, DependencyUnavailable, DatabaseError)
        places = {part: at for at, part in enumerate(dict.fromkeys(part for _, part, _ in sealed))}
        found = self._kernel.disclosed(
            keys, [Place(self._contract, self._topic, part) for part in places],
            [(token, own, places[part]) for token, part, own in sealed],
        )  # fmt: skip
        known = {each for each in {one[1] for one in found if one} if await self._knows(each)}
        return [self._plain(one) if one and one[1] in known else None for one in found]

    async def _knows(self, contract_hash: str) -> bool:
        """False also where nobody can say so now."""
        with suppress(DependencyUnavailable, DatabaseError):
            return await self._contracts.knows(contract_hash)
        return False

    def _plain(self, one: Disclosed) -> Plain | None:
        content, _, seq, jti = one
        try:
            return Plain(seq, read(content, jti, self._contract)) if _UUID.fullmatch(jti) else None
        except TokenRefused:
            return None
