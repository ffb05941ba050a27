"""Sealed values: JWE compact (RFC 7516), `alg` dir, `enc` A256GCM, bound to the place where they lie.

The protected header is the associated data. It carries `kid` (owner and day of the content key), `aud` (contract),
`sub_topic` and `part` (where the token lies), `sub` (the record key beside it, hex), `iat`, `ctr` (hash of the
contract), `seq` (gapless per contract and partition) and `jti` (id of the disclosure). A token that was moved, swapped
or forged is refused with a closed code; until it has opened, nothing that its header says is to be believed.
The payload is padded with spaces to 512·2ⁿ bytes, so that its length tells next to nothing. Nonces are random, 96
bits, one draw per batch; a key seals one day of one contract, far below 2³² tokens, and seals are counted.
"""

import os
import re
from binascii import hexlify
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pybase64 import b64decode, b64encode

from hub import metrics
from hub.errors import TokenRefused

SMALLEST = 512
NONCE = 12
_NONCE_LETTERS = 16
_TAG = 16
_TAG_LETTERS = 22
_MEMBERS = frozenset({"alg", "enc", "kid", "aud", "sub_topic", "part", "iat", "ctr", "seq", "jti", "sub"})
_KID = re.compile(r"(hub:)?[a-z0-9][a-z0-9-]{0,62}\.[0-9]{4}-[0-9]{2}-[0-9]{2}")
_OWN = re.compile(rb'(0|[1-9][0-9]{0,17}),"jti":"([0-9a-f-]*)","sub":"([0-9a-f]*)"\}')
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_LAST = (_LETTERS, b"", _LETTERS[::16], _LETTERS[::4])
"""Which letter may be the last of a text, by how many letters are left over: the others have bits of no byte."""
_PLUS, _SLASH, _FILLING = b"+/="
"""As numbers: Python finds a number in bytes several times as fast as bytes of one letter."""

_LARGEST = 2**63
_NUMBERS = itemgetter("part", "iat", "seq")
_TEXTS = itemgetter("kid", "aud", "sub_topic", "ctr", "jti", "sub")


