"""Digests on paper: whatever differs is found in two steps, and nothing else; what is not of the subscriber is none."""

import asyncio
import io
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.subscribe import RESIDENT, Compared, SubscriptionError, document
from consumers.subscribe.__main__ import main
from contracts.book import load
from contracts.contract import DEPARTMENTAL, Population
from contracts.digests import code_digest, record_digest
from contracts.handed import DigestsRefused, Handed, decoded, encoded
from contracts.kept import keepable
from hub.errors import UsageError
from hub.last_told import ON_TOPIC, LastTold, Standing
from producers import digests
from producers.digests import Difference
from producers.drift import looking, paper
from producers.drift.finding import DIFFERENT, MISSING, STALE, found
from producers.drift.paper import Paper
from producers.drift.ways import WAYS, Asked, HandedOver, Not
from tests.people import record

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
BOOK = load().contracts
POLICY = BOOK["child-policy"]
ON = date(2026, 4, 2)
AT = datetime(2026, 4, 2, 3, 0, tzinfo=UTC)
COMPARED = Compared("child-policy", "atena_no", ("atena_no", "name"))

WHOLE = paper.permitted(POLICY, ON)

PEOPLE = st.dictionaries(st.integers(1, 10**15 - 1).map(str), st.text("見本𠮷髙", max_size=3), max_size=12)
SIDES = st.tuples(PEOPLE, PEOPLE, PEOPLE)


def lines(people: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"version": 7, "state": "inside", "items": {"atena_no": who, "name": name}} for who, name in people.items()]


def handed(people: Mapping[str, str], *wanted: str, read: Mapping[int, int] | None = None) -> Paper:
    return Paper(decoded(document(COMPARED, KEY, lines(people), AT, read, wanted), KEY, "child-policy"))


def ours(people: Mapping[str, str]) -> digests.Buckets:
    """The same people on our side, each a resident of their own."""
    made: dict[str, dict[bytes, digests.Digested]] = {}
    for at, (who, name) in enumerate(people.items(), start=1):
        digest = record_digest(KEY, {"atena_no": who, "name": name})
        one = digests.Digested(UUID(int=at), code_digest(KEY, who), digest)
        made.setdefault(one.bucket, {})[one.code] = one
    return made


def compared(here: Mapping[str, str], there: Mapping[str, str]) -> set[tuple[str, bytes]]:
    """What two steps find; the first says nothing of anybody."""

    async def both() -> set[tuple[str, bytes]]:
        first = handed(there)
        assert [one async for one in digests.compare(ours(here), first)] == []
        second = handed(there, *first.wanted)
        return {(one.code, one.digest) async for one in digests.compare(ours(here), second)}

    return asyncio.run(both())


@settings(deadline=None, max_examples=60)
@given(SIDES)
def test_whatever_differs_is_found_and_nothing_else(sides: tuple[dict[str, str], ...]) -> None:
    same, only_here, only_there = sides
    here, there = {**same, **only_here}, {**same, **only_there}
    expected = {("missing-there", who) for who in here.keys() - there.keys()}
    expected |= {("unknown-here", who) for who in there.keys() - here.keys()}
    expected |= {("differs", who) for who in here.keys() & there.keys() if here[who] != there[who]}
    assert compared(here, there) == {(code, code_digest(KEY, who)) for code, who in expected}
    assert compared(there, there) == set()


def test_the_first_document_says_nothing_of_anybody_and_the_second_of_the_wanted_buckets_alone() -> None:
    people = {str(number): "見本" for number in range(1, 40)}
    first = handed(people)
    assert first.said.residents == {}
    [name, *_] = sorted(first.said.buckets)
    second = handed(people, name)
    assert second.said.residents.keys() == {name}
    content = document(COMPARED, KEY, lines(people), AT, None, (name,)).decode()
    assert "見本" not in content
    assert json.loads(content).keys() == {"form", "contract", "taken_at", "named_by", "compared", "read", "buckets",
                                          "residents", "hmac"}  # fmt: skip


