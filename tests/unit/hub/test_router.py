"""One poll of the router, in memory: what it tells, what it parks, what it stops, and what a failure leaves behind."""

from datetime import UTC, datetime
from uuid import UUID

import orjson
import pytest

from contracts import book as law
from hub import envelope, positions, quarantine
from hub.bus import Outgoing
from hub.errors import ProduceFailed
from hub.intake import Accepted, Intake
from hub.keys import CHANGES
from hub.pseudonym import Pseudonyms
from hub.router import Router
from hub.seal import Place, Sheet, header, open_token, seal
from hub.telling import Teller
from tests.fakes import MemoryBroker, MemoryKeys
from tests.people import RESIDENT, line, record

NOW = datetime(2026, 4, 2, 1, 20, tzinfo=UTC)
OTHER = UUID("00000000-0000-4000-8000-000000000002")
MOVED = {"address": {"text": "架空市別町7番地"}}


class Hub:
    """A router on a memory broker with one partition, and the relay's side of it."""

    async def start(self) -> "Hub":
        self.keys, self.broker = MemoryKeys(), MemoryBroker()
        self.residents = Pseudonyms(await self.keys.pseudonym_key(CHANGES))
        self.teller = await Teller.of("juki", law.load(), self.keys)
        self.take_over()
        return self

    def take_over(self) -> None:
        at = self.broker.committed.get(0)
        reader = self.broker.reader("juki.changes", [0])
        reader._at = {0: at.offset if at else 0}
        sequences = {0: positions.decode(at.metadata, "")} if at else {0: {}}
        self.router = Router("juki", Intake(self.keys, self.residents), self.teller, reader, self.broker,
                             lambda: NOW, sequences, set())  # fmt: skip

    async def publish(self, content: bytes, resident: UUID = RESIDENT, place: str = "juki.changes") -> None:
        key = await self.keys.content_key(CHANGES, NOW.date())
        own = self.residents.of([resident])[0]
        self.put(seal(key, Place(CHANGES, place, 0), "", 0, [Sheet(0, "", content, own)])[0], own)

    def put(self, value: bytes | None, key: bytes | None) -> None:
        self.broker.put("juki.changes", 0, Outgoing(key, value, envelope.CHANGE, 0))

    def told(self, contract: str) -> int:
        return len(self.broker.read(f"juki.disclosures.{contract}"))

    def quarantined(self) -> list[str]:
        return [dict(one.headers)["hub.errors.code"].decode() for one in self.broker.read("juki.quarantine")]


async def test_a_contract_whose_feed_is_stopped_is_told_nothing_takes_no_number_and_has_nothing_kept_for_it() -> None:
    hub = await Hub().start()
    await hub.publish(relocation(1))
    await hub.router.once()
    hub.router.untold = frozenset({"tax"})
    await hub.publish(relocation(2))
    await hub.router.once()
    hub.router.untold = frozenset()
    await hub.publish(relocation(3))
    await hub.router.once()
    assert (hub.told("tax"), hub.told("prefecture"), hub.quarantined()) == (2, 3, [])
    assert hub.router.sequences[0]["tax"] == 2
    assert (hub.router.sequences[0]["prefecture"], len(hub.broker.read("juki.ledger"))) == (3, 3)


MOVING_IS_TOLD = {
    "child-policy", "convenience-store", "disaster-prevention", "elections", "health-insurance", "koseki-fuhyo",
    "prefecture", "public-health", "tax", "welfare",
}  # fmt: skip
"""転居 of a Japanese national of 36."""


@pytest.fixture
async def hub() -> Hub:
    return await Hub().start()


def relocation(n: int = 1, **changed: object) -> bytes:
    return line("RELOCATE", record(), record(**MOVED), version=n, id=f"01930000-0000-7000-8000-{n:012d}", **changed)


async def test_each_contract_is_told_its_items_and_no_other(hub: Hub) -> None:
    await hub.publish(relocation())
    await hub.router.once()
    for name, contract in hub.teller.book.contracts.items():
        for token in hub.broker.read(f"juki.disclosures.{name}"):
            key = await hub.keys.by_kid(header(token.value)["kid"])
            _, payload = open_token(token.value, key, Place(name, f"juki.disclosures.{name}", 0), token.key)
            assert set(orjson.loads(payload)["items"]) == set(contract.items)
    assert {name: hub.told(name) for name in hub.teller.book.contracts} == {
        name: int(name in MOVING_IS_TOLD) for name in hub.teller.book.contracts
    }


async def test_the_ledger_names_every_contract_told(hub: Hub) -> None:
    await hub.publish(relocation())
    await hub.router.once()
    [entry] = hub.broker.read("juki.ledger")
    told = orjson.loads(entry.value or b"")["told"]
    assert {one["contract"] for one in told} == MOVING_IS_TOLD


@pytest.mark.trap("A8")
async def test_seq_counts_up_without_a_gap_over_polls(hub: Hub) -> None:
    for n in range(1, 8):
        await hub.publish(relocation(n))
        await hub.router.once()
    tokens = hub.broker.read("juki.disclosures.prefecture")
    assert [header(one.value)["seq"] for one in tokens] == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.trap("input-13", "D3")
async def test_a_change_that_cannot_be_read_parks_its_resident_and_nobody_else(hub: Hub) -> None:
    await hub.publish(line("RELOCATE", record(), None))
    await hub.publish(relocation())
    await hub.publish(relocation(2, resident=str(OTHER)), OTHER)
    await hub.router.once()
    assert (hub.quarantined(), hub.told("prefecture")) == (["shape-mismatch", "waits-behind"], 1)


