"""How long an auditor's machine takes to verify an export of made-up disclosures, as a file on its disk.

The lines have the form and the length of real ones, each with a hash of its own where a real one has one. Verifying
alone is timed; how long the processor worked for it is told beside, because other work slows a wall clock down.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import orjson

from hub.proofs import form, merkle
from hub.proofs.note import Signer
from hub.proofs.verifying import verify

EVERY: Final = 50
"""Lines from one checkpoint to the next: what a minute brings where changes come one by one."""
_TILE: Final = 16 * form.BLOCK


@dataclass(frozen=True, slots=True)
class Measured:
    """`disclosures` named by `leaves` lines, in a file of `file_bytes`; `cpu_seconds` are those of one core."""

    disclosures: int
    leaves: int
    file_bytes: int
    seconds: float
    cpu_seconds: float


def measure(disclosures: int, per_line: int, file: Path) -> Measured:
    """Write an export to `file`, and verify it."""
    signer = Signer.new("juki-hub/bench/ledger")
    leaves = -(-disclosures // per_line)
    with file.open("wb") as opened:
        opened.writelines(exported(signer, leaves, lambda n: line(n, min(per_line, disclosures - n * per_line)), EVERY))
    worked, begun = time.process_time(), time.perf_counter()
    with file.open("rb") as rows:
        found = verify(rows, signer.verifier)
    took, cpu = time.perf_counter() - begun, time.process_time() - worked
    if not found.sound or found.disclosures != disclosures:
        raise AssertionError("what was made is not what was found")
    return Measured(found.disclosures, found.proved, file.stat().st_size, took, cpu)


def exported(signer: Signer, leaves: int, line_of: Callable[[int], bytes], every: int) -> Iterator[bytes]:
    """An export of `leaves` lines, signed after `every` so many. Each is asked for twice, so they need not be held."""
    hashes = [merkle.leaf_hash(line_of(n)) for n in range(leaves)]
    notes = _notes(signer, hashes, every)
    tiles = merkle.Tree([merkle.Tree(hashes[at : at + _TILE]).root for at in range(0, leaves, _TILE)])
    yield form.head(form.EXPORT, signer.signed(leaves, tiles.root))
    for first in range(0, leaves, _TILE):
        tile = [(hashes[n], line_of(n)) for n in range(first, min(first + _TILE, leaves))]
        yield from form.tile(first, tile, tiles.path(first // _TILE), notes)


def _notes(signer: Signer, hashes: Sequence[bytes], every: int) -> dict[int, str]:
    growing, notes = merkle.Growing(), dict[int, str]()
    for one in hashes[:-1]:
        growing.append(one)
        if growing.size % every == 0:
            notes[growing.size] = signer.signed(growing.size, growing.root)
    return notes


def line(n: int, told: int) -> bytes:
    """A made-up line of the ledger that names `told` disclosures."""
    own = hashlib.sha256(n.to_bytes(8, "big")).hexdigest()
    return orjson.dumps({
        "change": str(UUID(own[:32])), "subject": own[:32], "book": own, "decided_on": "2026-04-01",
        "recorded_at": "2026-04-01T10:15:00.123456+00:00", "told": [_told(n, at, own) for at in range(told)],
        "version": 1_775_092_500_000_000 + n, "digest": own,
    })  # fmt: skip


def _told(n: int, at: int, own: str) -> dict[str, Any]:
    return {
        "contract": f"department-{at}", "contract_hash": own, "disclosure": str(UUID(own[32:])), "seq": n,
        "state": "complete", "items": ["atena_no", "name", "birth_date", "sex", "address", "household_no"],
        "token_sha256": own,
    }  # fmt: skip
