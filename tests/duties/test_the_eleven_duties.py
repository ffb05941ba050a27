"""The eleven duties of the assessment (①–⑪), each as a story from the clerk's act to what arrives where.

Everything is real, processes, broker and databases, but the counterparts, which are strict stand-ins. `who` names
everybody who heard, so whoever it does not name heard nothing. What each `hall` question means stands in `hall.py`.
"""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid5

import orjson
import pytest

from hub.people import Duty
from producers.household import Record
from tests.duties.hall import DIGEST_KEY, TODAY, Change, Hall, as_lines, day, notice
from tests.duties.people import (
    ABROAD,
    HERE,
    NEIGHBOUR,
    NUMBERS,
    THERE,
    couple_with_child,
    foreigner,
    living_here,
    moved_in,
    someone,
)
from tests.processes import instructed, ordered, text_of, until

T = TypeVar("T")
pytestmark = [pytest.mark.faults, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

THREE = {"prefecture", "intermediate-server", "child-policy"}
"""Whose words differ most: 住基法30条の6, 番号法19条8号 with 住基法7条4号 alone, and a department."""
ALL_AGES = {"child-policy", "disaster-prevention", "health-insurance", "public-health", "tax", "welfare"}
COPIES = {"intermediate-server", "convenience-store"}
HOUSEHOLDS = ALL_AGES - {"public-health"} | COPIES
"""Who hears of a household: neither the prefecture, nor the 選管, nor public health."""


async def test_01_keep_the_register_per_person_and_by_household(hall: Hall) -> None:
    """A family moves in and its head dies: a record for each person, one head always, and a 除票 that stays."""
    filed = await hall.typed("todokede", "-", given=as_lines(notice(
        "move-in", moved_on=TODAY, address=HERE, previous_address=NEIGHBOUR, persons=couple_with_child(),
    )))  # fmt: skip
    came = await hall.recorded(json.loads(filed.stdout)["changes"])
    head, wife, child = (change.atena_no for change in came)
    assert [one["relationship_to_head"] for one in await hall.household_of(wife)] == ["世帯主", "妻", "子"]

    assert await hall.refused("death", atena_no=head, died_on=TODAY) == "new-head-needed"
    died = await hall.file("death", atena_no=head, died_on=TODAY, new_head=wife, relationships={child: "子"})
    assert [change.kind for change in died] == ["DEATH", "HEAD_CHANGED", "HEAD_CHANGED"]
    new_head, other = await hall.household_of(wife)
    assert (new_head["is_household_head"], other["is_household_head"]) == (True, False)
    assert (new_head["household_head_name"], other["household_head_name"]) == (None, new_head["name"])

    removed, history = await hall.record(head), await hall.history(head)
    assert [(one["kind"], one["after"] is None) for one in history] == [("MOVE_IN_DOMESTIC", False), ("DEATH", True)]
    assert history[1]["before"] == history[0]["after"] == removed, "the 除票 says what the record said last"
    assert head not in {one["atena_no"] for one in await hall.household_of(wife)}

    told = await hall.heard([*came, *died])
    assert told.who("DEATH") == {*ALL_AGES, *COPIES, "elections", "elderly-care", "prefecture"}
    assert told.who("HEAD_CHANGED") == {*HOUSEHOLDS, "school-affairs"}, "7条4号 is not for the prefecture"


async def test_02_enter_delete_and_correct_upon_notice_or_ex_officio(hall: Hall) -> None:
    """転入, 転居, 世帯変更, 職権修正, 転出: an act each, and each has listeners of its own."""
    entered = await hall.heard(came := await moved_in(hall, *couple_with_child()))
    head, wife, child = (change.atena_no for change in came)
    assert entered.who() & THREE == THREE
    assert asked_of(entered.at("child-policy")).isdisjoint({"juminhyo_code", "honseki", "electoral_roll"})

    moved = await hall.heard(await hall.file("relocate", atena_nos=[head, wife, child], moved_on=TODAY, address=THERE))
    assert moved.who() & THREE == {"prefecture", "child-policy"}, "no address is for the 中間サーバー"

    split = await hall.heard(
        await hall.file("household-split", atena_nos=[wife, child], head=wife, movers={child: "子"}, changed_on=TODAY)
    )
    assert split.who() & THREE == {"intermediate-server", "child-policy"}, "a household is not for the prefecture"

    name = {"items": {"name": "例田　改名"}, "ground": "戸籍の届出（住基法9条2項の通知）"}
    corrected = await hall.heard(
        await hall.file("ex-officio-correction", atena_nos=[wife], corrected_on=TODAY, **name)
    )
    assert corrected.who("EX_OFFICIO_CORRECTION") & THREE == {"prefecture", "child-policy"}
    assert corrected.who("HEAD_NAME_CORRECTED") & THREE == {"intermediate-server", "child-policy"}
    assert [said["record"]["household_head_name"] for said in corrected.at("intermediate-server")] == ["例田　改名"]

    left = await hall.heard(
        await hall.file("move-out", atena_nos=[head], moves_on=TODAY, destination=NEIGHBOUR)
    )
    assert left.who("MOVE_OUT_PLANNED") == {"elderly-care", "health-insurance", "tax"}, "who may know it"
    assert left.who("MOVE_OUT_DOMESTIC") & THREE == THREE
    assert [said["record"]["change_action"] for said in left.at("prefecture")] == ["消除"]
    assert [said["state"] for said in left.at("child-policy")] == ["deleted"]


async def test_03_keep_it_accurate(hall: Hall) -> None:
    """What somebody has altered behind the counter's back is found, here and by 整合性確認, and nothing else is."""
    clerk = await hall.token("ito", Duty.CLERK)
    who, *_ = await living_here(hall, *couple_with_child())
    with_prefecture = ("accuracy", "--prefecture", "--key", str(hall.processes.folder / DIGEST_KEY), "--json")
    assert await both(found(hall, clerk, "accuracy", "--json"), found(hall, clerk, *with_prefecture)) == [[], []]
    heard_before = hall.told_outside()
    async with altered(hall, who, sex="1") as resident:
        here, there = await both(found(hall, clerk, "accuracy", "--json"), found(hall, clerk, *with_prefecture))
    assert (here, there) == ([("history-differs", resident)], [("differs", resident)])
    assert hall.told_outside() == heard_before, "to compare tells nobody anything"
    digests = hall.asked("prefecture", "/digests")
    assert digests
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in digests.values())


