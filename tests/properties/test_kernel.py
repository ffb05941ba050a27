"""For every batch the kernel gives the bytes of its twin, to the last one, and they open as any token does."""

from typing import Any
from uuid import UUID, uuid5

import orjson
from hypothesis import given
from hypothesis import strategies as st

from hub.kernel.form import Batch, Source, Wording
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


@st.composite
def batches(draw: st.DrawFn) -> tuple[list[Source], list[Wording], list[Any]]:
    sources, wordings = draw(BATCHES)
    row = st.tuples(
        st.integers(0, len(sources) - 1), st.integers(0, len(wordings) - 1), st.integers(0, 2**63 - 1),
        st.uuids().map(lambda own: own.bytes), st.binary(max_size=32),
    )  # fmt: skip
    return sources, wordings, draw(st.lists(row, max_size=8))


@needs_native
@given(batches(), KEYS, st.randoms(use_true_random=False))
def test_the_kernel_gives_the_bytes_of_its_twin(batch: Any, key: ContentKey, dice: Any) -> None:
    sources, wordings, rows = batch
    start, nonces = beginning(key, PLACE, "c" * dice.randrange(9), 7), dice.randbytes(NONCE * len(rows))
    given = Batch(key, start, nonces, b"tax", b"c" * 64, wordings)
    native, twin = (kernel(name).sources(sources).seal(given, rows) for name in ("native", "python"))
    assert native == twin
    for (token, _), (source, wording, seq, change, beside) in zip(native, rows, strict=True):
        read, payload = open_token(token, key, PLACE, beside)
        assert (read["seq"], read["jti"]) == (seq, str(uuid5(UUID(bytes=change), "tax")))
        members = {**sources[source].record, **sources[source].derived}
        told = {item: members.get(item) for item in wordings[wording].items}
        assert list(orjson.loads(payload)["items"].items()) == list(told.items())
