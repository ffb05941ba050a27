"""付番依頼, 検索, 付番, 連携 on a real PostgreSQL: one number per 個人番号, whoever asks and however often."""

import asyncio

import orjson
import pytest

from producers.atena import giving, lines, listing, translating
from producers.atena.refusals import SENTENCES, NumberRefused
from tests.integration.atena.numbering import given, link, person, request, wire
from tests.integration.producers.registry import NOW
from tests.people import my_number


def answers(found):
    return [(one.result, one.number) for one in found]


async def answered(lines_of_answers):
    return [one async for one in lines_of_answers]


def encoded(*values):
    return [orjson.dumps(value) for value in values]


async def test_whoever_has_the_same_my_number_has_the_same_number_in_every_system(empty):
    one = await given(empty, "tax", "42", 1)
    other = await given(empty, "welfare", "7", 1, **person(9))
    third = await given(empty, "tax", "43", 2, **person(1))
    assert [one.result, other.result, third.result] == ["allotted", "linked", "allotted"]
    assert (one.number == other.number, one.number == third.number) == (True, False)


async def test_the_same_request_again_does_nothing(empty):
    first = await given(empty, "tax", "42", 1)
    tables = [await empty.fetch(f"SELECT * FROM registry.{table}") for table in ("togo", "atena", "togo_trail")]
    assert answers([await given(empty, "tax", "42", 1)]) == [("known", first.number)]
    assert answers([await given(empty, "tax", "42", None, **person(1))]) == [("known", first.number)]
    assert tables == [await empty.fetch(f"SELECT * FROM registry.{table}") for table in ("togo", "atena", "togo_trail")]


async def test_without_a_my_number_everybody_has_a_number_of_their_own_and_likeness_is_for_a_person_to_judge(empty):
    known = await given(empty, "tax", "42", 1)
    like = await given(empty, "welfare", "7", None, **person(1, name="架空人１号", address="仮町"))
    other = await given(empty, "welfare", "8", None, **person(1, birth_date="1990-04-02"))
    assert len({known.number, like.number, other.number}) == 3
    [pair] = [one async for one in listing.duplicates(empty)]
    assert {*pair.numbers} == {known.number, like.number}
    assert ({*pair.links}, pair.same_address) == ({link("tax:42"), link("welfare:7")}, False)


async def test_two_different_my_numbers_are_no_possible_duplicates(empty):
    await given(empty, "tax", "42", 1)
    await given(empty, "welfare", "7", 2, **person(1))
    assert [one async for one in listing.duplicates(empty)] == []


async def test_every_pair_of_possible_duplicates_is_listed_once_over_all_pages(empty, monkeypatch):
    monkeypatch.setattr(listing, "PAGE", 2)
    for n in range(4):
        await given(empty, "tax", str(n), None, **person(1))
    pairs = [one.numbers async for one in listing.duplicates(empty)]
    assert (len(pairs), len({frozenset(pair) for pair in pairs})) == (6, 6)


async def test_a_my_number_that_becomes_known_joins_whom_it_proves_to_be_one_person(empty):
    mine, known = await given(empty, "tax", "42", None), await given(empty, "welfare", "7", 1)
    assert answers([await given(empty, "tax", "42", 1)]) == [("merged", known.number)]
    assert (await translating.links_of(empty, mine.number)).wire() == {
        "togo_atena_no": mine.number, "merged_into": known.number,
        "links": [link("tax:42").wire(), link("welfare:7").wire()],
    }  # fmt: skip


async def test_a_replaced_my_number_is_told_of_and_both_are_found(empty):
    first = await given(empty, "tax", "42", 1)
    again = await given(empty, "tax", "42", 2, former_my_number=my_number(1))
    late = await given(empty, "welfare", "7", 1)
    assert {first.number, again.number, late.number} == {first.number}
    for n in (1, 2):
        assert (await translating.search(empty, my_number(n))).in_use == first.number


