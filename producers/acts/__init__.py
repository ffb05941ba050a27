"""What each 届出 does to the records: pure functions from a notice and a locked view of the register to Changes.

One module per family of acts, each opening with its rules. Each refuses what the law refuses, with a code of
`producers.refusals`; none touches anything.
"""

from collections.abc import Callable, Mapping
from typing import Any

from producers.acts import (
    birth,
    composition,
    death,
    ex_officio,
    head,
    matters,
    move_in,
    move_out,
    names,
    nationality,
    numbers,
    protection,
    relocate,
    undoing,
)
from producers.household import View
from producers.outbox import Draft

Act = Callable[[Any, View], list[Draft]]

ACTS: Mapping[str, Act] = {
    "move-in": move_in.to_changes,
    "move-in-abroad": move_in.abroad,
    "relocate": relocate.to_changes,
    "move-out": move_out.to_changes,
    "move-out-abroad": move_out.abroad,
    "move-out-confirmed": move_out.confirmed,
    "move-out-due": move_out.due,
    "move-out-cancelled": move_out.cancelled,
    "birth": birth.to_changes,
    "death": death.to_changes,
    "head-change": head.to_changes,
    "household-split": composition.split,
    "household-merge": composition.merge,
    "household-change": composition.change,
    "relationship-change": composition.relationship,
    "ex-officio-entry": ex_officio.entry,
    "ex-officio-delete": ex_officio.deletion,
    "ex-officio-correction": ex_officio.correction,
    "minor-correction": ex_officio.minor,
    "naturalization": nationality.naturalized,
    "nationality-lost": nationality.lost,
    "residence-status": nationality.residence,
    "nationality-correction": nationality.corrected,
    "former-surname": names.former_surname,
    "alias": names.alias,
    "furigana": names.furigana,
    "honseki-correction": matters.honseki,
    "my-number-entry": numbers.my_number_entry,
    "my-number-request": numbers.my_number_request,
    "my-number-correction": numbers.my_number_correction,
    "juminhyo-code-entry": numbers.juminhyo_code_entry,
    "juminhyo-code-request": numbers.juminhyo_code_request,
    "qualification": matters.qualification,
    "electoral-roll": matters.electoral_roll,
    "card-request": matters.card,
    "reissue": matters.reissue,
    "protection-start": protection.start,
    "protection-extend": protection.extend,
    "protection-end": protection.end,
    "cancel": undoing.cancel,
    "restore": undoing.restore,
}

__all__ = ["ACTS", "Act"]
