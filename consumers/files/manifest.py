"""The manifest: what a file consists of, written last. A file without one does not exist for whoever reads.

It says counts, digests and places, and nothing of a resident; the report on characters is sealed. All that it says
stands once more under the seal of the contract's content key (`sealed`), so that nobody who may write to the storage
can say something else. `previous` is the digest of the manifest before: a file that is missing is noticed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Final, Literal

import orjson

from consumers.files.lines import CELLS
from consumers.files.sealing import Binding, opened, sealed
from contracts.change import JAPAN
from hub.errors import TokenRefused
from hub.seal import ContentKey

FORM: Final = "juki-file/1"
NAME: Final = "manifest.json"
Kind = Literal["daily", "full"]


@dataclass(frozen=True, slots=True)
class Piece:
    """One object. `lines`: disclosures in it; `size`: its bytes."""

    name: str
    lines: int
    size: int
    sha256: str

    @classmethod
    def of(cls, number: int, lines: int, content: bytes) -> "Piece":
        """Piece `number` of a file."""
        return cls(f"{number:06d}.jwe", lines, len(content), sha256(content).hexdigest())


@dataclass(frozen=True, slots=True)
class Title:
    """Which file it is. `number`: gapless per contract; `name`: its folder."""

    contract: str
    kind: Kind
    number: int
    name: str
    day: date
    previous: str | None


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in it. `seqs`: per partition the first and the last sequence number."""

    columns: Sequence[str]
    pieces: Sequence[Piece]
    seqs: Mapping[int, tuple[int, int]]
    characters: Mapping[str, Any]


def document(title: Title, contents: Contents, binding: Binding, key: ContentKey, written_at: datetime) -> bytes:
    """The manifest as it is put."""
    said = {
        "form": FORM, "contract": title.contract, "contract_hash": binding.ctr, "kid": binding.kid,
        "iat": binding.iat, "kind": title.kind, "number": title.number, "name": title.name,
        "day": title.day.isoformat(), "written_at": written_at.astimezone(JAPAN).isoformat(),
        "previous": title.previous, "rows": sum(piece.lines for piece in contents.pieces),
        "seqs": {str(part): list(seqs) for part, seqs in sorted(contents.seqs.items())},
        "charset": "UTF-8", "columns": list(contents.columns), "cells": CELLS,
        "pieces": [asdict(piece) for piece in contents.pieces],
    }  # fmt: skip
    inside = orjson.dumps({"manifest": said, "characters": contents.characters})
    token = sealed(key, binding, 0, inside, last=True)
    return orjson.dumps({**said, "sealed": token.decode()}, option=orjson.OPT_INDENT_2)


def belongs(content: bytes, title: Title, rows: int, key: ContentKey) -> bool:
    """Whether these bytes are the manifest of this very file, sealed by us and unaltered."""
    try:
        said = orjson.loads(content)
        token = said.pop("sealed").encode()
        binding = Binding(title.contract, title.name, said["kid"], said["contract_hash"], said["iat"])
        inside = orjson.loads(opened(key, binding, 0, token, last=True))
    except (ValueError, KeyError, TypeError, AttributeError, TokenRefused):
        return False
    return bool(inside["manifest"] == said and (said["number"], said["rows"]) == (title.number, rows))


def kid_of(content: bytes) -> str:
    """The key that a manifest says it is sealed under; nothing where it says none."""
    try:
        return str(orjson.loads(content)["kid"])
    except (ValueError, KeyError, TypeError):
        return ""

