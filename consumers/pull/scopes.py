"""Scopes: `<system>:<resource>:<operation>`, each for one contract alone. Pure.

    juki:contracts.welfare:read             what the contract permits
    juki:disclosures.welfare:read           what it is told
    juki:acknowledgements.welfare:write     what was taken, or refused
    juki:keys.welfare:read                  the content keys that open it

The contract stands in the resource, so that a scope of one contract is never one of another. The system's id is
HUB_SYSTEM.
"""

from collections.abc import Iterable
from enum import StrEnum


class Right(StrEnum):
    """What a client may do for its contract: resource and operation."""

    CONTRACT = "contracts:read"
    DISCLOSURES = "disclosures:read"
    ACKNOWLEDGE = "acknowledgements:write"
    KEYS = "keys:read"


def scope(system: str, contract: str, right: Right) -> str:
    """The scope by which `right` is asked for."""
    resource, operation = right.split(":")
    return f"{system}:{resource}.{contract}:{operation}"


def asked(text: str | None, system: str, contract: str, given: Iterable[Right]) -> tuple[Right, ...] | None:
    """The rights that the parameter `text` asks for, all of `given` where it is absent; None where one is not given."""
    known = {scope(system, contract, right): right for right in given}
    if text is None:
        return tuple(known.values())
    words = text.split(" ")
    if not set(words) <= known.keys():
        return None
    return tuple(right for name, right in known.items() if name in words)


def spelled(system: str, contract: str, rights: Iterable[Right]) -> str:
    """The rights as the scope of a token."""
    return " ".join(scope(system, contract, right) for right in rights)