async def test_04_tell_the_previous_municipality_and_be_told(hall: Hall) -> None:
    """転入 here is a 転入通知 there; theirs confirms the 転出 that was planned here."""
    told = await hall.heard(came := await moved_in(hall, someone()))
    who, [tennyu] = came[0].atena_no, told.at("previous-municipality")
    assert (tennyu["from"], tennyu["to"]) == (HERE["municipality_code"], NEIGHBOUR["municipality_code"])
    assert tennyu["record"].keys().isdisjoint({"my_number", "relationship_to_head", "household_no", "atena_no"})

    planned = await hall.heard(
        await hall.file("move-out", atena_nos=[who], moves_on=day(20), destination=NEIGHBOUR)
    )
    assert planned.who() & hall.outside == set(), "nobody outside hears of a plan"

    instructed(hall.processes.urls["previous-municipality"] + "/move-in", their_entry(await hall.record(who)))
    theirs = text_of(hall.processes.urls["previous-municipality"] + "/outgoing?to=992011")
    received = await hall.typed("received", "-", given=theirs)
    filed = await hall.typed("todokede", "-", given=received.stdout)
    confirmed = await hall.recorded(json.loads(filed.stdout)["changes"])
    assert [change.kind for change in confirmed] == ["MOVE_OUT_CONFIRMED", "MOVE_OUT_DOMESTIC"]
    told = await hall.heard(confirmed)
    assert [said["record"]["change_reason"] for said in told.at("prefecture")] == ["MOVE_OUT_DOMESTIC"]
    assert "previous-municipality" not in told.who()


