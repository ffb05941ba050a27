"""What every place of KEKs promises, and how a KEK is called.

`<driver>-<n>-<8 hex digits>`: the n-th KEK of its place. The digits make two KEKs differ that were made at one number
in two places. The first KEK of the file driver is `file-1`, without them.
"""

import re
import secrets
from collections.abc import Iterable
from typing import Final, Protocol

from hub.errors import DependencyUnavailable

SIZE: Final = 32
"""Bytes of a KEK, and of each key that it wraps."""

_ID: Final = re.compile(r"([a-z0-9]{1,16})-([1-9][0-9]{0,5})(-[0-9a-f]{8})?")


class Place(Protocol):
    """Where KEKs lie. None of them is ever handed out: it is named, and used where it lies."""

    driver: str

    def ids(self) -> list[str]:
        """The KEKs that are there, oldest first. Asked anew each time, since another process may have made one."""

    def make(self) -> str:
        """A new KEK, from now on the newest; its id."""

    def destroy(self, kek: str) -> None:
        """End a KEK for good; what is wrapped under it never opens again."""

    def encrypt(self, kek: str, nonce: bytes, key: bytes, bound: bytes) -> bytes:
        """AES-256-GCM with `bound` as associated data."""

    def decrypt(self, kek: str, nonce: bytes, sealed: bytes, bound: bytes) -> bytes:
        """The key again; DependencyUnavailable: kek-unknown, or kek-mismatch where anything does not fit."""


def mismatch() -> DependencyUnavailable:
    """KEK, name and wrapped key do not belong together."""
    remedy = "The KEK is not the one that wrapped this key: restore the KEK that belongs to this database"
    return DependencyUnavailable("kek-mismatch", "KEK", remedy)


def unknown(kek: str) -> DependencyUnavailable:
    """The KEK is not where it should lie."""
    return DependencyUnavailable("kek-unknown", "KEK", f"{kek} is not there: restore it, or name HUB_KEK_FORMER")


def is_id(text: str) -> bool:
    """Whether it is the id of a KEK."""
    return _ID.fullmatch(text) is not None


def number(kek: str) -> int:
    """Which one it is of its place; 0 for what is no id."""
    found = _ID.fullmatch(kek)
    return int(found[2]) if found else 0


def driver(kek: str) -> str:
    """By which driver it is kept."""
    return kek.split("-", 1)[0]


def sorted_ids(found: Iterable[str]) -> list[str]:
    """Those that are ids, oldest first."""
    return sorted(filter(is_id, found), key=lambda kek: (number(kek), kek))


def next_id(driver: str, there: Iterable[str]) -> str:
    """The id of the KEK after those that are there."""
    return f"{driver}-{max(map(number, there), default=0) + 1}-{secrets.token_hex(4)}"
