"""Verify an export or a receipt of the ledger with nothing of ours: verify.py FILE KEY

Python's standard library, and `cryptography` for Ed25519. Prints a line per fault, its number being that of a leaf (for
`unreadable`, of a line of the file), where the first fault is one of the leaves from A to before B `begins A B`, and at
last how many lines are proved. Exit 0 where all is sound. KEY: what `jukihub ledger key` printed, from whom you trust.
"""

import base64
import hashlib
import json
import sys
from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Leaf = tuple[int, bytes, bool]
"""Its number, its hash, and whether it is proved."""


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def leads_to(leaf: bytes, index: int, size: int, way: list[bytes]) -> bytes:
    """The root that an inclusion proof leads to, from the definition in RFC 6962, section 2.1.1."""
    if size <= 1 or not way:
        return leaf if (index, size, way) == (0, 1, []) else b""
    half = 1 << ((size - 1).bit_length() - 1)
    if index < half:
        return node(leads_to(leaf, index, half, way[:-1]), way[-1])
    return node(way[-1], leads_to(leaf, index - half, size - half, way[:-1]))


def signed(note: Any, key: str) -> tuple[int, bytes, bool]:
    """Size and root that a checkpoint says, and whether `key` has signed it (C2SP signed-note, tlog-checkpoint)."""
    name, hashed, public = key.strip().split("+", 2)
    raw = base64.b64decode(public)
    told = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    if raw[:1] != b"\x01" or told.hex() != hashed:
        sys.exit("the key is none, or a part of it is lost")
    try:
        text, _, lines = note.partition("\n\n")
        origin, size, root = text.split("\n")
        words = [line.split(" ") for line in lines.split("\n") if line.startswith(f"— {name} ")]
        made = [one for one in (base64.b64decode(word[2]) for word in words) if one[:4] == told]
        for one in made:
            Ed25519PublicKey.from_public_bytes(raw[1:]).verify(one[4:], f"{text}\n".encode())
        return int(size), base64.b64decode(root), name == origin and bool(made)
    except InvalidSignature:
        return int(size), base64.b64decode(root), False
    except (ValueError, AttributeError):
        return 0, b"", False


def hashes_of(text: Any) -> list[bytes]:
    raw = base64.b64decode(text, validate=True)
    if len(raw) % 32:
        raise ValueError
    return [raw[at : at + 32] for at in range(0, len(raw), 32)]


def read(rows: Iterator[bytes], size: int, root: bytes, export: bool) -> Iterator[tuple[str, Any]]:
    """What each line of the file says: a leaf, a checkpoint, or nothing."""
    above: list[bytes] = []
    for at, raw in enumerate(rows, start=2):
        try:
            row = json.loads(raw)
            if "leaf" in row and 0 <= (number := row["leaf"]) < 1 << 63 and isinstance(number, int):
                hashed, way = hashlib.sha256(b"\x00" + row["line"].encode()).digest(), hashes_of(row["beside"])
                yield "leaf", (number, hashed, leads_to(hashed, number, size, way + above) == root)
            elif export and "signed" in row:
                yield "signed", row["signed"]
            else:
                above = hashes_of(row["above"] if export and row["block"] >= 0 else None)
        except (KeyError, TypeError, AttributeError, ValueError, RecursionError):
            yield "unreadable", at


def unchanged(leaves: list[Leaf], checks: list[tuple[int, Any]], key: str) -> tuple[int, int]:
    """How many first leaves the checkpoints vouch for, and the size of the first that speaks against what follows."""
    good, roots, done = 0, list[tuple[int, bytes]](), 0
    for count, note in checks:
        size, root, sure = signed(note, key)
        for _, leaf, _ in leaves[done:count] if sure else []:
            height, found = 0, leaf
            while roots and roots[-1][0] == height:
                height, found = height + 1, node(roots.pop()[1], found)
            roots.append((height, found))
        whole = reduce(lambda right, left: node(left, right), [found for _, found in reversed(roots)] or [b""])
        if sure and (count, whole) != (size, root):
            return good, size
        good = done = count if sure else done
    return good, max(good, len(leaves))


def judged(leaves: list[Leaf], size: int, wanted: set[int], sure: int) -> Iterator[tuple[str, int]]:
    """What is wrong with the leaves of an export, the first `sure` of which a checkpoint vouches for."""
    seen, following = set[int](), 0
    for number in (number for number, _, proved in leaves if proved):
        if number in seen or number < following:
            yield "repeated" if number in seen else "misplaced", number
        following = max(following, number + 1)
        seen.add(number)
    refused = {number for number, _, proved in leaves if not proved}
    for number in refused | (wanted - seen):
        if number in refused and (number in seen or number >= size):
            yield "inserted", number
        else:
            yield "proof" if number < sure else "altered" if number in refused else "missing", number


def main(file: str, key: str) -> int:
    """Verify; what is wrong is printed."""
    word, leaves, checks = Path(key).read_text(encoding="utf-8"), list[Leaf](), list[tuple[int, Any]]()
    with Path(file).open("rb") as rows:
        head = json.loads(next(rows))
        export = head["ledger"] == "juki-ledger-export/1"
        size, root, good = signed(head["checkpoint"], word)
        faults = [] if good else [("not-signed", 0)]
        for kind, said in read(rows, size, root, export):
            leaves += [said] if kind == "leaf" else []
            checks += [(len(leaves), said)] if kind == "signed" else []
            faults += [(kind, said)] if kind == "unreadable" else []
    sure, until = unchanged(leaves, [*checks, (len(leaves), head["checkpoint"])], word) if export else (0, 0)
    if export:
        faults += judged(leaves, size, {*range(size if good else 0)}, sure)
    else:
        faults += [("altered", number) for number, _, proved in leaves if not proved]
    for fault, number in sorted(faults):
        print(fault, number)
    if faults and until > sure:
        print("begins", sure, until)
    proved = len({number for number, _, proved in leaves if proved}) + sum(fault == "proof" for fault, _ in faults)
    print(proved if good else 0, "of", size, "lines proved")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