async def test_05_issue_copies_to_the_person_or_household(hall: Hall, tmp_path: Path) -> None:
    """A copy has what was asked for and no more; from a protected person's other party it is kept."""
    clerk = await hall.token("kato", Duty.CLERK)
    (she,), (he,) = await living_here(hall, someone()), await living_here(hall, someone(sex="1"))
    hidden = await hall.file("protection-start", atena_nos=[she], category="配偶者暴力", starts_on=TODAY,
                             other_parties=[{"atena_no": he}])  # fmt: skip
    await hall.heard(hidden)
    before = await hall.recorded_so_far()

    issue = ("certificate", "--issuer", "見本市長", "--for", she)
    data, page, none = tmp_path / "copy.json", tmp_path / "copy.html", tmp_path / "none.html"
    special, said = ("--with", "honseki", "--with", "household"), tmp_path / "asked.json"
    said.write_text(json.dumps({"name": (await hall.record(he))["name"], "address": "見本市", "purpose": "所在の確認"}))
    his = ("--by", he, "--basis", "third", "--request", str(said), "--examined", "--out", str(none))
    plain, whole, refused = await asyncio.gather(
        hall.typed(*issue, "--by", she, "--out", str(data), token=clerk),
        hall.typed(*issue, "--by", she, *special, "--out", str(page), token=clerk),
        hall.typed(*issue, *his, token=clerk),
    )
    assert (plain.returncode, whole.returncode, refused.returncode) == (0, 0, 5)
    articles = {row["article"] for person in orjson.loads(data.read_bytes())["persons"] for row in person}
    assert articles.isdisjoint({"7条4号", "7条5号", "7条8号の2", "7条9号", "7条10号", "7条13号", "7条14号"}), "12条5項"
    assert {"7条1号", "7条2号", "7条3号", "7条7号"} <= articles

    assert ("戸籍の表示" in page.read_text(), "個人番号" in page.read_text()) == (True, False)

    assert not none.exists(), "the other party goes away with nothing"
    assert await hall.recorded_so_far() == before, "a copy is no Change: nobody hears of it"


async def test_06_notify_the_prefecture_of_every_recorded_item_in_order(hall: Hall) -> None:
    """Filed without waiting: what 30条の6 names arrives in the order of filing, what is the household's does not."""
    came = await moved_in(hall, *couple_with_child())
    head, wife, child = (change.atena_no for change in came)
    filed = [
        *await hall.file("relocate", atena_nos=[head, wife, child], moved_on=TODAY, address=THERE),
        *await hall.file("relationship-change", atena_nos=[wife], relationships={wife: "妻（未届）"}, changed_on=TODAY),
        *await hall.file("former-surname", atena_no=wife, changed_on=TODAY, former_surname="仮名山"),
        *await hall.file("furigana", atena_no=wife, changed_on=TODAY, name_furigana="カナヤマ　ダイゴウ"),
        *await hall.file("my-number-request", atena_no=wife, changed_on=TODAY, my_number=NUMBERS.my_number(900_001)),
        *await hall.file("household-split", atena_nos=[wife], head=wife, changed_on=TODAY),
    ]
    hers = (await hall.heard([change for change in [*came, *filed] if change.atena_no == wife]))
    assert hers.kinds_at("prefecture") == [
        "MOVE_IN_DOMESTIC", "RELOCATE", "FORMER_SURNAME_CHANGED", "FURIGANA_ENTERED", "MY_NUMBER_CHANGE_REQUESTED",
    ]  # fmt: skip
    numbers = [said["update_no"] for said in hers.at("prefecture")]
    assert numbers == sorted(set(numbers))
    for kind in ("RELATIONSHIP_CHANGED", "HOUSEHOLD_SPLIT"):
        assert (hers.who(kind) & THREE) == {"intermediate-server", "child-policy"}


async def test_07_ask_jlis_on_a_legal_basis(hall: Hall) -> None:
    """照会: no question without basis and duty; J-LIS keeps who asked, and here nothing of the answer stays."""
    operator, clerk = await hall.token("sato", Duty.OPERATOR), await hall.token("abe", Duty.CLERK)
    known = someone()
    items = ("name", "name_furigana", "birth_date", "sex", "juminhyo_code", "my_number")
    person = {item: known[item] for item in items} | {"former_surname": None, "alias_name": None, "address": HERE}
    instructed(hall.processes.urls["jlis-delivery"] + "/known", [person])
    before = await hall.recorded_so_far()
    whom, words = json.dumps({"juminhyo_code": known["juminhyo_code"]}), ("inquire", "-", "--purpose", "my-number")
    basis = ("--basis", "番号法14条2項")

    without_basis, without_duty = await both(
        hall.typed(*words, given=whom, token=clerk), hall.typed(*words, *basis, given=whom, token=operator)
    )
    assert (without_basis.returncode, without_duty.returncode) == (2, 5)
    assert hall.asked("jlis-delivery", "/told")["inquiries"] == []

    answered = await hall.typed(*words, *basis, "--json", given=whom, token=clerk)
    said = json.loads(answered.stdout)
    assert said["found"] == [person]
    [kept] = hall.asked("jlis-delivery", "/told")["inquiries"]
    assert (kept["id"], kept["basis"], kept["purpose"]) == (said["inquiry"], "番号法14条2項", "my-number")
    assert known["my_number"] not in hall.processes.logs()
    assert await hall.recorded_so_far() == before


