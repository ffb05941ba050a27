"""How an export and a receipt are written: JSON lines, each with one object. Pure.

    {"ledger": "juki-ledger-export/1", "checkpoint": "…"}         first; in a receipt juki-ledger-receipt/1
    {"block": 0, "above": "…"}                                    before each 16 leaves: the way from them to the root
    {"leaf": 0, "beside": "…", "line": "…"}                       the ledger's line, and its way within the block
    {"signed": "…"}                                               the checkpoint that was made of all lines before it

Ways are hashes one behind the other in base64, the lowest first; `beside` and `above` together are the inclusion proof
of RFC 9162. So each line proves itself against the first checkpoint, whatever was done to the others: that is how an
altered one is found by its number. Who alters a line can also make all these ways anew, so that none of them proves
anything; the checkpoints in between are signed, and show up to which of them the lines are still the same. In a receipt
`beside` is the whole way.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import orjson

from hub.proofs.merkle import HASH, Tree

EXPORT: Final = "juki-ledger-export/1"
RECEIPT: Final = "juki-ledger-receipt/1"

BLOCK: Final = 16
"""Leaves whose proofs share what is above them."""


def head(form: str, note: str) -> bytes:
    """The first line."""
    return _row({"ledger": form, "checkpoint": note})


def block(number: int, above: Sequence[bytes]) -> bytes:
    """The line before a block."""
    return _row({"block": number, "above": encoded(above)})


def leaf(number: int, beside: Sequence[bytes], line: bytes) -> bytes:
    """The line of a leaf."""
    return _row({"leaf": number, "beside": encoded(beside), "line": line.decode()})


def signed(note: str) -> bytes:
    """The line of a checkpoint in between."""
    return _row({"signed": note})


def tile(
    first: int, leaves: Sequence[tuple[bytes, bytes]], above: Sequence[bytes], notes: Mapping[int, str]
) -> Iterator[bytes]:
    """The blocks of a subtree: the number of its first leaf, (hash, line) of each, its own way to the root, and by
    their sizes the checkpoints that lie in it."""
    blocks = [leaves[at : at + BLOCK] for at in range(0, len(leaves), BLOCK)]
    trees = [Tree([hashed for hashed, _ in one]) for one in blocks]
    inside = Tree([one.root for one in trees])
    for at, (one, own) in enumerate(zip(blocks, trees, strict=True)):
        yield block(first // BLOCK + at, [*inside.path(at), *above])
        for n, (_, line) in enumerate(one):
            number = first + at * BLOCK + n
            yield leaf(number, own.path(n), line)
            if note := notes.get(number + 1):
                yield signed(note)


def _row(content: dict[str, Any]) -> bytes:
    return orjson.dumps(content) + b"\n"


def encoded(way: Sequence[bytes]) -> str:
    """Hashes as text."""
    return base64.b64encode(b"".join(way)).decode()


def decoded(text: str) -> list[bytes]:
    """The hashes again; ValueError where they are none."""
    joined = base64.b64decode(text, validate=True)
    if len(joined) % HASH:
        raise ValueError
    return [joined[at : at + HASH] for at in range(0, len(joined), HASH)]
