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
    """決裁: who approved, on which day, under which reference. A `sample` is nobody's: production refuses it."""

    by: str
    on: date
    ref: str
    sample: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """A conditional item, by id, that was switched on under an approval of its own; first and last day included."""

    item: str
    approved: Approval
    since: date
    until: date | None = None

    def in_force(self, on: date) -> bool:
        """Whether the item may be told on the day `on`."""
        return self.since <= on and (self.until is None or on <= self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """One contract, complete and expanded.

    `items`: ids in the order of the file. `granted`: conditional items that are switched on, each from its day. `hears`
    and `always`: ids of kinds. `conditional`: ids that may be granted. `in_force_until`: last day in force, None for
    open-ended. `shadow_from`: first day of the trial before it comes into force. `hash`: SHA-256 of `document()`.
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
    shadow_from: date | None = None
    hash: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        """Fix the identity, once."""
        object.__setattr__(self, "hash", fingerprint(self.document()))

    def in_force(self, on: date) -> bool:
        """Whether the contract is in force on the day `on`; its first and last day included."""
        return self.in_force_from <= on and (self.in_force_until is None or on <= self.in_force_until)

    def is_over(self, on: date) -> bool:
        """Whether its last day was before the day `on`."""
        return self.in_force_until is not None and self.in_force_until < on

    def in_shadow(self, on: date) -> bool:
        """Whether the contract is on trial on the day `on`: decided and counted, and nobody is told."""
        return self.shadow_from is not None and self.shadow_from <= on < self.in_force_from

    def permitted(self, on: date) -> tuple[str, ...]:
        """The items that may be told on the day `on`: its own, and behind them those granted by then."""
        if not self.granted:
            return self.items
        return (*self.items, *(grant.item for grant in self.granted if grant.in_force(on)))

    def document(self) -> dict[str, Any]:
        """All of the contract as JSON values: what its hash is taken of, and what is kept to explain it later."""
        return {
            "id": self.id, "subscriber": self.subscriber, "purpose": self.purpose, "basis": list(self.basis),
            "hears": sorted(self.hears), "always": sorted(self.always),
            "items": list(self.items), "granted": [_grant(grant) for grant in self.granted],
            "conditional": list(self.conditional), "identifier": self.identifier,
            "population": _population(self.population), "protected": self.protected, "mirror": self.mirror,
            "via": self.via, "approved": _approval(self.approved), "shadow_from": _day(self.shadow_from),
            "in_force": _period(self.in_force_from, self.in_force_until),
        }  # fmt: skip

    @classmethod
    def of(cls, document: dict[str, Any]) -> "Contract":
        """The contract of which `document` is the document."""
        return cls(
            id=document["id"], subscriber=document["subscriber"], purpose=document["purpose"],
            basis=tuple(document["basis"]), hears=frozenset(document["hears"]), always=frozenset(document["always"]),
            items=tuple(document["items"]), granted=tuple(map(_granted, document["granted"])),
            conditional=tuple(document["conditional"]), identifier=document["identifier"],
            population=Population(**document["population"]) if document["population"] else None,
            protected=document["protected"], mirror=document["mirror"], via=document["via"],
            approved=_approved(document["approved"]), shadow_from=_read(document["shadow_from"]),
            in_force_from=date.fromisoformat(document["in_force"]["from"]),
            in_force_until=_read(document["in_force"]["until"]),
        )  # fmt: skip


def _population(population: Population | None) -> dict[str, Any] | None:
    if population is None:
        return None
    return {"age_from": population.age_from, "age_to": population.age_to, "japanese": population.japanese}


def _approval(approval: Approval) -> dict[str, Any]:
    return {"by": approval.by, "on": approval.on.isoformat(), "ref": approval.ref, "sample": approval.sample}


def _approved(document: dict[str, Any]) -> Approval:
    return Approval(document["by"], date.fromisoformat(document["on"]), document["ref"], document["sample"])


def _grant(grant: Grant) -> dict[str, Any]:
    in_force = _period(grant.since, grant.until)
    return {"item": grant.item, "approved": _approval(grant.approved), "in_force": in_force}


def _granted(document: dict[str, Any]) -> Grant:
    since, until = document["in_force"]["from"], document["in_force"]["until"]
    return Grant(document["item"], _approved(document["approved"]), date.fromisoformat(since), _read(until))


def _period(since: date, until: date | None) -> dict[str, str | None]:
    return {"from": since.isoformat(), "until": _day(until)}


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _read(day: str | None) -> date | None:
    return None if day is None else date.fromisoformat(day)
