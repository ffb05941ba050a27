"""Contracts built in memory, for what the shipped ones do not have: withholding, an end, a trial."""

from datetime import date
from typing import Any

from contracts.change import Change
from contracts.contract import Approval, Contract
from contracts.decide import Disclosure, decide
from tests.people import change, record

ON = date(2026, 4, 2)
"""The day of decision, unless a test says otherwise."""
SOMEWHERE, ELSEWHERE = {"text": "架空市仮町1番地"}, {"text": "架空市別町2番地"}


def agreed(**changed: Any) -> Contract:
    """A contract that hears 転居, 死亡, 国内転入 and 支援措置の開始 and has four items, with what is changed."""
    terms: dict[str, Any] = {
        "id": "kosodate", "subscriber": "子ども政策課", "purpose": "児童手当の支給", "basis": ("庁内連携条例",),
        "hears": frozenset({"MOVE_IN_DOMESTIC", "DEATH", "RELOCATE", "PROTECTION_STARTED", "POPULATION_REVIEW"}),
        "items": ("atena_no", "name", "address", "birth_date"), "identifier": "atena_no", "protected": "deliver",
        "via": "topic", "in_force_from": date(2026, 4, 1),
        "approved": Approval("総務部法務", date(2026, 3, 20), "第1号"),
    }  # fmt: skip
    return Contract(**terms | changed)


def relocation(**changed: Any) -> Change:
    """転居 of a resident; what is `changed` is so before and after."""
    return change("RELOCATE", record(address=SOMEWHERE, **changed), record(address=ELSEWHERE, **changed))


def outcome(happened: Change, contract: Contract, on: date = ON) -> str:
    """The state that is told, or the silence."""
    decided = decide(happened, contract, on)
    return decided.state if isinstance(decided, Disclosure) else decided.reason


def told(happened: Change, contract: Contract, on: date = ON) -> Disclosure:
    """What is told; fails where nothing is."""
    decided = decide(happened, contract, on)
    assert isinstance(decided, Disclosure), decided
    return decided
