"""随時移転 through a real broker: from the order to the ledger, and to what the department itself opens."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from joserfc.jwk import ECKey

from consumers.subscribe import Access, Applied, Disclosure, Keys, subscription
from hub import accounts, bus, tokens, topics
from hub.archive import Archiver
from hub.clock import now
from hub.database import Database, connect
from hub.granting import grant
from hub.keys import KeyStore
from hub.owners import Tenure
from hub.people import Duty
from hub.router import slot
from hub.transfers import Wish
from hub.wrapping import wrapper
from producers import relay_process
from producers.capture.table import Outbox
from producers.city import load
from producers.outbox import SHARDS
from producers.relay import BATCH
from producers.todokede import today
from producers.transfer.choosing import Choice
from producers.transfer.desk import Desk
from tests.house import House, World, made_world
from tests.integration.producers.registry import residents
from tests.office import FIRST, cheap_passwords

CONTRACT = "child-policy"
CHOSEN = ["atena_no", "name", "address"]


async def desk(world: World, hub: Database, name: str, duty: Duty) -> Desk:
    person = await accounts.add(hub, name, frozenset({duty}), FIRST, now())
    token = (await tokens.new(hub, person.id, "test", tokens.LONGEST, now()))[1]
    return Desk(world.settings, hub, await tokens.bearer(hub, token, now()), now)


async def carried(world: World, hub: Database, keys: KeyStore, count: int) -> None:
    """The outbox, through the broker and the router, into the archive of the ledger."""
    own, parts = world.settings, range(world.settings.partitions)
    async with relay_process.opened(own) as (registry, relays, _):
        assert await relays[0].carry(Outbox(registry, range(SHARDS), BATCH)) == count
    async with slot(own, world.book, keys, Tenure(hub, own, parts), now) as router:
        done = 0
        while done < count:
            done += await router.once()
    async with bus.reader(own, "ledger", topics.ledger(own.prefix), parts) as reader:
        archiver = Archiver(hub, reader, parts)
        await archiver.resume()
        while await hub.fetchval("SELECT count(*) FROM hub.ledger") < count:
            await archiver.once()


@asynccontextmanager
async def department(world: World, keys: KeyStore, folder: Path, count: int) -> AsyncIterator[list[Disclosure]]:
    """What the department's own library has applied, with its own keys, once it is so many."""
    private = ECKey.generate_key("P-256")
    granted = await grant(keys, CONTRACT, private)
    (folder / "keys.jwe").write_text(granted, encoding="ascii")
    (folder / "private.jwk").write_text(json.dumps(private.as_dict(private=True)), encoding="ascii")
    access = Access(CONTRACT, world.settings.kafka, world.settings.secrets_dir, world.settings.prefix)
    ring, applied = Keys(folder / "keys.jwe", folder / "private.jwk"), []

    async def apply(_connection: Any, told: Disclosure) -> None:
        applied.append(told)

    async with (asyncpg.create_pool(world.settings.database, min_size=1, max_size=2) as pool,
                subscription(access, ring, pool) as feed):  # fmt: skip
        async with asyncio.timeout(60):
            while len(applied) < count:
                events = await feed.once(apply, 500)
                assert all(isinstance(event, Applied) for event in events), events
        yield applied


async def test_each_person_has_a_line_in_the_ledger_and_the_department_opens_exactly_what_was_chosen(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cheap_passwords(monkeypatch)
    with made_world(house, tmp_path / "data", contracts=(CONTRACT,)) as world:
        own = world.settings
        async with connect(own.database, 4) as hub, connect(own.registry_dsn, 2) as registry:
            await load(registry, 12, 7)
            await accounts.first(hub, "root", FIRST, now())
            keys = KeyStore(hub, wrapper(own))
            ito = await desk(world, hub, "ito", Duty.OPERATOR)
            kato = await desk(world, hub, "kato", Duty.CONTRACT_OFFICER)
            until = today(now()) + timedelta(days=3)
            wish = Wish(CONTRACT, ("氏名", "住所"), ("庁内連携条例",), "給付の案内", until, "")
            order, _ = await ito.ask(wish, Choice(everybody=True))
            await kato.approve(order.id)
            assert (await ito.run(order.id))[1] == 12
            await carried(world, hub, keys, 12)

            rows = await hub.fetch("SELECT subject, items FROM hub.ledger JOIN hub.told USING (change)")
            assert [row["items"] for row in rows] == [CHOSEN] * 12
            assert len({row["subject"] for row in rows}) == 12
            assert (await kato.show(order.id)).on_the_ledger == 12
            async with department(world, keys, tmp_path, 12) as told:
                assert {one.transfer for one in told} == {order.id}
                expected = [{item: record[item] for item in CHOSEN} for _, record in await residents(registry)]
                assert sorted((one.items for one in told), key=lambda one: str(one["atena_no"])) == expected
