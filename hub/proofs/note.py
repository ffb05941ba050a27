"""Signed checkpoints: the texts of C2SP signed-note and tlog-checkpoint, with Ed25519. Pure.

A checkpoint says that the ledger had `size` leaves under the hash `root`: three lines, an empty one, and a signature
line. A verifier key is one word, `<name>+<key hash>+<key>`, and is all that an auditor needs; the signer's key is the
same with `PRIVATE+KEY+` before it. Other witnesses may sign the same text: lines of others are passed over.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from contracts.errors import JukiError
from hub.errors import UsageError

_ED25519: Final = b"\x01"
_PRIVATE: Final = "PRIVATE+KEY+"
_NAME: Final = re.compile(r"[^\s+]{1,200}")
_TEXT: Final = re.compile(r"([^\n]+)\n(0|[1-9][0-9]{0,18})\n([A-Za-z0-9+/]{43}=)\n")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What is signed. `origin`: which ledger, and the name of its key."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The lines that are signed."""
        return f"{self.origin}\n{self.size}\n{_encoded(self.root)}\n"


@dataclass(frozen=True, slots=True)
class Verifier:
    """The public half of a key."""

    name: str
    key: bytes

    @classmethod
    def of(cls, word: str) -> "Verifier":
        """The verifier that `word` says; UsageError where it is none."""
        name, key = _parts(word.strip())
        return cls(name, key)

    @property
    def hash(self) -> bytes:
        """Four bytes that a signature line names the key by."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.key).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.hash.hex()}+{_encoded(_ED25519 + self.key)}"

    def opened(self, note: str) -> Checkpoint:
        """The checkpoint, once this key's signature is found good; JukiError with a closed code otherwise."""
        read = parsed(note)
        if read.origin != self.name:
            raise JukiError("another-ledger", "checkpoint")
        own = [made for hashed, made in _signatures(note, self.name) if hashed == self.hash]
        if not own:
            raise JukiError("not-signed-by-this-key", "checkpoint")
        try:
            for made in own:
                Ed25519PublicKey.from_public_bytes(self.key).verify(made, read.text().encode())
        except (InvalidSignature, ValueError):
            raise JukiError("signature-invalid", "checkpoint") from None
        return read


class Signer:
    """The private half."""

    def __init__(self, name: str, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self._seed = seed
        self.verifier = Verifier(name, self._key.public_key().public_bytes_raw())

    @classmethod
    def new(cls, name: str) -> "Signer":
        """A new key of this name."""
        if not _NAME.fullmatch(name):
            raise UsageError("bad-key-name", "name")
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def of(cls, word: str) -> "Signer":
        """The signer that was written down as `word`; UsageError where it is none."""
        if not word.startswith(_PRIVATE):
            raise UsageError("bad-signing-key", "ledger-key")
        signer = cls(*_parts(word.strip().removeprefix(_PRIVATE), hashed=False))
        if word.strip() != signer.written():
            raise UsageError("bad-signing-key", "ledger-key")
        return signer

    def written(self) -> str:
        """The private key, as it is kept; never shown."""
        return f"{_PRIVATE}{self.verifier.name}+{self.verifier.hash.hex()}+{_encoded(_ED25519 + self._seed)}"

    def signed(self, size: int, root: bytes) -> str:
        """The checkpoint of a tree, signed."""
        text = Checkpoint(self.verifier.name, size, root).text()
        made = self.verifier.hash + self._key.sign(text.encode())
        return f"{text}\n— {self.verifier.name} {_encoded(made)}\n"


def parsed(note: str) -> Checkpoint:
    """What a note says, whoever has signed it; JukiError where it has not the form of a checkpoint."""
    text = note.partition("\n\n")[0] + "\n"
    if not (read := _TEXT.fullmatch(text)):
        raise JukiError("bad-checkpoint", "checkpoint")
    return Checkpoint(read[1], int(read[2]), base64.b64decode(read[3]))


def _signatures(note: str, name: str) -> list[tuple[bytes, bytes]]:
    start = f"— {name} "
    lines = [line.removeprefix(start) for line in note.partition("\n\n")[2].split("\n") if line.startswith(start)]
    return [(made[:4], made[4:]) for made in map(_decoded, lines) if made and len(made) == 4 + 64]


def _parts(word: str, *, hashed: bool = True) -> tuple[str, bytes]:
    name, _, rest = word.partition("+")
    key = _decoded(rest.partition("+")[2]) or b""
    if not _NAME.fullmatch(name) or len(key) != 33 or key[:1] != _ED25519:
        raise UsageError("bad-key", "key", "A verifier key is one word, as `jukihub ledger key` prints it")
    found = Verifier(name, key[1:])
    if hashed and rest.partition("+")[0] != found.hash.hex():
        raise UsageError("bad-key", "key", "Its hash does not fit: a part of it was lost or altered")
    return name, key[1:]


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
