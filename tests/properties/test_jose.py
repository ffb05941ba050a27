"""Whoever has the key needs nothing of ours: what we seal others read, and what others seal we read.

We: the kernel, its twin, `seal`, `open_token` and the quick door. The others: joserfc, jwcrypto, and RFC 7516 by hand
with nothing but the cipher of `cryptography`.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final
from uuid import UUID, uuid5

import orjson
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from jwcrypto.common import JWException
from jwcrypto.jwe import JWE
from jwcrypto.jwk import JWK

from hub.envelope import DISCLOSURE
from hub.errors import TokenRefused
from hub.kernel.form import Batch, Lot, Source, Wording
from hub.keys import CHANGES
from hub.seal import NONCE, ContentKey, Place, Sheet, beginning, open_token, padded, seal
from tests.kernels import NAMES, kernel, needs_native
from tests.people import line, record

Header = dict[str, Any]
CONTRACT: Final = "child-policy"
PLACE: Final = Place(CONTRACT, "juki.disclosures.child-policy", 3)
OWN: Final = bytes(range(16))
CHANGE: Final = UUID("01930000-0000-7000-8000-000000000001")
HASH: Final = "c" * 64
ISSUED: Final = 1_775_000_000
HEADER: Final[Header] = {
    "alg": "dir", "enc": "A256GCM", "kid": f"{CONTRACT}.2026-04-02", "aud": CONTRACT, "sub_topic": PLACE.topic,
    "part": 3, "iat": ISSUED, "ctr": HASH, "seq": 7, "jti": str(uuid5(CHANGE, CONTRACT)), "sub": OWN.hex(),
}  # fmt: skip
STOCK: Final = jwe.JWERegistry(algorithms=["dir", "A256GCM"], strict_check_header=False)
KEYS: Final = st.binary(min_size=32, max_size=32)
TEXTS: Final = st.text(st.characters(exclude_categories=["Cs"]), max_size=1_500)


def by_kernel(name: str, key: bytes, text: str, nonce: bytes) -> bytes:
    """A disclosure of one item, cut and sealed."""
    content, wording = ContentKey.of(HEADER["kid"], key), Wording(b"", b'"state":"inside","items":', ("name",), b"}")
    start = beginning(content, PLACE, HASH, ISSUED)
    batch = Batch(content, nonce, CONTRACT.encode(), HASH.encode(), [wording], DISCLOSURE, ISSUED * 1000)
    sources = kernel(name).sources([Source({"name": text}, {}, b"")], [CHANGE.bytes])
    (((sealed,), _),) = sources.seal(batch, [Lot(start, 7, [(0, 0, 0)])], [OWN])
    return sealed.value or b""


def told(text: str) -> Any:
    return {"id": HEADER["jti"], "state": "inside", "items": {"name": text}}


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def oct_of(key: bytes) -> JWK:
    return JWK(kty="oct", k=encoded(key))


def read_by_hand(token: str, key: bytes) -> tuple[Header, bytes]:
    head, none, nonce, hidden, tag = token.split(".")
    assert none == ""
    return json.loads(decoded(head)), AESGCM(key).decrypt(decoded(nonce), decoded(hidden) + decoded(tag), head.encode())


def read_by_joserfc(token: str, key: bytes) -> tuple[Header, bytes]:
    found = jwe.decrypt_compact(token, OctKey.import_key(key), registry=STOCK)
    return found.headers(), found.plaintext or b""


def read_by_jwcrypto(token: str, key: bytes) -> tuple[Header, bytes]:
    found = JWE(algs=["dir", "A256GCM"])
    found.deserialize(token, oct_of(key))
    return found.jose_header, found.payload


def sealed_by_hand(header: Header, payload: bytes, key: bytes) -> str:
    head = encoded(json.dumps(header, separators=(",", ":")).encode())
    hidden = AESGCM(key).encrypt(bytes(range(NONCE)), payload, head.encode())
    return ".".join([head, "", encoded(bytes(range(NONCE))), encoded(hidden[:-16]), encoded(hidden[-16:])])


def sealed_by_joserfc(header: Header, payload: bytes, key: bytes) -> str:
    return jwe.encrypt_compact(header, payload, OctKey.import_key(key), registry=STOCK)


def sealed_by_jwcrypto(header: Header, payload: bytes, key: bytes) -> str:
    made = JWE(payload, json.dumps(header, separators=(",", ":")), algs=["dir", "A256GCM"])
    made.add_recipient(oct_of(key))
    return str(made.serialize(compact=True))


Reads = Callable[[str, bytes], tuple[Header, bytes]]
Seals = Callable[[Header, bytes, bytes], str]
READERS: Final = [read_by_hand, read_by_joserfc, read_by_jwcrypto]
SEALERS: Final = [sealed_by_hand, sealed_by_joserfc, sealed_by_jwcrypto]


@pytest.mark.trap("C7")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("read", READERS)
@given(KEYS, TEXTS, st.binary(min_size=NONCE, max_size=NONCE))
@settings(max_examples=30)
def test_what_is_sealed_for_a_subscriber_is_read_with_nothing_of_ours(
    name: str, read: Reads, key: bytes, text: str, nonce: bytes
) -> None:
    header, payload = read(by_kernel(name, key, text, nonce).decode(), key)
    assert (header, json.loads(payload)) == (HEADER, told(text))


@pytest.mark.trap("C7")
@pytest.mark.parametrize("read", READERS)
def test_what_is_sealed_on_its_own_is_read_with_nothing_of_ours(read: Reads) -> None:
    key, sheet = bytes(range(32)), Sheet(7, HEADER["jti"], b'{"a":1}', OWN)
    (token,) = seal(ContentKey.of(HEADER["kid"], key), PLACE, HASH, ISSUED, [sheet])
    assert read(token.decode(), key) == (HEADER, padded(b'{"a":1}'))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("part", [0, 2, 3, 4])
@pytest.mark.parametrize("read", READERS)
def test_what_was_altered_on_the_way_is_refused_by_everybody(name: str, read: Reads, part: int) -> None:
    parts = by_kernel(name, bytes(range(32)), "見本", bytes(NONCE)).decode().split(".")
    parts[part] = ("B" if parts[part][0] == "A" else "A") + parts[part][1:]
    with pytest.raises((InvalidTag, JoseError, JWException, ValueError)):
        read(".".join(parts), bytes(range(32)))


@pytest.mark.parametrize("sealed", SEALERS)
@given(KEYS, st.binary(min_size=1, max_size=1_500))
@settings(max_examples=20)
def test_what_others_seal_is_opened_where_it_lies_and_nowhere_else(sealed: Seals, key: bytes, payload: bytes) -> None:
    token, ours = sealed(HEADER, payload, key).encode(), ContentKey.of(HEADER["kid"], key)
    assert open_token(token, ours, PLACE, OWN) == (HEADER, payload)
    another = ContentKey.of(HEADER["kid"], bytes([key[0] ^ 1]) + key[1:])
    for other, place, own in ((ours, replace(PLACE, part=4), OWN), (ours, PLACE, bytes(16)), (another, PLACE, OWN)):
        with pytest.raises(TokenRefused):
            open_token(token, other, place, own)


@needs_native
@pytest.mark.parametrize("sealed", SEALERS)
def test_a_change_that_others_seal_is_taken_by_the_quick_door(sealed: Seals) -> None:
    key, place = ContentKey.of(f"{CHANGES}.2026-04-02", bytes(range(32))), Place(CHANGES, "juki.changes", 3)
    header = HEADER | {"kid": key.kid, "aud": CHANGES, "sub_topic": place.topic, "ctr": "", "seq": 0, "jti": ""}
    content = orjson.dumps(json.loads(line("MOVE_IN_DOMESTIC", None, record())))
    door = kernel("native").door()
    assert door is not None
    whose = UUID(json.loads(content)["resident"]).bytes
    (seen,) = door.read([key], place, [(sealed(header, content, key.key).encode(), OWN, whose)])
    assert seen is not None
    assert seen[0] == content
