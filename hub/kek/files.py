"""KEKs in files, 32 random bytes each, that only their owner may read. For development and the demo alone."""

import os
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.errors import DependencyUnavailable
from hub.kek.place import SIZE, mismatch, next_id, sorted_ids, unknown
from hub.own_files import is_open_to_others, write_once

DRIVER: Final = "file"
FIRST: Final = f"{DRIVER}-1"
_FIRST_NAME: Final = "kek"
"""Of the file of the first; those after it lie beside it under their ids."""


class Files:
    """The KEKs in one folder. The first is made when it is first asked for; of two processes both get the same."""

    driver = DRIVER

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def ids(self) -> list[str]:
        if not (there := self._there()):
            write_once(self._folder / _FIRST_NAME, os.urandom(SIZE))
            there = self._there()
        return there

    def make(self) -> str:
        made = next_id(DRIVER, self.ids())
        write_once(self._folder / made, os.urandom(SIZE))
        return made

    def destroy(self, kek: str) -> None:
        self._file(kek).unlink(missing_ok=True)

    def encrypt(self, kek: str, nonce: bytes, key: bytes, bound: bytes) -> bytes:
        return self._cipher(kek).encrypt(nonce, key, bound)

    def decrypt(self, kek: str, nonce: bytes, sealed: bytes, bound: bytes) -> bytes:
        try:
            return self._cipher(kek).decrypt(nonce, sealed, bound)
        except (InvalidTag, ValueError):
            raise mismatch() from None

    def _there(self) -> list[str]:
        found = sorted_ids(file.name for file in self._folder.glob(f"{DRIVER}-*"))
        return [*([FIRST] if (self._folder / _FIRST_NAME).exists() else []), *found]

    def _cipher(self, kek: str) -> AESGCM:
        file = self._file(kek)
        try:
            content = file.read_bytes()
        except FileNotFoundError:
            raise unknown(kek) from None
        if is_open_to_others(file) or len(content) != SIZE:
            remedy = "It must hold 32 bytes and be readable by its owner alone (chmod 600)"
            raise DependencyUnavailable("kek-not-safe", "KEK", remedy)
        return AESGCM(content)

    def _file(self, kek: str) -> Path:
        return self._folder / (_FIRST_NAME if kek == FIRST else kek)
