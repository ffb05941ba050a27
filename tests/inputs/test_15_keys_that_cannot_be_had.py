"""Input 15: the service that has the keys is down, slow, or says that a key is gone: later, and never in clear."""

import asyncio
from datetime import date

import orjson
import pytest

from consumers.opening import Opener
from hub import quarantine
from hub.bus import Incoming
from hub.database import Database
from hub.errors import DatabaseError, DependencyUnavailable, JukiError, ProduceFailed, TokenRefused
from hub.holding import Holder
from hub.keys import CHANGES
from hub.seal import ContentKey
from tests.conformance.counterparts import Fake
from tests.conformance.samples import disclosure
from tests.fakes import MemoryKeys
from tests.inputs.memory import BOOK, WholeWay
from tests.integration.consumers.line import HandOver
from tests.people import line, record

MOVED = [line("RELOCATE", record(), record(address={"text": f"架空市別町{n}番地"}), version=n,
              id=f"01930000-0000-7000-8000-{n:012d}") for n in range(1, 6)]  # fmt: skip
AWAY = {"down": DependencyUnavailable("database-unavailable"), "cut off": DatabaseError("connection-lost")}


class Service(MemoryKeys):
    """Keys behind a service. `fault`: what it answers instead; `seconds`: how long it takes; `spared`: whose keys."""

    def __init__(self) -> None:
        super().__init__()
        self.fault: JukiError | None = None
        self.spared = ""
        self.seconds = 0.0

    async def content_key(self, owner: str, day: date) -> ContentKey:
        await self._answers(owner)
        return await super().content_key(owner, day)

    async def by_kid(self, kid: str, _times: int = 1) -> ContentKey:
        await self._answers(kid.rsplit(".", 1)[0])
        return await super().by_kid(kid)

    async def _answers(self, owner: str) -> None:
        await asyncio.sleep(self.seconds)
        if self.fault is not None and owner != self.spared:
            raise self.fault


async def everything_told_once(way: WholeWay) -> None:
    way.take_over()
    await way.route()
    assert [one.version for one in await way.told("prefecture")] == [1, 2, 3, 4, 5]
    assert (way.sequence("prefecture"), way.quarantined()) == ([1, 2, 3, 4, 5], [])


@pytest.mark.trap("input-15", "D4")
@pytest.mark.parametrize("spared", ["", CHANGES], ids=["to open", "to seal"])
@pytest.mark.parametrize("fault", AWAY.values(), ids=AWAY)
async def test_a_router_without_keys_tells_nothing_and_nothing_is_lost(fault: JukiError, spared: str) -> None:
    way = await WholeWay.open(keys := Service())
    await way.publish(*MOVED)
    keys.fault, keys.spared = fault, spared
    with pytest.raises(type(fault)):
        await way.route()
    assert {topic for topic, _ in way.broker.records} == {"juki.changes"}
    keys.fault = None
    await everything_told_once(way)


class Gone(Service):
    """The keys of some contracts are gone."""

    gone: frozenset[str] = frozenset({"prefecture"})

    async def _answers(self, owner: str) -> None:
        if owner in self.gone:
            raise TokenRefused("unknown-kid")


async def settled(way: WholeWay) -> None:
    async def letters(part: int) -> list[Incoming]:
        return way.broker.read("juki.quarantine", part)

    await Holder(letters).once(way.router)


@pytest.mark.trap("input-15", "C6")
async def test_a_contract_whose_key_is_gone_is_held_alone_and_told_once_and_in_order_when_it_is_back(
    capfd: pytest.CaptureFixture[str]
) -> None:
    way = await WholeWay.open(keys := Gone())
    await way.publish(*MOVED[:2])
    await way.route()
    await way.publish(MOVED[2])
    way.take_over()  # who is held is known from the topic
    await way.route()
    assert (way.records("prefecture"), way.sequence("tax")) == ([], [1, 2, 3])
    assert way.quarantined() == ["key-gone"] * 3
    await settled(way)
    assert way.records("prefecture") == []
    keys.gone = frozenset()
    await way.publish(MOVED[3])
    await way.route()  # the key is back, and what is held goes first
    assert way.records("prefecture") == []
    await settled(way)
    await way.publish(MOVED[4])
    await way.route()
    await settled(way)
    assert [one.version for one in await way.told("prefecture")] == [1, 2, 3, 4, 5]
    assert (way.sequence("prefecture"), way.sequence("tax")) == ([1, 2, 3, 4, 5], [1, 2, 3, 4, 5])
    assert quarantine.lines(way.broker.read("juki.quarantine")) == []
    assert "架空" not in "".join(capfd.readouterr())


