"""What a subscriber that keeps a copy may hold of a record as it stands: by what both sides know whether they agree.

Pure. The same rules of population and protection as in `decide`, and the permitted items but those of the change
itself (記載・消除・修正の別, 異動事由, their dates), which say how a record came to be and not how it is.
"""

from datetime import date
from typing import Any, Final

from contracts.contract import Contract
from contracts.decide import Registered, belongs, is_japanese, is_protected

OF_THE_CHANGE: Final = frozenset({"change_action", "change_reason", "change_date", "removal_date"})
FLAG: Final = "protected"
"""Beside the items: whether the person is protected, where the contract lets it be known and the person be kept."""


def keepable(contract: Contract, on: date) -> tuple[str, ...]:
    """The names of what a copy has of each: every permitted item but those of the change, and FLAG where it is said."""
    items = tuple(item for item in contract.permitted(on) if item not in OF_THE_CHANGE)
    return (*items, FLAG) if "dv_protection" in items and contract.protected == "deliver" else items


def kept(record: Registered, contract: Contract, on: date) -> dict[str, Any] | None:
    """Everything that a copy has of `record` on the day `on`, by name; None where the copy has nobody."""
    if not contract.in_force(on) or not belongs(record, contract, on):
        return None
    protected = is_protected(record)
    if contract.protected == "withhold" and protected:
        return None
    held = {name: record.get(name) for name in keepable(contract, on)}
    if FLAG in held:
        held[FLAG] = protected
    if "is_japanese" in held:
        held["is_japanese"] = is_japanese(record)
    return held