def spoilt(**changed: Any) -> bytes:
    """A document under the right key that says something else."""
    said = json.loads(document(COMPARED, KEY, lines({"1": "見本"}), AT)) | changed
    del said["hmac"]
    return json.dumps(said | {"hmac": record_digest(KEY, said).hex()}).encode()


BUCKET = code_digest(KEY, "1")[:1].hex()
PAIR = {"code_digest": code_digest(KEY, "1").hex(), "record_digest": "00" * 32, "version": 7}
REFUSED = {
    "nothing": (b"", "not-digests"), "a list": (b"[]", "not-digests"), "deep": (b"[" * 100_000, "not-digests"),
    "without a seal": (b"{}", "not-digests"), "a lone surrogate": (b'{"hmac": "00", "a": "\\ud800"}', "not-digests"),
    "of another key": (document(COMPARED, OTHER, lines({"1": "見本"}), AT), "another-key-or-altered"),
    "altered": (document(COMPARED, KEY, [], AT).replace(b'"name"', b'"names"'), "another-key-or-altered"),
    "of another contract": (document(replace(COMPARED, contract="tax"), KEY, [], AT), "another-contract"),
    "of another form": (spoilt(form="juki-digests/2"), "another-contract"),
    "without a zone": (spoilt(taken_at="2026-04-02T03:00:00"), "bad-digests"),
    "without buckets": (spoilt(buckets=None), "bad-digests"),
    "short": (spoilt(residents={BUCKET: [PAIR | {"record_digest": "00"}]}), "bad-digests"),
    "a version of words": (spoilt(residents={BUCKET: [PAIR | {"version": "x"}]}), "bad-digests"),
    "not what the bucket's digest is of": (spoilt(residents={BUCKET: [PAIR]}), "bucket-of-others"),
    "empty where somebody is": (spoilt(residents={BUCKET: []}), "bucket-of-others"),
    "somebody of another bucket": (spoilt(residents={("00" if BUCKET != "00" else "01"): [PAIR]}), "bucket-of-others"),
    "what a terminal would obey, for a bucket": (spoilt(buckets={"\x1b[2J": "00" * 32}), "bad-digests"),
    "a bucket of three digits": (spoilt(buckets={"3f0": "00" * 32}), "bad-digests"),
    "a bucket and a line's end": (spoilt(buckets={"3f\n": "00" * 32}), "bad-digests"),
    "a digest of words": (spoilt(buckets={"3f": "見本"}), "bad-digests"),
    "a digest of capitals": (spoilt(buckets={"3f": "AB" * 32}), "bad-digests"),
    "residents of no bucket": (spoilt(residents={"zz": []}), "bad-digests"),
    "a version beyond": (spoilt(residents={BUCKET: [PAIR | {"version": 2**63}]}), "bad-digests"),
    "a version below": (spoilt(residents={BUCKET: [PAIR | {"version": -1}]}), "bad-digests"),
    "a version that is true": (spoilt(residents={BUCKET: [PAIR | {"version": True}]}), "bad-digests"),
    "a partition below": (spoilt(read={"-1": 3}), "bad-digests"),
    "a partition beyond": (spoilt(read={"9" * 30: 3}), "bad-digests"),
    "a number below": (spoilt(read={"0": -1}), "bad-digests"),
    "a number beyond": (spoilt(read={"0": 2**63}), "bad-digests"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_a_document_that_is_not_the_subscribers_is_refused(what: str) -> None:
    content, code = REFUSED[what]
    with pytest.raises(DigestsRefused) as refused:
        decoded(content, KEY, "child-policy")
    assert refused.value.code == code


def test_what_was_written_is_what_is_read() -> None:
    said = handed({"1": "見本"}, BUCKET, read={0: 12, 3: 4}).said
    assert decoded(encoded(said, KEY), KEY, "child-policy") == said
    assert (said.compared, said.read) == (("atena_no", "name"), {0: 12, 3: 4})


@pytest.mark.parametrize(("what", "code"), [
    ([{"items": {"name": "見本"}}], "not-as-told"), ([{"items": {"atena_no": None}}], "not-as-told"),
    ([{"items": {"atena_no": "1"}, "version": "見本"}], "not-as-told"),
    ([{"items": {"atena_no": "1", "name": b"x"}}], "not-as-told"),
    (lines({"1": "見本"}) * 2, "held-twice"),
])  # fmt: skip
def test_a_line_that_nobody_was_told_is_named_by_its_number_and_no_value(what: list[Any], code: str) -> None:
    with pytest.raises(SubscriptionError) as refused:
        document(COMPARED, KEY, what, AT)
    assert refused.value.code == code
    assert "見本" not in str(refused.value)
    assert refused.value.__context__ is None


def test_who_has_left_and_what_is_of_the_change_do_not_count() -> None:
    told = {"atena_no": "1", "name": "見本", "change_reason": "BIRTH", "change_date": {"year": 2026}}
    names = Compared("child-policy", "atena_no", ("disclosure", "version", *told, "change_date.text"))
    gone = {"state": "left", "items": {"atena_no": "2"}}
    whole = document(names, KEY, [{"version": 7, "state": "inside", "items": told}, gone], AT)
    assert whole == document(COMPARED, KEY, lines({"1": "見本"}), AT)


def test_a_copy_may_name_residents_by_their_pseudonyms_alone() -> None:
    names = Compared("child-policy", RESIDENT, ("name",))
    said, who = {"version": 7, "items": {"name": "見本"}}, "0a" * 16
    as_text, as_bytes = [{**said, "resident": who}], [{**said, "resident": bytes.fromhex(who)}]
    whole = document(names, KEY, as_text, AT, None, [code_digest(KEY, who)[:1].hex()])
    assert decoded(whole, KEY, "child-policy").holding(code_digest(KEY, who)) is not None
    assert document(names, KEY, as_text, AT) == document(names, KEY, as_bytes, AT)
    with pytest.raises(SubscriptionError, match="not-as-told"):
        document(names, KEY, [said], AT)


def test_the_command_reads_lines_and_writes_the_same_document(tmp_path: Path) -> None:
    key, out = tmp_path / "key", io.BytesIO()
    key.write_text(KEY.hex(), encoding="ascii")
    words = ["digests", "child-policy", "--key", str(key), "--named-by", "atena_no", "--names", "atena_no,name",
             "--read", '{"0": 12}', "--buckets", BUCKET]  # fmt: skip
    main(words, io.StringIO("\n".join(map(json.dumps, lines({"1": "見本"}))) + "\n\n"), out, AT)
    assert out.getvalue() == document(COMPARED, KEY, lines({"1": "見本"}), AT, {0: 12}, [BUCKET]) + b"\n"
    with pytest.raises(SubscriptionError, match="line 2: not-an-object"):
        main(words, io.StringIO('{"items": {"atena_no": "1"}}\n見本'), io.BytesIO(), AT)


def test_each_contract_is_compared_in_one_way_or_has_a_reason_and_no_way_is_left_over() -> None:
    assert {one.via for one in BOOK.values()} == WAYS.keys()
    assert {via for via, way in WAYS.items() if isinstance(way, HandedOver)} == DEPARTMENTAL
    assert {one.id for one in BOOK.values() if isinstance(WAYS[one.via], Not)} == {
        "previous-municipality", "koseki-fuhyo", "jlis-delivery", "immigration"
    }
    asked = {one.id for one in BOOK.values() if isinstance(WAYS[one.via], Asked)}
    assert asked == {"prefecture", "intermediate-server", "convenience-store"}
    assert all(not isinstance(WAYS[one.via], Not) for one in BOOK.values() if one.mirror), "a copy goes unseen"


@pytest.mark.parametrize("name", [one.id for one in BOOK.values() if isinstance(WAYS[one.via], HandedOver)])
def test_every_department_can_name_a_resident_by_what_it_is_told(name: str) -> None:
    assert BOOK[name].identifier in keepable(BOOK[name], ON)


def last(seq: int = 5, version: int = 9) -> LastTold:
    return LastTold(UUID(int=1), UUID(int=2), "inside", AT, ON_TOPIC, 0, seq, version)


@pytest.mark.parametrize(("read", "held", "sort", "remedy"), [
    ({0: 5}, 7, STALE, "tell-again"), ({0: 5}, 9, DIFFERENT, "tell-again"), ({0: 5}, None, DIFFERENT, "tell-again"),
    ({0: 4}, 7, STALE, "on-its-way"), ({}, 7, STALE, "on-its-way"), (None, 7, STALE, "tell-again"),
])  # fmt: skip
def test_what_is_older_than_was_told_is_stale_and_on_its_way_until_it_was_read(
    read: Mapping[int, int] | None, held: int | None, sort: str, remedy: str
) -> None:
    code = code_digest(KEY, "1")
    content = document(COMPARED, KEY, [one | {"version": held} for one in lines({"1": "見本"})], AT, read, [BUCKET])
    there = Paper(decoded(content, KEY, "child-policy"))
    standing = Standing(b"x", last(), False)
    one = found(Difference("differs", UUID(int=3), code), UUID(int=3), POLICY, standing, False, there)
    assert (one.sort, one.remedy, one.version) == (sort, remedy, held)


def test_what_is_coming_is_on_its_way_whoever_is_asked() -> None:
    one = found(Difference("missing-there", UUID(int=3), b"c"), UUID(int=3), POLICY, Standing(b"x", None, False), True)
    assert (one.sort, one.remedy, one.missing) == (MISSING, "on-its-way", None)


@pytest.mark.parametrize(("reviewed", "waits"), [
    (None, False), (date(2026, 4, 1), True), (date(2026, 4, 2), False), (date(2026, 3, 1), True),
])  # fmt: skip
def test_who_comes_of_age_today_awaits_the_review_of_today(reviewed: date | None, waits: bool) -> None:
    contract = replace(POLICY, population=Population(age_from=17))
    person = record(birth_date="2009-04-03")
    assert looking.awaits_review(contract, ON, person, reviewed) is waits
    assert not looking.awaits_review(contract, ON, record(birth_date="1990-04-02"), reviewed)


def test_a_paper_of_tomorrow_or_no_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "digests.json"
    with pytest.raises(UsageError, match="unreadable"):
        paper.read(file, KEY, "child-policy", AT)
    file.write_bytes(document(COMPARED, KEY, [], AT))
    assert paper.read(file, KEY, "child-policy", AT).said.buckets == {}
    with pytest.raises(UsageError, match="taken-in-the-future"):
        paper.read(file, KEY, "child-policy", AT - timedelta(hours=1))
    assert len(paper.read(file, KEY, "child-policy", AT + timedelta(days=7)).hash) == 64
    with pytest.raises(UsageError, match="taken-too-long-ago"):
        paper.read(file, KEY, "child-policy", AT + timedelta(days=7, seconds=1))
    with pytest.raises(UsageError, match="another-key-or-altered"):
        paper.read(file, OTHER, "child-policy", AT)


@pytest.mark.parametrize(("compared", "named_by", "said"), [
    (("name", "nationality", "address.\x1b[31m"), "atena_no", "nationality: not-permitted"),
    (WHOLE, "my_number", "--theirs: named-otherwise"), ((), "atena_no", f"{', '.join(sorted(WHOLE))}: not-whole"),
    (WHOLE[1:], "atena_no", f"{WHOLE[0]}: not-whole"), ((*WHOLE, WHOLE[0]), "atena_no", ": not-whole"),
])  # fmt: skip
def test_a_copy_of_what_is_not_permitted_is_refused_by_the_laws_own_words(
    compared: tuple[str, ...], named_by: str, said: str
) -> None:
    there = Paper(Handed("child-policy", AT, named_by, compared, None, {}, {}))
    with pytest.raises(UsageError) as refused:
        paper.lawful(there, POLICY, ON)
    assert f"{refused.value.place}: {refused.value.code}" == said


def test_what_has_no_place_in_a_column_differs_and_ends_nothing() -> None:
    contract = BOOK["tax"]
    form = paper.form_of(contract, Paper(Handed("tax", AT, "atena_no", ("atena_no", "address.town"), None, {}, {})))
    assert form({"atena_no": "1", "address": {"town": "見本町"}}) == {"atena_no": "1", "address.town": "見本町"}
    assert form({"atena_no": "1", "address": "見本町"}) == {"atena_no": "1", "address": "見本町"}