@pytest.mark.parametrize(
    ("changed", "code", "place"),
    [
        ({"n": 2}, "other-my-number", "my_number"),
        ({"n": 3}, "my-number-of-another", "my_number"),
        ({"n": 2, "former_my_number": my_number(3)}, "former-unknown", "former_my_number"),
        ({"n": None, "former_my_number": my_number(1)}, "former-without-new", "former_my_number"),
        ({"n": 2, "atena_no": "99", "former_my_number": my_number(1)}, "former-unknown", "former_my_number"),
        ({"n": 2, "atena_no": None}, "receipt-needed", "receipt"),
        ({"n": 2, "my_number": "123456789012"}, "bad-check-digit", "my_number"),
        ({"n": 2, "my_number": "111111111111"}, "all-same-digits", "my_number"),
        ({"n": 2, "my_number": "１２３"}, "bad-format", "my_number"),
        ({"n": 2, "system": "a b"}, "bad-value", "system"),
        ({"n": 2, "sex": "9"}, "bad-value", "sex"),
        ({"n": 2, "name": "\x00"}, "bad-value", "name"),
        ({"n": 2, "birth_date": "2026-02-30"}, "bad-value", "birth_date"),
        ({"n": 2, "hobby": "x"}, "unknown-field", ""),
    ],
)
async def test_what_cannot_be_meant_is_refused_with_a_code_and_nothing_is_written(empty, changed, code, place):
    await given(empty, "tax", "42", 1)
    await given(empty, "tax", "43", 3)
    before = await empty.fetch("SELECT * FROM registry.atena")
    stated = {"system": "tax", "atena_no": "42"} | changed
    line = orjson.dumps(wire(stated.pop("system"), stated.pop("atena_no"), stated.pop("n"), **stated))
    told = await answered(lines.requests(empty, [line], lambda: NOW))
    assert told == [{"line": 1, "result": "refused", "code": code} | ({"place": place} if place else {})]
    assert code in SENTENCES
    assert before == await empty.fetch("SELECT * FROM registry.atena")


@pytest.mark.trap("P4")
async def test_two_who_ask_for_one_my_number_at_once_have_one_number(empty):
    asked = [given(empty, f"system-{n}", str(n), 1) for n in range(12)]
    found = await asyncio.gather(*asked)
    assert len({one.number for one in found}) == 1
    assert sorted(one.result for one in found) == ["allotted", *["linked"] * 11]


async def test_the_same_request_many_times_at_once_has_one_effect(empty):
    found = await asyncio.gather(*(given(empty, "tax", "42", None) for _ in range(8)))
    assert len({one.number for one in found}) == 1
    assert sorted(one.result for one in found) == ["allotted", *["known"] * 7]


async def test_many_who_prove_to_be_each_other_at_once_end_as_one_person_each(empty):
    for n in range(12):
        await given(empty, "tax", str(n), None)
    found = await asyncio.gather(*(given(empty, "tax", str(n), 1 + n % 3) for n in range(12)))
    numbers = await translating.numbers_of(empty, [link(f"tax:{n}") for n in range(12)])
    assert {one.result for one in found} == {"known", "merged"}
    assert [numbers[link(f"tax:{n}")] for n in range(12)] == [numbers[link(f"tax:{n % 3}")] for n in range(12)]
    assert len({*numbers.values()}) == 3


async def test_who_is_not_on_the_register_has_a_number_that_no_residents_can_be(empty):
    found = [await given(empty, "tax", None, n, receipt=f"R-{n}") for n in (1, 2)]
    drawn = [(await empty.fetchrow("SELECT nextval('registry.atena_no_seq') AS n"))["n"] for _ in range(2)]
    assert [one.link.atena_no for one in found] == ["50000000001", "50000000002"]
    assert {len(f"{n:010d}") for n in drawn} == {10}
    longest = "SELECT max(max_value) FROM pg_sequences WHERE sequencename IN ('atena_no_seq', 'outsider_no_seq')"
    assert len(str(await empty.fetchval(longest))) == 10


async def test_who_is_not_on_the_register_keeps_one_number_for_all_systems_by_my_number_or_by_receipt(empty):
    first = await given(empty, "tax", None, 1, receipt="R-1")
    other = await given(empty, "welfare", None, 1, receipt="R-2")
    again = await given(empty, "tax", None, 1, receipt="R-3")
    assert {one.link.atena_no for one in (first, other, again)} == {first.link.atena_no}
    assert {one.number for one in (first, other, again)} == {first.number}
    nameless = [await given(empty, "tax", None, None, receipt=receipt) for receipt in ("N-1", "N-1", "N-2")]
    assert [one.result for one in nameless] == ["allotted", "known", "allotted"]
    assert nameless[0].link == nameless[1].link != nameless[2].link


