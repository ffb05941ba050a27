"""送付先情報: 67 items in their order, what is computed of them, and that nothing is mailed to nobody."""

from datetime import UTC, datetime
from typing import Any

import pytest

from consumers.adapters import ADAPTERS, jlis_delivery
from consumers.adapters.delivery_items import ITEMS
from consumers.adapters.jlis_delivery import NEEDED
from contracts import book
from hub.outcome import Delivered, Refused
from tests.conformance.counterparts import Standing
from tests.conformance.samples import CITY, disclosure

VIA = "jlis-delivery"
ADAPTER = ADAPTERS[VIA]


def letter(**items: Any) -> dict[int, str]:
    """The items of one letter, by number."""
    said = disclosure(VIA)
    said.items.update(items)
    message = ADAPTER.encode(said)
    assert not isinstance(message, Refused)
    return dict(enumerate(message["items"], start=1))


def test_there_are_67_items_numbered_in_their_order() -> None:
    assert [number for number, _, _ in ITEMS] == [*range(1, 68)]
    assert len({name for _, name, _ in ITEMS}) == 67


def test_the_contract_permits_nothing_that_has_no_place_in_the_letter() -> None:
    contract = book.load().contracts[VIA]
    assert {*contract.items, *contract.conditional} <= jlis_delivery.KNOWN


def test_the_letter_says_who_where_and_from_whom() -> None:
    said = letter(name="見本\u3000例子", birth_date="1990-02-28", sex="2", art30_45_category="中長期在留者",
                  residence_expiry="2027-03-31")  # fmt: skip
    assert (said[7], said[40], said[48], said[49], said[51], said[52]) == (
        "見本\u3000例子", "見本\u3000例子", "19900228", "2", "中長期在留者", "20270331",
    )  # fmt: skip
    assert (said[9], said[11], said[33], said[4]) == (CITY, "見本県見本市", "1", said[46])


def test_the_day_is_that_of_recording_in_japan() -> None:
    late = int(datetime(2026, 4, 1, 15, 30, tzinfo=UTC).timestamp() * 1_000_000)
    message = ADAPTER.encode(disclosure(VIA, version=late))
    assert not isinstance(message, Refused)
    assert message["items"][33] == "20260402"


def test_the_same_telling_has_the_same_number_and_another_another() -> None:
    numbers = [ADAPTER.encode(disclosure(VIA, seed, nth=nth))["items"][0] for seed, nth in ((1, 1), (1, 1), (1, 2))]  # type: ignore[index]
    assert (numbers[0] == numbers[1], numbers[1] == numbers[2], {len(one) for one in numbers}) == (True, False, {23})


HARD: list[tuple[str, str, str, str, str, str]] = [
    # name, 項目長, 外字数, 代替文字氏名, 位置情報, 変換結果 (with an address that needs nothing)
    ("見本\u3000例子", "5", "0", "", "", "0"),
    ("髙見本", "3", "1", "高見本", "001", "1"),
    ("見本𠮷髙", "4", "2", "見本吉高", "003004", "1"),
    ("葛\U000e0100見本", "3", "1", "葛見本", "001", "1"),
    ("見本\ue000", "3", "1", "見本〓", "003", "2"),
    ("﨑神", "2", "0", "", "", "0"),
    ("MIHON ỲREI", "10", "1", "MIHON 〓REI", "007", "2"),
]


@pytest.mark.trap("input-06", "V7")
@pytest.mark.parametrize(("name", "length", "outside", "instead", "places", "result"), HARD, ids=range(len(HARD)))
async def test_outside_the_set_the_original_stays_and_the_replacement_is_told_with_its_place(
    standing: Standing, name: str, length: str, outside: str, instead: str, places: str, result: str
) -> None:
    address = {**disclosure(VIA).items["address"], "text": "見本県見本市見本町1番"}
    said = letter(name=name, address=address)
    assert (said[40], said[39], said[41]) == (name, length, outside)
    assert (said[55], said[58], said[53]) == (instead, places, result)
    assert said[60] == ("1" if outside != "0" else "0")
    async with standing.of(VIA) as jlis:
        told = disclosure(VIA)
        told.items.update(name=name, address=address)
        assert isinstance(await jlis.hand_over(told), Delivered)


@pytest.mark.parametrize("item", NEEDED)
def test_without_what_finds_its_reader_no_letter_is_sent(item: str) -> None:
    said = disclosure(VIA)
    said.items[item] = None
    assert ADAPTER.encode(said) == Refused("missing-item")
    del said.items[item]
    assert ADAPTER.encode(said) == Refused("missing-item")


@pytest.mark.parametrize("address", [{"postal_code": None}, {"text": None, "town": None}])
def test_an_address_that_no_postman_finds_is_none(address: dict[str, Any]) -> None:
    said = disclosure(VIA)
    said.items["address"] |= address
    assert ADAPTER.encode(said) == Refused("missing-item")


def test_an_address_in_parts_is_written_with_the_name_of_the_city() -> None:
    where = {"text": None, "town": "見本町", "number": "1番", "building": "コーポ髙例"}
    said = letter(address={**disclosure(VIA).items["address"], **where})
    assert (said[46], said[47]) == ("見本県見本市見本町1番\u3000コーポ髙例", "1")


def test_what_the_contract_does_not_permit_or_nobody_has_is_empty() -> None:
    said = disclosure(VIA)
    for item in ("name_furigana", "former_surname", "alias_name", "art30_45_category", "residence_expiry"):
        del said.items[item]
    message = ADAPTER.encode(said)
    assert not isinstance(message, Refused)
    assert [message["items"][number - 1] for number in (43, 51, 52, 61, 62, 64, 65, 66, 67)] == [""] * 9


def test_an_alias_stands_behind_the_name() -> None:
    assert letter(name="MIHON", alias_name="見本\u3000通")[40] == "MIHON（見本\u3000通）"


WRONG: list[tuple[int, str, str]] = [
    (1, "9" * 23, "counterpart-wrong-sender"), (2, "", "counterpart-missing-item"), (3, "99", "counterpart-bad-length"),
    (5, "7", "counterpart-bad-outside-count"), (9, "992010", "counterpart-bad-municipality-code"),
    (33, "2", "counterpart-bad-code"), (34, "20260230", "counterpart-bad-date"), (48, "199002", "counterpart-bad-date"),
    (50, "123456789012", "counterpart-bad-my-number"), (53, "0", "counterpart-bad-replacement"),
    (57, "", "counterpart-bad-length"), (59, "001", "counterpart-bad-replacement"), (60, "0", "counterpart-bad-code"),
    (61, "x", "counterpart-bad-text"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "text", "code"), WRONG, ids=[str(row[0]) for row in WRONG])
async def test_the_stand_in_computes_every_item_again(standing: Standing, number: int, text: str, code: str) -> None:
    message = ADAPTER.encode(disclosure(VIA))
    assert not isinstance(message, Refused)
    message["items"][number - 1] = text
    async with standing.of(VIA) as jlis:
        answer = await jlis.line.send(ADAPTER.settings, str(disclosure(VIA).id), message)
        assert ADAPTER.read(answer) == Refused(code)  # type: ignore[arg-type]


async def test_66_items_are_no_letter(standing: Standing) -> None:
    message = ADAPTER.encode(disclosure(VIA))
    assert not isinstance(message, Refused)
    message["items"].pop()
    async with standing.of(VIA) as jlis:
        answer = await jlis.line.send(ADAPTER.settings, str(disclosure(VIA).id), message)
        assert ADAPTER.read(answer) == Refused("counterpart-bad-count")  # type: ignore[arg-type]
