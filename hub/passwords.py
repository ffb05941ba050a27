"""The one door to argon2: passwords are kept as Argon2id hashes that name their own cost.

The cost is the library's profile (RFC 9106, 64 MiB); a hash of an older profile is made anew at the next login.
"""

import secrets
import unicodedata
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from hub.errors import UsageError

SHORTEST: Final = 12
LONGEST: Final = 128

_HASHER: Final = PasswordHasher()


def hashed(password: str, name: str) -> str:
    """The hash to be kept; UsageError for a password that is too short, too long, or holds the account's name."""
    clean = _clean(password)
    if not SHORTEST <= len(clean) <= LONGEST:
        raise UsageError("password-length", "password", f"{SHORTEST} to {LONGEST} characters")
    if name.casefold() in clean.casefold() or len(set(clean)) < SHORTEST // 2:
        raise UsageError("password-guessable", "password", "Not the account's name, and not the same few characters")
    return _HASHER.hash(clean)


def provisional(name: str) -> str:
    """A password that somebody gets from another person and changes at once."""
    while name in (made := secrets.token_urlsafe(15)).casefold() or len(set(made)) < SHORTEST // 2:
        pass
    return made


def fits(kept: str | None, password: str) -> bool:
    """Whether `password` is that of the hash. Without one it takes as long, and the answer is no."""
    nobodys = _of_nobody()  # made on both ways: the first one of a process takes time
    try:
        return _HASHER.verify(kept or nobodys, _clean(password)[: LONGEST + 1]) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def renewed(password: str) -> str:
    """The hash of a password that has just been proved, at the cost of today."""
    return _HASHER.hash(_clean(password))


def outdated(kept: str) -> bool:
    """Whether the hash was made at another cost than the one of today."""
    return _HASHER.check_needs_rehash(kept)


def _clean(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


@cache
def _of_nobody() -> str:
    return _HASHER.hash("nobody has this one")
