"""The door for JSON from outside: one strict reading, or a refusal with a closed code.

What parsers let through and a registry may not: duplicate keys, NaN and Infinity, fractions, huge integers, a byte
order mark, bad UTF-8, endless depth and endless length. Nothing that is refused here is quoted: neither a value nor
the name of an unknown key leaves this module.
"""

import json
from typing import Any, Never

from contracts.errors import ChangeRefused

MAX_BYTES = 65_536
"""Largest Change, in bytes: sealed to a subscriber it stays below 64 KiB, which stock JOSE libraries open."""

_BOM = b"\xef\xbb\xbf"


def read_json(data: bytes) -> Any:
    """The value that `data` (UTF-8, at most 64 KiB) holds; raises ChangeRefused with one of

    too-large, byte-order-mark, bad-encoding, too-deep, duplicate-key, bad-number, bad-json.
    """
    if len(data) > MAX_BYTES:
        raise ChangeRefused("too-large")
    if data.startswith(_BOM):
        raise ChangeRefused("byte-order-mark")
    return _parsed(_decoded(data))


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        code = "bad-encoding"
    raise ChangeRefused(code)  # outside the handler, or the library's error, with the whole input, were its context


def _parsed(text: str) -> Any:
    try:
        return _DECODER.decode(text)
    except RecursionError:
        code = "too-deep"
    except ValueError:
        code = "bad-json"
    raise ChangeRefused(code)


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise ChangeRefused("duplicate-key")
    return read


def _integer(digits: str) -> int:
    if len(digits) > 19:
        raise ChangeRefused("bad-number")
    return int(digits)


def _no_number(_text: str) -> Never:
    raise ChangeRefused("bad-number")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_without_twins, parse_int=_integer, parse_float=_no_number, parse_constant=_no_number
)
