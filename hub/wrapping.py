"""How content keys and pseudonym keys are kept: wrapped by a KEK, behind `KeyWrapper`.

`FileKeyWrapper` is for development and the demo: its KEK is a file of 32 random bytes that only its owner may read.
It refuses production by name. Wrapping is AES-256-GCM with the key's own name as associated data, so that a wrapped
key cannot stand in for another one.
"""

import os
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.config import Settings
from hub.errors import DependencyUnavailable, NotPermitted

_NONCE = 12
_SIZE = 32


class KeyWrapper(Protocol):
    """Wraps a key of 32 bytes under a KEK that it never hands out."""

    version: str

    def wrap(self, key: bytes, name: str) -> bytes:
        """The wrapped form of `key`, bound to `name`."""

    def unwrap(self, wrapped: bytes, name: str) -> bytes:
        """The key again; DependencyUnavailable where KEK or name do not fit."""


class FileKeyWrapper:
    """KEK in a file. Development only."""

    version = "file-1"

    def __init__(self, kek: bytes) -> None:
        self._cipher = AESGCM(kek)

    @classmethod
    def at(cls, file: Path) -> "FileKeyWrapper":
        """The wrapper of the KEK in `file`, which is made where there is none; refuses one that others may read."""
        if not file.exists():
            write_once(file, os.urandom(_SIZE))
        kek = file.read_bytes()
        if file.stat().st_mode & 0o077 or len(kek) != _SIZE:
            remedy = "It must hold 32 bytes and be readable by its owner alone (chmod 600)"
            raise DependencyUnavailable("kek-not-safe", "KEK", remedy)
        return cls(kek)

    def wrap(self, key: bytes, name: str) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, key, name.encode())

    def unwrap(self, wrapped: bytes, name: str) -> bytes:
        try:
            return self._cipher.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], name.encode())
        except InvalidTag:
            remedy = "The KEK is not the one that wrapped this key: restore the KEK file of this database"
            raise DependencyUnavailable("kek-mismatch", "KEK", remedy) from None


def wrapper(settings: Settings) -> KeyWrapper:
    """The wrapper of these settings; refuses the file driver in production."""
    if settings.env == "production":
        raise NotPermitted("file-kek-in-production", "HUB_ENV")
    return FileKeyWrapper.at(settings.secrets_dir / "kek")


def write_once(file: Path, content: bytes) -> None:
    """A secret as a file that its owner alone may read; where somebody else was first, theirs stays."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_bytes(content)
    try:
        os.link(draft, file)  # fails where another process was first: then theirs is the KEK
    except FileExistsError:
        pass
    finally:
        draft.unlink()
