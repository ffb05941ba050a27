"""Canonical JSON (RFC 8785), so that one content has one hash. Text, integers, booleans, null, lists and objects only.

Fractions are refused: contracts have none, and their canonical form is the long part of the RFC.
"""

import json
from hashlib import sha256
from typing import Any

_SAFE = 2**53 - 1


def canonical(value: Any) -> bytes:
    """The one byte string of `value`; TypeError for what contracts do not hold, ValueError for unsafe integers."""
    return json.dumps(_ordered(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")


def fingerprint(value: Any) -> str:
    """SHA-256 of the canonical form, in lower-case hexadecimal."""
    return sha256(canonical(value)).hexdigest()


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _ordered(value[name]) for name in sorted(value, key=_utf16)}
    if isinstance(value, list | tuple):
        return [_ordered(part) for part in value]
    if isinstance(value, float) or not isinstance(value, str | int | None):
        raise TypeError("canonical JSON of a contract holds text, integers, booleans, null, lists and objects")
    if isinstance(value, int) and abs(value) > _SAFE:
        raise ValueError("an integer beyond 2^53 has no canonical form")
    return value


def _utf16(name: str) -> bytes:
    return name.encode("utf-16-be")
