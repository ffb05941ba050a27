"""For every batch the kernel gives the bytes of its twin, to the last one, and they open as any token does."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid5

import orjson
from aiokafka.producer.message_accumulator import BatchBuilder
from hypothesis import given
from hypothesis import strategies as st

from hub.bus import BATCH_BYTES, Encoded
from hub.bus.sending import _built
from hub.envelope import DISCLOSURE
from hub.kernel.form import Batch, Lot, Source, Wording
from hub.seal import NONCE, ContentKey, Place, beginning, open_token
from tests.kernels import kernel, needs_native
from tests.properties.made_up import ITEMS

PLACE = Place("tax", "juki.disclosures.tax", 3)
KEYS = st.binary(min_size=32, max_size=32).map(lambda key: ContentKey.of("tax.2026-04-02", key))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=6,
)  # fmt: skip
NAMES = st.sampled_from(sorted(ITEMS))
SOURCES = st.builds(
    lambda members, derived, version: Source(members, derived, b'"version":%d,' % version),
    st.dictionaries(NAMES, VALUES, max_size=20), st.dictionaries(NAMES, VALUES, max_size=4), st.integers(0, 2**63 - 1),
)  # fmt: skip
HEAD = b'"state":"left","items":'
WORDINGS = st.builds(
    lambda items, text, more: Wording(b'"contract":%b,' % orjson.dumps(text), HEAD, tuple(items), more),
    st.lists(NAMES, unique=True, max_size=12), TEXTS,
    st.sampled_from([b"}", b',"protected":true}', b',"transfer":"x"}', b',"protected":false,"transfer":{"a":[1]}}']),
)  # fmt: skip
BATCHES = st.tuples(st.lists(SOURCES, min_size=1, max_size=4), st.lists(WORDINGS, min_size=1, max_size=4))


CASES = st.lists(st.uuids().map(lambda one: one.bytes), min_size=1, max_size=3)
OWNS = st.binary(max_size=32)


@st.composite
def batches(draw: st.DrawFn) -> tuple[list[Source], list[Wording], list[bytes], list[Any]]:
    sources, wordings = draw(BATCHES)
    cases = draw(CASES)
    row = st.tuples(*(st.integers(0, len(places) - 1) for places in (cases, sources, wordings)))
    return sources, wordings, cases, draw(st.lists(st.tuples(row, OWNS), max_size=8))


@needs_native
@given(batches(), KEYS, st.integers(0, 2**62), st.randoms(use_true_random=False))
def test_the_kernel_gives_the_bytes_of_its_twin(batch: Any, key: ContentKey, first: int, dice: Any) -> None:
    sources, wordings, cases, lot = batch
    rows, owns = [row for row, _ in lot], [own for _, own in lot]
    start, nonces = beginning(key, PLACE, "c" * dice.randrange(9), 7), dice.randbytes(NONCE * len(rows))
    given, cut = Batch(key, nonces, b"tax", b"c" * 64, wordings, DISCLOSURE, 7), dice.randint(0, len(rows))
    other = replace(PLACE, part=PLACE.part + 1)
    lots = [Lot(start, first, rows[:cut]), Lot(beginning(key, other, "c", 7), first + 99, rows[cut:])]
    native, twin = (kernel(name).sources(sources, cases).seal(given, lots, owns) for name in ("native", "python"))
    assert [([*records], said) for records, said in native] == [([*records], said) for records, said in twin]
    records = [record for lot, _ in native for record in lot]
    for at, (record, (case, source, wording), beside) in enumerate(zip(records, rows, owns, strict=True)):
        place, seq = (PLACE, first + at) if at < cut else (other, first + 99 + at - cut)
        read, payload = open_token(record.value, key, place, beside)
        assert (read["seq"], read["jti"]) == (seq, str(uuid5(UUID(bytes=cases[case]), "tax")))
        members = {**sources[source].record, **sources[source].derived}
        told = {item: members.get(item) for item in wordings[wording].items}
        assert list(orjson.loads(payload)["items"].items()) == list(told.items())


HEADERS = st.lists(st.tuples(st.text(st.characters(exclude_categories=["Cs"]), max_size=9), st.binary(max_size=9)))
STATES = st.tuples(st.integers(-1, 2**62), st.integers(-1, 2**15 - 1), st.integers(0, 2**31 - 1))
SIZES = st.sampled_from([0, 1, 63, 64, 127, 8_191, 8_192, 100_000, 262_000, 262_144, 300_000])
PAIRS = st.lists(st.tuples(st.binary(max_size=20), SIZES), min_size=1, max_size=6)


@needs_native
@given(PAIRS, HEADERS, st.integers(0, 2**41), STATES, st.booleans())
def test_what_the_kernel_encodes_is_what_aiokafka_makes_of_it(
    pairs: Any, headers: Any, at: int, state: Any, transactional: bool
) -> None:
    keys, values = [key for key, _ in pairs], [bytes([size % 251]) * size for _, size in pairs]
    native, twin = (kernel(name).records(keys, values, tuple(headers), at) for name in ("native", "python"))
    assert [*native] == [*twin]
    assert isinstance(native, Encoded)
    theirs = _built(Producer(transactional=transactional), twin)
    ours = [*native.builders(transactional=transactional)]
    for one in (*ours, *theirs):
        one._set_producer_state(*state)
    assert [one.record_count() for one in ours] == [one.record_count() for one in theirs]
    assert [one._build() for one in ours] == [bytes(one._build()) for one in theirs]
    assert [one.size() for one in ours] == [one.size() for one in theirs]


class Producer:
    """As far as records are appended."""

    def __init__(self, *, transactional: bool) -> None:
        self._transactional = transactional

    def create_batch(self) -> BatchBuilder:
        return BatchBuilder(BATCH_BYTES, 0, is_transactional=self._transactional)
