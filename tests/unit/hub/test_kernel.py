"""Kernel and twin keep the same promises: what they cut, pad, seal and measure, and what they refuse."""

import base64
import hashlib
import os
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid5

import orjson
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub import kernel as kernels
from hub.envelope import DISCLOSURE
from hub.errors import DependencyUnavailable
from hub.kernel import chosen, twin
from hub.kernel.form import Batch, Kernel, Lot, Row, Sealed, Source, Wording
from hub.seal import NONCE, ContentKey, Place, Sheet, beginning, open_token, seal
from tests.kernels import NAMES, kernel, needs_native

KEY = ContentKey.of("child-policy.2026-04-02", bytes(range(32)))
PLACE = Place("child-policy", "juki.disclosures.child-policy", 3)
START = beginning(KEY, PLACE, "c" * 64, 1_775_000_000)
OWN = bytes(range(16))
CHANGE = UUID("01930000-0000-7000-8000-000000000001")
ID = str(uuid5(CHANGE, "child-policy")).encode()
ONE = (0, 0, 0)
BATCH = Batch(KEY, b"", b"child-policy", b"c" * 64, (), DISCLOSURE, 1_775_000_000_000)
PERSON = {"atena_no": "000000000000001", "name": '見本 "𠮷"\\', "address": {"text": "架空市, {仮}町"}, "sexes": "?"}
SOURCE = Source(PERSON, {}, b'"version":7,"recorded_at":"2026-04-02T10:15:00+09:00",')
TOLD = Wording(b'"contract":"child-policy",', b'"state":"inside","items":', ("name", "address", "sex"), b"}")
ORDERED = TOLD._replace(items=("atena_no",), tail=b',"protected":true,"transfer":"order-1"}')


@pytest.fixture(params=NAMES)
def any_kernel(request: pytest.FixtureRequest) -> Kernel:
    return kernel(request.param)


def sealed(
    by: Kernel, rows: Sequence[Row], wordings: Sequence[Wording] = (TOLD, ORDERED), nonces: bytes | None = None,
    keys: Sequence[bytes] | None = None,
) -> list[tuple[bytes, bytes]]:  # fmt: skip
    """Each token, and its entry in the ledger."""
    given = bytes(range(NONCE)) * len(rows) if nonces is None else nonces
    batch, beside = BATCH._replace(nonces=given, wordings=wordings), [OWN] * len(rows) if keys is None else keys
    sources = by.sources([SOURCE], [CHANGE.bytes, bytes(16)])
    ((records, entries),) = sources.seal(batch, [Lot(START, 7, rows)], beside)
    assert [one[2:] for one in records] == [(DISCLOSURE, batch.written_at)] * len(rows)
    assert [one.key for one in records] == beside
    return [(one.value or b"", entry) for one, entry in zip(records, entries, strict=True)]


def opened(token: bytes) -> Any:
    return orjson.loads(open_token(token, KEY, PLACE, OWN)[1])


def test_what_is_named_is_told_and_nothing_else(any_kernel: Kernel) -> None:
    ((token, _),) = sealed(any_kernel, [ONE])
    assert opened(token) == {
        "id": ID.decode(), "contract": "child-policy", "version": 7, "recorded_at": "2026-04-02T10:15:00+09:00",
        "state": "inside", "items": {"name": PERSON["name"], "address": PERSON["address"], "sex": None},
    }  # fmt: skip


def test_a_row_has_its_own_wording_number_id_and_key(any_kernel: Kernel) -> None:
    tokens = [token for token, _ in sealed(any_kernel, [(0, 0, 1), (1, 0, 0)], keys=[OWN, bytes(16)])]
    first, second = (open_token(token, KEY, PLACE, own)[0] for token, own in zip(tokens, (OWN, bytes(16)), strict=True))
    other = str(uuid5(UUID(int=0), "child-policy"))
    assert (first["seq"], first["jti"], second["seq"], second["jti"]) == (7, ID.decode(), 8, other)
    assert (first["sub"], second["sub"]) == (OWN.hex(), "0" * 32)
    assert (opened(tokens[0])["transfer"], opened(tokens[0])["protected"]) == ("order-1", True)


