"""The form of a 届出: one JSON object, strict, with nothing in it that is not foreseen.

Only the form is judged here. Check digits, characters and dates of a record are judged at the Change's own door, and
what the law refuses is judged by the act. A fault is named by field and closed code; neither a value nor the name of
an unknown field is repeated.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from producers.notices.form import RECEIPT, Leaving, Newcomer, Notice
from producers.notices.household import Birth, Death, HeadChange, ProtectionEnd, ProtectionStart
from producers.notices.moving import MoveIn, MoveOut, MoveOutConfirmed, MoveOutDue, Movers, Relocate
from producers.refusals import NoticeRefused

NOTICES: Mapping[str, type[Notice]] = {
    "move-in": MoveIn, "relocate": Relocate, "move-out": MoveOut, "move-out-confirmed": MoveOutConfirmed,
    "move-out-due": MoveOutDue, "birth": Birth, "death": Death, "head-change": HeadChange,
    "protection-start": ProtectionStart, "protection-end": ProtectionEnd,
}  # fmt: skip
_ADAPTERS = {act: TypeAdapter(model) for act, model in NOTICES.items()}
_MODELS: tuple[type[BaseModel], ...] = (*NOTICES.values(), Newcomer)
_FIELDS = {name for model in _MODELS for name in model.model_fields}
_CODES = {"missing": "missing-field", "extra_forbidden": "unknown-field"}


def read(value: Any) -> Notice:
    """The notice that a JSON value holds; raises NoticeRefused."""
    act = value.get("act") if isinstance(value, dict) else None
    if not isinstance(act, str) or act not in _ADAPTERS:
        raise NoticeRefused("unknown-act", "act")
    try:
        return _ADAPTERS[act].validate_python(value)
    except ValidationError as refused:
        error = refused.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(part for part in error["loc"] if isinstance(part, str) and part in _FIELDS)
        raise NoticeRefused(_CODES.get(error["type"], "bad-value"), place) from None


__all__ = [
    "NOTICES", "RECEIPT", "Birth", "Death", "HeadChange", "Leaving", "MoveIn", "MoveOut", "MoveOutConfirmed",
    "MoveOutDue", "Movers", "Newcomer", "Notice", "ProtectionEnd", "ProtectionStart", "Relocate", "read",
]  # fmt: skip
