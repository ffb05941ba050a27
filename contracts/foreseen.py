"""What a draft would have told where the ledger alone is left: only what is certain, and else that nobody can know.

The ledger has no values and no kinds, only who was told, in which state, and which items. From that follows
- a contract that is gone or has ended tells nothing; one that is the same, word for word, tells the same;
- who was told is still told if the draft concerns the same people, treats protected persons alike and hears all that
  was heard, and, of somebody inside, has every item of which a difference may have been the occasion; its items are
  then the draft's;
- who was not told is still not told if the contract was in force and the draft is in nothing wider.
Everything else is Unknown.
"""

from dataclasses import dataclass, replace
from datetime import date

from contracts.contract import Contract
from contracts.decide import NOT_IN_FORCE, Silence


@dataclass(frozen=True, slots=True)
class Recorded:
    """A disclosure as the ledger has it: its state and the ids of its items, without values."""

    state: str
    items: tuple[str, ...]
    contract_hash: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Whether the draft would have told, or what, cannot be known any more."""


UNKNOWN = Unknown()


@dataclass(frozen=True, slots=True)
class Drafted:
    """A contract of a draft, `as_if` in force from the beginning of time, and its grants with it; their ends hold."""

    hash: str
    as_if: Contract

    @classmethod
    def of(cls, contract: Contract) -> "Drafted":
        """The contract as a draft; `hash` is that of the contract as it is written."""
        granted = tuple(replace(grant, since=date.min) for grant in contract.granted)
        return cls(contract.hash, replace(contract, in_force_from=date.min, granted=granted))


def foreseen(
    then: Recorded | Silence, agreed: Contract | None, drafted: Drafted | None, days: tuple[date, ...]
) -> Recorded | Silence | Unknown:
    """What the draft would have told; `agreed`: the contract then, None where nobody knows it.

    `days`: that of recording, as of which was decided, and others on which a contract had to be in force as well.
    """
    if drafted is None:
        return NOT_IN_FORCE
    if drafted.hash == (agreed.hash if agreed else _hash(then)):
        return then
    draft = drafted.as_if
    if not all(map(draft.in_force, days)):
        return NOT_IN_FORCE
    if agreed is None or not _concern_the_same(agreed, draft):
        return UNKNOWN
    if isinstance(then, Recorded):
        return _still_told(then, agreed, draft, days[0])
    in_force = all(map(agreed.in_force, days))
    return then if in_force and _in_nothing_wider(agreed, draft, days[0]) else UNKNOWN


def _hash(then: Recorded | Silence) -> str:
    return then.contract_hash if isinstance(then, Recorded) else ""


def _concern_the_same(agreed: Contract, draft: Contract) -> bool:
    return (agreed.population, agreed.protected) == (draft.population, draft.protected)


def _still_told(then: Recorded, agreed: Contract, draft: Contract, on: date) -> Recorded | Unknown:
    if not agreed.hears <= draft.hears:
        return UNKNOWN
    if then.state == "left":
        return Recorded(then.state, (draft.identifier,))
    items = draft.permitted(on)
    if then.state == "inside" and not (set(agreed.permitted(on)) <= set(items) and agreed.always <= draft.always):
        return UNKNOWN
    if then.state == "entered" and "change_reason" in items and agreed.hears != draft.hears:
        return UNKNOWN  # the reason is null where the kind is not heard, and may not have been
    return Recorded(then.state, items)


def _in_nothing_wider(agreed: Contract, draft: Contract, on: date) -> bool:
    return (
        draft.hears <= agreed.hears
        and draft.always <= agreed.always
        and set(draft.permitted(on)) <= set(agreed.permitted(on))
    )