async def test_08_change_a_juminhyo_code_on_request(hall: Hall) -> None:
    """The prefecture is told. No department hears anything at all, not even that something was changed (30条の37)."""
    (who,) = await living_here(hall, someone())
    code = NUMBERS.juminhyo_code(900_002)
    changed = await hall.file("juminhyo-code-request", atena_no=who, changed_on=TODAY, juminhyo_code=code)
    told = await hall.heard(changed)
    assert told.who() == {"prefecture"}
    [said] = told.at("prefecture")
    assert (said["record"]["juminhyo_code"], said["record"]["change_reason"]) == (code, "JUMIN_CODE_CHANGE_REQUESTED")


async def test_09_letters_for_my_numbers_and_cards(hall: Hall) -> None:
    """A first 個人番号 is a letter in 67 items, an application for a card is another one, a move is none."""
    parent, *_ = await living_here(hall, *couple_with_child())
    child = someone(0, "子", birth_date=TODAY)
    born = await hall.heard(birth := await hall.file("birth", parent=parent, child=child))
    who, [letter] = birth[0].atena_no, born.at("jlis-delivery")
    assert len(letter["items"]) == 67
    assert item(letter, 7, 38, 40, 50) == [
        child["name"], child["juminhyo_code"], child["name"], child["my_number"],
    ]  # fmt: skip
    assert item(letter, 46, 45) == [HERE["text"], str(len(HERE["text"]))]

    household = [one["atena_no"] for one in await hall.household_of(who)]
    moved = await hall.heard(await hall.file("relocate", atena_nos=household, moved_on=TODAY, address=THERE))
    assert ("jlis-delivery" in moved.who(), "prefecture" in moved.who()) == (False, True)

    card = await hall.heard(await hall.file("card-request", atena_no=who, changed_on=TODAY))
    assert card.who() == {"jlis-delivery"}
    [again] = card.at("jlis-delivery")
    assert item(again, 4, 50) == [THERE["text"], child["my_number"]], "to where they live now"
    assert item(again, 1) != item(letter, 1)

    abroad = {"moved_on": TODAY, "address": HERE, "previous_address": ABROAD, "persons": [foreigner()]}
    entered = await hall.heard(await hall.file("move-in-abroad", **abroad))
    assert item(entered.at("jlis-delivery")[0], 51, 52) == ["中長期在留者", "20280701"]
    assert entered.who() & {"immigration", "koseki-fuhyo", "previous-municipality"} == {"immigration"}


async def test_10_identify_by_card(hall: Hall) -> None:
    """A certificate leads to its resident, and to nobody once it is revoked; nobody hears who has shown a card."""
    clerk = await hall.token("mori", Duty.CLERK)
    (who,) = await living_here(hall, someone())
    before = await hall.recorded_so_far()
    entered = await hall.typed("card", "enter", "5A3C01", "--for", who, "--expires", day(365), token=clerk)
    assert entered.returncode == 0
    shown, unknown = await both(
        hall.typed("card", "check", "5A3C01", token=clerk), hall.typed("card", "check", "5A3C02", token=clerk)
    )
    assert (shown.stdout, shown.returncode) == (f"yes {who}\n", 0)
    assert (unknown.stdout, unknown.returncode) == ("no\n", 5)
    assert (await hall.typed("card", "revoke", "5A3C01", "--reason", "lost", token=clerk)).returncode == 0
    revoked = await hall.typed("card", "check", "5A3C01", token=clerk)
    assert (revoked.stdout, revoked.returncode) == ("no\n", 5), "and not why: that is in the audit"
    assert await hall.recorded_so_far() == before


async def test_11_offer_item_4_alone_through_the_network(hall: Hall) -> None:
    """By 団体内統合宛名番号, without name and address; of a protected person 自動応答不可 before anything else."""
    came = await moved_in(hall, *couple_with_child())
    head, wife, _ = (change.atena_no for change in came)
    copies = (await hall.heard(came)).at("intermediate-server")
    records = [await hall.record(change.atena_no) for change in came]
    assert {copy["togo_atena_no"] for copy in copies} == {one["togo_atena_no"] for one in records}
    assert {name for copy in copies for name in copy["record"]} == {
        "is_household_head", "household_head_name", "relationship_to_head", "change_action", "change_date",
        "dv_protection",
    }  # fmt: skip
    assert [copy["auto_answer"] for copy in copies] == [True] * 3

    ordered(hall.processes.urls["intermediate-server"], fault="down", how="close")
    split = await hall.file("household-split", atena_nos=[wife], head=wife, changed_on=TODAY)
    started = await hall.file("protection-start", atena_nos=[wife], category="配偶者暴力", starts_on=TODAY,
                              other_parties=[{"atena_no": head}])  # fmt: skip
    hers = [change for change in [*split, *started] if change.atena_no == wife]
    await hall.waiting("intermediate-server", hers)
    ordered(hall.processes.urls["intermediate-server"], fault="clear")
    told = await hall.heard(hers)
    answers = [copy["auto_answer"] for copy in told.at("intermediate-server")]
    assert answers
    assert not any(answers), "what waited was told as of a protected person"
    assert told.at("convenience-store")[-1]["operation"] == "erase"
    assert "prefecture" not in told.who("PROTECTION_STARTED")


