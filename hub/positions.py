"""`seq` per contract, kept in the metadata of the committed offset, and so in the same transaction as the tokens."""

from collections.abc import Iterable, Mapping

import orjson

from hub.errors import JukiError

MAX_BYTES = 4096
"""The broker's offset.metadata.max.bytes."""

_LARGEST = 2**53


def encode(sequences: Mapping[str, int]) -> str:
    """The last seq of every contract, as metadata."""
    return orjson.dumps(sequences, option=orjson.OPT_SORT_KEYS).decode()


def decode(metadata: str, place: str) -> dict[str, int]:
    """The last seq of every contract; an offset without them was set by somebody else: refuse, never begin at 1."""
    try:
        read = orjson.loads(metadata)
    except ValueError:
        raise JukiError("sequence-lost", place) from None
    if not isinstance(read, dict) or not all(type(seq) is int for seq in read.values()):
        raise JukiError("sequence-lost", place)
    return read


def check_fits(contracts: Iterable[str]) -> None:
    """Refuse a Book with so many contracts that their sequences would not fit beside one offset."""
    if len(encode(dict.fromkeys(contracts, _LARGEST))) > MAX_BYTES:
        raise JukiError("too-many-contracts", "offset metadata")
