"""Somebody with files, keys and time: everything in them that looks like a key is tried on everything that is sealed.

Uses nothing of ours. What is sealed has the form of a JWE compact, as text, or as bytes in the hex of a dump; a wrapped
key says the id of its KEK. Whatever is unwrapped is tried on every token, whatever its name or purpose; what a private
key opens is searched for further keys.
"""

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

_TOKEN: Final = re.compile(rb"eyJ[\w-]{20,}\.[\w-]*\.[\w-]{16}\.[\w-]+\.[\w-]{22}", re.ASCII)
_HEX: Final = re.compile(rb"\\x((?:[0-9a-f]{2}){16,})")
_KEK: Final = re.compile(rb"(?:file|pkcs11)-[0-9]+(?:-[0-9a-f]{8})?", re.ASCII)
_NAME: Final = re.compile(rb"(?<![a-z0-9-])(?:hub:)?[a-z0-9][a-z0-9-]{0,62}\.(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|pseudonym)")
_NONCE, _REST = 12, 60
"""Of a wrapped key, behind the id of its KEK: the nonce, and all of it."""


@dataclass(frozen=True, slots=True, repr=False)
class Loot:
    """What was found: sealed texts, wrapped keys, and every name that a key could have."""

    tokens: frozenset[bytes] = frozenset()
    wrapped: frozenset[tuple[str, bytes]] = frozenset()
    names: frozenset[bytes] = frozenset()

    def __or__(self, other: "Loot") -> "Loot":
        return Loot(self.tokens | other.tokens, self.wrapped | other.wrapped, self.names | other.names)


@cache
def found(data: bytes) -> Loot:
    """Everything of use in some bytes, and in what their hex means."""
    every = [data, *(bytes.fromhex(one.decode()) for one in _HEX.findall(data))]
    tokens = {token for one in every for token in _TOKEN.findall(one)}
    names = {name for one in (*every, *map(_header, tokens)) for name in _NAME.findall(one)}
    return Loot(frozenset(tokens), frozenset(key for one in every for key in _wrapped(one)), frozenset(names))


@dataclass
class Thief:
    """`keks`: by id; `privates`: JWKs of subscribers. Says in plain what opens of what was found."""

    keks: Mapping[str, bytes] = field(default_factory=dict)
    privates: Iterable[bytes] = ()

    def opens(self, loot: Loot) -> list[bytes]:
        """Whatever any key opens."""
        keys = {key for one in loot.wrapped for name in loot.names if (key := self._unwrapped(*one, name))}
        handed = [text for token in loot.tokens for private in self.privates if (text := _handed(token, private))]
        keys |= {_decoded(one["k"]) for text in handed for one in json.loads(text)["keys"]} | {*self.keks.values()}
        return [text for token in loot.tokens for key in keys if (text := _opened(token, key))]

    def _unwrapped(self, kek: str, sealed: bytes, name: bytes) -> bytes | None:
        return _decrypted(self.keks[kek], sealed, b"%b\n%b" % (kek.encode(), name)) if kek in self.keks else None


def _wrapped(data: bytes) -> Iterator[tuple[str, bytes]]:
    for there in _KEK.finditer(data):
        size = data[there.start() - 1] if there.start() else 0
        kek, sealed = there[0][:size], data[there.start() + size :][:_REST]
        if (len(kek), len(sealed)) == (size, _REST):
            yield kek.decode(), sealed


@cache
def _decrypted(key: bytes, sealed: bytes, bound: bytes) -> bytes | None:
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], bound)
    except (InvalidTag, ValueError):
        return None


@cache
def _opened(token: bytes, key: bytes) -> bytes | None:
    head, _, nonce, text, tag = token.split(b".")
    return _decrypted(key, b"".join(map(_decoded, (nonce, text, tag))), head)


@cache
def _handed(token: bytes, private: bytes) -> bytes | None:
    """What was handed to the owner of a private key."""
    try:
        key = ECKey.import_key(json.loads(private))
        return jwe.decrypt_compact(token, key, algorithms=["ECDH-ES+A256KW", "A256GCM"]).plaintext
    except (JoseError, ValueError):
        return None


def _header(token: bytes) -> bytes:
    return _decoded(token.split(b".")[0])


def _decoded(text: bytes | str) -> bytes:
    letters = text.encode() if isinstance(text, str) else text
    return urlsafe_b64decode(letters + b"=" * (-len(letters) % 4))