async def test_whoever_is_removed_or_protected_is_gone_from_the_store_within_a_minute(hall: Hall) -> None:
    """コンビニ交付: erased there, read back, and the confirmation is in the ledger; who stays is still there."""
    (dies, hides, stays) = await living_here(hall, someone(), someone(36, "妻"), someone(8, "子"))

    def held(*atena_nos: str) -> list[str]:
        records = hall.asked("convenience-store", "/told")["records"]
        return ["erased" if records[one] is None else "stored" for one in atena_nos]

    assert held(dies, hides, stays) == ["stored"] * 3
    begun = time.monotonic()
    died = await hall.file("death", atena_no=dies, died_on=TODAY, new_head=hides, relationships={stays: "子"})
    hidden = await hall.file("protection-start", atena_nos=[hides], category="配偶者暴力", starts_on=TODAY,
                             other_parties=[])  # fmt: skip
    changes = [died[0], hidden[0]]
    confirmed = await confirmations(hall, changes)
    assert time.monotonic() - begun < 60
    assert held(dies, hides, stays) == ["erased", "erased", "stored"]
    assert [(one["contract"], one["what"]) for one in confirmed] == [("convenience-store", "erased")] * 2

    words = ("--contract", "convenience-store", "--json")
    explained = await both(*(hall.typed("explain", change.id, *words) for change in changes))
    assert [len(json.loads(one.stdout)["ledger"]["confirmed"]) for one in explained] == [1, 1]
    counted = await hall.typed("reconcile", "--json")
    assert (counted.returncode, json.loads(counted.stdout)["beyond"]) == (0, 0)


async def confirmations(hall: Hall, changes: Sequence[Change]) -> list[Any]:
    """The lines of the ledger that say what was read back of each of these, once they are all archived."""
    ids = [uuid5(UUID(one.id), "convenience-store") for one in changes]

    async def archived() -> list[Any]:
        return await hall.hub.fetch("SELECT * FROM hub.confirmations WHERE disclosure = ANY($1::uuid[])", ids)

    return await until(archived, lambda rows: len(rows) == len(ids), "the confirmations")


async def both(one: Awaitable[T], other: Awaitable[T]) -> list[T]:
    """Two at once: a process costs seconds, and there are two cores."""
    return [*await asyncio.gather(one, other)]


def asked_of(said: list[dict[str, Any]]) -> set[str]:
    """Which items a department was told."""
    return {name for one in said for name in one["items"]}


def item(letter: dict[str, Any], *numbers: int) -> list[str]:
    """Items of 送付先情報 by their number."""
    return [letter["items"][number - 1] for number in numbers]


def their_entry(record: Record) -> dict[str, Any]:
    """What the neighbouring municipality records of somebody who has come from here."""
    same = {name: record[name] for name in ("name", "name_furigana", "birth_date", "sex", "juminhyo_code")}
    return same | {
        "address": NEIGHBOUR, "previous_address": record["address"], "change_date": TODAY, "notified_date": TODAY,
        "change_reason": "MOVE_IN_DOMESTIC",
    }  # fmt: skip


async def found(hall: Hall, token: str, *words: str) -> list[tuple[str, str]]:
    """What a check finds wrong, and of whom."""
    done = await hall.typed(*words, token=token)
    wrong = [one for one in json.loads(done.stdout)["findings"] if one["weight"] != "look"]
    assert done.returncode == (3 if wrong else 0)
    return [(one["code"], one["resident"]) for one in wrong]


@asynccontextmanager
async def altered(hall: Hall, atena_no: str, **items: Any) -> AsyncIterator[str]:
    """A record that was altered without a notice, until the block is left; whose it is."""
    record = await hall.record(atena_no)
    try:
        yield await hall.overwrite(atena_no, record | items)
    finally:
        await hall.overwrite(atena_no, record)
