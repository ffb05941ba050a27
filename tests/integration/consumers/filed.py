"""A contract that gets files: a real inbox database, sealed tokens, a real storage, and the subscriber's own reader."""

import json
from collections.abc import Iterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid5

from joserfc.jwk import ECKey, KeySet

from consumers.disclosure import Disclosure
from consumers.files.command import Desk
from consumers.files.reading import Reading
from consumers.files.writing import Writer, Written, end_of, one_writer, until
from consumers.opening import Opener
from consumers.overtake import Scout
from consumers.settle import Settler
from contracts.columns import Columns
from contracts.contract import Approval, Contract
from hub.database import Database
from hub.granting import grant
from hub.keys import KeyStore
from hub.stops import Stops
from hub.wrapping import KeyWrapper
from tests.fakes import MemoryContracts, MemoryKek
from tests.integration.consumers.line import HandOver, MemoryTopic
from tests.store import Storage, subscriber

DAY = date(2026, 4, 1)
NOON = datetime(2026, 4, 1, 3, 0, tzinfo=UTC)
ITEMS = ("atena_no", "name", "birth_date", "address", "dv_protection")
FIRST = 1_775_000_000_000_000  # on the morning of that day
_SPACE = UUID("00000000-0000-4000-8000-000000000001")


def told(seed: int, nth: int = 1, state: str = "inside", **changed: Any) -> Disclosure:
    """The nth disclosure about resident `seed`, who is plainly made up."""
    items = {
        "atena_no": str(seed), "name": f"見本 {seed}号", "birth_date": "1990-04-01",
        "address": {"town": "見本町", "number": f"{nth}番"}, "dv_protection": None, **changed.pop("items", {}),
    }  # fmt: skip
    if state == "left":
        items = {"atena_no": str(seed)}
    made = {"version": FIRST + seed * 1000 + nth, "protected": None if state == "left" else False, **changed}
    return Disclosure(uuid5(_SPACE, f"{seed} {nth}"), "filed", made["version"], state, items, made["protected"])


ALL = [*((seed, told(seed)) for seed in range(1, 5)), (1, told(1, 2)), (2, told(2, 2, "left"))]
"""What the tests send: each with the number of its resident."""
IDS = [str(one.id) for _, one in ALL]


class Filed(HandOver):
    """One contract with files. `now`: the clock of the commands; `folder`: this test's own part of the storage."""

    def __init__(self, database: Database, storage: Storage, folder: str, protected: str = "deliver") -> None:
        self.database = database
        self.storage = storage
        self.folder = folder
        self.now = NOON
        self.clock = lambda: self.now
        self.contract = Contract(
            id="filed", subscriber="見本", purpose="見本", basis=(), hears=frozenset(), items=ITEMS,
            identifier="atena_no", protected=protected, via="csv", in_force_from=DAY,
            approved=Approval("見本", DAY, "見本"), mirror=True,
        )  # fmt: skip
        self.keys = KeyStore(database, KeyWrapper([MemoryKek()]))
        self.topic = MemoryTopic("juki.disclosures.filed")
        self.settler = Settler(database, "filed", self.clock)
        self.opener = Opener(self.keys, "filed", self.topic.name, MemoryContracts(self.contract.hash))
        self.inbox = self.new_inbox()
        self.scout = Scout(database, self.contract, self.opener, self.settler)
        self.store = storage.store(f"/{folder}")
        self._seq = {}

    @asynccontextmanager
    async def desk(self) -> Any:
        """As the command has it."""
        columns = Columns(self.contract.permitted(DAY))
        reading = Reading(self.database, "filed", self.opener, self.settler, columns)
        async with one_writer(self.database, "filed") as held:
            writer = Writer(self.database, held, self.store, self.keys, self.contract, reading, self.settler,
                            self.clock, Stops(self.database, self.contract))  # fmt: skip
            yield Desk(self.database, self.contract, reading, self.scout, writer, columns, lambda _done, _of: None)

    async def daily(self, day: date = DAY) -> list[Written]:
        """One run of the command."""
        async with self.desk() as desk:
            resumed = await desk.writer.tidy()
            written = await desk.file("daily", day, lambda waiting: until(waiting, end_of(day)))
        return [one for one in (resumed, written) if one is not None]

    async def objects(self) -> dict[str, bytes]:
        """Everything on the storage."""
        names = await self.store.sizes("filed/")
        return {name.removeprefix("filed/"): await self.store.get(name) or b"" for name in names}

    async def granted(self) -> KeySet:
        """The subscriber's keys, as it is given them."""
        private = ECKey.generate_key("P-256")
        jwe = await grant(self.keys, "filed", private)
        return subscriber.keys(jwe, private.as_dict(private=True))  # type: ignore[no-any-return]

    async def read(self, objects: dict[str, bytes] | None = None) -> list[dict[str, Any]]:
        """Every line of every file that a subscriber takes, in order."""
        there, keys = objects if objects is not None else await self.objects(), await self.granted()
        return [line for _, said in subscriber.manifests(iter(there), there.get, "filed")
                for line in subscriber.rows(said, there.get, keys)]  # fmt: skip

    async def ids(self) -> list[str]:
        """The disclosures of every file that a subscriber takes."""
        return [line["disclosure"] for line in await self.read()]


def manifests(objects: dict[str, bytes]) -> Iterator[dict[str, Any]]:
    """The manifests, in order."""
    for name in sorted(objects):
        if name.endswith("manifest.json"):
            yield json.loads(objects[name])


async def waiting(filed: Filed) -> Filed:
    """With all of it in the inbox."""
    await filed.send(*ALL)
    return filed
