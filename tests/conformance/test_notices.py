"""Notices to other municipalities, immigration and the prefecture: to whom they go, what they say, what is refused."""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest

from consumers.adapters import ADAPTERS
from hub.outcome import Delivered, Outcome, Refused
from tests.conformance.counterparts import Standin, Standing, standin
from tests.conformance.samples import CITY, TOWN, disclosure

NO_RECIPIENT = Refused("no-recipient")

REFUSED: list[tuple[str, str, dict[str, Any], Outcome]] = [
    ("previous-municipality", "an unknown former address", {"previous_address": None}, NO_RECIPIENT),
    ("previous-municipality", "a former address without its municipality", {"previous_address": {"text": "見本"}},
     NO_RECIPIENT),
    ("previous-municipality", "a municipality that nobody knows", {"previous_address": {"municipality_code": "011002"}},
     Refused("counterpart-unknown-recipient")),
    ("previous-municipality", "a notice to ourselves", {"previous_address": {"municipality_code": CITY}},
     Refused("counterpart-wrong-recipient")),
    ("previous-municipality", "somebody who lives elsewhere now", {"address": {"municipality_code": TOWN}},
     Refused("counterpart-wrong-sender")),
    ("previous-municipality", "another reason", {"change_reason": "BIRTH"}, Refused("counterpart-bad-code")),
    ("previous-municipality", "no 住民票コード", {"juminhyo_code": None}, Refused("counterpart-null-item")),
    ("previous-municipality", "個人番号", {"my_number": "000000000000"}, Refused("counterpart-unknown-item")),
    ("koseki-fuhyo", "no 戸籍の表示", {"honseki": None}, NO_RECIPIENT),
    ("koseki-fuhyo", "a 本籍 that nobody knows", {"honseki": "架空県どこにもない市一番地"}, NO_RECIPIENT),
    ("koseki-fuhyo", "a date that does not exist", {"change_date": "2026-02-30"}, Refused("counterpart-bad-date")),
    ("koseki-fuhyo", "the household", {"household_no": "1"}, Refused("counterpart-unknown-item")),
    ("immigration", "a card number of another form", {"residence_card_no": "1234"}, Refused("counterpart-bad-digits")),
    ("immigration", "a national", {"nationality": None}, Refused("counterpart-null-item")),
    ("immigration", "a reason that does not fit", {"change_reason": "DEATH"}, Refused("counterpart-reason-mismatch")),
    ("immigration", "個人番号", {"my_number": "000000000000"}, Refused("counterpart-unknown-item")),
]


@pytest.mark.parametrize(("via", "what", "items", "outcome"), REFUSED, ids=[f"{row[0]}: {row[1]}" for row in REFUSED])
async def test_what_cannot_be_meant_is_refused(
    standing: Standing, via: str, what: str, items: dict[str, Any], outcome: Outcome
) -> None:
    said = disclosure(via)
    said.items.update(items)
    async with standing.of(via) as counterpart:
        assert await counterpart.hand_over(said) == outcome
        assert (await counterpart.told())["told"] == []


@pytest.mark.parametrize("via", sorted({*ADAPTERS} - {"convenience-store"}))
async def test_leaving_a_population_is_nothing_that_these_counterparts_are_told(via: str, standing: Standing) -> None:
    async with standing.of(via) as counterpart:
        assert await counterpart.hand_over(disclosure(via, state="left")) == Refused("state-not-carried")
        assert (await counterpart.told())["requests"] == 0


@pytest.mark.parametrize("via", ["previous-municipality", "koseki-fuhyo"])
async def test_a_notice_goes_to_one_municipality_and_says_from_which(via: str, standing: Standing) -> None:
    async with standing.of(via) as counterpart:
        await counterpart.hand_over(disclosure(via))
        [told] = (await counterpart.told())["told"]
    assert (told["body"]["from"], told["body"]["to"]) == (CITY, TOWN)


async def test_the_municipality_of_a_honseki_is_the_longest_name_that_it_begins_with() -> None:
    city = ADAPTERS["koseki-fuhyo"].sender
    within = city.model_copy(update={"codes": {**city.codes, "見本県見本市見本区": "992038"}})
    said = disclosure("koseki-fuhyo")
    said.items["honseki"] = "見本県見本市見本区一丁目\u3000見本\u3000例蔵"
    message = ADAPTERS["koseki-fuhyo"].spoken_by(within).encode(said)
    assert not isinstance(message, Refused)
    assert message["to"] == "992038"