@dataclass(frozen=True, slots=True)
class ContentKey:
    """A content key: `kid` is `<owner>.<day>`; `cipher` is kept with it, because making one costs as much as a seal."""

    kid: str
    key: bytes
    cipher: AESGCM

    @classmethod
    def of(cls, kid: str, key: bytes) -> "ContentKey":
        """A key of 32 bytes with its cipher."""
        return cls(kid, key, AESGCM(key))

    def __repr__(self) -> str:
        return f"ContentKey({self.kid})"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a token lies: the contract it is for, the topic and the partition."""

    aud: str
    topic: str
    part: int


class Sheet(NamedTuple):
    """One payload to be sealed, with its own members of the header. `key`: the record key that will lie beside it."""

    seq: int
    jti: str
    payload: bytes
    key: bytes


def padded(payload: bytes) -> bytes:
    """The payload with spaces behind it, 512·2ⁿ bytes long."""
    size = SMALLEST
    while size < len(payload):
        size *= 2
    return payload.ljust(size)


def seal(key: ContentKey, place: Place, ctr: str, iat: int, sheets: Sequence[Sheet]) -> list[bytes]:
    """One token per sheet, in the same order. `iat`: seconds since 1970. `ctr`: SHA-256 of the contract, hex."""
    written = [(seq, jti.encode(), own) for seq, jti, _, own in sheets]
    payloads = [sheet.payload for sheet in sheets]
    return sealed(key, beginning(key, place, ctr, iat), drawn(place.aud, len(sheets)), written, payloads)


def drawn(aud: str, count: int) -> bytes:
    """Nonces for so many tokens, in one draw; whoever draws them will seal, and is counted."""
    metrics.SEALS.labels(aud).inc(count)
    return os.urandom(NONCE * count)


def beginning(key: ContentKey, place: Place, ctr: str, iat: int) -> bytes:
    """The protected header as far as all tokens of a batch have the same; what follows is in `sealed`."""
    return orjson.dumps({
        "alg": "dir", "enc": "A256GCM", "kid": key.kid, "aud": place.aud, "sub_topic": place.topic,
        "part": place.part, "iat": iat, "ctr": ctr,
    })[:-1]  # fmt: skip


def between(place: Place) -> bytes:
    """What stands in a protected header between its `kid` and its `iat`: the same for all tokens of a place."""
    return b'",' + orjson.dumps({"aud": place.aud, "sub_topic": place.topic, "part": place.part})[1:-1] + b',"iat":'


def sealed(
    key: ContentKey, start: bytes, nonces: bytes, own: Iterable[tuple[int, bytes, bytes]], payloads: Iterable[bytes]
) -> list[bytes]:  # fmt: skip
    """The tokens of one batch, step by step for all of them: what a processor has just done it does faster.

    `start`: of every header; `own`: the members that end it, as (seq, jti, record key); `nonces`: one after the other.
    """
    whole = len(start) // 3 * 3  # so many bytes stand for themselves in base64, whatever comes behind them
    prefix, rest = _encode(start[:whole]), start[whole:]
    ends = [b'%b,"seq":%d,"jti":"%b","sub":"%b"}' % (rest, seq, jti, hexlify(sub)) for seq, jti, sub in own]
    protected = [prefix + _encode(end) for end in ends]
    each = [nonces[at : at + NONCE] for at in range(0, len(nonces), NONCE)]
    hidden = [*map(key.cipher.encrypt, each, map(padded, payloads), protected)]
    return [
        b".".join((lead, b"", _encode(nonce), _encode(body[:-_TAG]), _encode(body[-_TAG:])))
        for lead, nonce, body in zip(protected, each, hidden, strict=True)
    ]


def header(token: bytes | None) -> dict[str, Any]:
    """The protected header of a token, with exactly our members and our algorithms; else TokenRefused."""
    try:
        protected = _decode((token or b"").split(b".", 1)[0])
    except ValueError:
        raise TokenRefused("not-a-token") from None
    return _as_written(protected) or _read(protected)


def _as_written(protected: bytes) -> dict[str, Any] | None:
    """A header in the spelling of `sealed`: what the tokens of a batch have in common is read once."""
    start, _, rest = protected.rpartition(b',"seq":')
    own, common = _OWN.fullmatch(rest), _common(start)
    if own is None or common is None:
        return None
    seq, jti, sub = own.groups()
    return {**common, "seq": int(seq), "jti": jti.decode(), "sub": sub.decode()}


@lru_cache(maxsize=64)
def _common(start: bytes) -> dict[str, Any] | None:
    try:
        return _read(start + b',"seq":0,"jti":"","sub":""}')
    except TokenRefused:
        return None


def _read(protected: bytes) -> dict[str, Any]:
    try:
        read = orjson.loads(protected)
    except ValueError:
        raise TokenRefused("not-a-token") from None
    if not isinstance(read, dict) or read.keys() != _MEMBERS:
        raise TokenRefused("bad-header")
    if (read["alg"], read["enc"]) != ("dir", "A256GCM"):
        raise TokenRefused("bad-algorithm")
    if not _types_fit(read):
        raise TokenRefused("bad-header")
    return read


def _types_fit(read: dict[str, Any]) -> bool:
    numbers, texts = _NUMBERS(read), _TEXTS(read)
    return (
        {*map(type, numbers)} == {int} and min(numbers) >= 0 and max(numbers) < _LARGEST
        and {*map(type, texts)} == {str}
        and _KID.fullmatch(read["kid"]) is not None
    )  # fmt: skip


def check_place(read: dict[str, Any], place: Place, record_key: bytes | None) -> None:
    """Refuse a header that does not belong where it lies: another contract, topic, partition or record key."""
    if read["aud"] != place.aud or read["kid"].rsplit(".", 1)[0] != place.aud:
        raise TokenRefused("foreign-token")
    if (read["sub_topic"], read["part"]) != (place.topic, place.part):
        raise TokenRefused("moved-token")
    if read["sub"] != (record_key or b"").hex():
        raise TokenRefused("foreign-record-key")


def open_token(
    token: bytes | None, key: ContentKey, place: Place, record_key: bytes | None
) -> tuple[dict[str, Any], bytes]:
    """Header and payload of a token that lies at `place` beside `record_key`; else TokenRefused."""
    read = header(token)
    check_place(read, place, record_key)
    return read, opened(token or b"", read, key)


def opened(token: bytes, read: dict[str, Any], key: ContentKey) -> bytes:
    """The payload of a token whose header was read and checked already; else TokenRefused."""
    if read["kid"] != key.kid:
        raise TokenRefused("unknown-kid")
    parts = token.split(b".")
    if len(parts) != 5 or parts[1] or (len(parts[2]), len(parts[4])) != (_NONCE_LETTERS, _TAG_LETTERS):
        raise TokenRefused("not-a-token")
    try:
        ends = _decode(parts[2] + parts[4])  # a nonce ends where four letters do: what follows begins anew
        return key.cipher.decrypt(ends[:NONCE], _decode(parts[3]) + ends[NONCE:], parts[0])
    except InvalidTag:
        raise TokenRefused("altered-token") from None
    except ValueError:
        raise TokenRefused("not-a-token") from None


def _encode(data: bytes) -> bytes:
    return b64encode(data, b"-_").rstrip(b"=")


def _decode(text: bytes) -> bytes:
    if _PLUS in text or _SLASH in text or _FILLING in text:
        raise ValueError  # the decoder would take them as well: another spelling, so another token
    if text and text[-1] not in _LAST[len(text) % 4]:
        raise ValueError  # unused bits in the last letter: another spelling of the same bytes, so another token
    return b64decode(text + b"=" * (-len(text) % 4), b"-_", True)  # by name, they take as long as the decoding itself