@pytest.mark.trap("input-13", "C6")
@pytest.mark.parametrize("value", [None, b"", b"plaintext", b"a.b.c.d.e"])
async def test_a_value_that_is_not_sealed_goes_to_quarantine(hub: Hub, value: bytes | None) -> None:
    hub.put(value, hub.residents.of([RESIDENT])[0])
    await hub.router.once()
    assert hub.quarantined() == ["not-a-token"]


@pytest.mark.trap("C5")
async def test_a_token_moved_from_another_topic_goes_to_quarantine(hub: Hub) -> None:
    await hub.publish(relocation(), place="juki.elsewhere")
    await hub.router.once()
    assert hub.quarantined() == ["moved-token"]


@pytest.mark.trap("input-13", "D6")
@pytest.mark.parametrize("key", [None, b"", b"short", b"x" * 17])
async def test_a_record_without_a_usable_key_stops_its_partition(hub: Hub, key: bytes | None) -> None:
    await hub.publish(relocation())
    hub.put(b"anything", key)
    await hub.publish(relocation(2))
    await hub.router.once()
    assert (hub.broker.committed[0].offset, hub.told("prefecture"), hub.broker.paused) == (1, 1, {0})


@pytest.mark.trap("D6")
async def test_a_record_key_of_another_resident_stops_the_partition(hub: Hub) -> None:
    await hub.publish(relocation(), OTHER)
    await hub.router.once()
    assert (hub.broker.committed, hub.broker.paused) == ({}, {0})


@pytest.mark.trap("D6")
@pytest.mark.parametrize("whose", ["nobody's", "another's"])
async def test_a_record_that_stops_its_partition_is_passed_over_alone_and_nobody_waits_behind_it(
    hub: Hub, whose: str
) -> None:
    await hub.publish(relocation())
    if whose == "nobody's":
        hub.put(b"anything", b"short")
    else:
        await hub.publish(relocation(2), OTHER)  # under a record key that names OTHER
    await hub.publish(relocation(3))
    await hub.publish(relocation(4, resident=str(OTHER)), OTHER)
    await hub.router.once()
    await hub.router.pass_over(0, UUID(int=7))
    await hub.router.once()
    assert (hub.broker.committed[0].offset, hub.told("prefecture"), hub.router.stopped) == (4, 3, {})
    letters = hub.broker.read("juki.quarantine")
    assert (hub.quarantined(), quarantine.lines(letters)) == (["passed-over"], [])
    assert quarantine.was_passed(letters, UUID(int=7))
    assert letters[0].value == hub.broker.read("juki.changes")[1].value


async def test_a_passing_that_is_not_committed_leaves_the_partition_where_it_stands(hub: Hub) -> None:
    hub.put(b"anything", b"short")
    await hub.router.once()
    hub.broker.refuse_next = True
    with pytest.raises(ProduceFailed):
        await hub.router.pass_over(0, UUID(int=7))
    assert (hub.quarantined(), hub.broker.committed, [*hub.router.stopped]) == ([], {}, [0])


@pytest.mark.trap("input-16", "A1")
async def test_after_a_failed_transaction_the_next_attempt_tells_everything_once(hub: Hub) -> None:
    await hub.publish(relocation())
    hub.broker.refuse_next = True
    with pytest.raises(ProduceFailed):
        await hub.router.once()
    assert hub.told("prefecture") == 0
    hub.take_over()
    await hub.router.once()
    assert [header(one.value)["seq"] for one in hub.broker.read("juki.disclosures.prefecture")] == [1]


async def test_what_waited_is_released_in_order_with_its_own_ids_and_newer_changes_go_on_behind_it(hub: Hub) -> None:
    hub.put(b"not sealed", hub.residents.of([RESIDENT])[0])
    for n in (1, 2):
        await hub.publish(relocation(n))
    await hub.router.once()
    [line] = quarantine.lines(hub.broker.read("juki.quarantine"))
    read = [await hub.router.intake.read(quarantine.as_it_came(one, "juki.changes")) for one in line.letters[1:]]
    changes = [one for one in read if isinstance(one, Accepted)]
    await hub.router.release(0, line.key, changes, quarantine.mark(line.key, UUID(int=7), 2, NOW))
    await hub.publish(relocation(3))
    await hub.router.once()
    told = [header(one.value) for one in hub.broker.read("juki.disclosures.prefecture")]
    assert [one["seq"] for one in told] == [1, 2, 3]
    named = [orjson.loads(one.value or b"")["change"] for one in hub.broker.read("juki.ledger")]
    assert named == [orjson.loads(relocation(n))["id"] for n in (1, 2, 3)]
    assert (quarantine.lines(hub.broker.read("juki.quarantine")), hub.broker.committed[0].offset) == ([], 4)


async def test_a_release_that_fails_has_released_nobody(hub: Hub) -> None:
    hub.put(b"not sealed", hub.residents.of([RESIDENT])[0])
    await hub.router.once()
    [line] = quarantine.lines(hub.broker.read("juki.quarantine"))
    hub.broker.refuse_next = True
    with pytest.raises(ProduceFailed):
        await hub.router.release(0, line.key, [], quarantine.mark(line.key, UUID(int=7), 0, NOW))
    assert (len(quarantine.lines(hub.broker.read("juki.quarantine"))), hub.router.parked) == (1, {RESIDENT})
