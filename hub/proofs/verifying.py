"""Verifying an export or a receipt with nothing but the public key: what is wrong, and with which leaf. Pure.

Every block of leaves is proved against the signed root. Where that does not hold, each of its lines is proved alone, so
one that was altered, dropped, put elsewhere or repeated is named by its number, whatever else was done to the file. An
earlier checkpoint that the auditor has kept shows whether what it covers is still the same.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from contracts.errors import JukiError
from hub.errors import UsageError
from hub.proofs import form, merkle
from hub.proofs.findings import Fault, Order, Verdict
from hub.proofs.note import Checkpoint, Verifier, parsed

Tell = Callable[[int], None]
Row = dict[str, Any]


def verify(
    rows: Iterable[bytes], verifier: Verifier, earlier: Checkpoint | None = None, tell: Tell = lambda _: None
) -> Verdict:
    """The verdict on `rows`; UsageError where they are neither an export nor a receipt. `tell` hears how far it is."""
    rows = iter(rows)
    kind, note = opened(next(rows, b""))
    verdict = Verdict(parsed(note))
    try:
        verifier.opened(note)
    except JukiError:
        verdict.add(Fault.NOT_SIGNED, 0)
    if kind == form.RECEIPT:
        _receipt(rows, verdict)
    else:
        _Export(verdict, earlier, tell).read(rows)
    return verdict


def opened(first: bytes) -> tuple[str, str]:
    """What a file says that it is, and its checkpoint; UsageError where it is none of ours."""
    row = _object(first) or {}
    kind, note = row.get("ledger"), row.get("checkpoint")
    if kind not in {form.EXPORT, form.RECEIPT} or not isinstance(note, str):
        raise UsageError("not-an-export", "FILE", "Name a file that `jukihub ledger export` or `prove` has written")
    return str(kind), note


@dataclass(frozen=True, slots=True)
class _Leaf:
    number: int
    hash: bytes
    beside: list[bytes]
    line: bytes

    def proved(self, place: Checkpoint, above: list[bytes]) -> bool:
        """Whether it is in the tree under its number."""
        return merkle.root_above(self.hash, self.number, place.size, [*self.beside, *above]) == place.root


def _object(line: bytes) -> Row | None:
    try:
        read = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return read if isinstance(read, dict) else None


def _leaf(row: Row | None) -> _Leaf | None:
    row = row or {}
    number, line, beside = row.get("leaf"), row.get("line"), row.get("beside")
    if not (isinstance(number, int) and isinstance(line, str) and isinstance(beside, str) and 0 <= number < 1 << 63):
        return None
    try:
        content = line.encode()
        return _Leaf(number, merkle.leaf_hash(content), form.decoded(beside), content)
    except ValueError:
        return None


def _above(row: Row) -> list[bytes]:
    try:
        return form.decoded(row["above"])
    except (KeyError, TypeError, ValueError):
        return []


def _disclosures(line: bytes) -> int:
    told = (_object(line) or {}).get("told")
    return len(told) if isinstance(told, list) else 0


def _receipt(rows: Iterator[bytes], verdict: Verdict) -> None:
    for number, raw in enumerate(rows, start=2):
        if (leaf := _leaf(_object(raw))) is None:
            verdict.add(Fault.UNREADABLE, number)
        elif leaf.proved(verdict.checkpoint, []):
            verdict.proved += 1
            verdict.disclosures += _disclosures(leaf.line)
        else:
            verdict.add(Fault.ALTERED, leaf.number)


class _Export:
    """One export, block by block."""

    def __init__(self, verdict: Verdict, earlier: Checkpoint | None, tell: Tell) -> None:
        self._verdict, self._earlier, self._tell = verdict, earlier, tell
        self._signed = verdict.checkpoint
        self._blocks = -(-self._signed.size // form.BLOCK)
        self._order = Order()
        self._refused: set[int] = set()
        self._growing = merkle.Growing()

    def read(self, rows: Iterator[bytes]) -> None:
        """All of it, and then what has not come."""
        above: list[bytes] = []
        leaves: list[_Leaf] = []
        for number, raw in enumerate(rows, start=2):
            row = _object(raw)
            if leaf := _leaf(row):
                leaves.append(leaf)
            elif row is not None and "block" in row:
                self._close(leaves, above)
                above, leaves = _above(row), []
            else:
                self._verdict.add(Fault.UNREADABLE, number)
        self._close(leaves, above)
        self._end()

    def _close(self, leaves: list[_Leaf], above: list[bytes]) -> None:
        if self._whole(leaves, above):
            self._order.next += len(leaves)
            self._count(leaves)
        else:
            for leaf in leaves:
                self._one(leaf, above)
        self._tell(self._order.next)

    def _whole(self, leaves: list[_Leaf], above: list[bytes]) -> bool:
        """Whether they are the next block, and proved; the usual case, and the quick one."""
        first = self._order.next
        block = [leaf.hash for leaf in leaves]
        numbers = range(first, min(first + form.BLOCK, self._signed.size))
        if first % form.BLOCK or [leaf.number for leaf in leaves] != [*numbers] or not leaves:
            return False
        root = merkle.Tree(block).root
        if merkle.root_above(root, first // form.BLOCK, self._blocks, above) != self._signed.root:
            return False
        self._compare(block)
        self._growing.append(root)
        return True

    def _one(self, leaf: _Leaf, above: list[bytes]) -> None:
        if not leaf.proved(self._signed, above):
            self._refused.add(leaf.number)
        elif fault := self._order.take(leaf.number):
            self._verdict.add(fault, leaf.number)
        else:
            self._count([leaf])

    def _count(self, leaves: list[_Leaf]) -> None:
        self._verdict.proved += len(leaves)
        self._verdict.disclosures += sum(_disclosures(leaf.line) for leaf in leaves)

    def _compare(self, block: list[bytes]) -> None:
        """With the earlier checkpoint, where that ended in this block."""
        first, earlier = self._order.next, self._earlier
        if earlier is None or not first < earlier.size <= first + len(block):
            return
        if self._growing.size != first // form.BLOCK:
            return  # what is wrong before this is named already
        if self._growing.root_with(merkle.Tree(block[: earlier.size - first]).root) != earlier.root:
            self._verdict.add(Fault.REWRITTEN, 0, earlier.size - 1)

    def _end(self) -> None:
        size = self._signed.size
        self._order.reach(size)
        for number in sorted(self._refused):
            self._verdict.add(Fault.ALTERED if self._order.fill(number) else Fault.INSERTED, number)
        for first, end in self._order.missing():
            self._verdict.add(Fault.MISSING, first, end - 1)
        if self._earlier and self._earlier.size > size:
            self._verdict.add(Fault.SHORTENED, size, self._earlier.size - 1)
