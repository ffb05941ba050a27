"""Whatever does not agree in the register is found, by code and UUID; what the counter leaves behind agrees."""

import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from aiohttp import web

from contracts.book import load
from hub import config
from hub.database import Database
from hub.errors import DependencyUnavailable
from producers import accuracy, counterpart, digests, outbox
from producers.accuracy import CODES, LOOK, Finding
from producers.household import Record
from producers.morning import morning
from producers.todokede import answer, today
from tests.integration.producers.registry import NOW, correction, residents

DAY = today(NOW)
KEY = bytes(range(32))
PREFECTURE = load().contracts["prefecture"]
NINE = ("name", "name_furigana", "former_surname", "alias_name", "birth_date", "sex", "address", "my_number",
        "juminhyo_code")  # fmt: skip


async def found(db: Database, on: date = DAY) -> list[Finding]:
    async with accuracy.snapshot(db) as tx:
        return [one async for one in accuracy.findings(tx, on) if one.weight != LOOK]


async def codes(db: Database, on: date = DAY) -> dict[str, list[UUID | None]]:
    every: dict[str, list[UUID | None]] = {}
    for one in await found(db, on):
        every.setdefault(one.code, []).append(one.resident)
    return every


async def several(db: Database) -> list[tuple[UUID, Record]]:
    """A household of three or more, its head first."""
    homes: dict[str, list[tuple[UUID, Record]]] = {}
    for who, record in await residents(db):
        homes.setdefault(record["household_no"], []).append((who, record))
    return next(home for home in homes.values() if len(home) >= 3)


async def put(db: Database, who: UUID, record: Record, **columns: Any) -> None:
    await db.execute("UPDATE registry.resident SET record = $2 WHERE resident = $1", who, orjson.dumps(record))
    for name, value in columns.items():
        await db.execute(f"UPDATE registry.resident SET {name} = $2 WHERE resident = $1", who, value)


async def test_a_register_that_the_counter_has_kept_agrees_with_itself(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accuracy, "PAGE", 7)
    for notice in morning(7, DAY):
        assert (await answer(db, orjson.dumps(notice), NOW)).result == "accepted"
    assert await found(db) == []


BROKEN: dict[str, tuple[int, dict[str, Any]]] = {
    "no-head": (0, {"is_household_head": False}),
    "several-heads": (1, {"is_household_head": True}),
    "relationship-missing": (1, {"relationship_to_head": None}),
    "relationship-differs": (1, {"relationship_to_head": "世帯主"}),
    "head-name-differs": (1, {"household_head_name": "見本　別人"}),
    "bad-form": (1, {"sex": "9"}),
    "protection-differs": (1, {"dv_protection": {"category": "配偶者暴力", "ends_on": "2099-01-01"}}),
    "protection-past": (1, {"dv_protection": {"category": "配偶者暴力", "ends_on": "2026-04-01"}}),
}


@pytest.mark.parametrize("code", BROKEN)
async def test_a_record_that_no_notice_can_have_made_is_found(db: Database, code: str) -> None:
    at, changed = BROKEN[code]
    home = await several(db)
    who, record = home[at]
    await put(db, who, record | changed)
    named = (await codes(db))[code]
    assert who in named or (code == "no-head" and {*named} <= {one for one, _ in home})


@pytest.mark.parametrize(
    ("code", "column", "value"),
    [("column-differs", "atena_no", b"77777"), ("column-differs", "my_number", None),
     ("column-differs", "protected", None), ("version-differs", "version", 5)],
)  # fmt: skip
async def test_a_column_that_differs_from_its_record_is_found(
    db: Database, code: str, column: str, value: Any
) -> None:
    who, record = (await several(db))[1]
    await put(db, who, record, **{column: record["protected"] is False if column == "protected" else value})
    assert await codes(db) == {code: [who]}


async def test_the_household_names_its_head_and_nobody_where_nobody_lives(db: Database) -> None:
    home = await several(db)
    await db.execute("UPDATE registry.household SET head = $2 WHERE head = $1", home[0][0], home[1][0])
    await db.execute("INSERT INTO registry.household VALUES ($1, $2)", b"999999", home[0][0])
    assert await codes(db) == {"head-differs": [home[0][0]], "deserted-household": [None]}


@pytest.mark.parametrize("item", ["my_number", "juminhyo_code", "togo_atena_no"])
async def test_a_number_that_two_people_have_is_found_with_one_of_them(db: Database, item: str) -> None:
    (_, first), (who, second), *_ = await several(db)
    await put(db, who, second | {item: first[item]})
    assert (await codes(db))["same-number"] != []


async def test_a_record_that_the_last_change_does_not_end_in_is_found(db: Database) -> None:
    (who, record), *_ = await several(db)
    async with db.transaction() as tx:
        await outbox.record(tx, [correction(who, record, 1)], NOW)
    assert await codes(db) == {"history-differs": [who]}
    await put(db, who, record | {"alias_name": "見本 1"})
    assert await codes(db) == {}


async def test_a_plan_is_overdue_a_month_after_its_day(db: Database) -> None:
    record = next(record for _, record in await residents(db) if record["household_no"] == "0000000004")
    plan = {"receipt": "R-1", "act": "move-out", "notified_on": "2026-04-02", "atena_nos": [record["atena_no"]],
            "moves_on": "2026-04-09", "destination": {"text": "見本県例示町"}}  # fmt: skip
    assert (await answer(db, orjson.dumps(plan), NOW)).result == "accepted"
    on = date(2026, 4, 9) + accuracy.LONG_PAST
    assert ("plan-past" in await codes(db, on), "plan-past" in await codes(db, on + timedelta(days=1))) == (False, True)


