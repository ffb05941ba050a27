"""What each 届出 does to the records: pure functions from a notice and a locked view of the register to Changes.

One module per act. Each refuses what the law refuses, with a code of `producers.refusals`; none touches anything.
"""

from collections.abc import Callable, Mapping
from typing import Any

from producers.acts import birth, death, head, move_in, move_out, protection, relocate
from producers.household import View
from producers.outbox import Draft

Act = Callable[[Any, View], list[Draft]]

ACTS: Mapping[str, Act] = {
    "move-in": move_in.to_changes,
    "relocate": relocate.to_changes,
    "move-out": move_out.to_changes,
    "move-out-confirmed": move_out.confirmed,
    "move-out-due": move_out.due,
    "birth": birth.to_changes,
    "death": death.to_changes,
    "head-change": head.to_changes,
    "protection-start": protection.start,
    "protection-end": protection.end,
}

__all__ = ["ACTS", "Act"]
