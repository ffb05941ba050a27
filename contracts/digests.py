"""How two sides find where they hold another thing of the same people, and tell each other keyed digests alone. Pure.

A code digest is HMAC-SHA256(key, by what both sides name a resident: the contract's identifier, or the pseudonym that
the contract has for them); its first byte, in two hexadecimal digits, is the bucket.
A record digest is HMAC-SHA256(key, JSON of what is kept: members sorted, no spaces, UTF-8). A bucket's digest is
SHA-256 over its record digests in their order, one behind the other. Buckets that agree say nothing further. The key is
agreed out of band, 32 bytes, another one for each contract: without it nobody can try numbers against a digest.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

MISSING_THERE: Final = "missing-there"
DIFFERS: Final = "differs"
UNKNOWN_HERE: Final = "unknown-here"

KEY_SIZE: Final = 32
_ENCODED: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def code_digest(key: bytes, name: str) -> bytes:
    """The digest of that by which both sides name one resident."""
    return _keyed(key, name.encode())


def record_digest(key: bytes, held: Mapping[str, Any]) -> bytes:
    """The digest of what is kept of one resident; also what proves that a whole document is of who has the key."""
    return _keyed(key, _ENCODED(held).encode())


def bucket_of(code: bytes) -> str:
    """The bucket in which both sides look for this code digest."""
    return code[:1].hex()


def bucket_digest(records: Iterable[bytes]) -> str:
    """The digest of one bucket, of the record digests in it."""
    return hashlib.sha256(b"".join(sorted(records))).hexdigest()


def differences(here: Mapping[bytes, bytes], there: Mapping[bytes, bytes]) -> Iterator[tuple[str, bytes]]:
    """What differs within one bucket (code digest -> record digest), in the order of the code digests."""
    for code in sorted(here.keys() | there.keys()):
        if code not in here:
            yield UNKNOWN_HERE, code
        elif code not in there:
            yield MISSING_THERE, code
        elif here[code] != there[code]:
            yield DIFFERS, code


def _keyed(key: bytes, what: bytes) -> bytes:
    return hmac.digest(key, what, "sha256")