async def test_no_finding_holds_a_value(db: Database) -> None:
    home = await several(db)
    for (who, record), changed in zip(home, BROKEN.values(), strict=False):
        await put(db, who, record | changed[1])
    async with accuracy.snapshot(db) as tx:
        every = [one async for one in accuracy.findings(tx, DAY)]
    told = " ".join(f"{one.code} {one.resident} {one.place}" for one in every)
    assert {one.code for one in every} <= CODES.keys()
    values = {value for _, record in home for value in record.values() if isinstance(value, str) and len(value) > 1}
    assert [value for value in values if value in told.split()] == []


class There:
    """A prefecture in memory, which digests by its own words, and counts what it was asked for."""

    def __init__(self, records: list[Record], key: bytes = KEY) -> None:
        self.asked: list[str] = []
        self._people: dict[str, dict[bytes, bytes]] = {}
        for record in records:
            code = hmac.new(key, record["juminhyo_code"].encode(), hashlib.sha256).digest()
            said = json.dumps({item: record.get(item) for item in NINE}, sort_keys=True, ensure_ascii=False,
                              separators=(",", ":"))  # fmt: skip
            self._people.setdefault(f"{code[0]:02x}", {})[code] = hmac.new(key, said.encode(), hashlib.sha256).digest()

    async def buckets(self) -> Mapping[str, str]:
        sorted_ = {name: b"".join(sorted(here.values())) for name, here in self._people.items()}
        return {name: hashlib.sha256(together).hexdigest() for name, together in sorted_.items()}

    async def bucket(self, name: str) -> Mapping[bytes, bytes]:
        self.asked.append(name)
        return self._people.get(name, {})


async def compared(db: Database, there: digests.Counterpart, key: bytes = KEY) -> list[tuple[str, UUID | None]]:
    async with accuracy.snapshot(db) as tx:
        ours = await digests.digests(tx, key, PREFECTURE, DAY)
    return [(one.code, one.resident) async for one in digests.compare(ours, there)]


async def test_both_sides_agree_without_naming_anybody(db: Database) -> None:
    there = There([record for _, record in await residents(db)])
    assert (await compared(db, there), there.asked) == ([], [])


async def test_everybody_who_differs_is_found_and_nobody_else_is_looked_at(db: Database) -> None:
    people = await residents(db)
    (one, first), (two, _), *others = people
    stranger = first | {"juminhyo_code": "00999999990"}
    moved = first | {"address": first["address"] | {"number": "99番"}}
    there = There([moved, stranger, *(record for _, record in others)])
    assert sorted(await compared(db, there), key=str) == sorted(
        [("differs", one), ("missing-there", two), ("unknown-here", None)], key=str
    )
    assert len(there.asked) <= 3


@pytest.mark.parametrize("item", NINE)
async def test_each_item_of_the_prefecture_counts_and_no_other(db: Database, item: str) -> None:
    people = await residents(db)
    who, record = people[0]
    both: list[tuple[str, UUID | None]] = [("missing-there", who), ("unknown-here", None)]
    differing: list[tuple[str, UUID | None]] = both if item == "juminhyo_code" else [("differs", who)]
    for changed, expected in ((item, differing), ("relationship_to_head", [])):
        other = record | {changed: "00123456781" if record[changed] else "見本"}
        there = There([other, *(one for _, one in people[1:])])
        assert sorted(await compared(db, there), key=str) == sorted(expected, key=str)


async def test_another_key_agrees_on_nothing(db: Database) -> None:
    there = There([record for _, record in await residents(db)], KEY[::-1])
    assert Counter(code for code, _ in await compared(db, there)) == {"missing-there": 120, "unknown-here": 120}


async def test_the_prefecture_is_asked_over_http_and_an_odd_answer_is_none(db: Database) -> None:
    there = There([record for _, record in await residents(db)][1:])
    answers: dict[str, Any] = {}

    async def buckets(_: web.Request) -> web.Response:
        return web.json_response(answers.get("buckets") or await there.buckets(), status=answers.get("status", 200))

    async def bucket(request: web.Request) -> web.Response:
        found = await there.bucket(request.match_info["bucket"])
        told = [{"code_digest": code.hex(), "record_digest": digest.hex()} for code, digest in found.items()]
        return web.json_response(answers.get("bucket") or told)

    app = web.Application()
    app.add_routes([web.get("/digests", buckets), web.get("/digests/{bucket}", bucket)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    here = config.read({"HUB_COUNTERPARTS": f"prefecture=http://127.0.0.1:{runner.addresses[0][1]}"})
    try:
        async with counterpart.asked(here, "prefecture") as over:
            assert await compared(db, over) == [("missing-there", (await residents(db))[0][0])]
            for odd, code in (({"status": 404}, "counterpart-refused"), ({"buckets": {"x": "y"}}, "counterpart-answer"),
                              ({"bucket": [{"code": 1}]}, "counterpart-answer")):  # fmt: skip
                answers.clear()
                answers.update(odd)
                with pytest.raises(DependencyUnavailable, match=code):
                    await compared(db, over)
    finally:
        await runner.cleanup()
    async with counterpart.asked(here, "prefecture") as over:
        with pytest.raises(DependencyUnavailable, match="counterpart-unavailable"):
            await compared(db, over)
