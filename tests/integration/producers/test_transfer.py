"""随時移転: only after 決裁, a ledger line for each person, no more than was approved, many on allowed terminals alone.

The rules of the assessment (評価書): ad-hoc transfers only after 決裁; mass extraction in the computer room alone.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts import book
from hub import accounts, tokens, transfers
from hub.acts import WAITS
from hub.clock import now
from hub.config import Settings
from hub.database import connect
from hub.errors import ApprovalRequired, DatabaseError, DependencyUnavailable, NotPermitted, UsageError
from hub.people import Duty
from hub.terminals import Office
from producers.city import load
from producers.transfer import recording
from producers.transfer.choosing import Choice
from producers.transfer.desk import Desk
from tests.house import House, shipped
from tests.integration.producers.registry import changed, died, residents
from tests.integration.producers.transfers import CONTRACTS, ON, ORDINANCE, WISH, Town, opened, persons
from tests.office import FIRST, cheap_passwords, command_line

CHOSEN = ["atena_no", "name", "address"]
EVERYBODY = Choice(everybody=True)
MEASURE = {"category": "DV", "starts_on": "2026-04-01", "ends_on": "2027-03-31"}


@pytest.fixture
async def town(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:
    cheap_passwords(monkeypatch)
    async with opened(house, tmp_path) as town:
        yield town


@pytest.fixture
async def ito(town: Town) -> Desk:
    """Who asks and runs."""
    return await town.desk("ito", Duty.OPERATOR)


@pytest.fixture
async def kato(town: Town) -> Desk:
    """Who approves."""
    return await town.desk("kato", Duty.CONTRACT_OFFICER)


async def test_ad_hoc_transfers_only_after_kessai_and_a_ledger_line_per_person(
    town: Town, ito: Desk, kato: Desk
) -> None:
    three = [record for _, record in await town.people()][:3]
    order, whom = await ito.ask(WISH, persons(*three))
    assert (order.count, whom.left_out, order.wish.items) == (3, 0, tuple(CHOSEN))
    with pytest.raises(ApprovalRequired, match="not-approved"):
        await ito.run(order.id)
    assert [one.id for one in await kato.requests()] == [order.id]
    await kato.approve(order.id)
    assert (await kato.requests(), await town.outbox()) == ([], 0), "to approve is not yet to extract"

    assert (await ito.run(order.id))[1] == 3
    shown = await kato.show(order.id)
    assert (shown.order.state(town.now), shown.on_the_ledger) == ("done", 0)
    await town.route()
    assert (await kato.show(order.id)).on_the_ledger == 3
    lines = await town.lines()
    assert len({line["subject"] for line in lines}) == len(lines) == 3
    assert [(one["contract"], one["items"], one["transfer"]) for line in lines for one in line["told"]] == [
        ("tax", CHOSEN, str(order.id))
    ] * 3
    told = await town.told("tax")
    assert by_number(one["items"] for one in told) == by_number({item: one[item] for item in CHOSEN} for one in three)
    assert {(one["transfer"], one["state"], one["protected"]) for one in told} == {(str(order.id), "entered", False)}
    with pytest.raises(NotPermitted, match="already-run"):
        await ito.run(order.id)


def by_number(items: Iterable[Any]) -> list[Any]:
    return sorted(items, key=lambda one: str(one["atena_no"]))


@pytest.mark.threat("P4")
async def test_mass_extraction_only_from_an_allowed_terminal(
    town: Town, ito: Desk, kato: Desk, tmp_path: Path
) -> None:
    (one, *_), root = await town.people(), await terminal_office(town)
    order = await town.approved(ito, kato, EVERYBODY)
    few = await town.approved(ito, kato, persons(one[1]))
    terminal, secret = await root.allow("joho-1")
    file = tmp_path / "terminal.token"
    there = replace(ito, settings=ito.settings.model_copy(update={"terminal_file": file, "transfer_bulk": 2}))
    with pytest.raises(NotPermitted, match="terminal-not-allowed"):
        await there.run(order.id)
    assert (await there.run(few.id))[1] == 1, "few may be extracted anywhere"
    file.touch(mode=0o600)
    for wrong in ("", "jukiterm_" + "x" * 43, secret[:-1]):
        file.write_text(wrong, encoding="ascii")
        with pytest.raises(NotPermitted, match="terminal-not-allowed"):
            await there.run(order.id)
    file.write_text(f"{secret}\n", encoding="ascii")
    file.chmod(0o640)
    with pytest.raises(NotPermitted, match="terminal-file-open"):
        await there.run(order.id)
    assert await town.outbox() == 1
    file.chmod(0o600)
    assert (await there.run(order.id))[1] == order.count > 2
    noted = [(code, details.get("terminal")) for code, details in await town.noted("transfer-run")]
    assert noted == [("terminal-not-allowed", None), ("done", None), *[("terminal-not-allowed", None)] * 3,
                     ("terminal-file-open", None), ("done", "joho-1")]  # fmt: skip

    await root.revoke("joho-1")
    again = await town.approved(ito, kato, EVERYBODY)
    with pytest.raises(NotPermitted, match="terminal-not-allowed"):
        await there.run(again.id)
    assert [(each.name, each.revoked_at is None) for each in await root.everybody()] == [("joho-1", False)]
    assert secret not in str(await town.hub.fetch("SELECT * FROM hub.terminals"))
    assert terminal.allowed_by == "root"


async def terminal_office(town: Town) -> Office:
    root = await accounts.named(town.hub, "root")
    token = (await tokens.new(town.hub, root.person.id, "test", tokens.LONGEST, town.now))[1]
    return Office(town.hub, await tokens.bearer(town.hub, token, town.now), town.clock)


async def test_a_terminal_is_allowed_once_at_a_time_and_by_administrators_alone(town: Town, ito: Desk) -> None:
    root = await terminal_office(town)
    first = (await root.allow("joho-1"))[1]
    with pytest.raises(UsageError, match="terminal-known"):
        await root.allow("joho-1")
    await root.revoke("joho-1")
    assert (await root.allow("joho-1"))[1] != first
    for wrong, code in (("Joho 1", "bad-name"), ("joho-2", "unknown-terminal")):
        with pytest.raises(UsageError, match=code):
            await root.revoke(wrong)
    with pytest.raises(NotPermitted, match="duty-missing"):
        await Office(town.hub, ito.bearer, town.clock).allow("joho-2")
    with pytest.raises(DatabaseError):
        await town.hub.execute("DELETE FROM hub.terminals")


@pytest.mark.threat("P4")
async def test_who_has_asked_does_not_approve_and_who_may_not_is_refused(town: Town, kato: Desk) -> None:
    both = await town.desk("abe", Duty.OPERATOR, Duty.CONTRACT_OFFICER)
    (_, record), *_ = await town.people()
    order, _ = await both.ask(WISH, persons(record))
    with pytest.raises(ApprovalRequired, match="second-person-is-the-first"):
        await both.approve(order.id)
    approver = await town.desk("mori", Duty.APPROVER)
    for refused in (approver.approve(order.id), approver.run(order.id), kato.run(order.id),
                    kato.ask(WISH, persons(record)), approver.ask(WISH, persons(record))):  # fmt: skip
        with pytest.raises(NotPermitted, match="duty-missing"):
            await refused
    with pytest.raises(UsageError, match="unknown-request"):
        await kato.approve(uuid4())
    await kato.approve(order.id)
    with pytest.raises(NotPermitted, match="already-approved"):
        await kato.approve(order.id)
    assert await town.outbox() == 0


async def test_an_order_waits_a_day_runs_until_its_last_day_and_is_void_without_who_has_asked(
    town: Town, ito: Desk, kato: Desk
) -> None:
    (_, record), *_ = await town.people()
    late, _ = await ito.ask(WISH, persons(record))
    over = await town.approved(ito, kato, persons(record), replace(WISH, until=ON + timedelta(days=1)))
    town.now += WAITS
    with pytest.raises(NotPermitted, match="request-expired"):
        await kato.approve(late.id)
    assert (await kato.requests(), (await kato.show(late.id)).order.state(town.now)) == ([], "void")
    town.now += timedelta(days=1)
    with pytest.raises(NotPermitted, match="order-expired"):
        await ito.run(over.id)
    left, _ = await ito.ask(WISH, persons(record))
    await accounts.retire(town.hub, "ito", town.clock())
    with pytest.raises(UsageError, match="unknown-request"):
        await kato.approve(left.id)
    assert (await kato.requests(), await town.outbox()) == ([], 0)
    with pytest.raises(DatabaseError):
        await town.hub.execute("UPDATE hub.transfers SET until = until + 90")


async def test_a_number_that_is_nobodys_is_named_by_its_line_alone_and_who_is_not_the_contracts_is_left_out(
    town: Town, ito: Desk
) -> None:
    (one, first), (two, second), *_ = await town.people()
    await died(town.registry, two, second, town.clock())
    lines = (b"\xef\xbb\xbf" + first["atena_no"].encode(), b"", second["atena_no"].encode(), b" 999999999999999 ", b"x")
    with pytest.raises(UsageError) as refused:
        await ito.ask(WISH, Choice(persons=lines))
    assert (refused.value.code, refused.value.place) == ("unknown-person", "line 3, 4, 5")
    assert not any(value in str(refused.value) for value in ("999", second["atena_no"]))

    school = replace(WISH, contract="school-affairs", items=("氏名",), basis=("学校教育法施行令1条から3条まで",))
    await changed(town.registry, one, "MINOR_CORRECTION", first, first | {"birth_date": "2015-05-01"}, town.clock())
    everybody = [record for who, record in await residents(town.registry) if who != two]
    order, whom = await ito.ask(school, persons(*everybody))
    in_school = order.count
    assert (in_school + whom.left_out, in_school >= 1) == (len(everybody), True)
    assert (await ito.ask(school, EVERYBODY))[0].count == in_school
    born = Choice(born_from=date(2015, 5, 1), born_until=date(2015, 5, 1))
    assert (await ito.ask(school, born))[0].count == 1
    for nobody in (Choice(born_until=date(1900, 1, 1)), persons()):
        with pytest.raises(UsageError, match="nobody-selected"):
            await ito.ask(school, nobody)


async def test_without_a_purpose_or_lawful_items_nothing_is_asked_for(town: Town, ito: Desk, kato: Desk) -> None:
    secret = replace(WISH, items=("住民票コード",))
    for wish, code in ((replace(WISH, purpose=" "), "empty"), (secret, "item-not-permitted")):
        with pytest.raises(UsageError, match=code):
            await ito.ask(wish, EVERYBODY)
    assert await kato.requests() == []
    assert [code for code, _ in await town.noted("transfer-ask")] == ["item-not-permitted"]


async def test_what_is_no_longer_permitted_on_the_day_is_not_told_and_a_contract_that_is_over_runs_nothing(
    town: Town, ito: Desk, kato: Desk, tmp_path: Path
) -> None:
    (_, record), *_ = await town.people()
    order = await town.approved(ito, kato, persons(record))
    ended = under(ito, tmp_path / "ended", "in_force = { from = 2026-04-01 }",
                  "in_force = { from = 2026-04-01, until = 2026-04-01 }")  # fmt: skip
    with pytest.raises(UsageError, match="not-in-force"):
        await ended.run(order.id)
    assert await town.outbox() == 0
    less = under(ito, tmp_path / "less", '"男女の別", "住所",', '"男女の別",')
    assert (await less.run(order.id))[1] == 1
    await town.route()
    assert [[*one["items"]] for one in await town.told("tax")] == [["atena_no", "name"]]


def under(desk: Desk, folder: Path, old: str, new: str) -> Desk:
    """The same person, when another wording of 税 is in use."""
    file = shipped(folder, CONTRACTS) / "tax.toml"
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    file.write_text(text.replace(old, new), encoding="utf-8")
    return replace(desk, settings=desk.settings.model_copy(update={"contracts": folder}))


async def test_cut_off_it_is_carried_on_and_tells_nobody_twice_and_who_is_gone_is_not_told(
    town: Town, ito: Desk, kato: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    four = (await town.people())[:4]
    order = await town.approved(ito, kato, persons(*(record for _, record in four)))
    monkeypatch.setattr(recording, "PAGE", 2)

    async def cut_off(*_: Any) -> None:
        raise DependencyUnavailable("database-unavailable", "PostgreSQL")

    with monkeypatch.context() as patched:
        patched.setattr(transfers, "end", cut_off)
        with pytest.raises(DependencyUnavailable):
            await ito.run(order.id)
    assert await town.outbox() == 4
    await changed(town.registry, four[0][0], "MINOR_CORRECTION", four[0][1], four[0][1] | {"alias_name": "見本"},
                  town.clock())  # fmt: skip
    assert (await ito.run(order.id))[1] == 4
    assert await snapshots(town) == 4

    again = await town.approved(ito, kato, persons(*(record for _, record in four)))
    await died(town.registry, *four[3], town.clock())
    assert (await ito.run(again.id))[1] == 3
    assert await snapshots(town) == 7


async def snapshots(town: Town) -> int:
    return int(await town.registry.fetchval("SELECT count(*) FROM registry.history WHERE kind = 'SNAPSHOT'"))


async def test_it_gives_way_to_living_traffic(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    (one, record), (two, _), *_ = await town.people()
    await changed(town.registry, one, "MINOR_CORRECTION", record, record | {"alias_name": "見本"}, town.clock())
    monkeypatch.setattr(recording, "BACKLOG", 0)
    rests: list[float] = []

    async def rest(seconds: float) -> None:
        rests.append(seconds)
        await town.registry.execute("DELETE FROM registry.outbox")

    tax = book.load(town.settings.contracts).contracts["tax"]
    assert await recording.carry_out(town.registry, uuid4(), tax, CHOSEN, [two], town.clock, rest) == 1
    assert len(rests) == 1


async def test_whoever_is_protected_is_told_of_with_the_flag_whatever_the_order_names(
    town: Town, ito: Desk, kato: Desk
) -> None:
    (who, record), *_ = await town.people()
    hidden = record | {"protected": True, "dv_protection": MEASURE}
    await changed(town.registry, who, "PROTECTION_STARTED", record, hidden, town.clock())
    order = await town.approved(ito, kato, persons(record))
    await ito.run(order.id)
    await town.route()
    told = [one for one in await town.told("tax") if "transfer" in one]
    assert [([*one["items"]], one["protected"]) for one in told] == [(CHOSEN, True)]


@pytest.fixture
def jukihub(databases: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """The command line in a village; as whom it is typed."""
    cheap_passwords(monkeypatch)

    async def filled() -> tuple[dict[str, str], str]:
        async with connect(databases.registry_dsn, 1) as registry, connect(databases.database, 1) as hub:
            await load(registry, 8, 7)
            await accounts.first(hub, "root", FIRST, now())
            people = {name: await accounts.add(hub, name, frozenset({duty}), FIRST, now())
                      for name, duty in (("ito", Duty.OPERATOR), ("kato", Duty.CONTRACT_OFFICER))}  # fmt: skip
            people["root"] = (await accounts.named(hub, "root")).person
            number = await registry.fetchval("SELECT atena_no FROM registry.resident ORDER BY atena_no LIMIT 1")
            return {name: (await tokens.new(hub, one.id, "test", tokens.LONGEST, now()))[1]
                    for name, one in people.items()}, number.decode()  # fmt: skip

    typed_by, number = asyncio.run(filled())
    (tmp_path / "persons.txt").write_text(f"{number}\n", encoding="ascii")
    monkeypatch.setenv("HUB_TRANSFER_BULK", "1")
    with command_line(databases, tmp_path, typed_by, monkeypatch) as run:
        yield run


def test_it_is_typed_by_three_persons(jukihub: Any, tmp_path: Path) -> None:
    until = (now().date() + timedelta(days=3)).isoformat()
    ask = ("transfer", "ask", "tax", "--items", "氏名、住所", "--items", "birth_date", "--basis", ORDINANCE,
           "--purpose", "還付の通知", "--until", until)  # fmt: skip
    asked = jukihub("ito", *ask, "--persons", str(tmp_path / "persons.txt"))
    number = asked.stdout.strip()
    assert (str(UUID(number)), "1 residents" in asked.stderr) == (number, True)
    [waiting] = json.loads(jukihub("kato", "transfer", "requests", "--json").stdout)
    assert (waiting["request"], waiting["items"], waiting["chosen"]) == (
        number, ["atena_no", "name", "birth_date", "address"], "persons",
    )  # fmt: skip
    shown = jukihub("kato", "transfer", "requests").stdout
    assert "tax, 1 residents (persons), atena_no, name, birth_date, address; " in shown
    assert shown.endswith(", asked by ito: 還付の通知\n")
    assert jukihub("ito", "transfer", "run", number).exception.exit_code == 4
    assert json.loads(jukihub("kato", "transfer", "approve", number, "--json").stdout)["state"] == "approved"
    assert json.loads(jukihub("ito", "transfer", "run", number, "--json").stdout) == {
        "request": number, "contract": "tax", "selected": 1, "recorded": 1,
    }  # fmt: skip
    shown = json.loads(jukihub("kato", "transfer", "show", number, "--json").stdout)
    assert (shown["state"], shown["recorded"], shown["on_the_ledger"]) == ("done", 1, 0)
    assert "state            done" in jukihub("kato", "transfer", "show", number).stdout

    many = json.loads(jukihub("ito", *ask, "--all", "--json").stdout)
    jukihub("kato", "transfer", "approve", many["request"])
    refused = jukihub("ito", "transfer", "run", many["request"]).exception
    assert (refused.code, refused.exit_code) == ("terminal-not-allowed", 5)
    secret = jukihub("root", "terminals", "allow", "joho-1").stdout
    (tmp_path / "terminal.token").touch(mode=0o600)
    (tmp_path / "terminal.token").write_text(secret, encoding="ascii")
    assert json.loads(jukihub("ito", "transfer", "run", many["request"], "--json").stdout)["recorded"] == many["count"]
    assert "joho-1 allowed" in jukihub("root", "terminals", "list").stdout
    assert jukihub("root", "terminals", "revoke", "joho-1").exit_code == 0
    assert json.loads(jukihub("root", "terminals", "list", "--json").stdout)[0]["revoked_at"]
    assert "nothing waits" in jukihub("kato", "transfer", "requests").stderr
