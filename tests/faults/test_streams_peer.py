"""The program that the router is measured against does the same work: every decision, all that is under the seal."""

import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from confluent_kafka.admin import AdminClient
from hypothesis import HealthCheck, Phase, given, settings

from contracts.change import Change
from hub import bus, destroyed, topics
from hub.bench import lots, systems
from hub.bench.stand import Stand
from hub.broker_admin import connection
from hub.bus import Incoming
from hub.clock import now
from hub.database import connect
from hub.keys import KeyStore
from hub.owners import Tenure
from hub.router import Router, slot
from hub.seal import Place, header, open_token
from hub.wanted import reader_of
from tests.house import World
from tests.jdk import needs_jdk
from tests.people import in_household_of, line, record
from tests.properties.made_up import changes

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300), needs_jdk]

COUNT = 200


def drawn(count: int) -> list[bytes]:
    """Made-up Changes of all kinds, the same in every run, half of whose items may be missing or differ."""
    found: list[bytes] = []

    @settings(
        max_examples=count, derandomize=True, database=None, phases=[Phase.generate], deadline=None,
        suppress_health_check=[*HealthCheck],
    )  # fmt: skip
    @given(changes())
    def collect(one: Change) -> None:
        found.append(line(one.kind, one.before, one.after))

    collect()
    return found


def chosen() -> list[bytes]:
    """What no strategy makes: first loads for certain contracts, a 随時移転, other ways of writing a time, escapes."""
    one, other = record(1), record(1, address={"text": "架空市仮町2番地", "town": "\\\"架空\""})
    order = {"order": str(uuid4()).upper(), "items": ["name", "address", "atena_no"]}
    turned = {"day": 1, "month": 4, "year": 2012, "text": "平成24年4月1日"}
    return [
        line("SNAPSHOT", None, one, to=["tax", "child-policy"]), line("SNAPSHOT", one, None, to=["tax"]),
        line("SNAPSHOT", None, one, to=["tax"], transfer=order), line("SNAPSHOT", one, other, to=["elections"]),
        line("RELOCATE", one, other, recorded_at="2026-04-01T23:30:00Z"),
        line("RELOCATE", one, other, recorded_at="2026-03-31T14:59:59.5-00:30"),
        line("RELOCATE", one, other, effective_on=turned),
        line("RELOCATE", {**one, "birth_date": turned}, {**one, "birth_date": dict(reversed(turned.items()))}),
        line("RELOCATE", {**one, "protected": True}, {**other, "protected": None}),
        line("HEAD_CHANGED", one, one | in_household_of(2, "子")),
        line("POPULATION_REVIEW", record(3, birth_date="2011-04-02"), record(3, birth_date="2011-04-02")),
    ]  # fmt: skip


def contents() -> Iterator[tuple[UUID, bytes]]:
    """COUNT Changes, each with an id of its own and of a resident of its own."""
    special = chosen()
    for number, text in enumerate([*special, *drawn(COUNT - len(special))]):
        resident = uuid4()
        own = {"id": str(uuid4()), "resident": str(resident), "version": 1_775_092_500_000_000 + number}
        yield resident, orjson.dumps(orjson.loads(text) | own)


@dataclass(frozen=True, slots=True)
class Heard:
    """What one of the two has written: by (disclosure, contract) header and payload; the ledger's lines by Change."""

    told: dict[tuple[str, str], tuple[dict[str, Any], dict[str, Any]]]
    ledger: dict[str, dict[str, Any]]

    def decisions(self) -> set[tuple[str, str, str]]:
        """(disclosure, contract, everything under the seal): its id is made of that of the Change."""
        told = {place: orjson.dumps(content, option=orjson.OPT_SORT_KEYS) for place, (_, content) in self.told.items()}
        return {(*place, content.decode()) for place, content in told.items()}