def test_what_the_ledger_says_is_measured_on_what_was_sealed(any_kernel: Kernel) -> None:
    (token, plain), (other, ordered) = sealed(any_kernel, [ONE, (0, 0, 1)])
    named = {"contract": "child-policy", "contract_hash": "c" * 64, "disclosure": ID.decode()}
    assert [*orjson.loads(plain).items()] == [*named.items(), *{
        "seq": 7, "state": "inside", "items": ["name", "address", "sex"],
        "token_sha256": hashlib.sha256(token).hexdigest(),
    }.items()]  # fmt: skip
    assert orjson.loads(ordered) == named | {
        "seq": 8, "state": "inside", "items": ["atena_no"], "token_sha256": hashlib.sha256(other).hexdigest(),
        "transfer": "order-1",
    }  # fmt: skip


@pytest.mark.parametrize("items", [b'{"sex":1}', b"{}", b'{"name":1,"address":2,"sex":3,"x":4}', b"{", b"[]"])
def test_the_twin_says_nothing_of_a_payload_with_other_items_than_its_wording_names(items: bytes) -> None:
    named = twin.cutter(TOLD)
    assert named.measured(b'{"id":"1","state":"left","items":{"name":1,"address":2,"sex":{"x":3}}}')[:2] == (
        b'"left"', b'["name","address","sex"]',
    )  # fmt: skip
    with pytest.raises(ValueError, match=r"Object|Expected|truncated"):
        named.measured(b'{"state":"left","items":%b}' % items)


@pytest.mark.trap("C7")
def test_a_token_is_what_the_standard_cipher_makes_of_it(any_kernel: Kernel) -> None:
    ((token, _),) = sealed(any_kernel, [ONE])
    assert token == seal_by_hand(twin.cut((twin.Values.of(PERSON), SOURCE.beginning), twin.cutter(TOLD), ID))


def seal_by_hand(payload: bytes) -> bytes:
    """RFC 7516, 7.1, from the parts."""
    own = b'{"seq":7,"jti":"%b","sub":"%b"}' % (ID, OWN.hex().encode())
    protected = encoded(START + b"," + own[1:])
    hidden = AESGCM(KEY.key).encrypt(bytes(range(NONCE)), payload.ljust(512), protected)
    return b".".join([protected, b"", encoded(bytes(range(NONCE))), encoded(hidden[:-16]), encoded(hidden[-16:])])


