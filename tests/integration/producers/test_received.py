"""転出 to another municipality, and back comes its 転入通知: a real register, the other CS as a process."""

import asyncio
import hmac
import io
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
import typer
from typer.testing import CliRunner

from hub.config import Settings
from hub.database import Database
from hub.errors import UsageError
from producers import received, received_cli
from producers.todokede import answer, today
from tests.conformance.counterparts import Standin, Standing, standin
from tests.integration.producers.registry import NOW, residents

KEY = bytes(range(32))
AWAY = {"municipality_code": "993018", "text": "見本県例示町大字例1番地"}


@pytest.fixture(scope="module")
def standing() -> Iterator[Standing]:
    made = Standing()
    yield made
    made.stop()


async def somebody_alone(db: Database) -> dict[str, Any]:
    people = [record for _, record in await residents(db)]
    homes = [record["household_no"] for record in people]
    return next(one for one in people if homes.count(one["household_no"]) == 1 and not one["protected"])


async def planned(db: Database, who: dict[str, Any]) -> None:
    notice = {
        "receipt": "R-1", "act": "move-out", "notified_on": "2026-04-02", "atena_nos": [who["atena_no"]],
        "moves_on": "2026-04-20", "destination": AWAY,
    }  # fmt: skip
    assert (await answer(db, orjson.dumps(notice), NOW)).result == "accepted"


def entered(who: dict[str, Any]) -> dict[str, Any]:
    """What the other municipality records of somebody who came from here."""
    return {
        "name": who["name"], "name_furigana": who["name_furigana"], "birth_date": who["birth_date"], "sex": who["sex"],
        "address": AWAY, "previous_address": who["address"], "juminhyo_code": who["juminhyo_code"],
        "change_date": "2026-04-01", "notified_date": "2026-04-02", "change_reason": "MOVE_IN_DOMESTIC",
    }  # fmt: skip


async def sent(standing: Standing, who: dict[str, Any]) -> bytes:
    """The 転入通知 that the stand-in sends us."""
    async with standing.of("previous-municipality") as other:
        said = await other.instructed("/move-in", entered(who))
        assert "id" in said, said
        return orjson.dumps(await other.asked("/outgoing?to=992011"))


async def test_the_notice_of_another_municipality_confirms_the_move_that_was_planned_here(
    db: Database, standing: Standing
) -> None:
    who = await somebody_alone(db)
    await planned(db, who)
    line = await sent(standing, who)
    made, refused = received.notices([line], await received.movers(db), today(NOW))
    assert refused == []
    answers = [await answer(db, orjson.dumps(notice), NOW) for notice in made]
    assert [one.result for one in answers] == ["accepted"]
    kinds = await db.fetch("SELECT kind FROM registry.history ORDER BY version")
    assert [row["kind"] for row in kinds] == ["MOVE_OUT_PLANNED", "MOVE_OUT_CONFIRMED", "MOVE_OUT_DOMESTIC"]

    assert received.notices([line], await received.movers(db), today(NOW)) == ([], []), "and asks for nothing more"


async def test_whoever_has_planned_nothing_is_nobody_for_a_notice(db: Database, standing: Standing) -> None:
    line = await sent(standing, await somebody_alone(db))
    made, refused = received.notices([line], await received.movers(db), today(NOW))
    assert (made, [one.code for one in refused]) == ([], ["unknown-here"])


