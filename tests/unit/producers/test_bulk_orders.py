"""What an order makes of one record, and which orders are refused before anything is touched."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from hub.errors import UsageError
from producers.bulk import orders, verdicts
from producers.bulk.orders import ChangeOfParts
from producers.bulk.verdicts import Already, Corrected, Refused
from tests.unit.producers.register import ADDRESS, person

DAY = date(2026, 4, 2)
HEAD = 'order = "2026-1"\nact = "address"\neffective_on = "2026-04-01"\n'


def change(was: dict[str, str], becomes: dict[str, str]) -> ChangeOfParts:
    return ChangeOfParts.model_validate({"from": was, "to": becomes})


TOWN = change({"town": "見本町"}, {"town": "新見本町", "machiaza_id": "0101001"})
RENUMBERED = change({"town": "見本町", "number": "1番1号"}, {"number": "7番2号"})
BUILDING = change({"building": "旧館"}, {"building": "新館"})


def told(changes: list[ChangeOfParts], **address: Any) -> Any:
    verdict = verdicts.address(person(1, address={**ADDRESS, **address}).record, changes)
    if isinstance(verdict, Corrected):
        return verdict.record["address"]["text"]
    return verdict.code if isinstance(verdict, Refused) else verdict


@pytest.mark.parametrize(
    ("changes", "address", "expected"),
    [
        ([TOWN], {}, "見本県見本市新見本町1番1号"),
        ([RENUMBERED], {}, "見本県見本市見本町7番2号"),
        ([RENUMBERED, TOWN], {}, "見本県見本市見本町7番2号"),
        ([TOWN], {"building": "旧館", "text": "見本県見本市見本町1番1号　旧館"}, "見本県見本市新見本町1番1号　旧館"),
        ([BUILDING], {"building": "旧館", "text": "見本県見本市見本町1番1号　旧館"}, "見本県見本市見本町1番1号　新館"),
        ([TOWN], {"text": "見本県見本市見本町一番一号"}, "address-differs"),
        ([TOWN], {"text": None}, None),
        ([TOWN], {"town": "別の町"}, None),
        ([TOWN], {"town": "新見本町", "machiaza_id": "0101001"}, Already()),
    ],
)
def test_an_address_gets_the_new_parts_and_the_wording_that_goes_with_them(
    changes: list[ChangeOfParts], address: dict[str, Any], expected: Any
) -> None:
    assert told(changes, **address) == expected


def test_nothing_but_the_named_parts_and_the_wording_changes() -> None:
    before = person(1, address={**ADDRESS, "postal_code": "9900001"}, address_fixed_date="2020-01-01").record
    verdict = verdicts.address(before, [TOWN])
    assert isinstance(verdict, Corrected)
    new = {"town": "新見本町", "machiaza_id": "0101001", "text": "見本県見本市新見本町1番1号"}
    assert verdict.record == {**before, "address": {**before["address"], **new}}


def test_whoever_has_no_address_is_not_concerned() -> None:
    assert verdicts.address(person(1, address=None).record, [TOWN]) is None


@pytest.mark.parametrize(
    ("there", "reading", "expected"),
    [
        (None, "ミホン\u3000レイコ", "ミホン\u3000レイコ"),
        (None, "みほん\u3000れいこ", "みほん\u3000れいこ"),
        ("ミホン\u3000レイコ", "ミホン\u3000レイコ", Already()),
        ("ミホン\u3000ケイコ", "ミホン\u3000レイコ", Refused("furigana-there")),
        (None, "ﾐﾎﾝ\u3000ﾚｲｺ", Refused("bad-furigana")),
        (None, "見本\u3000例子", Refused("bad-furigana")),
        (None, "", Refused("bad-furigana")),
        (None, "ミホン\u3000", Refused("bad-furigana")),
    ],
)
def test_a_reading_is_entered_where_there_is_none_and_never_replaces_one(
    there: str | None, reading: str, expected: Any
) -> None:
    verdict = verdicts.furigana(person(1, name_furigana=there).record, reading)
    assert (verdict.record["name_furigana"] if isinstance(verdict, Corrected) else verdict) == expected


def test_whoever_is_not_on_the_register_has_no_reading_entered() -> None:
    assert verdicts.furigana(None, "ミホン") == Refused("not-on-register")


def test_every_code_of_an_order_has_a_sentence() -> None:
    assert {"not-on-register", "furigana-there", "bad-furigana", "address-differs"} <= verdicts.CODES.keys()


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        (HEAD, "bad-order", "change"),
        (HEAD + '[[change]]\nfrom = {}\nto = { town = "丙" }', "bad-order", "change.0.from"),
        (HEAD + '[[change]]\nfrom = { street = "甲" }\nto = { town = "丙" }', "bad-order", "change.0.from"),
        (HEAD + '[[change]]\nfrom = { town = "甲" }\nto = { town = "乙" }\nmark = "丁"', "bad-order", "change.0"),
        (HEAD.replace("2026-1", "二〇二六"), "bad-order", "order"),
        (HEAD.replace("address", "furigana"), "bad-order", "act"),
        ("order = [", "bad-toml", "FILE"),
        (HEAD.replace("04-01", "04-03") + '[[change]]\nfrom = { town = "甲" }\nto = { town = "乙" }',
         "not-yet-happened", "effective_on"),
        (HEAD + '[[change]]\nfrom = { town = "甲" }\nto = { machiaza_id = "1" }', "chained-change", "change.0"),
        (HEAD + '[[change]]\nfrom = { town = "甲" }\nto = { town = "乙" }\n'
         '[[change]]\nfrom = { town = "乙", number = "1番" }\nto = { town = "丙" }', "chained-change", "change.0"),
    ],
)  # fmt: skip
def test_an_order_that_cannot_be_meant_is_refused_without_a_value(
    tmp_path: Path, text: str, code: str, place: str
) -> None:
    file = tmp_path / "order.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as refused:
        orders.read(file, DAY)
    assert (refused.value.code, refused.value.place) == (code, place)
    assert [word for word in ("甲", "乙", "丙", "丁", "二〇二六") if word in str(refused.value)] == []


def test_an_order_about_readings_begins_with_a_line_about_itself(tmp_path: Path) -> None:
    file = tmp_path / "order.jsonl"
    file.write_text('{"order": "K-1", "act": "furigana", "effective_on": "2026-04-01"}\n{}\n', encoding="utf-8")
    order = orders.read(file, DAY)
    assert (order.number, order.act, order.changes, len(order.digest)) == ("K-1", "furigana", (), 32)
    file.write_text("{\n", encoding="utf-8")
    with pytest.raises(UsageError, match="bad-json"):
        orders.read(file, DAY)