def encoded(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


@pytest.mark.trap("C15")
@pytest.mark.parametrize("length", [0, 1, 300, 512, 513, 1024, 1025, 30_000])
def test_a_payload_is_padded_to_a_power_of_two_times_512(any_kernel: Kernel, length: int) -> None:
    wide = TOLD._replace(items=(), tail=b',"x":"%b"}' % (b"x" * length))
    ((token, _),) = sealed(any_kernel, [ONE], [wide])
    size = len(open_token(token, KEY, PLACE, OWN)[1])
    assert size >= max(length, 512)
    assert (size % 512, (size // 512).bit_count()) == (0, 1)


@pytest.mark.parametrize(("rows", "nonces", "error"), [
    ([ONE], bytes(NONCE - 1), ValueError), ([ONE], b"", ValueError),
    ([], bytes(NONCE), ValueError), ([(0, 1, 0)], bytes(NONCE), IndexError), ([(0, 0, 2)], bytes(NONCE), IndexError),
    ([(2, 0, 0)], bytes(NONCE), IndexError),
])  # fmt: skip
def test_a_batch_that_does_not_fit_is_refused(
    any_kernel: Kernel, rows: list[Row], nonces: bytes, error: type[Exception]
) -> None:
    with pytest.raises(error):
        sealed(any_kernel, rows, nonces=nonces)


def test_a_row_without_a_record_key_is_refused(any_kernel: Kernel) -> None:
    with pytest.raises(ValueError, match="record key"):
        sealed(any_kernel, [ONE], keys=[])


def test_what_is_derived_goes_before_what_a_record_has(any_kernel: Kernel) -> None:
    source, batch = Source({"name": "x"}, {"name": "y"}, SOURCE.beginning), BATCH._replace(wordings=[TOLD])
    sources, lots = any_kernel.sources([source], [CHANGE.bytes]), [Lot(START, 7, [ONE])]
    (((one,), _),) = sources.seal(batch._replace(nonces=bytes(NONCE)), lots, [OWN])
    assert opened(one.value or b"")["items"] == {"name": "y", "address": None, "sex": None}


def test_lots_of_several_places_are_sealed_as_each_alone(any_kernel: Kernel) -> None:
    """Each has the header of its place, counts from its own number, and takes its share of nonces and keys."""
    other = Place("child-policy", PLACE.topic, 4)
    lots = [Lot(START, 7, [ONE, (1, 0, 0)]), Lot(beginning(KEY, other, "c" * 64, 1_775_000_000), 90, [(0, 0, 1)])]
    nonces, own = bytes(range(3 * NONCE)), [OWN, bytes(16), b"k" * 16]
    batch = BATCH._replace(wordings=(TOLD, ORDERED))
    sources = any_kernel.sources([SOURCE], [CHANGE.bytes, bytes(16)])
    together = sources.seal(batch._replace(nonces=nonces), lots, own)
    alone = [
        sources.seal(batch._replace(nonces=nonces[: 2 * NONCE]), lots[:1], own[:2]),
        sources.seal(batch._replace(nonces=nonces[2 * NONCE :]), lots[1:], own[2:]),
    ]
    assert [([*records], said) for records, said in together] == [([*records], said) for ((records, said),) in alone]
    assert open_token(together[1][0][0].value, KEY, other, b"k" * 16)[0]["seq"] == 90


def test_nothing_to_seal_is_nothing_sealed(any_kernel: Kernel) -> None:
    assert sealed(any_kernel, []) == []


def test_a_seal_of_a_batch_is_what_seals_one(any_kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "urandom", bytes)
    payload = twin.cut((twin.Values.of(PERSON), SOURCE.beginning), twin.cutter(TOLD), ID)
    alone = seal(KEY, PLACE, "c" * 64, 1_775_000_000, [Sheet(7, ID.decode(), payload, OWN)])
    assert [token for token, _ in sealed(any_kernel, [ONE], nonces=bytes(NONCE))] == alone


@needs_native
def test_the_kernel_runs_where_it_is_built() -> None:
    assert chosen().NAME == chosen("native").NAME == "native"
    assert chosen("python") is twin


class Wrong:
    """A kernel that leaves the last byte out."""

    NAME = "native"

    @staticmethod
    def sources(records: Sequence[Source], cases: Sequence[bytes]) -> Any:
        class Shorter(twin.Sources):
            def seal(self, *given: Any) -> list[Sealed]:
                ((made, entries), *others) = super().seal(*given)
                return [([one._replace(value=(one.value or b"")[:-1]) for one in made], entries), *others]

        return Shorter(records, cases)


@pytest.mark.parametrize("broken", [ImportError("not built"), Wrong])
def test_without_a_kernel_that_works_its_twin_runs_and_who_insists_is_refused(
    monkeypatch: pytest.MonkeyPatch, broken: Any
) -> None:
    def brought(_name: str) -> Any:
        if isinstance(broken, ImportError):
            raise broken
        return broken

    monkeypatch.setattr(kernels, "import_module", brought)
    monkeypatch.setattr(kernels, "_working", kernels._working.__wrapped__)
    assert chosen() is twin
    with pytest.raises(DependencyUnavailable) as refused:
        chosen("native")
    assert refused.value.code == "not-built"