async def test_the_command_writes_notices_to_stdout_and_refusals_to_people_and_to_a_file(
    db: Database, dsn: str, databases: Settings, standing: Standing, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    who = await somebody_alone(db)
    await planned(db, who)
    line = await sent(standing, who)
    monkeypatch.setattr(received_cli, "settings", lambda: databases.model_copy(update={"registry": dsn}))
    app = typer.Typer()
    app.command("received")(received_cli.receive)
    words = ["-", "--on", "2026-04-10", "--refusals", str(tmp_path / "refused.jsonl")]

    async def typed(*more: str) -> Any:
        return await asyncio.to_thread(CliRunner().invoke, app, [*words, *more], input=b"{\n" + line + b"\n")

    done = await typed()
    assert [orjson.loads(one)["atena_nos"] for one in done.stdout.splitlines()] == [[who["atena_no"]]]
    assert (done.exit_code, "[bad-json]" in done.stderr) == (3, True)
    written = orjson.loads((tmp_path / "refused.jsonl").read_bytes())
    assert written.items() >= {"line": 1, "code": "bad-json"}.items()

    again = await typed()
    assert (again.exit_code, again.stdout, "[bad-json]" in again.stderr) == (0, done.stdout, False), "told once"
    assert "1 refused before" in again.stderr
    assert (await typed("--all")).exit_code == 3
    kept = await db.fetch("SELECT * FROM registry.tennyu")
    assert [(row["id"], written["id"], row["code"]) for row in kept] == [(None, None, "bad-json")]
    assert sha256(b"{").digest() != kept[0]["digest"], "nobody without the key finds the line by trying"


async def test_a_refusal_with_another_reason_is_told_once_more(db: Database) -> None:
    first = received.Refusal(1, UUID(int=1), "unknown-here")
    other = received.Refusal(1, UUID(int=1), "not-planned")
    assert [len(await received.untold(db, KEY, [one], NOW)) for one in (first, first, other, other)] == [1, 0, 1, 0]


async def test_another_notice_under_the_same_id_is_told_as_well(db: Database, standing: Standing) -> None:
    line = await sent(standing, await somebody_alone(db))
    said = orjson.loads(line)
    second = orjson.dumps(said | {"notice_no": said["notice_no"] + 1})
    _, refused = received.notices([line, second], await received.movers(db), today(NOW))
    assert ({one.id for one in refused}, {one.code for one in refused}) == ({UUID(said["id"])}, {"unknown-here"})
    assert [len(await received.untold(db, KEY, [one], NOW)) for one in (*refused, *refused)] == [1, 1, 0, 0]
    kept = await db.fetch("SELECT digest FROM registry.tennyu")
    plain = {one.digest for one in refused}
    assert {row["digest"] for row in kept} == {hmac.digest(KEY, one, "sha256") for one in plain}


def test_a_line_and_a_file_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    longest = b"x" * received.LONGEST
    cut = [*received.lines_of(io.BytesIO(longest + b"\n" + b"x" * 10 * received.LONGEST + b"\n{\n" + longest + b"x"))]
    assert (len(cut), max(map(len, cut)), cut[2]) == (4, received.LONGEST + 2, b"{\n")
    _, refused = received.notices(cut, [], today(NOW))
    assert [one.code for one in refused] == ["bad-json", "too-long", "bad-json", "too-long"]
    monkeypatch.setattr(received, "MOST", 3)
    with pytest.raises(UsageError, match="too-many-lines"):
        received.notices(cut, [], today(NOW))


async def test_what_was_sent_is_sent_until_it_is_taken_and_no_restart_forgets_either(
    db: Database, tmp_path: Path
) -> None:
    who = await somebody_alone(db)

    async def sent(other: Standin) -> list[int]:
        async with other.session.get(other.url + "/outgoing?to=992011") as answer:
            return [orjson.loads(line)["notice_no"] for line in (await answer.text()).splitlines()]

    async with standin("previous-municipality", tmp_path) as other:
        for day in ("2026-04-01", "2026-04-02"):
            await other.instructed("/move-in", entered(who) | {"change_date": day})
    async with standin("previous-municipality", tmp_path) as other:
        assert await sent(other) == [1, 2]
        assert "receipt" in await other.instructed("/outgoing/taken", {"to": "992011", "notice_no": 1})
        assert (await other.instructed("/outgoing/taken", {"to": "992011"}))["code"] == "missing-item"
        assert await sent(other) == [2]
    async with standin("previous-municipality", tmp_path) as other:
        assert await sent(other) == [2]