async def test_who_has_no_card_yet_is_notified_without_one(standing: Standing) -> None:
    async with standing.of("immigration") as counterpart:
        outcomes = []
        for seed in (1, 2):
            said = disclosure("immigration", seed, name=f"MIHON {seed}")
            said.items.update(residence_card_no=None, change_action="記載", change_reason="BIRTH")
            outcomes.append(type(await counterpart.hand_over(said)))
        subjects = {one["subject"] for one in (await counterpart.told())["told"]}
    assert (outcomes, len(subjects)) == ([Delivered, Delivered], 2)


async def test_a_notice_out_of_the_spool_says_so_and_any_other_does_not(standing: Standing) -> None:
    async with standing.of("prefecture") as prefecture:
        await prefecture.hand_over(disclosure("prefecture", nth=1))
        await prefecture.hand_over(disclosure("prefecture", nth=2, again=True))
        told = [one["body"] for one in (await prefecture.told())["told"]]
    assert [one["emergency_update_no"] for one in told] == [None, told[1]["update_no"]]


async def test_the_prefecture_is_told_what_is_computed_of_the_items(standing: Standing) -> None:
    said = disclosure("prefecture", name="髙見本𠮷")
    said.items.update(name_furigana="ミホン ガッキョー", former_surname="栁槗")
    said.items["address"] |= {"text": "見本県見本市髙見本", "machiaza_id": "0001002"}
    async with standing.of("prefecture") as prefecture:
        assert isinstance(await prefecture.hand_over(said), Delivered)
        derived = (await prefecture.told())["told"][0]["body"]["derived"]
    assert {name: derived[name] for name in ("name_outside", "name_search", "address_outside", "town_code")} == {
        "name_outside": 2, "name_search": "ミホン カツキヨ", "address_outside": 1, "town_code": "0001002",
    }  # fmt: skip
    assert (derived["former_surname_outside"], derived["municipality_code"]) == (
        1, said.items["address"]["municipality_code"],
    )  # fmt: skip


KEY = bytes(range(32))


def expected(records: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    """Bucket -> code digest -> record digest, as the two sides have agreed."""
    found: dict[str, dict[str, str]] = {}
    for record in records:
        nine = {item: record[item] for item in (
            "name", "name_furigana", "former_surname", "alias_name", "birth_date", "sex", "address", "my_number",
            "juminhyo_code",
        )}  # fmt: skip
        said = json.dumps(nine, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        code = hmac.new(KEY, record["juminhyo_code"].encode(), hashlib.sha256).hexdigest()
        found.setdefault(code[:2], {})[code] = hmac.new(KEY, said, hashlib.sha256).hexdigest()
    return found


def digest_of(bucket: dict[str, str]) -> str:
    return hashlib.sha256(b"".join(sorted(map(bytes.fromhex, bucket.values())))).hexdigest()


async def with_people(prefecture: Standin, seeds: range) -> list[dict[str, Any]]:
    said = [disclosure("prefecture", seed) for seed in seeds]
    for one in said:
        assert isinstance(await prefecture.hand_over(one), Delivered)
    return [one.items for one in said]


async def test_the_digests_of_the_prefecture_are_those_of_what_it_was_told(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text(KEY.hex(), encoding="ascii")
    async with standin("prefecture", tmp_path, "--digest-key-file", str(key)) as prefecture:
        buckets = expected(await with_people(prefecture, range(1, 12)))
        assert await prefecture.asked("/digests") == {name: digest_of(found) for name, found in buckets.items()}
        name, found = next(iter(buckets.items()))
        told = {one["code_digest"]: one["record_digest"] for one in await prefecture.asked(f"/digests/{name}")}
        assert told == found

        gone = disclosure("prefecture", 1, nth=2)
        gone.items.update(change_action="消除", change_reason="DEATH")
        await prefecture.hand_over(gone)
        left = expected([disclosure("prefecture", seed).items for seed in range(2, 12)])
        assert set(await prefecture.asked("/digests")) == set(left)


async def test_without_the_key_there_are_no_digests(standing: Standing) -> None:
    async with standing.of("prefecture") as prefecture:
        assert await prefecture.asked("/digests") == {"code": "no-key"}
