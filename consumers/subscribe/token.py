"""Opening one record: pure, but for the keys. A header is a claim until the token has opened.

In this order: a value of a size that can be ours; a JWE compact with exactly the hub's members and its one algorithm;
meant for this contract, and lying on the topic, in the partition and beside the record key that its header names; a
key; a seal that holds; a payload that is what the header promised.
"""

import base64
import json
import re
from dataclasses import dataclass
from typing import Any, Final, Protocol, get_args
from uuid import UUID

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from consumers.subscribe.events import Disclosure, Erased, KeysWanted, Place
from contracts.decide import State

LARGEST: Final = 131_072
"""Largest token, in bytes: twice what a Change of the largest size comes to when it is sealed."""

_NUMBERS, _TEXTS = ("part", "iat", "seq"), ("kid", "aud", "sub_topic", "ctr", "jti", "sub")
_MEMBERS: Final = frozenset({"alg", "enc", *_NUMBERS, *_TEXTS})
_PAYLOAD: Final = frozenset({"id", "contract", "version", "recorded_at", "state", "items"})
_OPTIONAL: Final = frozenset({"protected", "transfer"})
_KID: Final = re.compile(r"([a-z0-9][a-z0-9-]{0,62})\.[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SUBJECT: Final = 16


class Tokens(jwe.JWERegistry):
    """What a token may be sealed with, and how large it may be."""

    max_ciphertext_length = LARGEST


_TOKEN: Final = Tokens(algorithms=["dir", "A256GCM"], strict_check_header=False)  # ours names its place beside


class Keyring(Protocol):
    """Where keys come from; `keys.Keys` is one."""

    def find(self, kid: str) -> OctKey | None:
        """The key of this id, or None."""

    def destroyed(self, kid: str) -> bool:
        """Whether the key of this id is gone for good."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it came."""

    topic: str
    at: Place
    key: bytes | None
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a record is not believed."""

    at: Place
    code: str


Opened = Disclosure | Erased | KeysWanted | Refusal


def opened(record: Record, contract: str, keys: Keyring) -> Opened:
    """What `record` is to a subscriber of `contract`."""
    read = header(record.value)
    code = read if isinstance(read, str) else _misplaced(read, record, contract)
    if code or isinstance(read, str):
        return Refusal(record.at, code)
    key = keys.find(read["kid"])
    if key is None:
        gone = keys.destroyed(read["kid"])
        return Erased(record.at, read["seq"], read["kid"]) if gone else KeysWanted(record.at, read["kid"])
    payload = _unsealed(record.value or b"", key)
    return Refusal(record.at, "altered-token") if payload is None else _promised(record, read, payload)


def header(value: bytes | None) -> dict[str, Any] | str:
    """The members of a token's header, or the code of what is wrong with it."""
    if value is None:
        return "null-value"
    if len(value) > LARGEST:
        return "too-large"
    parts = value.split(b".")
    read = _parsed(parts[0]) if len(parts) == 5 and not parts[1] else None
    if read is None:
        return "not-a-token"
    if read.keys() != _MEMBERS or not _types_fit(read):
        return "bad-header"
    return read if (read["alg"], read["enc"]) == ("dir", "A256GCM") else "bad-algorithm"


def _parsed(encoded: bytes) -> dict[str, Any] | None:
    try:
        return _object(base64.urlsafe_b64decode(encoded + b"=" * (-len(encoded) % 4)))
    except ValueError:
        return None


def _object(text: bytes) -> dict[str, Any] | None:
    """An object of JSON; None where it is none. The parser's error quotes all of it, so it goes no further."""
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None


def _types_fit(read: dict[str, Any]) -> bool:
    return (
        all(type(read[name]) is int and 0 <= read[name] < 2**63 for name in _NUMBERS)
        and all(isinstance(read[name], str) for name in _TEXTS)
        and read["seq"] > 0
        and _KID.fullmatch(read["kid"]) is not None
        and _is_uuid(read["jti"])
    )


def _is_uuid(text: Any) -> bool:
    try:
        return isinstance(text, str) and str(UUID(text)) == text
    except ValueError:
        return False


def _misplaced(read: dict[str, Any], record: Record, contract: str) -> str:
    if (read["aud"], read["kid"].rsplit(".", 1)[0]) != (contract, contract):
        return "foreign-token"
    if (read["sub_topic"], read["part"]) != (record.topic, record.at.partition):
        return "moved-token"
    if record.key is None or len(record.key) != _SUBJECT:
        return "no-record-key"
    return "" if read["sub"] == record.key.hex() else "foreign-record-key"


def _unsealed(value: bytes, key: OctKey) -> bytes | None:
    """The payload; None where the seal does not hold."""
    try:
        return jwe.decrypt_compact(value, key, registry=_TOKEN).plaintext
    except (JoseError, ValueError):
        return None


def _promised(record: Record, read: dict[str, Any], payload: bytes) -> Opened:
    said = _object(payload)
    if said is None or said.keys() - _OPTIONAL != _PAYLOAD or not _payload_fits(said):
        return Refusal(record.at, "bad-payload")
    if (said["id"], said["contract"]) != (read["jti"], read["aud"]):
        return Refusal(record.at, "payload-mismatch")
    return Disclosure(
        record.at, read["seq"], UUID(read["jti"]), record.key or b"", read["ctr"], said["version"],
        said["recorded_at"], said["state"], said["items"], said.get("protected"),
        UUID(said["transfer"]) if "transfer" in said else None,
    )  # fmt: skip


def _payload_fits(said: dict[str, Any]) -> bool:
    return (
        type(said["version"]) is int
        and 0 < said["version"] < 2**63
        and isinstance(said["recorded_at"], str)
        and said["state"] in get_args(State)
        and isinstance(said["items"], dict)
        and isinstance(said.get("protected"), bool | None)
        and ("transfer" not in said or _is_uuid(said["transfer"]))
    )
