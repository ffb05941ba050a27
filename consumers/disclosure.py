"""A Disclosure (提供情報) as a subscriber finds it under the seal. Its content never shows in a repr or an error."""

from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import orjson

from hub.errors import TokenRefused

STATES = frozenset({"entered", "inside", "deleted", "left"})
_NAMES = frozenset({"id", "contract", "version", "recorded_at", "state", "items"})
_OPTIONAL = frozenset({"protected", "transfer"})


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What one subscriber is told of one change.

    `version`: microseconds, rising per resident. `items`: item id -> value, null where the register has none.
    `protected`: 支援措置; None where the disclosure does not say, which is to be read as protected.
    `recorded_at`: the time of recording as it was told, ISO 8601.
    `transfer`: the order of a 随時移転, whose items may be fewer than the contract permits; else None.
    `again`: an earlier hand-over of this one has failed; known here alone, not under the seal.
    """

    id: UUID
    contract: str
    version: int = field(repr=False)
    state: str = field(repr=False)
    items: dict[str, Any] = field(repr=False)
    protected: bool | None = field(default=None, repr=False)
    again: bool = field(default=False, repr=False, compare=False)
    recorded_at: str = field(default="", repr=False, compare=False)
    transfer: UUID | None = field(default=None, repr=False)

    def flagged(self) -> "Disclosure":
        """The same, said of a protected person."""
        return replace(self, protected=True)


def read(payload: bytes, jti: str, contract: str) -> Disclosure:
    """The disclosure under an opened seal; TokenRefused where it is not the one that the header promised."""
    said = _parsed(payload)
    if not isinstance(said, dict) or said.keys() - _OPTIONAL != _NAMES or not _types_fit(said):
        raise TokenRefused("bad-payload")
    if (said["id"], said["contract"]) != (jti, contract):
        raise TokenRefused("payload-mismatch")
    return Disclosure(
        UUID(jti), contract, said["version"], said["state"], said["items"], said.get("protected"),
        recorded_at=said["recorded_at"], transfer=UUID(said["transfer"]) if "transfer" in said else None,
    )  # fmt: skip


def _parsed(payload: bytes) -> Any:
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError:
        return None  # its message and its `doc` would hold the opened payload, so it is not even a context


def _types_fit(said: dict[str, Any]) -> bool:
    return (
        type(said["version"]) is int
        and 0 < said["version"] < 2**63
        and isinstance(said["state"], str)
        and said["state"] in STATES
        and isinstance(said["items"], dict)
        and isinstance(said["recorded_at"], str)
        and isinstance(said.get("protected"), bool | None)
        and ("transfer" not in said or _is_uuid(said["transfer"]))
    )


def _is_uuid(told: Any) -> bool:
    try:
        return isinstance(told, str) and str(UUID(told)) == told
    except ValueError:
        return False
