"""The whole way of a Change in memory: door, seal, router, inbox, adapter; all but the servers is the real thing."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

from consumers.adapters import ADAPTERS
from consumers.arrival import Sorted, judge, sort
from consumers.disclosure import Disclosure
from consumers.opening import Opener
from contracts import book as law
from hub import envelope, positions, quarantine
from hub.bus import Incoming, Outgoing
from hub.intake import Intake
from hub.keys import CHANGES
from hub.outcome import Outcome
from hub.pseudonym import Pseudonyms
from hub.router import Router
from hub.seal import Place, Sheet, header, seal
from hub.telling import Teller
from tests.fakes import MemoryBroker, MemoryContracts, MemoryCounterpart, MemoryKeys
from tests.people import RESIDENT

NOW = datetime(2026, 4, 2, 1, 20, tzinfo=UTC)
BOOK = law.load()


class WholeWay:
    """One partition of everything. `clock` is the router's."""

    def __init__(self, keys: MemoryKeys) -> None:
        self.keys, self.broker = keys, MemoryBroker()
        self.clock: Callable[[], datetime] = lambda: NOW

    @classmethod
    async def open(cls, keys: MemoryKeys | None = None) -> "WholeWay":
        """With a router that has just taken its slot over."""
        made = cls(keys or MemoryKeys())
        made.residents = Pseudonyms(await made.keys.pseudonym_key(CHANGES))
        made.take_over()
        return made

    residents: Pseudonyms

    def take_over(self) -> None:
        """A new router, from what is committed."""
        at = self.broker.committed.get(0)
        self.reader = self.broker.reader("juki.changes", [0])
        self.reader._at = {0: at.offset if at else 0}
        self.sequences = {0: positions.decode(at.metadata, "")} if at else {0: {}}
        self._router: Router | None = None

    async def publish(self, *contents: bytes) -> None:
        """Seal Changes as the relay does, each about the resident that it names."""
        for content in contents:
            key = await self.keys.content_key(CHANGES, self.clock().date())
            own = self.residents.of([UUID(orjson.loads(content)["resident"])])[0]
            token = seal(key, Place(CHANGES, "juki.changes", 0), "", 0, [Sheet(0, "", content, own)])[0]
            self.put(token, own)

    def put(self, value: bytes | None, key: bytes | None, headers: envelope.Headers = envelope.CHANGE) -> None:
        """Anything, as somebody would put it who may write to the topic."""
        self.broker.put("juki.changes", 0, Outgoing(key, value, headers, 0))

    def own_key(self, resident: UUID = RESIDENT) -> bytes:
        return self.residents.of([resident])[0]

    async def route(self) -> None:
        """One poll of the router."""
        if self._router is None:
            teller = await Teller.of("juki", BOOK, self.keys)
            held = quarantine.held_contracts(self.broker.read("juki.quarantine"))
            offsets = {0: at.offset} if (at := self.broker.committed.get(0)) else {}
            self._router = Router("juki", Intake(self.keys, self.residents), teller, self.reader, self.broker,
                                  self._now, self.sequences, set(), offsets, held=held)  # fmt: skip
        await self._router.once()

    @property
    def router(self) -> Router:
        """The router that has the slot."""
        assert self._router is not None
        return self._router

    def _now(self) -> datetime:
        return self.clock()

    def records(self, contract: str) -> list[Incoming]:
        return self.broker.read(f"juki.disclosures.{contract}")

    def inbox(self, contract: str) -> Sorted:
        """What an inbox would keep of the contract's topic."""
        return sort([judge(one, contract) for one in self.records(contract)], {}, {0: 0}, contract)

    def opener(self, contract: str) -> Opener:
        """What opens the tokens of the contract."""
        known = MemoryContracts(BOOK.contracts[contract].hash)
        return Opener(self.keys, contract, f"juki.disclosures.{contract}", known)  # type: ignore[arg-type]

    async def told(self, contract: str) -> list[Disclosure]:
        """What the contract is told, in order, once a repeat is dropped."""
        opener = self.opener(contract)
        opened = [await opener.open(one.token or b"", 0, one.subject or b"") for one in self.inbox(contract).kept]
        assert all(isinstance(one, Disclosure) for one in opened), opened
        return [one for one in opened if isinstance(one, Disclosure)]

    async def handed_over(self, contract: str) -> tuple[list[dict[str, Any]], list[Outcome]]:
        """The messages that the counterpart of the contract gets, and how each hand-over ended."""
        counterpart = MemoryCounterpart()
        outcomes = [await ADAPTERS[contract].hand_over(counterpart, one) for one in await self.told(contract)]
        return [*counterpart.told.values()], outcomes

    def quarantined(self) -> list[str]:
        """Why each record in quarantine is there."""
        letters = self.broker.read("juki.quarantine")
        return [dict(one.headers)["hub.errors.code"].decode() for one in letters]

    def sequence(self, contract: str) -> list[int]:
        return [header(one.value)["seq"] for one in self.records(contract)]
