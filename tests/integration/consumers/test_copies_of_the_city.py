"""What the city does at the 中間サーバー: a copy erased by two persons and read back, and everybody registered anew."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from consumers.copies import CONTRACT, Operations, opened
from consumers.reconcile import Reconciler
from hub import accounts
from hub.errors import ApprovalRequired, DependencyUnavailable, NotPermitted, UsageError
from hub.people import Duty
from hub.wrapping import wrapper
from tests.conformance.counterparts import Standin, Standing
from tests.conformance.samples import disclosure
from tests.house import House
from tests.integration.consumers.line import HandOver
from tests.office import Office, cheap_passwords
from tests.office import opened as office_opened

TOLD = """INSERT INTO hub.told (contract, partition, seq, disclosure, change, state, items, contract_hash, token_sha256)
    VALUES ($1, 0, $2, $3, $3, $4, '{}', '', '')"""
LINE = """
    INSERT INTO hub.ledger (partition, ledger_offset, change, digest, subject, book, decided_on, recorded_at, line)
    VALUES (0, $1, $2, '', $3, '', '2026-04-01', now(), '{}')"""
TO_ERASE = "SELECT number_wrapped, begun_at, erased_at, expired_at FROM inbox.copy_erasures WHERE id = $1"


def who(seed: int) -> str:
    return str(disclosure(CONTRACT, seed).items["togo_atena_no"])


@dataclass
class City:
    """An operator and an approver at their terminals, the line of the copies, and the server."""

    office: Office
    server: Standin
    line: HandOver
    operator: Operations
    approver: Operations

    async def tell(self, *seeds: int, nth: int = 1, **more: str) -> None:
        before = (await self.line.states()).get("delivered", 0)
        said = [(seed, disclosure(CONTRACT, seed, nth=nth, **more)) for seed in seeds]
        await self.line.send(*said)
        await self.line.work(lambda: self.line.are(delivered=before + len(seeds)))
        for seq, (seed, one) in enumerate(said, start=before + 1):
            await self.line.database.execute(TOLD, CONTRACT, seq, one.id, one.state)
            await self.line.database.execute(LINE, seq, one.id, seed.to_bytes(16, "big"))

    async def reload(self) -> UUID:
        """Begun a minute after everything before it, and a minute before everything behind it."""
        self.office.now += timedelta(minutes=1)
        begun = await self.operator.begin_reload()
        self.office.now += timedelta(minutes=1)
        return begun

    async def states(self, *seeds: int) -> list[str]:
        return [(await self.server.instructed("/copies/state", {"togo_atena_no": who(seed)}))["state"]
                for seed in seeds]  # fmt: skip


@pytest.fixture(scope="module")
def standing() -> AsyncIterator[Standing]:
    made = Standing()
    yield made  # type: ignore[misc]
    made.stop()


@pytest.fixture
async def city(
    house: House, standing: Standing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[City]:
    cheap_passwords(monkeypatch)
    async with office_opened(house, tmp_path) as office, standing.of(CONTRACT) as server:
        urls = {"counterparts": f"{CONTRACT}={server.url}"}
        people = [await office.person("ito", Duty.OPERATOR), await office.person("abe", Duty.APPROVER, Duty.OPERATOR)]
        tokens = [await office.token(one, timedelta(days=3)) for one in people]
        ito, abe = (office.with_token(token).model_copy(update=urls) for token in tokens)
        async with opened(ito, office.clock) as operator, opened(abe, office.clock) as approver:
            line = HandOver(office.database, CONTRACT, server, clock=office.clock, kek=wrapper(ito))
            yield City(office, server, line, operator, approver)


async def test_two_persons_erase_a_copy_and_the_ledger_is_told_that_it_was_read_back(city: City) -> None:
    await city.tell(1, 2)
    request = await city.operator.ask(who(1).encode(), "registered for the wrong person")
    [waits] = await city.approver.requests()
    assert (waits["id"], waits["name"], await city.states(1)) == (request, "ito", ["kept"])
    await city.approver.approve(request, who(1).encode() + b"\n")
    assert await city.states(1, 2) == ["erased", "kept"]
    [noted] = await city.office.database.fetch("SELECT disclosure, what FROM hub.confirming")
    assert (noted["disclosure"], noted["what"]) == (request, "copy-erased")
    kept = await city.office.database.fetch("SELECT * FROM inbox.copy_erasures")
    assert (kept[0]["number_wrapped"], who(1) in repr(kept)) == (None, False)
    assert [code for _, act, code in await city.office.noted() if act.startswith("copies-erase")] == [
        "begun", "done", "begun", "done"
    ]  # fmt: skip


async def test_nobody_approves_their_own_nor_another_number_nor_too_late(city: City) -> None:
    await city.tell(1, 2)
    own = await city.approver.ask(who(1).encode(), "test")
    with pytest.raises(ApprovalRequired):
        await city.approver.approve(own, who(1).encode())
    request = await city.operator.ask(who(1).encode(), "test")
    with pytest.raises(NotPermitted, match="another-number"):
        await city.approver.approve(request, who(2).encode())
    with pytest.raises(NotPermitted, match="duty-missing"):
        await city.operator.approve(request, who(1).encode())
    with pytest.raises(UsageError, match="unknown-request"):
        await city.approver.approve(UUID(int=1), who(1).encode())
    city.office.now += timedelta(days=1)
    with pytest.raises(NotPermitted, match="request-expired"):
        await city.approver.approve(request, who(1).encode())
    assert await city.states(1, 2) == ["kept", "kept"]


async def test_a_copy_that_is_not_gone_is_not_erased_until_it_is(city: City) -> None:
    await city.tell(1)
    request = await city.operator.ask(who(1).encode(), "test")
    await city.server.switch("keeps-erased")
    with pytest.raises(DependencyUnavailable, match="not-erased"):
        await city.approver.approve(request, who(1).encode())
    assert await city.office.database.fetch("SELECT * FROM hub.confirming") == []
    await city.server.switch("clear")
    await city.approver.approve(request, who(1).encode())
    with pytest.raises(NotPermitted, match="already-approved"):
        await city.approver.approve(request, who(1).encode())


@pytest.mark.parametrize("said", [b"", b"12 34", b"1" * 16, "１２".encode()])
async def test_what_is_no_number_is_refused_and_not_repeated(city: City, said: bytes) -> None:
    with pytest.raises(UsageError, match="bad-number") as refused:
        await city.operator.ask(said, "test")
    assert said == b"" or said.decode() not in str(refused.value)


async def test_what_somebody_retired_has_asked_for_is_void(city: City) -> None:
    await city.tell(1)
    request = await city.operator.ask(who(1).encode(), "test")
    await accounts.retire(city.office.database, "ito", city.office.now)
    assert await city.approver.requests() == []
    with pytest.raises(NotPermitted, match="asker-retired"):
        await city.approver.approve(request, who(1).encode())
    assert await city.states(1) == ["kept"]


async def test_of_what_nobody_approves_in_time_the_number_does_not_stay(city: City) -> None:
    await city.tell(1)
    request = await city.operator.ask(who(1).encode(), "test")
    nightly = Reconciler(
        city.office.database, CONTRACT, city.server.adapter, city.server.line, city.office.clock
    )  # fmt: skip
    city.office.now += timedelta(hours=23)
    await nightly.once()
    [row] = await city.office.database.fetch(TO_ERASE, request)
    assert row["number_wrapped"] is not None
    city.office.now += timedelta(hours=1)
    await nightly.once()
    [row] = await city.office.database.fetch(TO_ERASE, request)
    assert (row["number_wrapped"], row["expired_at"]) == (None, city.office.now)
    with pytest.raises(NotPermitted, match="request-expired"):
        await city.approver.approve(request, who(1).encode())


async def test_what_has_begun_at_the_server_is_carried_on_after_its_day(city: City) -> None:
    await city.tell(1)
    request = await city.operator.ask(who(1).encode(), "test")
    await city.server.switch("keeps-erased")
    with pytest.raises(DependencyUnavailable, match="not-erased"):
        await city.approver.approve(request, who(1).encode())
    await city.server.switch("clear")
    await accounts.retire(city.office.database, "ito", city.office.now)
    city.office.now += timedelta(days=2)
    [waits] = await city.approver.requests()
    assert (waits["id"], waits["is_begun"]) == (request, True)
    await city.approver.approve(request, who(1).encode())
    assert await city.states(1) == ["erased"]


async def test_who_is_not_told_again_between_beginning_and_end_has_no_copy_any_more(city: City) -> None:
    await city.tell(1, 2, 3)
    with pytest.raises(UsageError, match="no-reload"):
        await city.approver.end_reload()
    await city.tell(3, nth=2, state="deleted")
    reload = await city.reload()
    await city.tell(1, 2, nth=3)
    assert await city.approver.end_reload() == (2, 1)
    assert await city.states(1, 2, 3) == ["kept", "kept", "erased"]
    [noted] = await city.office.database.fetch("SELECT disclosure, what FROM hub.confirming")
    assert (noted["disclosure"], noted["what"]) == (reload, "copies-reloaded")


async def test_a_reload_that_tells_nobody_again_erases_nobody(city: City) -> None:
    await city.tell(1, 2)
    await city.reload()
    with pytest.raises(NotPermitted, match="nobody-told-again"):
        await city.approver.end_reload()
    assert await city.states(1, 2) == ["kept", "kept"]


async def test_a_reload_that_forgets_one_whom_the_ledger_knows_erases_nobody(city: City) -> None:
    await city.tell(1, 2, 3)
    await city.reload()
    await city.tell(1, 3, nth=2)
    with pytest.raises(NotPermitted, match="not-all-told-again"):
        await city.approver.end_reload()
    assert await city.states(1, 2, 3) == ["kept", "kept", "kept"]


async def test_who_has_begun_a_reload_does_not_end_it_and_nobody_ends_that_of_who_is_retired(city: City) -> None:
    await city.tell(1)
    await city.reload()
    with pytest.raises(NotPermitted, match="duty-missing"):
        await city.operator.end_reload()
    await city.approver.begin_reload()
    await city.tell(1, nth=2)
    with pytest.raises(ApprovalRequired):
        await city.approver.end_reload()
    await city.reload()
    await city.tell(1, nth=3)
    await accounts.retire(city.office.database, "ito", city.office.now)
    with pytest.raises(NotPermitted, match="asker-retired"):
        await city.approver.end_reload()


async def test_where_the_server_counts_other_people_nobody_is_erased(city: City) -> None:
    await city.tell(1, 2)
    await city.reload()
    await city.tell(1, 2, nth=2)
    await city.server.instructed("/reloads", {"operation": "begin", "count": 0})
    with pytest.raises(NotPermitted, match="counterpart-bad-count"):
        await city.approver.end_reload()
    assert await city.states(1, 2) == ["kept", "kept"]
    await city.reload()
    await city.tell(1, 2, nth=3)
    assert await city.approver.end_reload() == (2, 0), "begun anew, the first attempt is given up"


async def test_nothing_is_begun_while_something_is_on_its_way(city: City) -> None:
    await city.line.send((1, disclosure(CONTRACT, 1)))
    with pytest.raises(NotPermitted, match="on-its-way"):
        await city.operator.begin_reload()
