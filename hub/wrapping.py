"""How content keys and pseudonym keys are kept: wrapped by a KEK, behind `KeyWrapper`.

A KEK lies in a file (development, the demo) or in a token behind PKCS#11, and is used where it lies (kek/). A wrapped
key says under which KEK it is, so that it opens while KEKs are replaced; wrapped is always under the newest. Wrapping
is AES-256-GCM with the id of the KEK and the key's own name as associated data, so that a wrapped key cannot stand in
for another one.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from hub.config import Settings
from hub.errors import DependencyUnavailable, NotPermitted, UsageError
from hub.kek import files
from hub.kek.place import SIZE, Place, driver, is_id, mismatch, unknown

_NONCE: Final = 12
_SEALED: Final = SIZE + 16
_OLD: Final = _NONCE + _SEALED
"""Of the form before a wrapped key said its KEK, when there was one: `file-1`."""


class KeyWrapper:
    """Wraps keys of 32 bytes under KEKs that it never hands out. `places`: where they lie; new ones go to the first."""

    def __init__(self, places: Sequence[Place]) -> None:
        self._places = tuple(places)

    @property
    def place(self) -> Place:
        """Where new KEKs are made."""
        return self._places[0]

    @property
    def version(self) -> str:
        """The KEK that wraps now: the newest of the first place. DependencyUnavailable where it has none."""
        if not (there := self.place.ids()):
            raise DependencyUnavailable("no-kek", "KEK", "Make the first one: jukihub keys kek make")
        return there[-1]

    def ids(self) -> list[str]:
        """Every KEK that is there, those of former places first."""
        return [kek for place in reversed(self._places) for kek in place.ids()]

    def wrap(self, key: bytes, name: str) -> bytes:
        """The wrapped form of `key`, bound to `name`; `kek_of` says under which KEK it is."""
        if len(key) != SIZE:
            raise ValueError(SIZE)
        kek, nonce = self.version, os.urandom(_NONCE)
        return bytes([len(kek)]) + kek.encode() + nonce + self.place.encrypt(kek, nonce, key, _bound(kek, name))

    def unwrap(self, wrapped: bytes, name: str) -> bytes:
        """The key again; DependencyUnavailable where its KEK is not there, or KEK or name do not fit."""
        kek, sealed = kek_of(wrapped), wrapped[-_OLD:]
        bound = name.encode() if len(wrapped) == _OLD else _bound(kek, name)
        return self.having(kek).decrypt(kek, sealed[:_NONCE], sealed[_NONCE:], bound)

    def having(self, kek: str) -> Place:
        """The place in which this KEK should lie; DependencyUnavailable where none of ours is."""
        fitting = [place for place in self._places if place.driver == driver(kek)]
        for place in fitting:
            if len(fitting) == 1 or kek in place.ids():
                return place
        raise unknown(kek)


def kek_of(wrapped: bytes) -> str:
    """The id of the KEK that a wrapped key names; DependencyUnavailable where it is no wrapped key."""
    if len(wrapped) == _OLD:
        return files.FIRST
    kek = wrapped[1:-_OLD].decode("ascii", "replace") if len(wrapped) > _OLD else ""
    if wrapped[:1] != bytes([len(kek)]) or not is_id(kek):
        raise mismatch()
    return kek


def wrapper(settings: Settings) -> KeyWrapper:
    """The wrapper of these settings; refuses the file driver in production."""
    former = [settings.kek_former] if settings.kek_former else []
    return KeyWrapper([_place(settings, uri) for uri in (settings.kek, *former)])


def _place(settings: Settings, uri: str) -> Place:
    if uri.startswith("pkcs11:"):
        from hub.kek import hsm  # noqa: PLC0415 - who has no token needs no library for it

        return hsm.Token(hsm.where(uri))
    if uri and not uri.startswith("file:"):
        raise UsageError("bad-setting", "HUB_KEK", "file:/folder or pkcs11:…")
    if settings.env == "production":
        raise NotPermitted("file-kek-in-production", "HUB_ENV", "Name a token in HUB_KEK: pkcs11:…")
    return files.Files(Path(uri.removeprefix("file:")) if uri else settings.secrets_dir)


def _bound(kek: str, name: str) -> bytes:
    return f"{kek}\n{name}".encode()
