"""The Merkle tree of RFC 6962 and RFC 9162: hashes, proofs, and how to check them. Pure.

A leaf is hashed behind a byte 0, a node behind a byte 1, so that neither can pass for the other. A tree splits at the
largest power of two below its size. Places in it are ranges of leaves, from the first to before the last; whoever has
the hash of a range knows where to look it up (`complete`), and what a proof consists of is said in ranges as well.
"""

import hashlib
from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Final

HASH: Final = 32
"""Bytes of a hash."""
EMPTY: Final = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""

Range = tuple[int, int]


def leaf_hash(line: bytes) -> bytes:
    """The hash of one leaf."""
    return hashlib.sha256(b"\x00" + line).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node above two others."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """A tree in memory, over the hashes of its leaves, or over roots of subtrees that are complete and equally high."""

    def __init__(self, hashes: Sequence[bytes]) -> None:
        self._levels: list[Sequence[bytes]] = [hashes]
        while len(level := self._levels[-1]) > 1:
            pairs = zip(level[::2], level[1::2], strict=False)
            self._levels.append([*(node_hash(left, right) for left, right in pairs), *level[len(level) & ~1 :]])

    @property
    def root(self) -> bytes:
        """The hash above all."""
        return self._levels[-1][0] if self._levels[-1] else EMPTY

    def path(self, index: int) -> list[bytes]:
        """The inclusion proof of one: the hashes beside the way up, the lowest first."""
        found = []
        for level in self._levels[:-1]:
            if (beside := index ^ 1) < len(level):
                found.append(level[beside])
            index >>= 1
        return found


class Growing:
    """A tree that only grows, of which the roots of its complete subtrees are kept and nothing else."""

    def __init__(self) -> None:
        self.size = 0
        self._roots: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        """One more leaf, by its hash."""
        self._roots.append(leaf)
        self.size += 1
        filled = self.size
        while not filled & 1:
            right, left = self._roots.pop(), self._roots.pop()
            self._roots.append(node_hash(left, right))
            filled >>= 1

    @property
    def root(self) -> bytes:
        """The hash above all so far."""
        return joined(self._roots)

    def root_with(self, subtree: bytes) -> bytes:
        """The same with one more subtree behind all, lower than every other."""
        return joined([*self._roots, subtree])


def joined(roots: Sequence[bytes]) -> bytes:
    """The root above complete subtrees that follow each other, each lower than the one before."""
    return reduce(lambda right, left: node_hash(left, right), reversed(roots)) if roots else EMPTY


def complete(start: int, end: int) -> Iterable[tuple[int, int]]:
    """The complete subtrees of a range that is a node of the tree: (first leaf, height), the highest first."""
    while start < end:
        height = (end - start).bit_length() - 1
        yield start, height
        start += 1 << height


def split(size: int) -> int:
    """Where a tree of `size` leaves, at least two, is split: the largest power of two below it."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion(index: int, size: int) -> list[Range]:
    """The ranges whose hashes prove that a leaf is in a tree of `size` leaves, the lowest first."""
    start, end, found = 0, size, []
    while end - start > 1:
        middle = start + split(end - start)
        if index < middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start = middle
    return found[::-1]


def consistency(first: int, size: int) -> list[Range]:
    """The ranges whose hashes prove that a tree of `size` leaves is an extension of its first `first` ones."""
    start, end, found = 0, size, []
    while first < end:
        middle = start + split(end - start)
        if first <= middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start = middle
    if start:
        found.append((start, end))
    return found[::-1]


def root_above(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that an inclusion proof leads to; None where it does not have the form of one."""
    if not 0 <= index < size:
        return None
    last, found = size - 1, leaf
    for beside in path:
        if not last:
            return None
        if index & 1 or index == last:
            found = node_hash(beside, found)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            found = node_hash(found, beside)
        index, last = index >> 1, last >> 1
    return None if last else found


def extends(first: int, size: int, root: bytes, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether a consistency proof shows that the tree of `new_root` begins with the one of `root`."""
    if not 0 < first <= size:
        return first == 0 and root == EMPTY and not path
    if first == size:
        return root == new_root and not path
    hashes = [root, *path] if first & (first - 1) == 0 else [*path]
    return bool(hashes) and _both(first - 1, size - 1, hashes) == (root, new_root)


def _both(index: int, last: int, hashes: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """The two roots that a consistency proof leads to: RFC 9162, 2.1.4.2."""
    while index & 1:
        index, last = index >> 1, last >> 1
    old = new = hashes[0]
    for beside in hashes[1:]:
        if not last:
            return None
        if index & 1 or index == last:
            old, new = node_hash(beside, old), node_hash(beside, new)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            new = node_hash(new, beside)
        index, last = index >> 1, last >> 1
    return None if last else (old, new)
