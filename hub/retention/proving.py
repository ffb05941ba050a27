"""What proves that a certificate stands on the ledger: its line, the way to the signed root, and the checkpoint.

That is a receipt of the ledger (proofs/form.py), which goes along with the certificate; whoever has the ledger's
verifier key and the certificate's public key checks both with nothing else.
"""

import json
from hashlib import sha256
from io import BytesIO
from typing import Any
from uuid import UUID

from contracts.canonical import canonical
from contracts.errors import JukiError
from hub.database import Database
from hub.errors import UsageError
from hub.proofs import exporting
from hub.proofs.note import Verifier
from hub.proofs.verifying import verify

_LATER = frozenset({"nothing-signed", "not-signed-yet", "unknown-id"})
"""Of a line that the archive has, and that no checkpoint covers yet."""


async def receipt(database: Database, number: UUID) -> list[str] | None:
    """The receipt of the certificate's line; None until a checkpoint covers it."""
    try:
        lines, _ = await exporting.receipt(database, number)
    except JukiError as refused:
        if refused.code in _LATER:
            return None
        raise
    return [line.decode().rstrip("\n") for line in lines]


def proved(document: bytes, ledger_key: str) -> None:
    """JukiError unless the receipt in this document is signed by the ledger and is of this very certificate."""
    read = json.loads(document)
    lines = (read.get("ledger") or {}).get("receipt")
    if not lines:
        raise UsageError("no-receipt", "document", "It was printed before a checkpoint covered it: print it again")
    verdict = verify(BytesIO("".join(f"{line}\n" for line in lines).encode()), Verifier.of(ledger_key))
    if not verdict.sound or not verdict.proved:
        raise JukiError("receipt-invalid", "document")
    if sha256(canonical(read["certificate"])).hexdigest() not in {_digest(line) for line in lines[1:]}:
        raise JukiError("receipt-of-another", "document")


def _digest(line: str) -> str:
    """Of which certificate a line of a receipt speaks; empty where of none."""
    said: dict[str, Any] = json.loads(json.loads(line)["line"])
    return str(said.get("receipt_sha256", ""))
