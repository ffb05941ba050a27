"""A Disclosure (提供情報) as a subscriber finds it under the seal. Its content never shows in a repr or an error."""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from msgspec import UNSET, Meta, MsgspecError, Struct, UnsetType, convert
from msgspec.json import Decoder
from msgspec.structs import replace

from hub.errors import TokenRefused


class Disclosure(Struct, frozen=True):
    """What one subscriber is told of one change.

    `version`: microseconds, rising per resident. `items`: item id -> value, null where the register has none.
    `protected`: 支援措置; None where the disclosure does not say, which is to be read as protected.
    `recorded_at`: the time of recording as it was told, ISO 8601.
    `transfer`: the order of a 随時移転, whose items may be fewer than the contract permits; else None.
    `again`: an earlier hand-over of this one has failed; known here alone, not under the seal.
    """

    id: UUID
    contract: str
    version: int
    state: str
    items: dict[str, Any]
    protected: bool | None = None
    again: bool = False
    recorded_at: str = ""
    transfer: UUID | None = None

    def __repr__(self) -> str:
        return f"Disclosure(id={self.id!r}, contract={self.contract!r})"

    def flagged(self) -> "Disclosure":
        """The same, said of a protected person."""
        return replace(self, protected=True)

    def repeated(self) -> "Disclosure":
        """The same, said once more."""
        return replace(self, again=True)


class _Said(Struct, frozen=True, forbid_unknown_fields=True):
    """What is under the seal, and nothing else."""

    id: str
    contract: str
    version: Annotated[int, Meta(gt=0, le=2**63 - 1)]
    recorded_at: str
    state: Literal["entered", "inside", "deleted", "left"]
    items: dict[str, Any]
    protected: bool | None = None
    transfer: str | UnsetType = UNSET


_PARSED: Final = Decoder(_Said).decode


def read(payload: bytes, jti: str, contract: str) -> Disclosure:
    """The disclosure under an opened seal; TokenRefused where it is not the one that the header promised."""
    said = _parsed(payload)
    if said is None or not (said.transfer is UNSET or _is_uuid(said.transfer)):
        raise TokenRefused("bad-payload")
    if (said.id, said.contract) != (jti, contract):
        raise TokenRefused("payload-mismatch")
    return Disclosure(
        convert(jti, UUID), contract, said.version, said.state, said.items, said.protected, False, said.recorded_at,
        None if said.transfer is UNSET else UUID(said.transfer),
    )  # fmt: skip


def _parsed(payload: bytes) -> _Said | None:
    try:
        return _PARSED(payload)
    except (MsgspecError, UnicodeDecodeError, RecursionError):
        return None  # it would tell of the opened payload, so it is not even a context


def _is_uuid(told: str) -> bool:
    try:
        return str(UUID(told)) == told
    except ValueError:
        return False
