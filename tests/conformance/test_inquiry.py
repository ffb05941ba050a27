"""本人確認情報の照会: what is asked, what the stand-in of J-LIS refuses, and what of its answers is shown."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from consumers.inquiry import BASES, ITEMS, MOST, PURPOSES, Question, ask, checked, question
from hub.errors import DependencyUnavailable, NotPermitted, UsageError
from tests.conformance.counterparts import Standin, Standing, standin
from tests.conformance.samples import disclosure

WITH_NUMBER, WITHOUT = "番号法14条2項", "住基法30条の12第1項"


def person(seed: int, **changed: Any) -> dict[str, Any]:
    said = disclosure("prefecture", seed).items
    where = {**said["address"], "text": f"見本県例示町大字例{seed}番地"}
    return {item: said[item] for item in ITEMS | {"my_number"}} | {"address": where} | changed


def by_code(seed: int, basis: str = WITH_NUMBER, at_most: int = 1) -> Question:
    return question(orjson.dumps({"juminhyo_code": person(seed)["juminhyo_code"]}), basis, "my-number", at_most)


def by_four(seed: int, at_most: int = 1) -> Question:
    who = person(seed)
    said = {item: who[item] for item in ("name", "birth_date", "sex")} | {"address": who["address"]["text"]}
    return question(orjson.dumps(said), WITHOUT, "move-in", at_most)


@pytest.fixture
async def jlis(standing: Standing) -> AsyncIterator[Standin]:
    async with standing.of("jlis-delivery") as made:
        said = await made.instructed("/known", [person(1), person(2)])
        assert said == {"known": 2}
        yield made


@pytest.mark.parametrize("asked", [by_code(1), by_four(1)], ids=["by code", "by the four items"])
async def test_somebody_is_found_by_code_and_by_the_four_items(jlis: Standin, asked: Question) -> None:
    [found] = await ask(jlis.line, asked)
    assert {**person(1), **found} == person(1)


async def test_a_restart_forgets_neither_whom_it_knows_nor_who_has_asked(tmp_path: Path) -> None:
    async with standin("jlis-delivery", tmp_path) as before:
        await before.instructed("/known", [person(1)])
        await ask(before.line, by_code(1))
    async with standin("jlis-delivery", tmp_path) as after:
        [kept] = (await after.told())["inquiries"]
        assert (kept["basis"], kept["found"], len(await ask(after.line, by_code(1)))) == (WITH_NUMBER, 1, 1)


async def test_my_number_comes_on_its_own_basis_alone(jlis: Standin) -> None:
    told = [{*(await ask(jlis.line, by_code(1, basis)))[0]} for basis in (WITH_NUMBER, WITHOUT)]
    assert told == [ITEMS | {"my_number"}, ITEMS]


async def test_whom_nobody_knows_is_found_nowhere(jlis: Standin) -> None:
    assert await ask(jlis.line, by_code(3)) == []


async def test_more_people_than_were_asked_for_are_refused_and_not_cut_off(jlis: Standin) -> None:
    await jlis.instructed("/known", [person(1)])
    with pytest.raises(NotPermitted, match="counterpart-too-many"):
        await ask(jlis.line, by_code(1))
    assert len(await ask(jlis.line, by_code(1, at_most=2))) == 2


async def test_every_inquiry_is_kept_there_under_our_id(jlis: Standin) -> None:
    asked = [by_code(1), by_four(2), by_code(3)]
    for one in asked:
        await ask(jlis.line, one)
    kept = (await jlis.told())["inquiries"]
    assert [(one["id"], one["basis"], one["found"]) for one in kept] == [
        (str(one.id), one.basis, count) for one, count in zip(asked, (1, 1, 0), strict=True)
    ]


@pytest.mark.parametrize(("fault", "settings"), [
    ("down", {"how": "503"}), ("down", {"how": "close"}), ("nonsense", {"how": "html"}), ("nonsense", {"how": "empty"}),
])  # fmt: skip
async def test_an_answer_that_does_not_come_is_nobodys_identity(
    jlis: Standin, fault: str, settings: dict[str, Any]
) -> None:
    await jlis.switch(fault, **settings)
    with pytest.raises(DependencyUnavailable, match="jlis-unavailable"):
        await ask(jlis.line, by_code(1))


@pytest.mark.parametrize(("changed", "code"), [
    ({"basis": "住基法1条"}, "bad-code"), ({"purpose": "curiosity"}, "bad-code"), ({"at_most": MOST + 1}, "bad-number"),
])  # fmt: skip
async def test_the_stand_in_takes_no_question_without_basis_purpose_and_bound(
    jlis: Standin, changed: dict[str, Any], code: str
) -> None:
    with pytest.raises(NotPermitted, match=f"counterpart-{code}"):
        await ask(jlis.line, replace(by_code(1), **changed))


NO_QUESTION: list[tuple[str, Any, tuple[str, str, int], str]] = [
    ("three of the four items", {"name": "見本", "sex": "1", "birth_date": "1990-01-01"}, (WITHOUT, "move-in", 1),
     "bad-question"),
    ("an empty name", {"name": "", "sex": "1", "birth_date": "1990-01-01", "address": "見本"}, (WITHOUT, "move-in", 1),
     "bad-question"),
    ("ten digits", {"juminhyo_code": "0" * 10}, (WITHOUT, "move-in", 1), "bad-question"),
    ("code and name", {"juminhyo_code": "0" * 11, "name": "見本"}, (WITHOUT, "move-in", 1), "bad-question"),
    ("個人番号", {"my_number": "0" * 12}, (WITHOUT, "move-in", 1), "bad-question"),
    ("a list", [], (WITHOUT, "move-in", 1), "bad-question"),
    ("no basis", {"juminhyo_code": "0" * 11}, ("", "move-in", 1), "not-on-the-list"),
    ("no purpose", {"juminhyo_code": "0" * 11}, (WITHOUT, "", 1), "not-on-the-list"),
    ("nobody", {"juminhyo_code": "0" * 11}, (WITHOUT, "move-in", 0), "out-of-range"),
    ("everybody", {"juminhyo_code": "0" * 11}, (WITHOUT, "move-in", MOST + 1), "out-of-range"),
]


@pytest.mark.parametrize(("what", "said", "why", "code"), NO_QUESTION, ids=[row[0] for row in NO_QUESTION])
def test_what_is_no_question_is_not_asked(what: str, said: Any, why: tuple[str, str, int], code: str) -> None:
    with pytest.raises(UsageError, match=code) as refused:
        question(orjson.dumps(said), *why)
    assert "見本" not in str(refused.value)


@pytest.mark.parametrize(("found", "code"), [
    (None, "answer-malformed"), ([None], "answer-malformed"), ([person(1), person(1)], "answer-too-many"),
    ([person(2)], "answer-of-another"), ([{**person(1), "honseki": "見本"}], "answer-beyond-basis"),
])  # fmt: skip
def test_an_answer_that_says_more_than_was_asked_is_thrown_away(found: Any, code: str) -> None:
    with pytest.raises(NotPermitted, match=code):
        checked(found, by_code(1))


def test_my_number_on_another_basis_is_thrown_away() -> None:
    with pytest.raises(NotPermitted, match="answer-beyond-basis"):
        checked([person(1)], by_code(1, WITHOUT))


@pytest.mark.trap("V1")
def test_a_question_shows_nobody() -> None:
    said = repr(by_four(1)) + repr(by_code(1))
    assert not any(str(value) in said for value in (person(1)["name"], person(1)["juminhyo_code"], "大字例"))


def test_client_and_stand_in_have_the_same_lists() -> None:
    import sys  # noqa: PLC0415 - the stand-in is a script beside its modules, no package

    from tests.conformance.counterparts import SCRIPT  # noqa: PLC0415

    sys.path.insert(0, str(SCRIPT.parent))
    try:
        import inquiries  # noqa: PLC0415
    finally:
        sys.path.remove(str(SCRIPT.parent))
    assert (set(inquiries.BASES), set(inquiries.PURPOSES), inquiries.MOST) == (set(BASES), set(PURPOSES), MOST)
