"""Files on a real storage: what is in them, in order, and settled once they are there."""

import json
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from msgspec.structs import replace

from consumers.files import writing
from consumers.files.command import check_day
from hub.database import Database
from hub.errors import JukiError
from tests.integration.consumers.filed import ALL, DAY, IDS, Filed, manifests, told, waiting
from tests.store import Storage, subscriber


async def test_everything_that_waits_is_one_file_in_order_and_then_delivered(filed: Filed) -> None:
    await waiting(filed)
    (written,) = await filed.daily()
    assert (await filed.ids(), await filed.states()) == (IDS, {"delivered": len(ALL)})
    rows = await filed.rows()
    assert {(row["receipt"], row["token"]) for row in rows} == {(written.name, None)}
    assert (written.number, written.rows, written.kind, written.day) == (1, len(ALL), "daily", DAY)


async def test_a_line_holds_the_permitted_items_and_nothing_else(filed: Filed) -> None:
    said = told(1, items={"my_number": "009000000000", "name": None})
    await filed.send((1, said))
    await filed.daily()
    (line,) = await filed.read()
    assert {name.split(".")[0] for name in line} == {
        "disclosure", "version", "recorded_at", "state", "transfer", "protected", *filed.contract.items,
    }  # fmt: skip
    expected = {"version": str(said.version), "state": "inside", "name": None, "protected": "false", "atena_no": "1"}
    assert {name: line[name] for name in expected} == expected


async def test_of_who_has_left_the_rest_is_withheld_and_not_empty(filed: Filed) -> None:
    await filed.send((2, told(2, 1, "left")))
    await filed.daily()
    (line,) = await filed.read()
    assert {name for name, value in line.items() if value is not subscriber.WITHHELD} == {
        "disclosure", "version", "recorded_at", "state", "transfer", "atena_no",
    }  # fmt: skip


async def test_a_day_has_a_file_even_without_a_line_and_no_second_one(filed: Filed) -> None:
    assert [one.rows for one in await filed.daily()] == [0]
    assert await filed.daily() == []
    assert await filed.ids() == []


async def test_a_file_of_a_day_ends_with_the_day(filed: Filed) -> None:
    late = told(1, 2, version=writing.end_of(DAY))
    await filed.send((1, told(1)), (2, replace(told(2), version=late.version)), (1, late))
    await filed.daily()
    assert (await filed.ids(), await filed.states()) == ([str(told(1).id)], {"delivered": 1, "waiting": 2})
    filed.now += timedelta(days=1)
    await filed.daily(DAY + timedelta(days=1))
    assert (await filed.ids())[1:] == [str(told(2).id), str(late.id)]


@pytest.mark.threat("O2")
async def test_a_manifest_counts_what_is_there_and_shows_nothing_of_it(filed: Filed) -> None:
    await filed.send((1, told(1, items={"name": "髙見 本"})), (2, told(2)))
    (written,) = await filed.daily()
    objects = await filed.objects()
    (said,) = manifests(objects)
    assert (said["rows"], said["seqs"], said["contract_hash"]) == (2, {"0": [1, 2]}, filed.contract.hash)
    assert [piece["sha256"] for piece in said["pieces"]] == [
        subscriber.sha256(content).hexdigest() for name, content in objects.items() if name.endswith(".jwe")
    ]
    assert written.outside == 1
    everything = b"".join(objects.values()).decode()
    assert not any(word in everything for word in ("見", "髙", "counts", "1990", "inside"))


@pytest.mark.trap("input-06")
async def test_the_report_on_characters_lies_under_the_seal(filed: Filed) -> None:
    await filed.send((1, told(1)), (2, told(2, items={"name": "髙見 本𠮷"})))
    await filed.daily()
    (said,) = manifests(await filed.objects())
    inside = json.loads(subscriber._opened(said, said["sealed"].encode(), 0, await filed.granted(), last=True))
    assert inside["characters"]["counts"] == {"name": 2}
    assert inside["characters"]["places"] == [{"line": 2, "column": "name", "at": [1, 5]}]


async def test_a_protection_that_begins_flags_the_lines_before_it(filed: Filed) -> None:
    await filed.send((1, told(1)), (2, told(2)), (1, told(1, 2, protected=True)))
    await filed.daily()
    assert [line["protected"] for line in await filed.read()] == ["true", "false", "true"]


async def test_where_protected_persons_are_suspended_what_was_said_before_is_not_in_the_file(
    database: Database, server: Storage
) -> None:
    await database.execute("TRUNCATE inbox.files")
    filed = Filed(database, server, uuid4().hex, protected="suspend")
    await filed.send((1, told(1)), (2, told(2)), (1, told(1, 2, "left")))
    await filed.daily()
    assert await filed.ids() == [str(told(2).id), str(told(1, 2).id)]
    assert await filed.states() == {"superseded": 1, "delivered": 2}


UNFIT = told(1, 2, items={"address": "見本町"})
OLDER = told(1, 2, version=told(1).version - 1)


@pytest.mark.trap("D3")
@pytest.mark.parametrize(("bad", "code"), [(UNFIT, "unfit-value"), (OLDER, "out-of-order")], ids=["unfit", "older"])
async def test_what_cannot_be_a_line_is_a_dead_letter_and_its_resident_waits(filed: Filed, bad: Any, code: str) -> None:
    await filed.send((1, told(1)), (1, bad), (1, told(1, 3)), (2, told(2)))
    await filed.daily()
    assert await filed.ids() == [str(told(1).id), str(told(2).id)]
    assert (await filed.states(), code in await filed.codes()) == ({"delivered": 2, "dead": 1, "waiting": 1}, True)
    filed.now += timedelta(days=1)
    await filed.daily(DAY + timedelta(days=1))
    assert len(await filed.ids()) == 2


async def test_what_was_sealed_under_a_destroyed_key_holds_up_nobody(filed: Filed) -> None:
    await filed.send((1, told(1)), (2, told(2)))
    await filed.database.execute("UPDATE inbox.disclosures SET token = token || 'x' WHERE id = $1", told(1).id)
    await filed.daily()
    assert (await filed.ids(), await filed.states()) == ([str(told(2).id)], {"dead": 1, "delivered": 1})


@pytest.mark.parametrize("day", [DAY, DAY - timedelta(days=1)], ids=str)
async def test_days_do_not_go_back(filed: Filed, day: date) -> None:
    await filed.daily(DAY)
    if day == DAY:
        await check_day(filed.database, "filed", day)
    else:
        with pytest.raises(JukiError, match="day-is-over"):
            await check_day(filed.database, "filed", day)
