"""Which process used which content key on which day is in the audit: two lines, however many tokens; on PostgreSQL."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from contracts.change import JAPAN
from hub import audit, destroyed, keys, uses
from hub.errors import DatabaseError, KeyDestroyed
from hub.keys import KeyStore
from hub.people import Act
from hub.uses import Uses
from hub.wrapping import wrapper
from tests.house import House
from tests.journal import Journal
from tests.office import NOW, Office, cheap_passwords, opened

OWNER, TODAY = "prefecture", NOW.astimezone(JAPAN).date()
KID = f"{OWNER}.{TODAY}"
Line = tuple[str, str, str, object, object]


@pytest.fixture
async def office(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    cheap_passwords(monkeypatch)
    async with opened(house, tmp_path) as office:
        yield office


def store(office: Office, process: str = "router") -> KeyStore:
    return KeyStore(office.database, wrapper(office.settings), (), Uses(office.database, process, office.clock))


def looked(store: KeyStore) -> None:
    """It is time for the next look at the keys."""
    store._look_due = 0.0


async def lines(office: Office) -> list[Line]:
    found = await audit.entries(office.database, NOW - timedelta(days=9), None, Act.KEY_USE)
    return [(one.name, one.entry.object, one.entry.code, one.entry.details.get("day"), one.entry.details.get("count"))
            for one in found]  # fmt: skip


async def test_a_thousand_uses_are_one_line_at_once_and_one_with_their_count_when_the_day_is_over(
    office: Office,
) -> None:
    router = store(office)
    await router.content_key(OWNER, TODAY)
    begun = ("process:router", KID, "begun", str(TODAY), None)
    assert await lines(office) == [begun]
    for _ in range(998):
        await router.by_kid(KID)
    looked(router)
    await router.by_kid(KID)
    looked(router)
    await router.content_key(OWNER, TODAY)
    assert await lines(office) == [begun]
    assert await uses.closed(office.database, office.now) == 0
    office.now += timedelta(days=1)
    assert await uses.closed(office.database, office.now) == 1
    assert await lines(office) == [begun, ("process:router", KID, "done", str(TODAY), 1000)]
    assert await uses.closed(office.database, office.now) == 0


async def test_each_process_key_and_day_has_its_own_and_a_process_that_begins_again_has_none_more(
    office: Office,
) -> None:
    await store(office).content_key(OWNER, TODAY)
    running = store(office)
    await running.by_kid(KID)
    await store(office, "deliver").by_kid(KID)
    await store(office, "desk").content_keys(OWNER)
    office.now += timedelta(days=1)
    looked(running)
    await running.by_kid(KID)
    looked(running)
    await running.by_kid(KID)
    tomorrow = str(TODAY + timedelta(days=1))
    assert [line[:1] + line[2:4] for line in await lines(office)] == [
        ("process:router", "begun", str(TODAY)), ("process:deliver", "begun", str(TODAY)),
        ("process:desk", "begun", str(TODAY)), ("process:router", "begun", tomorrow),
    ]  # fmt: skip
    assert await uses.closed(office.database, office.now) == 3
    assert [(line[0], line[4]) for line in (await lines(office))[4:]] == [
        ("process:deliver", 1), ("process:desk", 1), ("process:router", 2),
    ]  # fmt: skip


async def test_a_key_whose_use_cannot_be_noted_is_not_given_out_and_a_later_count_is_kept(office: Office) -> None:
    known = store(office)
    await known.content_key(OWNER, TODAY)
    await office.database.execute("ALTER TABLE hub.key_uses RENAME TO away")
    with pytest.raises(DatabaseError, match="sqlstate-42P01"):
        await store(office, "deliver").by_kid(KID)
    looked(known)
    for _ in range(2):
        assert (await known.by_kid(KID)).kid == KID
    await office.database.execute("ALTER TABLE hub.away RENAME TO key_uses")
    looked(known)
    await known.by_kid(KID)
    looked(known)
    await known.by_kid(KID)
    assert await office.database.fetchval("SELECT count FROM hub.key_uses") == 4


async def test_what_is_not_given_out_is_no_use(office: Office) -> None:
    await store(office).content_key(OWNER, TODAY)
    await office.database.execute("DELETE FROM hub.keys")
    named = KeyStore(office.database, wrapper(office.settings), {KID}, Uses(office.database, "desk", office.clock))
    with pytest.raises(KeyDestroyed):
        await named.by_kid(KID)
    assert await named.content_keys(OWNER) == []
    assert [line[0] for line in await lines(office)] == ["process:router"]


async def test_whoever_gets_keys_in_the_one_way_is_counted(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(destroyed, "journal", Journal().read)
    monkeypatch.setattr(destroyed, "now", office.clock)
    for process in (None, "explain"):
        opened_ = await destroyed.keys(office.settings, office.database, "relay", process)
        await opened_.content_key(keys.CHANGES, date(2026, 5, 1))
    assert [line[:3] for line in await lines(office)] == [
        ("process:relay", "hub:changes.2026-05-01", "begun"), ("process:explain", "hub:changes.2026-05-01", "begun"),
    ]  # fmt: skip
