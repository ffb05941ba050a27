"""A department's copy that no longer is what it was told: found by digests handed over in two steps, and told again."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from contracts.digests import bucket_of, code_digest, record_digest
from contracts.handed import RESIDENT, Handed, Holding, bucketed, decoded
from hub import accounts
from hub.errors import UsageError
from hub.people import Duty
from producers.drift.desk import Desk
from producers.drift.finding import DIFFERENT, FOREIGN, MISSING, STALE, Finding
from producers.drift.paper import Paper
from tests.house import House, made_databases
from tests.integration.producers.departments import IDENTIFIER, ByFiles, ByRest, ByTopic, Department, department
from tests.integration.producers.post import Town, town
from tests.office import FIRST, cheap_passwords

KEY = bytes(range(32))
STRANGER = "999999999999999"
MEASURE = {"category": "DV", "starts_on": "2026-04-01", "ends_on": "2027-03-31"}
KINDS = [
    pytest.param(ByTopic.name, 500, id="topic-of-500"), pytest.param(ByRest.name, 24, id="rest"),
    pytest.param(ByFiles.name, 24, id="files"),
]  # fmt: skip


@dataclass
class Both:
    """A town, one of its departments, and an operator."""

    town: Town
    department: Department
    ito: Desk

    async def carry(self) -> None:
        """What the outbox holds is told, and the department takes it."""
        await self.town.route()
        await self.department.read()

    async def paper(self, *wanted: str) -> Paper:
        """The department's digests, handed over."""
        content = await self.department.document(KEY, self.town.clock(), wanted)
        return Paper(decoded(content, KEY, self.department.name))

    async def looked(self) -> list[Finding]:
        """In two steps: which buckets differ, and who in them."""
        first = await self.paper()
        assert await self.look(first) == []
        return await self.look(await self.paper(*first.wanted)) if first.wanted else []

    async def look(self, paper: Paper) -> list[Finding]:
        return await self.ito.look(self.department.name, KEY, at_once, paper)


async def at_once() -> None:
    """No time between two looks."""


@asynccontextmanager
async def both(house: House, folder: Path, kind: str, size: int) -> AsyncIterator[Both]:
    with made_databases(house, folder / "data") as own:
        async with town(own, kind, size) as made, department(kind, made) as mine:
            await accounts.first(made.hub, "root", FIRST, made.now)
            found = Both(made, mine, await made.desk("ito", Duty.OPERATOR))
            await made.first_load()
            await mine.read()
            yield found


@pytest.fixture
async def copied(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Both]:
    """A department that reads its topic and has everybody."""
    cheap_passwords(monkeypatch)
    async with both(house, tmp_path, ByTopic.name, 24) as made:
        yield made


def sorts(findings: list[Finding]) -> dict[str, tuple[str, str]]:
    """Pseudonym -> sort and remedy; a stranger's is empty."""
    return {(one.pseudonym or b"").hex(): (one.sort, one.remedy) for one in findings}


def number(record: Any) -> str:
    return str(record[IDENTIFIER])


async def planted(both: Both) -> dict[UUID, str]:
    """Everything that can go wrong with a copy: altered, lost (one of them is protected since), as it was told before,
    kept although they died, and one whom nobody knows."""
    town, copy = both.town, both.department.copy
    (one, first), (two, second), (three, third), (four, fourth), (five, fifth), (_, other), *_ = await town.people()
    before = await copy.line(number(third))
    await town.died(three, third)
    await town.changed(four, "MINOR_CORRECTION", fourth, alias_name="見本 四")
    await town.changed(five, "PROTECTION_STARTED", fifth, protected=True, dv_protection=MEASURE)
    await both.carry()
    assert await both.looked() == []
    await copy.put(number(first), altered(await copy.line(number(first))))
    for record in (second, fifth):
        await copy.forget(number(record))
    await copy.put(number(third), before)
    await copy.back(number(fourth))
    await copy.put(STRANGER, of_nobody(await copy.line(number(other)), number(other)))
    return {one: DIFFERENT, two: MISSING, three: FOREIGN, four: STALE, five: MISSING}


def altered(line: str) -> str:
    """The same line with another name."""
    said = json.loads(line)
    (said.get("items") or said)["name"] = "架空 相違"
    return json.dumps(said)


def of_nobody(line: str, number: str) -> str:
    """The same line about somebody whom nobody knows."""
    said = json.loads(line.replace(number, STRANGER))
    return json.dumps(said | ({RESIDENT: "00" * 16} if RESIDENT in said else {}))


