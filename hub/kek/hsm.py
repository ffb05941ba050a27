"""KEKs in a token behind PKCS#11 (an HSM). They are made there, used there, and cannot leave it.

    pkcs11:token=juki;object=juki-hub?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/run/secrets/pin

The place is a PKCS#11 URI (RFC 7512). `object` is the label of the hub's KEKs; which of them one is, stands in CKA_ID.
The PIN stands in a file that only its owner may read, never in the URI. A key of that label which is not sensitive,
could be extracted, or was not made in the token, is refused and not used.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import unquote

import pkcs11
from pkcs11 import Attribute, GCMParams, KeyType, Mechanism, ObjectClass

from hub.errors import DependencyUnavailable, UsageError
from hub.kek.place import SIZE, mismatch, next_id, sorted_ids, unknown
from hub.own_files import is_open_to_others

DRIVER: Final = "pkcs11"

_REMEDY: Final = "Look at token, module and PIN in HUB_KEK, and whether the token answers"
_PATH: Final = frozenset({"token", "object"})
_QUERY: Final = frozenset({"module-path", "pin-source"})

_KEK: Final[Mapping[Attribute, bool]] = {
    Attribute.TOKEN: True, Attribute.PRIVATE: True, Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False,
    Attribute.MODIFIABLE: False, Attribute.ENCRYPT: True, Attribute.DECRYPT: True, Attribute.WRAP: False,
    Attribute.UNWRAP: False, Attribute.SIGN: False, Attribute.VERIFY: False, Attribute.DERIVE: False,
}  # fmt: skip
_HELD: Final[Mapping[Attribute, bool]] = {
    Attribute.SENSITIVE: True, Attribute.ALWAYS_SENSITIVE: True, Attribute.EXTRACTABLE: False,
    Attribute.NEVER_EXTRACTABLE: True, Attribute.LOCAL: True,
}  # fmt: skip
"""What a token says of a key that was made in it and could never leave."""

_AWAY: Final = (
    pkcs11.SessionHandleInvalid, pkcs11.SessionClosed, pkcs11.DeviceRemoved, pkcs11.DeviceError,
    pkcs11.UserNotLoggedIn, pkcs11.TokenNotPresent, pkcs11.TokenNotRecognised, pkcs11.SlotIDInvalid,
)  # fmt: skip
"""Of a token that is away. Whatever else it answers, it was there and has refused."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Where:
    """A token, and the label of our KEKs in it."""

    module: str
    token: str
    label: str
    pin: Path = field(repr=False)


class Token:
    """The KEKs of one label in one token. Its session is opened when it is needed, and again when it has ended."""

    driver = DRIVER

    def __init__(self, where: Where) -> None:
        self._where = where

    def ids(self) -> list[str]:
        return sorted_ids(_name(key) for key in self._asked(self._keys))

    def make(self) -> str:
        made = next_id(DRIVER, self.ids())
        self._asked(lambda session: session.generate_key(
            KeyType.AES, SIZE * 8, id=made.encode(), label=self._where.label, store=True, template=dict(_KEK)
        ))  # fmt: skip
        return made

    def destroy(self, kek: str) -> None:
        self._asked(lambda session: [key.destroy() for key in self._keys(session, kek)])

    def encrypt(self, kek: str, nonce: bytes, key: bytes, bound: bytes) -> bytes:
        with_nonce = GCMParams(nonce, bound, 128)
        sealed: bytes = self._asked(lambda session: self._held(session, kek).encrypt(
            key, mechanism=Mechanism.AES_GCM, mechanism_param=with_nonce
        ))  # fmt: skip
        return sealed

    def decrypt(self, kek: str, nonce: bytes, sealed: bytes, bound: bytes) -> bytes:
        with_nonce = GCMParams(nonce, bound, 128)
        try:
            key: bytes = self._asked(lambda session: self._held(session, kek).decrypt(
                sealed, mechanism=Mechanism.AES_GCM, mechanism_param=with_nonce
            ))  # fmt: skip
        except _Refused:
            raise mismatch() from None
        return key

    def _held(self, session: Any, kek: str) -> Any:
        """The KEK of this id, if the token says that it could never leave."""
        found = self._keys(session, kek)
        if len(found) != 1:
            raise unknown(kek)
        if any(found[0][attribute] is not wanted for attribute, wanted in _HELD.items()):
            raise DependencyUnavailable("kek-not-safe", "KEK", "It could leave the token, or was not made there")
        return found[0]

    def _keys(self, session: Any, kek: str | None = None) -> list[Any]:
        wanted = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.LABEL: self._where.label}
        return list(session.get_objects(wanted | ({Attribute.ID: kek.encode()} if kek else {})))

    def _asked(self, act: Callable[[Any], Result]) -> Result:
        """Do it, and once more in a new session: tokens tell in many ways that a session is over."""
        try:
            return act(_session(self._where))
        except pkcs11.PKCS11Error:
            _SESSIONS.pop(_place(self._where), None)
        try:
            return act(_session(self._where))
        except _AWAY:
            raise DependencyUnavailable("kek-unavailable", "KEK", _REMEDY) from None
        except pkcs11.PKCS11Error:
            raise _Refused("kek-refused", "KEK", _REMEDY) from None


class _Refused(DependencyUnavailable):
    """The token was there and has refused."""


def where(uri: str) -> Where:
    """What a PKCS#11 URI names; UsageError where a part is missing or is none of ours. Its value is not told."""
    path, _, query = uri.removeprefix("pkcs11:").partition("?")
    named, asked = _pairs(path, ";"), _pairs(query, "&")
    pin = asked.get("pin-source", "").removeprefix("file:")
    if named.keys() != _PATH or asked.keys() != _QUERY or not all([*named.values(), *asked.values(), pin]):
        remedy = "pkcs11:token=…;object=…?module-path=…&pin-source=file:/…, and nothing else"
        raise UsageError("bad-setting", "HUB_KEK", remedy)
    return Where(asked["module-path"], named["token"], named["object"], Path(pin))


def _pairs(text: str, between: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(between) if part)
    return {name: unquote(value) for name, _, value in pairs}


_SESSIONS: Final[dict[tuple[str, str], Any]] = {}
"""One session per token and process: PKCS#11 logs a whole process in, and only once."""


def _place(where: Where) -> tuple[str, str]:
    return where.module, where.token


def _session(where: Where) -> Any:
    if (place := _place(where)) not in _SESSIONS:
        try:
            token = pkcs11.lib(where.module).get_token(token_label=where.token)
            _SESSIONS[place] = _opened(token, _pin(where.pin))
        except (pkcs11.PKCS11Error, RuntimeError):
            raise DependencyUnavailable("kek-unavailable", "KEK", _REMEDY) from None
    return _SESSIONS[place]


def _opened(token: Any, pin: str) -> Any:
    try:
        return token.open(rw=True, user_pin=pin)
    except pkcs11.UserAlreadyLoggedIn:  # another session of this process is still there
        return token.open(rw=True)


def _pin(file: Path) -> str:
    try:
        is_open = is_open_to_others(file)
        pin = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise DependencyUnavailable("pin-unreadable", "HUB_KEK", "The file of pin-source") from None
    if is_open or not re.fullmatch(r"\S{4,255}", pin):
        raise DependencyUnavailable("pin-not-safe", "HUB_KEK", "One word, readable by its owner alone (chmod 600)")
    return pin


def _name(key: Any) -> str:
    return bytes(key[Attribute.ID]).decode("ascii", "replace")
