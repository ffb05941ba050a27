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


def kept(record: Registered, contract: Contract, on: date) -> dict[str, Any] | None:
    """Every item that a copy has of `record` on the day `on`; None where the copy has nobody."""
    if not contract.in_force(on) or not belongs(record, contract, on):
        return None
    protected = is_protected(record)
    if contract.protected == "withhold" and protected:
        return None
    held = {item: record.get(item) for item in contract.permitted(on) if item not in OF_THE_CHANGE}
    if "is_japanese" in held:
        held["is_japanese"] = is_japanese(record)
    return held | ({FLAG: protected} if "dv_protection" in held and contract.protected == "deliver" else {})
