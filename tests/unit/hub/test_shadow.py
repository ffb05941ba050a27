"""A contract on trial (shadow_from): decided and counted, and nobody is told, until its first day in force."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any

import orjson
import pytest
from prometheus_client import REGISTRY, generate_latest

from contracts import book as law
from contracts.book import Book
from contracts.change import parse
from contracts.contract import Contract
from hub import envelope, metrics, seal
from hub.bus import Outgoing
from hub.errors import ProduceFailed
from hub.intake import Accepted, Intake
from hub.keys import CHANGES
from hub.pseudonym import Pseudonyms
from hub.router import Router
from hub.seal import Place, Sheet
from hub.telling import Teller
from tests.contracts.agreed import agreed
from tests.fakes import MemoryBroker, MemoryKeys
from tests.people import RESIDENT, line, record

SHIPPED = law.load()
NOON = datetime(2026, 4, 2, 3, tzinfo=UTC)
MIDNIGHT = datetime(2026, 4, 9, 15, tzinfo=UTC)
"""The beginning of 10 April in Japan."""
MOVED = record(address={"text": "架空市別町7番地"})


def on_trial(**changed: Any) -> Contract:
    """A contract on trial from 2 April, in force from 10 April 2026."""
    return agreed(**{"shadow_from": date(2026, 4, 2), "in_force_from": date(2026, 4, 10)} | changed)


def beside(*contracts: Contract) -> Book:
    """The shipped Book and these contracts, under the same hash, so that everything else is the same to the byte."""
    return replace(SHIPPED, contracts=MappingProxyType({**SHIPPED.contracts, **{one.id: one for one in contracts}}))


def accepted(recorded_at: str = "2026-04-02T10:15:00+09:00", kind: str = "RELOCATE", **changed: Any) -> Accepted:
    content = line(kind, record(**changed), MOVED | changed, recorded_at=recorded_at)
    return Accepted(parse(content), content)


async def told(book: Book, now: datetime, *changes: Accepted, keys: Any = None) -> dict[str, list[Outgoing]]:
    teller = await Teller.of("juki", book, keys or MemoryKeys())
    batches = await teller.all_of(0, changes, {}, now, Counter())
    return {topic: [*records] for (topic, _), records in batches.items()}


async def tried(book: Book, now: datetime, *changes: Accepted) -> dict[tuple[str, str], int]:
    return dict((await Teller.of("juki", book, MemoryKeys())).tried(changes, now))


async def test_a_trial_yields_no_record_and_leaves_every_other_the_same_to_the_byte(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keys, changes = MemoryKeys(), (accepted(), accepted(kind="HEAD_CHANGED"))
    monkeypatch.setattr(seal.os, "urandom", bytes)
    without = await told(SHIPPED, NOON, *changes, keys=keys)
    with_trial = await told(beside(on_trial()), NOON, *changes, keys=keys)
    assert with_trial == without
    assert "juki.disclosures.prefecture" in without


async def test_a_trial_is_counted_by_its_outcome() -> None:
    always, quiet = on_trial(always=frozenset({"RELOCATE"})), on_trial(id="quiet", items=("atena_no",))
    book = beside(always, quiet)
    assert await tried(book, NOON, accepted(), accepted(), accepted(kind="HEAD_CHANGED")) == {
        ("kosodate", "told"): 2, ("kosodate", "not-heard"): 1,
        ("quiet", "nothing-changed"): 2, ("quiet", "not-heard"): 1,
    }  # fmt: skip


async def test_what_is_not_on_trial_is_not_counted_as_such() -> None:
    assert await tried(SHIPPED, NOON, accepted()) == {}


@pytest.mark.parametrize(("recorded_at", "counted"), [
    ("2026-04-01T23:59:59+09:00", False), ("2026-04-02T00:00:00+09:00", True),
    ("2026-04-09T23:59:59+09:00", True), ("2026-04-10T00:00:00+09:00", False), ("2026-04-09T14:59:59Z", True),
])  # fmt: skip
async def test_a_trial_lasts_from_its_first_day_to_the_day_before_it_comes_into_force(
    recorded_at: str, counted: bool
) -> None:
    change = accepted(recorded_at)
    assert bool(await tried(beside(on_trial()), change.change.recorded_at, change)) is counted


async def test_a_router_whose_day_is_before_the_trial_counts_nothing() -> None:
    assert await tried(beside(on_trial()), datetime(2026, 4, 1, 14, 59, tzinfo=UTC), accepted()) == {}


@pytest.mark.trap("input-22")
@pytest.mark.parametrize(("now", "recorded_at", "is_told"), [
    (MIDNIGHT.replace(hour=14, minute=59), "2026-04-09T23:59:00+09:00", False),
    (MIDNIGHT, "2026-04-09T23:59:00+09:00", False), (MIDNIGHT, "2026-04-10T00:00:00+09:00", True),
])  # fmt: skip
async def test_the_same_teller_tells_from_midnight_in_japan_on(now: datetime, recorded_at: str, is_told: bool) -> None:
    book, change = beside(on_trial()), accepted(recorded_at)
    assert ("juki.disclosures.kosodate" in await told(book, now, change)) is is_told
    assert bool(await tried(book, now, change)) is not is_told


async def router(book: Book) -> tuple[Router, MemoryBroker]:
    keys, broker = MemoryKeys(), MemoryBroker()
    residents = Pseudonyms(await keys.pseudonym_key(CHANGES))
    key, own = await keys.content_key(CHANGES, NOON.date()), residents.of([RESIDENT])[0]
    token = seal.seal(key, Place(CHANGES, "juki.changes", 0), "", 0, [Sheet(0, "", accepted().content, own)])[0]
    broker.put("juki.changes", 0, Outgoing(own, token, envelope.CHANGE, 0))
    teller, reader = await Teller.of("juki", book, keys), broker.reader("juki.changes", [0])
    return Router("juki", Intake(keys, residents), teller, reader, broker, lambda: NOON, {0: {}}, set()), broker


def counted(contract: str, outcome: str) -> float:
    return metrics.SHADOW_DECISIONS.labels(contract, outcome)._value.get()


async def test_the_router_counts_a_trial_once_it_has_committed_and_not_before() -> None:
    made, broker = await router(beside(on_trial(id="counted")))
    broker.refuse_next = True
    with pytest.raises(ProduceFailed):
        await made.once()
    assert counted("counted", "told") == 0
    made.reader._at = {0: 0}
    await made.once()
    assert counted("counted", "told") == 1
    assert broker.read("juki.disclosures.counted") == []
    assert "counted" not in broker.committed[0].metadata
    [entry] = broker.read("juki.ledger")
    assert "counted" not in {one["contract"] for one in orjson.loads(entry.value or b"")["told"]}


def test_every_outcome_of_a_trial_is_there_at_the_first_scrape() -> None:
    metrics.prepare(["scraped"])
    text = generate_latest(REGISTRY).decode()
    for outcome in ("told", "outside", "not-heard", "nothing-changed", "protected"):
        assert f'hub_shadow_decisions_total{{contract="scraped",outcome="{outcome}"}} 0.0' in text