async def heard(stand: Stand, keys: KeyStore, since: dict[str, dict[int, int]]) -> Heard:
    """Everything behind the offsets of `since`, opened."""
    told = {}
    for name, contract in stand.book.contracts.items():
        topic = topics.disclosures(stand.settings.prefix, name)
        async for one in _behind(stand, reader_of(contract), topic, since):
            key = await keys.by_kid(header(one.value)["kid"])
            read, payload = open_token(one.value, key, Place(name, topic, one.partition), one.key)
            told[read["jti"], name] = read, orjson.loads(payload)
    lines = [orjson.loads(one.value or b"") async for one in _behind(stand, "admin", _ledger(stand), since)]
    return Heard(told, {one["change"]: one for one in lines})


async def _behind(
    stand: Stand, principal: str, topic: str, since: dict[str, dict[int, int]]
) -> AsyncIterator[Incoming]:
    parts = range(stand.settings.partitions)
    async with bus.reader(stand.settings, principal, topic, parts) as reader:
        await reader.seek({**since.get(topic, dict.fromkeys(parts, 0))})
        for one in await reader.read_to_end():
            yield one


def _ledger(stand: Stand) -> str:
    return topics.ledger(stand.settings.prefix)


async def routed(router: Router, count: int) -> None:
    done = 0
    while done < count:
        done += await router.once()


async def by_router(stand: Stand, keys: KeyStore, tenure: Tenure) -> Heard:
    async with slot(stand.settings, stand.book, keys, tenure, now) as router:
        await routed(router, COUNT)
    return await heard(stand, keys, {})


async def by_peer(stand: Stand, keys: KeyStore, ends: dict[int, int]) -> Heard:
    outputs = [_ledger(stand), *(topics.disclosures(stand.settings.prefix, name) for name in stand.book.contracts)]
    since = await bus.ends(stand.settings, "admin", outputs)
    peer = systems.streams(stand, await systems.plan(stand.settings, stand.book, keys))
    try:
        with peer.started():
            await stand.committed(peer.group, ends)
        return await heard(stand, keys, since)
    finally:
        admin = AdminClient(connection(stand.settings.kafka, stand.settings.secrets_dir, "admin"))
        for gone in admin.delete_topics([f"{peer.group}-sequences-changelog"]).values():
            gone.result()


def known(head: dict[str, Any]) -> dict[str, Any]:
    """A header without the moment of sealing."""
    return {name: value for name, value in head.items() if name != "iat"}


def undated(said: dict[str, Any]) -> dict[str, Any]:
    """A line of the ledger without the moment, and without the digests of tokens whose nonces are random."""
    told = [{name: value for name, value in one.items() if name != "token_sha256"} for one in said["told"]]
    return {**said, "recorded_at": "", "told": told}


async def test_kafka_streams_tells_exactly_what_the_router_tells(whole: World, tmp_path: Path) -> None:
    stand = Stand(tmp_path, whole.settings, whole.env, whole.book)
    async with connect(whole.settings.database) as database:
        keys = await destroyed.keys(whole.settings, database, "relay")
        lot = await lots.sealed(whole.settings, keys, contents())
        await lots.put(whole.settings, lot, time.monotonic)
        ours = await by_router(stand, keys, Tenure(database, whole.settings, range(whole.settings.partitions)))
        peer = await by_peer(stand, keys, lot.ends({}))
    assert peer.decisions() == ours.decisions()
    assert {place: known(head) for place, (head, _) in peer.told.items()} == {
        place: known(head) for place, (head, _) in ours.told.items()
    }
    assert {change: undated(said) for change, said in peer.ledger.items()} == {
        change: undated(said) for change, said in ours.ledger.items()
    }
    assert len(ours.ledger) == COUNT
    assert {content["state"] for _, content in ours.told.values()} == {"entered", "inside", "deleted", "left"}
    assert len({contract for _, contract in ours.told}) > 10
    assert any("transfer" in content for _, content in ours.told.values())