async def test_a_receipt_with_other_content_is_refused(empty):
    await given(empty, "tax", None, None, receipt="R-1")
    with pytest.raises(NumberRefused, match="reused-receipt"):
        await given(empty, "tax", None, None, receipt="R-1", **person(8))


async def test_a_system_that_has_used_a_number_of_the_range_itself_does_not_mix_two_persons(empty):
    await given(empty, "tax", "50000000001", 1)
    with pytest.raises(NumberRefused, match="atena-no-of-another"):
        await given(empty, "tax", None, 2, receipt="R-1")
    assert (await given(empty, "tax", None, 2, receipt="R-1")).link.atena_no == "50000000002"


async def test_translation_goes_both_ways_in_bulk_and_answers_every_line(empty, monkeypatch):
    monkeypatch.setattr(lines, "LOT", 3)
    for n in range(4):
        await given(empty, "tax", str(n), n + 1)
        await given(empty, "welfare", f"9{n}", n + 1)
    asked = encoded(*({"system": "tax", "atena_no": str(n)} for n in range(4)))
    there = await answered(lines.translations(empty, asked))
    asked = encoded(*({"togo_atena_no": one["togo_atena_no"], "system": "welfare"} for one in there))
    back = await answered(lines.translations(empty, asked))
    assert [one["links"] for one in back] == [[{"system": "welfare", "atena_no": f"9{n}"}] for n in range(4)]
    assert [one["line"] for one in there] == [one["line"] for one in back] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ({"system": "tax", "atena_no": "1"}, {"code": "unknown-atena-no", "place": "atena_no", "system": "tax",
                                              "atena_no": "1"}),
        ({"togo_atena_no": "1"}, {"code": "unknown-number", "place": "togo_atena_no", "togo_atena_no": "1"}),
        ({"togo_atena_no": "x"}, {"code": "bad-format", "place": "togo_atena_no"}),
        ({"system": "tax", "atena_no": 1}, {"code": "bad-format", "place": "atena_no"}),
        ({"system": "tax"}, {"code": "unknown-field"}),
        ([], {"code": "missing-field"}),
    ],
)  # fmt: skip
async def test_what_cannot_be_translated_is_answered_with_a_code(empty, line, told):
    assert await answered(lines.translations(empty, encoded(line))) == [{"line": 1, "result": "refused", **told}]


async def test_the_search_answers_numbers_and_never_shows_a_my_number(empty):
    one = await given(empty, "tax", "42", 1)
    asked = lines.my_numbers(encoded({"my_number": my_number(1)}, {"my_number": my_number(2)}, {"my_number": "1"}, {}))
    found = [await translating.search(empty, one) if isinstance(one, str) else None for _, one in asked]
    told = [lines.found(at, one, answer) for (at, one), answer in zip(asked, found, strict=True)]
    assert told[0] == {"line": 1, "togo_atena_no": one.number, "links": [link("tax:42").wire()]}
    assert [one.get("code") for one in told] == [None, "no-match", "bad-format", "bad-value"]
    assert my_number(1).encode() not in orjson.dumps(told)


async def test_the_link_tells_every_event_once_and_in_order_however_it_is_read(empty):
    for n in (1, 2):
        await given(empty, "tax", str(n), n)
    lone = await given(empty, "welfare", "7", None)
    await given(empty, "welfare", "7", 1)
    told, last = [], 0
    while page := await listing.to_tell(empty, last, 2):
        told, last = told + page, page[-1]["place"]
    assert [one["event"] for one in told] == ["allotted", "allotted", "allotted", "merged"]
    assert told[-1]["other"] == lone.number
    assert all(set(one) <= {"place", "event", "togo_atena_no", "other"} for one in told)


async def test_a_fault_in_the_middle_leaves_no_number_behind(empty):
    async def asked_and_failed():
        async with empty.transaction() as tx:
            await giving.given(tx, request("tax", "42", 1), NOW)
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        await asked_and_failed()
    assert await empty.fetchval("SELECT count(*) FROM registry.togo") == 0
