"""統合 and 分離: by two persons, noted for ever, answered for ever."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest
from typer.testing import CliRunner

from hub import cli as hubs
from hub import config
from hub.database import connect
from hub.errors import ApprovalRequired, DatabaseError
from hub.people import Duty
from producers.atena import asking, listing, translating
from producers.atena.joining import Merge, Split
from producers.atena.refusals import SENTENCES, NumberRefused
from tests.integration.atena.numbering import ITO, KATO, approved, given, link, person, wire
from tests.integration.producers.registry import NOW
from tests.office import Office, cheap_passwords
from tests.people import my_number


async def trail(db: Any) -> list[dict[str, Any]]:
    return [one async for one in listing.trail(db)]


async def test_a_merged_number_is_answered_for_ever_through_every_further_merge(empty):
    numbers = [(await given(empty, "tax", str(n), None)).number for n in range(4)]
    for absorbed, number in pairwise(numbers):
        assert await approved(empty, Merge(number, absorbed)) == number
    told = await translating.answered(empty, numbers)
    assert {one.in_use for one in told.values()} == {numbers[-1]}
    assert all(len(one.links) == 4 for one in told.values())


async def test_the_trail_says_who_when_why_and_what_was_before_and_after(empty):
    one, other = await given(empty, "tax", "42", 1), await given(empty, "welfare", "7", None)
    await approved(empty, Merge(one.number, other.number))
    [line] = await trail(empty)
    assert line.pop("place") == 3
    tax, welfare = link("tax:42").wire(), link("welfare:7").wire()
    assert line == {
        "event": "merged", "at": NOW.isoformat(), "togo_atena_no": one.number, "other": other.number,
        "requested_by": "ito", "approved_by": "kato", "reason": "found by the test",
        "before": {one.number: [tax], other.number: [welfare]}, "after": {one.number: [tax, welfare], other.number: []},
    }  # fmt: skip


@pytest.mark.parametrize("statement", [
    "DELETE FROM registry.togo_trail", "UPDATE registry.togo_trail SET event = event", "TRUNCATE registry.togo_trail",
    "DELETE FROM registry.togo_request", "UPDATE registry.togo_request SET act = act",
    "TRUNCATE registry.togo_request CASCADE",
])  # fmt: skip
async def test_what_two_persons_have_found_cannot_be_altered(empty, statement):
    one, other = await given(empty, "tax", "42", 1), await given(empty, "welfare", "7", None)
    await approved(empty, Merge(one.number, other.number))
    with pytest.raises(DatabaseError, match="sqlstate-P0001"):  # ours, and not that of a mistaken statement
        await empty.execute(statement)


async def test_the_same_person_does_not_approve_and_a_request_is_void_after_a_day(empty):
    one, other = await given(empty, "tax", "42", 1), await given(empty, "welfare", "7", None)
    asked = await asking.ask(empty, Merge(one.number, other.number), "found", ITO, NOW)
    with pytest.raises(ApprovalRequired, match="second-person-is-the-first"):
        await asking.approve(empty, asked.id, ITO, NOW)
    with pytest.raises(NumberRefused, match="request-expired"):
        await asking.approve(empty, asked.id, KATO, NOW + timedelta(days=1))
    assert [one.id for one in await asking.waiting(empty, NOW)] == [asked.id]
    assert await asking.waiting(empty, NOW + timedelta(days=1)) == []
    assert await trail(empty) == []


async def test_of_two_who_approve_at_once_one_does(empty):
    one, other = await given(empty, "tax", "42", 1), await given(empty, "welfare", "7", None)
    asked = await asking.ask(empty, Merge(one.number, other.number), "found", ITO, NOW)
    several = (asking.approve(empty, asked.id, KATO, NOW) for _ in range(4))
    found = await asyncio.gather(*several, return_exceptions=True)
    assert sorted(str(one) for one in found) == [one.number, *["request: already-approved"] * 3]
    assert len(await trail(empty)) == 1


async def refused(db: Any, act: Any) -> str:
    with pytest.raises(NumberRefused) as found:
        await asking.ask(db, act, "found", ITO, NOW)
    assert found.value.code in SENTENCES
    return found.value.code


async def test_what_cannot_be_one_person_or_two_is_refused_when_it_is_asked_for(empty):
    one, other = await given(empty, "tax", "42", 1), await given(empty, "tax", "43", 2)
    lone = await given(empty, "welfare", "7", None)
    mine, theirs = link("tax:42"), link("tax:43")
    assert await refused(empty, Merge(one.number, one.number)) == "same-number"
    assert await refused(empty, Merge(one.number, other.number)) == "two-my-numbers"
    assert await refused(empty, Merge(one.number, "123")) == "unknown-number"
    assert await refused(empty, Split(one.number, ())) == "nobody-moves"
    assert await refused(empty, Split(one.number, (mine,))) == "nobody-remains"
    assert await refused(empty, Split(one.number, (theirs,))) == "not-linked"
    assert await refused(empty, Split(one.number, (mine, mine))) == "named-twice"
    await approved(empty, Merge(one.number, lone.number))
    assert await refused(empty, Merge(other.number, lone.number)) == "already-merged"
    assert await refused(empty, Split(one.number, (mine,), again=other.number)) == "not-merged-into-it"
    with pytest.raises(NumberRefused, match="reason-needed"):
        await asking.ask(empty, Merge(one.number, other.number), " ", ITO, NOW)
    with pytest.raises(NumberRefused, match="unknown-request"):
        await asking.approve(empty, uuid4(), KATO, NOW)


async def test_what_has_changed_since_it_was_asked_for_is_judged_anew(empty):
    one, other = await given(empty, "tax", "42", 1), await given(empty, "welfare", "7", None)
    asked = await asking.ask(empty, Merge(one.number, other.number), "found", ITO, NOW)
    await given(empty, "welfare", "7", 2)
    with pytest.raises(NumberRefused, match="two-my-numbers"):
        await asking.approve(empty, asked.id, KATO, NOW)


async def test_whom_two_persons_took_apart_the_wrong_my_number_does_not_join_again(empty):
    one = await given(empty, "tax", "42", 1)
    await given(empty, "welfare", "7", 1)
    theirs = await approved(empty, Split(one.number, (link("welfare:7"),)))
    with pytest.raises(NumberRefused, match="proved-another"):
        await given(empty, "welfare", "7", 1)
    assert (await given(empty, "welfare", "7", 2)).number == theirs
    assert (await given(empty, "tax", "42", 1)).number == one.number
    assert [one async for one in listing.duplicates(empty)] == []


async def test_whom_two_persons_took_apart_stays_apart_when_a_my_number_comes_later(empty):
    one = await given(empty, "tax", "42", None)
    other = await given(empty, "welfare", "7", None)
    await approved(empty, Merge(one.number, other.number))
    await approved(empty, Split(one.number, (link("welfare:7"),)))
    assert [one async for one in listing.duplicates(empty)] == []
    await given(empty, "tax", "42", 1)
    with pytest.raises(NumberRefused, match="proved-another"):
        await given(empty, "welfare", "7", 1)


async def test_the_my_number_goes_with_those_whose_it_is(empty):
    one = await given(empty, "tax", "42", 1)
    await given(empty, "tax", "42", 2, former_my_number=my_number(1))
    await given(empty, "welfare", "7", 1)
    theirs = await approved(empty, Split(one.number, (link("welfare:7"),), with_my_number=True))
    for n in (1, 2):
        assert (await translating.search(empty, my_number(n))).in_use == theirs
    with pytest.raises(NumberRefused, match="proved-another"):
        await given(empty, "tax", "42", 2)


async def test_a_merge_that_was_wrong_is_undone_and_the_old_number_is_theirs_again(empty):
    one, other = await given(empty, "tax", "42", 1), await given(empty, "welfare", "7", None)
    await approved(empty, Merge(one.number, other.number))
    back = await approved(empty, Split(one.number, (link("welfare:7"),), again=other.number))
    assert back == other.number
    told = await translating.answered(empty, [one.number, other.number])
    assert {number: answer.in_use for number, answer in told.items()} == {number: number for number in told}


async def test_whom_two_persons_join_again_is_one_person_for_the_my_number_as_well(empty):
    one = await given(empty, "tax", "42", 1)
    await given(empty, "welfare", "7", 1)
    theirs = await approved(empty, Split(one.number, (link("welfare:7"),)))
    await approved(empty, Merge(one.number, theirs))
    assert (await given(empty, "welfare", "7", 1)).number == one.number


@pytest.fixture
async def office(settings, empty, monkeypatch, tmp_path) -> AsyncIterator[Office]:
    """Colleagues, and an environment in which their commands find both databases."""
    cheap_passwords(monkeypatch)
    for name, value in {
        "HUB_DATABASE": settings.database, "HUB_REGISTRY": settings.registry_dsn, "HUB_DATA": str(settings.data),
    }.items():
        monkeypatch.setenv(name, value)
    async with connect(settings.database) as database:
        yield Office(database, settings, (await database.fetchrow("SELECT clock_timestamp() AS now"))["now"])
    config.settings.cache_clear()




async def typed(token: str, monkeypatch: pytest.MonkeyPatch, *words: str, given: bytes = b"") -> Any:
    """One command as it is typed, by whoever has this token."""
    monkeypatch.setenv("HUB_TOKEN", token)
    config.settings.cache_clear()
    return await asyncio.to_thread(CliRunner().invoke, hubs.build([*words]), [*words], input=given)


async def test_persons_search_look_through_ask_and_approve_by_commands_and_each_leaves_a_line(
    office: Office, empty: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ito, kato = await office.hired("ito", Duty.OPERATOR), await office.hired("kato", Duty.APPROVER)
    three = wire("tax", "42", 1), wire("welfare", "7", None, **person(1)), wire("tax", "43", 1, sex="9")
    asked = "\n".join(map(json.dumps, three)).encode()
    done = await typed(ito, monkeypatch, "atena", "request", "-", given=asked)
    one, other, wrong = (json.loads(line) for line in done.stdout.splitlines())
    assert (done.exit_code, wrong["code"], SENTENCES["bad-value"] in done.stderr) == (3, "bad-value", True)

    done = await typed(ito, monkeypatch, "atena", "list")
    assert {*json.loads(done.stdout)["togo_atena_nos"]} == {one["togo_atena_no"], other["togo_atena_no"]}
    pair = one["togo_atena_no"], other["togo_atena_no"]
    done = await typed(ito, monkeypatch, "atena", "merge", *pair, "--reason", "seen", "--json")
    request = json.loads(done.stdout)["request"]
    assert isinstance((await typed(ito, monkeypatch, "atena", "approve", request)).exception, Exception)
    assert (await typed(kato, monkeypatch, "atena", "approve", request)).stdout.strip() == one["togo_atena_no"]

    search = json.dumps({"my_number": my_number(1)}).encode()
    done = await typed(kato, monkeypatch, "atena", "search", "-", given=search)
    assert (json.loads(done.stdout)["togo_atena_no"], my_number(1) in done.output) == (one["togo_atena_no"], False)
    done = await typed(kato, monkeypatch, "atena", "number", "-", given=b'{"system":"welfare","atena_no":"7"}')
    assert json.loads(done.stdout)["togo_atena_no"] == one["togo_atena_no"]
    done = await typed(kato, monkeypatch, "atena", "link", "--after", "2")
    assert [json.loads(line)["event"] for line in done.stdout.splitlines()] == ["merged"]
    split = ("atena", "split", one["togo_atena_no"], "--link", "welfare:7", "--reason", "no", "--again", pair[1])
    request = (await typed(ito, monkeypatch, *split)).stdout.strip()
    assert json.loads((await typed(kato, monkeypatch, "atena", "list", "requests")).stdout)["request"] == request
    done = await typed(kato, monkeypatch, "atena", "approve", request, "--json")
    assert json.loads(done.stdout) == {"request": request, "togo_atena_no": pair[1]}
    done = await typed(kato, monkeypatch, "atena", "list", "trail", "--json")
    assert [one["event"] for one in json.loads(done.stdout)] == ["merged", "split"]
    noted = {(act, code) for _, act, code in await office.noted("kato")}
    assert {("atena-show", "done"), ("atena-correct-approve", "done")} <= noted
    assert UUID(request)