@pytest.mark.parametrize(("kind", "size"), KINDS)
async def test_every_sort_is_found_with_what_is_missing_and_told_again_the_normal_way(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, size: int
) -> None:
    cheap_passwords(monkeypatch)
    async with both(house, tmp_path, kind, size) as made:
        whom = await planted(made)
        expected = {await made.town.pseudonym(who): (sort, "tell-again") for who, sort in whom.items()}
        found = await made.looked()
        assert sorts(found) == expected | {"": (FOREIGN, "stranger")}
        await named(made, found)
        first = await made.paper()
        await made.look(first)
        healed = await made.ito.heal(kind, KEY, at_once, "after a restore", await made.paper(*first.wanted))
        assert sorts(healed.told) == expected
        await made.carry()
        await made.department.copy.forget(STRANGER)
        assert await made.looked() == []
        assert await made.town.told_again() == {"deleted": 1, "entered": 4}


async def named(made: Both, found: list[Finding]) -> None:
    """Each with the Change that the copy does not reflect, and the disclosure by which it was told."""
    for one in found:
        if one.resident is None:
            continue
        assert one.missing is not None
        assert one.missing.change == await made.town.last_change(one.resident)
        version = await made.town.hub.fetchval(
            "SELECT (convert_from(line, 'UTF8')::jsonb ->> 'version')::bigint FROM hub.ledger JOIN hub.told "
            "USING (change) WHERE disclosure = $1", one.missing.disclosure,
        )  # fmt: skip
        assert one.missing.version == version
        assert (one.version is not None and one.version < version) is (one.sort in (STALE, FOREIGN))
        assert f"disclosure {one.missing.disclosure}" in one.in_words()


async def test_what_the_copy_could_not_have_when_it_was_digested_is_on_its_way(copied: Both) -> None:
    (one, first), (two, second), (three, third), *_ = await copied.town.people()
    await copied.town.changed(one, "MINOR_CORRECTION", first, alias_name="見本 一")
    await copied.town.route()
    await copied.town.changed(two, "MINOR_CORRECTION", second, alias_name="見本 二")
    await copied.department.copy.forget(number(third))
    first_paper = await copied.paper()
    await copied.look(first_paper)
    paper = await copied.paper(*first_paper.wanted)
    healed = await copied.ito.heal(copied.department.name, KEY, at_once, "two are coming", paper)
    assert sorts(healed.findings) == {
        await copied.town.pseudonym(one): (STALE, "on-its-way"),
        await copied.town.pseudonym(two): (DIFFERENT, "on-its-way"),
        await copied.town.pseudonym(three): (MISSING, "tell-again"),
    }  # fmt: skip
    again = await copied.ito.heal(copied.department.name, KEY, at_once, "the same paper", paper)
    assert again.told == [], "who was told again since the paper was written is not told a third time"
    await copied.carry()
    assert await copied.looked() == []


def guessed(copied: Both, numbers: list[str], guess: dict[str, Any]) -> Paper:
    """What somebody writes who has no copy: the same guess of everybody, under a key of their own."""
    people = {code_digest(KEY, one): Holding(record_digest(KEY, guess), None) for one in numbers}
    buckets, residents = bucketed(people, {bucket_of(code) for code in people})
    said = Handed(copied.department.name, copied.town.clock(), IDENTIFIER, tuple(guess), None, buckets, residents)
    return Paper(said, "of-the-guess")


@pytest.mark.parametrize("item", ["protected", "birth_date"])
async def test_no_item_can_be_guessed_by_itself_and_who_tries_is_noted_before(copied: Both, item: str) -> None:
    numbers = [number(record) for _, record in await copied.town.people()]
    with pytest.raises(UsageError, match="not-whole"):
        await copied.look(guessed(copied, numbers, {item: True}))
    rows = await copied.town.hub.fetch("SELECT code, details FROM hub.audit WHERE act = 'drift-see' ORDER BY id")
    assert [row["code"] for row in rows] == ["begun", "not-whole"]
    expected = {"contract": copied.department.name, "compared": len(numbers), "hash": "of-the-guess"}
    assert [json.loads(row["details"]) for row in rows] == [expected] * 2


async def test_a_copy_that_keeps_what_it_may_not_is_refused_with_its_names(copied: Both) -> None:
    mine = copied.department
    assert isinstance(mine, ByTopic)
    refused = {(IDENTIFIER, "nationality", "name"): "not-permitted", ("change_reason",): "not-whole"}
    for names, code in refused.items():
        mine.names = names
        with pytest.raises(UsageError, match=code):
            await copied.looked()
    with pytest.raises(UsageError, match="counterpart-is-asked"):
        await copied.ito.look("convenience-store", KEY, at_once, await copied.paper())
