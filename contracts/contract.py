"""A Contract (提供契約): one subscriber, one purpose, one topic, and what the law lets it hear and have.

Everything here is expanded and in ids of the wire, so that two contracts mean the same if and only if their hashes are
equal: a kind that joins a group of law/kinds.toml changes the hash of every contract that hears the group.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Literal

from contracts.canonical import fingerprint

Protection = Literal["deliver", "suspend", "withhold"]

DEPARTMENTAL: Final = frozenset({"topic", "rest", "csv"})
"""Ways of handing over to departments of the city; every other way leads to a counterpart outside."""


@dataclass(frozen=True, slots=True)
class Population:
    """Whom a contract concerns. Ages are completed years, inclusive; None is no limit."""

    age_from: int | None = None
    age_to: int | None = None
    japanese: bool | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """決裁: who approved, on which day, under which reference."""

    by: str
    on: date
    ref: str


@dataclass(frozen=True, slots=True)
class Grant:
    """A conditional item, by id, that was switched on under an approval of its own."""

    item: str
    approved: Approval


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """One contract, complete and expanded.

    `items`: ids in the order of the file, granted ones last. `hears` and `always`: ids of kinds. `conditional`: ids
    that may be granted. `in_force_until`: last day in force, None for open-ended. `hash`: SHA-256 of `document()`.
    """

    id: str
    subscriber: str
    purpose: str
    basis: tuple[str, ...]
    hears: frozenset[str]
    items: tuple[str, ...]
    identifier: str
    protected: Protection
    via: str
    in_force_from: date
    approved: Approval
    always: frozenset[str] = frozenset()
    granted: tuple[Grant, ...] = ()
    conditional: tuple[str, ...] = ()
    population: Population | None = None
    mirror: bool = False
    in_force_until: date | None = None
    hash: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        """Fix the identity, once."""
        object.__setattr__(self, "hash", fingerprint(self.document()))

    def in_force(self, on: date) -> bool:
        """Whether the contract is in force on the day `on`; its first and last day included."""
        return self.in_force_from <= on and (self.in_force_until is None or on <= self.in_force_until)

    def document(self) -> dict[str, Any]:
        """All of the contract as JSON values: what its hash is taken of, and what is kept to explain it later."""
        return {
            "id": self.id, "subscriber": self.subscriber, "purpose": self.purpose, "basis": list(self.basis),
            "hears": sorted(self.hears), "always": sorted(self.always),
            "items": list(self.items), "granted": [_grant(grant) for grant in self.granted],
            "conditional": list(self.conditional), "identifier": self.identifier,
            "population": _population(self.population), "protected": self.protected, "mirror": self.mirror,
            "via": self.via, "approved": _approval(self.approved),
            "in_force": {"from": self.in_force_from.isoformat(), "until": _day(self.in_force_until)},
        }  # fmt: skip


def _population(population: Population | None) -> dict[str, Any] | None:
    if population is None:
        return None
    return {"age_from": population.age_from, "age_to": population.age_to, "japanese": population.japanese}


def _approval(approval: Approval) -> dict[str, str]:
    return {"by": approval.by, "on": approval.on.isoformat(), "ref": approval.ref}


def _grant(grant: Grant) -> dict[str, Any]:
    return {"item": grant.item, "approved": _approval(grant.approved)}


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
