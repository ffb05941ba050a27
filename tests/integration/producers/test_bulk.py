"""An order on a real PostgreSQL: once, in small steps, cut off anywhere, beside the daily work, and told onwards."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
import typer
from typer.testing import CliRunner

from hub.database import Database, connect
from hub.errors import UsageError
from hub.people import Duty
from producers import bulk_cli
from producers.atena.form import encoded, identity_of
from producers.bulk import orders, running, sources
from producers.bulk.orders import Order
from producers.bulk.running import Pace, Report, Tally
from producers.city import load
from producers.todokede import answer, today
from tests.house import House
from tests.integration.producers.registry import NOW, residents
from tests.office import cheap_passwords, opened

NEW = {"town": "新見本町", "machiaza_id": "0101001", "postal_code": "9910001"}


class Rests:
    """Keeps how long was rested; while the outbox is waited for, a relay empties it."""

    def __init__(self, db: Database | None = None) -> None:
        self.seconds: list[float] = []
        self._db = db

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        if self._db is not None and seconds == 1.0:
            await self._db.execute("DELETE FROM registry.outbox")


def unhurried(db: Database | None = None, lot: int = 7) -> Pace:
    return Pace(1e9, 10**6, Rests(db), lot)


async def town(db: Database) -> str:
    """The town in which most of the village lives."""
    towns = [record["address"]["town"] for _, record in await residents(db)]
    return max(sorted(set(towns)), key=towns.count)


def renaming(folder: Path, old: str, number: str = "A-1") -> Order:
    file = folder / f"{number}.toml"
    parts = ", ".join(f'{part} = "{value}"' for part, value in NEW.items())
    head = f'order = "{number}"\nact = "address"\neffective_on = "2026-04-01"\n'
    file.write_text(f'{head}[[change]]\nfrom = {{ town = "{old}" }}\nto = {{ {parts} }}\n', encoding="utf-8")
    return orders.read(file, today(NOW))


def readings(folder: Path, *lines: Any) -> Order:
    file = folder / "kana.jsonl"
    head = {"order": "K-1", "act": "furigana", "effective_on": "2026-04-01"}
    file.write_bytes(b"".join(one if isinstance(one, bytes) else orjson.dumps(one) + b"\n" for one in (head, *lines)))
    return orders.read(file, today(NOW))


async def carried_out(db: Database, order: Order, pace: Pace | None = None) -> Report:
    return await running.run(db, order, sources.source(order), lambda: NOW, pace or unhurried(), lambda _: None)


async def outbox(db: Database) -> list[dict[str, Any]]:
    return [orjson.loads(row["body"]) for row in await db.fetch("SELECT body FROM registry.history ORDER BY version")]


async def test_everybody_under_the_old_name_of_a_town_has_one_minor_correction(db: Database, tmp_path: Path) -> None:
    old = await town(db)
    before = {str(who): record for who, record in await residents(db)}
    there = {who for who, record in before.items() if record["address"]["town"] == old}
    report = await carried_out(db, renaming(tmp_path, old))
    assert (report.changed, report.already, report.refused, report.ended_at) == (len(there), 0, (), NOW)
    told = {change["resident"]: change for change in await outbox(db)}
    assert told.keys() == there
    assert {(one["kind"], one["effective_on"]) for one in told.values()} == {("MINOR_CORRECTION", "2026-04-01")}
    now = {str(who): record for who, record in await residents(db)}
    for who, record in now.items():
        address = before[who]["address"]
        after = {**address, **NEW, "text": address["text"].replace(old, NEW["town"])} if who in there else address
        assert record == {**before[who], "address": after}
        assert who not in there or told[who]["after"] == record
    identities = await db.fetch("SELECT identity FROM registry.atena")  # 団体内統合宛名 has the addresses of now
    assert {one["identity"] for one in identities} >= {encoded(identity_of(now[who]))[0] for who in there}


async def test_an_order_takes_effect_once_and_its_number_belongs_to_its_file(db: Database, tmp_path: Path) -> None:
    order = renaming(tmp_path, await town(db))
    first = await carried_out(db, order)
    assert await carried_out(db, order) == first
    assert len(await outbox(db)) == first.changed
    with pytest.raises(UsageError, match="reused-order"):
        await carried_out(db, replace(order, digest=b"another file"))


@pytest.mark.parametrize("lot", [1, 5])
async def test_what_was_cut_off_anywhere_is_taken_up_again_and_nobody_is_changed_twice(
    db: Database, tmp_path: Path, lot: int
) -> None:
    order = renaming(tmp_path, await town(db))
    whole = (await running.counted(db, sources.source(order))).changed
    cut = 0
    while True:
        steps = 0

        def after_two(_: Tally) -> None:
            nonlocal steps
            steps += 1
            if steps == 2:
                raise KeyboardInterrupt

        try:
            await running.run(db, order, sources.source(order), lambda: NOW, unhurried(lot=lot), after_two)
            break
        except KeyboardInterrupt:
            cut += 1
    report = (await running.status(db, order.number))[0]
    assert (report.changed, len({one["resident"] for one in await outbox(db)})) == (whole, whole)
    assert cut >= 2


async def test_what_fails_in_a_step_leaves_neither_changes_nor_a_position(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = renaming(tmp_path, await town(db))

    async def fail(*_: object) -> None:
        raise RuntimeError("in the middle")

    with monkeypatch.context() as broken:
        broken.setattr("producers.outbox.record", fail)
        with pytest.raises(RuntimeError, match="in the middle"):
            await carried_out(db, order)
    report = (await running.status(db))[0]
    assert (report.changed, await outbox(db)) == (0, [])
    assert (await carried_out(db, order)).changed > 0


async def test_two_processes_with_one_order_change_everybody_once(db: Database, tmp_path: Path) -> None:
    order = renaming(tmp_path, await town(db))
    whole = (await running.counted(db, sources.source(order))).changed
    await asyncio.gather(*(carried_out(db, order) for _ in range(3)))
    assert ((await running.status(db))[0].changed, len(await outbox(db))) == (whole, whole)


async def test_whoever_comes_under_the_old_name_behind_the_position_is_swept_up(db: Database, tmp_path: Path) -> None:
    old = await town(db)
    order = renaming(tmp_path, old)
    source = sources.source(order)
    await running._enter(db, order, NOW)
    await running.step(db, order, source, NOW, 5)
    done = UUID(int=(await db.fetchval("SELECT resident FROM registry.history LIMIT 1")).int)
    [record] = [record for who, record in await residents(db) if who == done]
    back = {"receipt": "R-1", "act": "relocate", "notified_on": "2026-04-02", "moved_on": "2026-04-01",
            "atena_nos": [one["atena_no"] for _, one in await residents(db)
                          if one["household_no"] == record["household_no"]],
            "address": {"town": old, "number": "9番9号", "text": f"見本県見本市{old}9番9号"}}  # fmt: skip
    assert (await answer(db, orjson.dumps(back), NOW)).result == "accepted"
    await carried_out(db, order)
    assert {one["address"]["town"] for who, one in await residents(db) if who == done} == {NEW["town"]}


async def test_a_wording_that_does_not_fit_is_left_for_a_person_to_look_at(db: Database, tmp_path: Path) -> None:
    old = await town(db)
    who, record = next(one for one in await residents(db) if one[1]["address"]["town"] == old)
    other = record | {"address": record["address"] | {"text": "見本県見本市のどこか"}}
    await db.execute("UPDATE registry.resident SET record = $2 WHERE resident = $1", who, orjson.dumps(other))
    report = await carried_out(db, renaming(tmp_path, old))
    assert (report.refused, running.residents(report)) == (((str(who), "address-differs"),), [who])
    assert {one["address"]["town"] for each, one in await residents(db) if each == who} == {old}


async def test_a_household_with_a_record_that_the_door_refuses_is_left_out_alone(db: Database, tmp_path: Path) -> None:
    old = await town(db)
    who, record = next(one for one in await residents(db) if one[1]["address"]["town"] == old)
    await db.execute(
        "UPDATE registry.resident SET record = $2 WHERE resident = $1", who, orjson.dumps(record | {"sex": "9"})
    )
    order = renaming(tmp_path, old)
    whole = (await running.counted(db, sources.source(order))).changed
    report = await carried_out(db, order)
    home = {str(each) for each, one in await residents(db) if one["household_no"] == record["household_no"]}
    assert {place for place, _ in report.refused} == home
    assert report.changed == whole - len(home) > 0


async def test_a_household_is_never_torn(db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "PAGE", 3)
    order = renaming(tmp_path, await town(db))
    await running._enter(db, order, NOW)
    ended = False
    while not ended:
        ended = (await running.step(db, order, sources.source(order), NOW, 2)).ended
        homes: dict[str, set[str]] = {}
        for _, record in await residents(db):
            homes.setdefault(record["household_no"], set()).add(record["address"]["town"])
        assert {len(towns) for towns in homes.values()} == {1}
    assert (await running.status(db))[0].changed == len(await outbox(db)) > 0


async def test_readings_are_entered_where_there_is_none_and_every_line_has_its_outcome(
    db: Database, tmp_path: Path
) -> None:
    (bare, one), (_, other) = (await residents(db))[:2]
    without = orjson.dumps(one | {"name_furigana": None})
    await db.execute("UPDATE registry.resident SET record = $2 WHERE resident = $1", bare, without)
    order = readings(
        tmp_path, {"atena_no": one["atena_no"], "name_furigana": "ミホン\u3000ヨミ"},
        {"atena_no": other["atena_no"], "name_furigana": other["name_furigana"]},
        {"atena_no": other["atena_no"], "name_furigana": "ベツ\u3000ノ\u3000ヨミ"},
        {"atena_no": "999", "name_furigana": "ミホン"}, b"{\n", {"atena_no": "１"},
        {"atena_no": one["atena_no"], "name_furigana": "ミホン\u3000ヨミ"},
    )  # fmt: skip
    report = await carried_out(db, order, unhurried(lot=3))
    assert (report.changed, report.already, report.as_json()["refused"]) == (
        1, 2, {"bad-json": 1, "bad-line": 1, "furigana-there": 1, "not-on-register": 1},
    )  # fmt: skip
    assert [place for place, _ in report.refused] == ["line-0000004", "line-0000005", "line-0000006", "line-0000007"]
    [change] = await outbox(db)
    assert (change["kind"], change["resident"]) == ("FURIGANA_ENTERED", str(bare))
    assert change["after"] == one | {"name_furigana": "ミホン\u3000ヨミ"}


async def test_a_count_beforehand_says_what_will_be_and_changes_nothing(db: Database, tmp_path: Path) -> None:
    order = renaming(tmp_path, await town(db))
    tally = await running.counted(db, sources.source(order))
    assert (await outbox(db), await running.status(db)) == ([], [])
    assert (await carried_out(db, order)).changed == tally.changed > 0


async def test_an_order_gives_way_to_an_outbox_that_is_too_long_and_to_its_rate(db: Database, tmp_path: Path) -> None:
    old = await town(db)
    homes = {record["household_no"] for _, record in await residents(db) if record["address"]["town"] == old}
    order = renaming(tmp_path, old)
    rests = Rests(db)
    report = await carried_out(db, order, Pace(10.0, 1, rests, 2))
    waited = [seconds for seconds in rests.seconds if seconds == 1.0]
    paced = [seconds for seconds in rests.seconds if seconds != 1.0]
    assert len(waited) >= (len(homes) + 1) // 2 > 0  # a step of two people takes two households at most
    assert 0 < sum(paced) <= report.changed / 10.0 + 1e-9


async def test_daily_work_goes_on_beside_an_order(db: Database, tmp_path: Path) -> None:
    homes: dict[str, list[str]] = {}
    for _, record in await residents(db):
        homes.setdefault(record["household_no"], []).append(record["atena_no"])
    moves = [
        orjson.dumps({"receipt": f"D-{number}", "act": "relocate", "notified_on": "2026-04-02",
                      "moved_on": "2026-04-01", "atena_nos": members, "address": {"text": "見本県見本市どこか"}})
        for number, members in homes.items()
    ]  # fmt: skip
    order = renaming(tmp_path, await town(db))

    async def the_day() -> set[str]:
        return {(await answer(db, move, NOW)).result for move in moves}

    results, report = await asyncio.gather(the_day(), carried_out(db, order, unhurried(lot=3)))
    assert (results, report.refused) == ({"accepted"}, ())
    last: dict[str, Any] = {}
    for change in await outbox(db):
        assert last.get(change["resident"], change["before"]) == change["before"]
        last[change["resident"]] = change["after"]


async def test_the_command_is_a_clerks_and_ends_in_3_where_somebody_was_left(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cheap_passwords(monkeypatch)
    async with opened(house, tmp_path) as office, connect(office.settings.registry_dsn, 1) as registry:
        await load(registry, 20, 7)
        order = readings(tmp_path, {"atena_no": "999", "name_furigana": "ミホン"})
        both = (Duty.CLERK, Duty.OPERATOR)
        settings = {duty: office.with_token(await office.hired(duty.value, duty)) for duty in both}
        monkeypatch.setattr(bulk_cli, "now", office.clock)
        app = typer.Typer()
        bulk_cli.commands(app, app)

        async def typed(duty: Duty, *words: str) -> Any:
            monkeypatch.setattr(bulk_cli, "settings", lambda: settings[duty])
            return await asyncio.to_thread(CliRunner().invoke, app, ["bulk", *words])

        refused = await typed(Duty.OPERATOR, "run", str(order.file))
        assert getattr(refused.exception, "code", None) == "duty-missing"
        counted = orjson.loads((await typed(Duty.CLERK, "run", str(order.file), "--dry-run", "--json")).stdout)
        assert (counted["state"], counted["refused"]) == ("counted", {"not-on-register": 1})
        done = await typed(Duty.CLERK, "run", str(order.file), "--json")
        assert (done.exit_code, orjson.loads(done.stdout)["state"]) == (3, "ended")
        [told] = orjson.loads((await typed(Duty.CLERK, "status", "K-1", "--json")).stdout)
        assert told["places"] == [{"place": "line-0000002", "code": "not-on-register"}]
        assert ("clerk", "bulk-run", "done") in await office.noted("clerk")