@pytest.mark.trap("input-15")
async def test_the_ledger_names_what_was_held_when_it_is_told_and_not_before() -> None:
    way = await WholeWay.open(keys := Gone())
    await way.publish(MOVED[0])
    await way.route()
    keys.gone = frozenset()
    await settled(way)
    lines = [orjson.loads(one.value or b"") for one in way.broker.read("juki.ledger")]
    told = [[one["contract"] for one in line["told"]] for line in lines]
    assert ("prefecture" in told[0], told[1]) == (False, ["prefecture"])
    assert len({(line["change"], line["digest"], line["book"]) for line in lines}) == 1


@pytest.mark.trap("input-15")
async def test_what_is_settled_but_not_committed_is_still_held() -> None:
    way = await WholeWay.open(keys := Gone())
    await way.publish(*MOVED)
    await way.route()
    keys.gone = frozenset()
    way.broker.refuse_next = True
    with pytest.raises(ProduceFailed):
        await settled(way)
    way.take_over()
    await way.route()
    await settled(way)
    assert way.sequence("prefecture") == [1, 2, 3, 4, 5]


@pytest.mark.trap("input-15")
async def test_slow_keys_only_take_longer() -> None:
    way = await WholeWay.open(keys := Service())
    keys.seconds = 0.01
    await way.publish(*MOVED)
    await everything_told_once(way)
    assert {name for name in BOOK.contracts if way.records(name)} >= {"prefecture", "tax", "elections"}


@pytest.fixture
def line_of(database: Database, monkeypatch: pytest.MonkeyPatch) -> HandOver:
    return HandOver(database, "prefecture", Fake("prefecture"))


def without_keys(opener: Opener, monkeypatch: pytest.MonkeyPatch, fault: JukiError) -> None:
    async def fails(_kid: str, _times: int = 1) -> ContentKey:
        raise fault

    monkeypatch.setattr(opener._keys, "by_kid", fails)


@pytest.mark.trap("input-15", "D4")
@pytest.mark.parametrize("fault", AWAY.values(), ids=AWAY)
async def test_an_inbox_without_keys_takes_nothing_and_later_everything(
    line_of: HandOver, monkeypatch: pytest.MonkeyPatch, fault: JukiError
) -> None:
    line_of.put(*[await line_of.sealed(disclosure("prefecture", n), n) for n in (1, 2)])
    with monkeypatch.context() as away:
        without_keys(line_of.opener, away, fault)
        with pytest.raises(DatabaseError, match="key-unavailable"):
            await line_of.inbox.once(0)
    assert await line_of.states() == {}
    await line_of.inbox.once(0)
    assert (await line_of.states(), await line_of.codes()) == ({"waiting": 2}, ["", ""])


@pytest.mark.trap("input-15", "D4")
async def test_what_cannot_be_opened_now_waits_sealed_and_is_delivered_once(
    line_of: HandOver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await line_of.send((1, disclosure("prefecture", 1)), (2, disclosure("prefecture", 2)))

    async def deferred() -> bool:
        return await line_of.codes() == ["key-unavailable"] * 2

    with monkeypatch.context() as away:
        without_keys(line_of.opener, away, AWAY["down"])
        await line_of.work(deferred)
    assert (await line_of.states(), await line_of.told()) == ({"waiting": 2}, [])
    assert all("見本".encode() not in orjson.dumps(dict(row), default=repr) for row in await line_of.rows())
    await line_of.work(lambda: line_of.are(delivered=2))
    assert len(await line_of.told()) == 2
