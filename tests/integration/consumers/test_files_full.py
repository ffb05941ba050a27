"""A full file is that of a first load, all of it, by somebody who may."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4, uuid5

import pytest
from msgspec.structs import replace

from consumers.disclosure import Disclosure
from consumers.files.command import by_somebody
from consumers.files.loading import Load
from consumers.files.writing import Written
from hub import audit
from hub.errors import DependencyUnavailable, JukiError, NotPermitted, UsageError
from hub.people import Duty
from tests.house import House
from tests.integration.consumers.filed import DAY, Filed, manifests, told
from tests.office import cheap_passwords, opened
from tests.store import Storage


class Loaded:
    """A first load that is told to a contract: resident by resident, with its lines in the ledger."""

    def __init__(self, filed: Filed) -> None:
        self.filed = filed
        self.changes: dict[int, UUID] = {}

    def said(self, seed: int, nth: int = 5) -> tuple[int, Disclosure]:
        """What the load tells of resident `seed`."""
        change = self.changes[seed] = uuid4()
        return seed, replace(told(seed, nth, "entered"), id=uuid5(change, "filed"))

    async def decided(self, *silent: UUID) -> None:
        """The ledger has all of it, and `silent`, of which nothing was told."""
        for change in (*self.changes.values(), *silent):
            place = change.int % 2**40  # nothing is ever removed from the ledger, whichever test has written it
            await self.filed.database.execute(LINE, place, change)
            if change not in silent:
                await self.filed.database.execute(TOLD, place, uuid5(change, "filed"), change)

    async def written(self, *silent: UUID) -> list[Written]:
        async with self.filed.desk() as desk:
            return await desk.load(DAY, [*self.changes.values(), *silent])


LINE = "INSERT INTO hub.ledger VALUES (0, $1, $2, '', '', '', '2026-04-01', now(), '')"
SUPERSEDED = "UPDATE inbox.disclosures SET state = 'superseded', token = NULL, settled_at = now() WHERE id = $1"
TOLD = "INSERT INTO hub.told VALUES ('filed', 0, $1, $2, $3, 'entered', '{}', '', '')"


@pytest.fixture
def loaded(filed: Filed) -> Loaded:
    return Loaded(filed)


async def test_a_full_file_holds_the_load_and_differences_lie_before_and_behind_it(loaded: Loaded) -> None:
    filed, silent = loaded.filed, uuid4()
    load = [loaded.said(seed) for seed in (1, 2, 3)]
    gone, came = told(9, 1, version=told(1).version - 7, state="left"), told(8, version=told(8).version + 10**6)
    await filed.send((1, told(1)), (9, gone), load[0], (1, told(1, 6)), (8, came), (3, told(3, 2)), *load[1:])
    await loaded.decided(silent)
    before, whole = await loaded.written(silent)
    filed.now += timedelta(minutes=1)
    await filed.send((2, told(2, 7)))
    (behind,) = await filed.daily()
    assert [(one.kind, one.rows) for one in (before, whole, behind)] == [("daily", 3), ("full", 3), ("daily", 3)]
    assert await filed.ids() == [str(one.id) for one in (
        told(1), gone, told(3, 2), *(said for _, said in load), told(1, 6), came, told(2, 7),
    )]  # fmt: skip
    assert await filed.states() == {"delivered": 9}


async def test_a_load_of_which_nobody_is_told_takes_no_copys_place(loaded: Loaded) -> None:
    filed, silent = loaded.filed, uuid4()
    await loaded.decided(silent)
    with pytest.raises(UsageError, match="load-tells-nobody"):
        await loaded.written(silent)
    said = loaded.said(1)
    await filed.send(said, (1, told(1, 9, "left")))
    await loaded.decided()
    await filed.database.execute(SUPERSEDED, said[1].id)
    with pytest.raises(UsageError, match="load-tells-nobody"):
        await loaded.written()
    assert (await filed.objects(), await filed.states()) == ({}, {"superseded": 1, "waiting": 1})


@pytest.mark.threat("P1")
async def test_a_full_file_is_the_act_of_an_operator_and_noted(
    house: House, server: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cheap_passwords(monkeypatch)
    server.clear()
    async with opened(house, tmp_path) as office:
        filed = Filed(office.database, server, uuid4().hex)
        loaded = Loaded(filed)
        await filed.send(loaded.said(1))
        await loaded.decided()
        load = Load(uuid4(), frozenset({"filed"}), tuple(loaded.changes.values()))
        for name, duty in (("ito", Duty.APPROVER), ("sato", Duty.OPERATOR)):
            own = office.with_token(await office.hired(name, duty))
            async with filed.desk() as desk:
                if duty is Duty.APPROVER:
                    with pytest.raises(NotPermitted, match="duty-missing"):
                        await by_somebody(own, desk, load, office.clock)
                    assert await filed.objects() == {}
                else:
                    (written,) = await by_somebody(own, desk, load, office.clock)
        assert [code for *_, code in await office.noted("ito")] == ["duty-missing"]
        begun, done = [one.entry for one in await audit.entries(office.database, office.now - timedelta(1), "sato")]
        assert [(one.act, one.object, one.code) for one in (begun, done)] == [
            ("files-full", "filed", "begun"), ("files-full", "filed", "done"),
        ]  # fmt: skip
        assert done.details == {"request": str(load.run), "count": 1, "made": written.name}
        assert (written.kind, len(await filed.ids())) == ("full", 1)


async def test_half_a_load_is_no_file(loaded: Loaded) -> None:
    filed = loaded.filed
    load = [loaded.said(seed) for seed in (1, 2, 3)]
    await filed.send(*load[:2])
    with pytest.raises(DependencyUnavailable, match="load-under-way"):  # the router has not decided all of it
        await loaded.written()
    await loaded.decided()
    with pytest.raises(DependencyUnavailable, match="load-under-way"):  # the inbox has not taken all of it in
        await loaded.written()
    await filed.send((3, replace(load[2][1], items={**load[2][1].items, "address": "x"}), ))
    with pytest.raises(JukiError, match="load-has-letters"):
        await loaded.written()
    await filed.daily()
    with pytest.raises(JukiError, match="load-was-filed"):
        await loaded.written()
    assert [said["kind"] for said in manifests(await filed.objects())] == ["daily"]
