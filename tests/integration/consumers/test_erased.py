"""A disclosure whose key was destroyed is erased: nobody waits behind it, and it is no letter that waits for ever."""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import pytest

from hub.bus import Outgoing
from hub.config import Settings
from hub.database import Database, connect
from hub.seal import header
from hub.standing import protected
from tests.conformance.counterparts import Fake
from tests.conformance.samples import disclosure
from tests.integration.consumers import line as here
from tests.integration.consumers.line import DAY, HandOver

VIA = "prefecture"


@pytest.fixture
async def database(databases: Settings) -> AsyncIterator[Database]:
    """One of each test's own: what was destroyed there stays destroyed."""
    async with connect(databases.database, 6) as made:
        yield made


@pytest.fixture
def line(database: Database) -> HandOver:
    return HandOver(database, VIA, Fake(VIA))


async def destroyed(line: HandOver) -> None:
    """The key of the day is destroyed, and the process has noticed."""
    kid = f"{VIA}.{DAY}"
    await line.database.execute(
        """INSERT INTO hub.erased_keys (kid, act, rule, asked_by, approved_by, ordered_at, destroyed_at)
        VALUES ($1, $2, 'by-order', $2, $3, now(), now())""", kid, UUID(int=1), UUID(int=2),
    )  # fmt: skip
    await line.database.execute("DELETE FROM hub.keys WHERE kid = $1", kid)
    line.keys._known.clear()


def tomorrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(here, "DAY", DAY.replace(day=2))


async def ends(line: HandOver) -> list[tuple[str, str, bool]]:
    return [(row["state"], row["code"], row["token"] is None) for row in await line.rows()]


ERASED = ("erased", "key-destroyed", True)


async def test_what_waits_under_a_destroyed_key_is_erased_and_the_next_of_its_resident_is_told(
    line: HandOver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await line.send((1, disclosure(VIA, 1)), (2, disclosure(VIA, 2)))
    await destroyed(line)
    tomorrow(monkeypatch)
    later = disclosure(VIA, 1, nth=2)
    await line.send((1, later))
    await line.work(lambda: line.are(erased=2, delivered=1))
    assert await line.told() == [str(later.id)]
    assert await ends(line) == [ERASED, ERASED, ("delivered", "", True)]


@pytest.mark.trap("input-25", "K7")
async def test_an_inbox_goes_on_over_tokens_whose_key_was_destroyed_and_keeps_none_of_them(
    line: HandOver, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = [await line.sealed(disclosure(VIA, n), n) for n in (1, 2)]
    await named_in_the_ledger(line, lost)
    await destroyed(line)
    tomorrow(monkeypatch)
    line.put(*lost)
    await line.send((1, disclosure(VIA, 1, nth=2)))
    assert await ends(line) == [ERASED, ERASED, ("waiting", "", False)]
    assert [row["seq"] for row in await line.rows()] == [1, 2, 3]
    assert await line.database.fetchval("SELECT count(*) FROM inbox.gaps") == 0
    line.put(*lost)
    assert await line.inbox.once(0) == 0  # they have been here


async def named_in_the_ledger(line: HandOver, records: Sequence[Outgoing]) -> None:
    for record in records:
        read = header(record.value)
        await line.database.execute(
            """INSERT INTO hub.told (contract, partition, seq, disclosure, change, state, items, contract_hash,
            token_sha256) VALUES ($1, 0, $2, $3, $3, 'present', '{}', '', sha256($4::bytea))""",
            VIA, read["seq"], UUID(read["jti"]), record.value,
        )  # fmt: skip


async def test_a_protection_that_was_erased_is_forgotten_and_has_taken_no_time(line: HandOver) -> None:
    said = disclosure(VIA, 1, protected=True)
    await line.send((1, said))
    assert await line.database.fetchval("SELECT count(*) FROM hub.protections") == 1
    await destroyed(line)
    await line.work(lambda: line.are(erased=1))
    assert await protected(line.database, VIA) == ([], None)


async def test_a_number_under_a_destroyed_key_that_no_ledger_names_does_not_count_and_holds_up_nobody(
    line: HandOver, monkeypatch: pytest.MonkeyPatch
) -> None:
    forged = await line.sealed(disclosure(VIA, 1), 1, seq=900)
    await destroyed(line)
    tomorrow(monkeypatch)
    line.put(forged)
    await line.send((1, disclosure(VIA, 1, nth=2)))
    await line.work(lambda: line.are(erased=1, delivered=1))
    [one, other] = await line.rows()
    assert (one["seq"], one["id"], other["seq"]) == (None, line.place_id(0), 1)
