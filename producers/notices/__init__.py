"""The form of a 届出: one JSON object, strict, with nothing in it that is not foreseen.

Only the form is judged here. Check digits, characters and dates of a record are judged at the Change's own door, and
what the law refuses is judged by the act. A fault is named by field and closed code; neither a value nor the name of
an unknown field is repeated.
"""

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError

from producers.notices.ex_officio import (
    Correction,
    ExOfficioCorrection,
    ExOfficioDelete,
    ExOfficioEntry,
    MinorCorrection,
)
from producers.notices.form import RECEIPT, Leaving, Movers, Newcomer, Notice, OfOne
from producers.notices.household import (
    Birth,
    Death,
    HeadChange,
    HouseholdChange,
    HouseholdMerge,
    HouseholdSplit,
    RelationshipChange,
)
from producers.notices.items import (
    Alias,
    CardRequest,
    ElectoralRoll,
    FormerSurname,
    Furigana,
    HonsekiCorrection,
    JuminhyoCodeEntry,
    JuminhyoCodeRequest,
    MyNumberCorrection,
    MyNumberEntry,
    MyNumberRequest,
    Qualification,
    Reissue,
)
from producers.notices.moving import (
    Departure,
    Entering,
    MoveIn,
    MoveInAbroad,
    MoveOut,
    MoveOutAbroad,
    MoveOutCancelled,
    MoveOutConfirmed,
    MoveOutDue,
    Relocate,
)
from producers.notices.nationality import NationalityCorrection, NationalityLost, Naturalization, ResidenceUpdate
from producers.notices.protection import OtherParty, ProtectionEnd, ProtectionExtend, ProtectionStart
from producers.notices.undoing import Cancel, Restore
from producers.refusals import NoticeRefused

_FORMS: tuple[type[Notice], ...] = (
    MoveIn, MoveInAbroad, Relocate, MoveOut, MoveOutAbroad, MoveOutConfirmed, MoveOutDue, MoveOutCancelled,
    Birth, Death, HeadChange, HouseholdSplit, HouseholdMerge, HouseholdChange, RelationshipChange,
    ExOfficioEntry, ExOfficioDelete, ExOfficioCorrection, MinorCorrection,
    Naturalization, NationalityLost, ResidenceUpdate, NationalityCorrection,
    FormerSurname, Alias, Furigana, HonsekiCorrection,
    MyNumberEntry, MyNumberRequest, MyNumberCorrection, JuminhyoCodeEntry, JuminhyoCodeRequest,
    Qualification, ElectoralRoll, CardRequest, Reissue,
    ProtectionStart, ProtectionExtend, ProtectionEnd, Cancel, Restore,
)  # fmt: skip
NOTICES: Mapping[str, type[Notice]] = {get_args(form.model_fields["act"].annotation)[0]: form for form in _FORMS}
_ADAPTERS = {act: TypeAdapter(model) for act, model in NOTICES.items()}


def _fields(model: type[BaseModel]) -> set[str]:
    """The names of all fields of a form and of the forms in it: nothing else is ever repeated as a place."""
    inner = [part for field in model.model_fields.values() for part in _inside(field.annotation)]
    return {*model.model_fields, *(name for part in inner for name in _fields(part))}


def _inside(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _inside(part)]


_FIELDS = {name for form in _FORMS for name in _fields(form)}
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
    "NOTICES", "RECEIPT", "Alias", "Birth", "Cancel", "CardRequest", "Correction", "Death", "Departure",
    "ElectoralRoll", "Entering", "ExOfficioCorrection", "ExOfficioDelete", "ExOfficioEntry", "FormerSurname",
    "Furigana", "HeadChange", "HonsekiCorrection", "HouseholdChange", "HouseholdMerge", "HouseholdSplit",
    "JuminhyoCodeEntry", "JuminhyoCodeRequest", "Leaving", "MinorCorrection", "MoveIn", "MoveInAbroad", "MoveOut",
    "MoveOutAbroad", "MoveOutCancelled", "MoveOutConfirmed", "MoveOutDue", "Movers", "MyNumberCorrection",
    "MyNumberEntry", "MyNumberRequest", "NationalityCorrection", "NationalityLost", "Naturalization", "Newcomer",
    "Notice", "OfOne", "OtherParty", "ProtectionEnd", "ProtectionExtend", "ProtectionStart", "Qualification",
    "Reissue", "RelationshipChange", "Relocate", "ResidenceUpdate", "Restore", "read",
]  # fmt: skip
