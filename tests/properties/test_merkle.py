"""The Merkle tree against its definition: RFC 6962, section 2.1, with RFC 9162, section 2.1.4, recursively."""

from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.proofs import merkle

LINES = st.lists(st.binary(max_size=8), min_size=1, max_size=70)

LEAVES = [bytes.fromhex(one) for one in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    4: "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    6: "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
"""The roots over the first leaves above that every implementation of these trees knows."""


def half(size: int) -> int:
    return max(1 << n for n in range(size.bit_length()) if 1 << n < size)


def root(lines: Sequence[bytes]) -> bytes:
    if not lines:
        return sha256(b"").digest()
    if len(lines) == 1:
        return sha256(b"\0" + lines[0]).digest()
    at = half(len(lines))
    return sha256(b"\1" + root(lines[:at]) + root(lines[at:])).digest()


def inclusion(index: int, lines: Sequence[bytes]) -> list[bytes]:
    if len(lines) == 1:
        return []
    at = half(len(lines))
    if index < at:
        return [*inclusion(index, lines[:at]), root(lines[at:])]
    return [*inclusion(index - at, lines[at:]), root(lines[:at])]


def consistency(first: int, lines: Sequence[bytes], *, known: bool = True) -> list[bytes]:
    if first == len(lines):
        return [] if known else [root(lines)]
    at = half(len(lines))
    if first <= at:
        return [*consistency(first, lines[:at], known=known), root(lines[at:])]
    return [*consistency(first - at, lines[at:], known=False), root(lines[:at])]


def hashes(lines: Sequence[bytes]) -> list[bytes]:
    return [merkle.leaf_hash(line) for line in lines]


@pytest.mark.parametrize("size", ROOTS)
def test_the_roots_that_everybody_knows_are_ours_too(size: int) -> None:
    assert merkle.Tree(hashes(LEAVES[:size])).root == root(LEAVES[:size]) == bytes.fromhex(ROOTS[size])


@given(LINES)
def test_every_way_to_a_root_is_the_definition(lines: list[bytes]) -> None:
    growing = merkle.Growing()
    for n, one in enumerate(hashes(lines), start=1):
        growing.append(one)
        assert growing.root == root(lines[:n])
    assert merkle.Tree(hashes(lines)).root == root(lines)


@given(LINES, st.data())
def test_an_inclusion_proof_is_the_definition_and_proves_that_line_there_and_no_other(
    lines: list[bytes], data: st.DataObject
) -> None:
    size, index = len(lines), data.draw(st.integers(0, len(lines) - 1))
    path = inclusion(index, lines)
    assert merkle.Tree(hashes(lines)).path(index) == path
    assert [root(lines[start:end]) for start, end in merkle.inclusion(index, size)] == path
    leaf = merkle.leaf_hash(lines[index])
    assert merkle.root_above(leaf, index, size, path) == root(lines)
    other, place = data.draw(st.binary(max_size=8)), data.draw(st.integers(-1, size))
    if other != lines[index]:
        assert merkle.root_above(merkle.leaf_hash(other), index, size, path) != root(lines)
    if place != index and (place not in range(size) or lines[place] != lines[index]):
        assert merkle.root_above(leaf, place, size, path) != root(lines)
    for wrong in (path[:-1], [*path, leaf]):
        assert len(wrong) == len(path) or merkle.root_above(leaf, index, size, wrong) is None


@given(LINES, st.data())
def test_a_consistency_proof_is_the_definition_and_proves_no_other_beginning(
    lines: list[bytes], data: st.DataObject
) -> None:
    size, first = len(lines), data.draw(st.integers(1, len(lines)))
    path = consistency(first, lines)
    assert [root(lines[start:end]) for start, end in merkle.consistency(first, size)] == path
    old, new = root(lines[:first]), root(lines)
    assert merkle.extends(first, size, old, new, path)
    at = data.draw(st.integers(0, first - 1))
    other = [*lines[:at], lines[at] + b"!", *lines[at + 1 : first]]
    assert not merkle.extends(first, size, root(other), new, path)
    assert not merkle.extends(first, size, old, root([*other, *lines[first:]]), path)
    assert not merkle.extends(first, size, old, new, [*path, old])
    assert not path or not merkle.extends(first, size, old, new, path[:-1])


@given(st.integers(1, 1 << 40), st.data())
def test_every_hash_of_a_proof_is_made_of_complete_subtrees_that_begin_where_they_may(
    size: int, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, size - 1))
    for start, end in [*merkle.inclusion(index, size), *merkle.consistency(index + 1, size)]:
        covered = [(at, at + (1 << height)) for at, height in merkle.complete(start, end)]
        assert [one for one, _ in covered] == [start, *(other for _, other in covered[:-1])]
        assert covered[-1][1] == end
        assert all(at % (1 << height) == 0 for at, height in merkle.complete(start, end))
