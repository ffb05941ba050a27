"""Verifying an export or a receipt with nothing but the public key: what is wrong, and with which leaf. Pure.

Every block of leaves is proved against the signed root. Where that does not hold, each of its lines is proved alone, so
one that was altered, dropped, put elsewhere or repeated is named by its number. Where the proofs themselves were made
anew, the checkpoints in between say up to which leaf all is as it was, and before which the first fault is. An earlier
checkpoint that the auditor has kept shows whether what it covers is still the same.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import orjson

from contracts.errors import JukiError
from hub.errors import UsageError
from hub.proofs import form, merkle
from hub.proofs.findings import Fault, Order, Verdict
from hub.proofs.note import Checkpoint, Verifier, parsed

Tell = Callable[[int], None]
Row = dict[str, Any]


def verify(
    rows: BinaryIO, verifier: Verifier, earlier: Checkpoint | None = None, tell: Tell = lambda _: None
) -> Verdict:
    """The verdict on a file; UsageError where it is neither an export nor a receipt. `tell` hears how far it is."""
    kind, note = opened(rows.readline())
    verdict = Verdict(parsed(note))
    if _opened(verifier, note) is None:
        verdict.signed = False
        verdict.add(Fault.NOT_SIGNED, 0)
    if kind == form.RECEIPT:
        _receipt(rows, verdict)
    else:
        _Export(verdict, verifier, earlier, tell).read(rows)
    if not verdict.signed:
        verdict.proved = verdict.disclosures = 0
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


def _leaf(row: Row) -> _Leaf | None:
    number, line, beside = row.get("leaf"), row.get("line"), _way(row.get("beside"))
    if not (isinstance(number, int) and 0 <= number < 1 << 63 and isinstance(line, str)) or beside is None:
        return None
    content = line.encode()
    return _Leaf(number, merkle.leaf_hash(content), beside, content)


def _opened(verifier: Verifier, note: object) -> Checkpoint | None:
    try:
        return verifier.opened(note) if isinstance(note, str) else None
    except JukiError:
        return None


def _way(text: object) -> list[bytes] | None:
    try:
        return form.decoded(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _disclosures(line: bytes) -> int:
    told = (_object(line) or {}).get("told")
    return len(told) if isinstance(told, list) else 0


def _receipt(rows: Iterator[bytes], verdict: Verdict) -> None:
    for number, raw in enumerate(rows, start=2):
        if (leaf := _leaf(_object(raw) or {})) is None:
            verdict.add(Fault.UNREADABLE, number)
        elif leaf.proved(verdict.checkpoint, []):
            verdict.proved += 1
            verdict.disclosures += _disclosures(leaf.line)
        else:
            verdict.add(Fault.ALTERED, leaf.number)


class _Export:
    """One export, block by block."""

    def __init__(self, verdict: Verdict, verifier: Verifier, earlier: Checkpoint | None, tell: Tell) -> None:
        self._verdict, self._verifier, self._earlier, self._tell = verdict, verifier, earlier, tell
        self._signed = verdict.checkpoint
        self._blocks = -(-self._signed.size // form.BLOCK)
        self._order = Order()
        self._refused: set[int] = set()
        self._growing = merkle.Growing()

    def read(self, rows: BinaryIO) -> None:
        """All of it; where something is wrong, once more, and then what has not come."""
        above: list[bytes] = []
        leaves: list[_Leaf] = []
        for number, raw in enumerate(rows, start=2):
            row = _object(raw) or {}
            if leaf := _leaf(row):
                leaves.append(leaf)
            elif "block" in row and (way := _way(row.get("above"))) is not None:
                self._close(leaves, above)
                above, leaves = way, []
            elif "signed" not in row:
                self._verdict.add(Fault.UNREADABLE, number)
        self._close(leaves, above)
        self._end(rows)

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
        tree = merkle.Tree([leaf.hash for leaf in leaves])
        numbers = range(first, min(first + form.BLOCK, self._signed.size))
        if first % form.BLOCK or [leaf.number for leaf in leaves] != [*numbers] or not leaves:
            return False
        if merkle.root_above(tree.root, first // form.BLOCK, self._blocks, above) != self._signed.root:
            return False
        if any(leaf.beside != tree.path(n) for n, leaf in enumerate(leaves)):
            return False
        self._compare([leaf.hash for leaf in leaves])
        self._growing.append(tree.root)
        return True

    def _one(self, leaf: _Leaf, above: list[bytes]) -> None:
        if not leaf.proved(self._signed, above):
            self._refused.add(leaf.number)
            return
        if fault := self._order.take(leaf.number):
            self._verdict.add(fault, leaf.number)
        if fault is not Fault.REPEATED:
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

    def _end(self, rows: BinaryIO) -> None:
        self._order.reach(self._signed.size)
        missing, good = self._order.missing() if self._verdict.signed else [], 0
        if self._refused or missing or self._verdict.faults:
            rows.seek(0)
            good, until = unchanged(rows, self._verifier)
            self._verdict.begins = (good, until) if until > good else None
        for number in sorted(self._refused):
            if not self._order.fill(number):
                self._verdict.add(Fault.INSERTED, number)
            else:
                self._lacking(Fault.ALTERED, number, number + 1, good)
        for first, end in missing:
            self._lacking(Fault.MISSING, first, end, good)
        if self._earlier and self._earlier.size > self._signed.size:
            self._verdict.add(Fault.SHORTENED, self._signed.size, self._earlier.size - 1)

    def _lacking(self, fault: Fault, first: int, end: int, good: int) -> None:
        """Leaves that are not proved; those before `good` are what was signed, by a checkpoint in between."""
        whole = min(end, max(first, good))
        if first < whole:
            self._verdict.add(Fault.PROOF, first, whole - 1)
            self._verdict.proved += whole - first
        if whole < end:
            self._verdict.add(fault, whole, end - 1)


def unchanged(rows: Iterable[bytes], verifier: Verifier) -> tuple[int, int]:
    """How many of the first lines are, in this order, what was signed, by the checkpoints in between; and the size of
    the first signed checkpoint by which they no longer are, 0 where there is none."""
    growing, good = merkle.Growing(), 0
    head: Checkpoint | None = None
    for raw in rows:
        row = _object(raw) or {}
        if leaf := _leaf(row):
            growing.append(leaf.hash)
        elif "checkpoint" in row:
            head = _opened(verifier, row["checkpoint"])
        elif signed := _opened(verifier, row.get("signed")):
            if _differs(growing, signed):
                return good, signed.size
            good = signed.size
    if head is None or not _differs(growing, head):
        return (good, max(good, growing.size)) if head is None else (head.size, 0)
    return good, head.size


def _differs(growing: merkle.Growing, signed: Checkpoint) -> bool:
    return (growing.size, growing.root) != (signed.size, signed.root)
