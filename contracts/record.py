"""The form of a resident's record: 41 items by their ids on the wire, each of which may be null or missing.

The door checks form, not plausibility. Names are never normalised: what came in goes out. Items that are derived
(change_action, change_reason, change_date, removal_date, is_japanese) may stand in a record only as null, so that
nobody can write what the hub derives. Validators raise constants; no message holds a value.
"""

import re
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, StrictBool, StrictStr, StringConstraints, ValidationInfo, with_config
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from contracts.dates import is_date
from contracts.identifiers import juminhyo_code_fault, municipal_number_fault, municipality_code_fault, my_number_fault

STRICT = ConfigDict(strict=True, extra="forbid", hide_input_in_errors=True)

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def _text(value: str) -> str:
    if _UNPRINTABLE.search(value):
        raise PydanticCustomError("control-character", "no control characters and no lone surrogates")
    return value


def _checked(fault: Callable[[str], str | None]) -> AfterValidator:
    def check(value: str) -> str:
        code = fault(value)
        if code == "bad-check-digit":
            raise PydanticCustomError("bad-check-digit", "the check digit does not fit")
        if code == "all-same-digits":
            raise PydanticCustomError("all-same-digits", "one digit throughout")
        if code is not None:
            raise PydanticCustomError("bad-format", "not the form of this number")
        return value

    return AfterValidator(check)


def _plugged(value: str, info: ValidationInfo) -> str:
    if info.context is not None and not info.context(value):
        raise PydanticCustomError("bad-check-digit", "the check digit does not fit")
    return value


def _date(value: Any) -> Any:
    if not is_date(value):
        raise PydanticCustomError("bad-date", "no such date")
    if isinstance(value, dict) and isinstance(value.get("text"), str):
        _text(value["text"])
    return value


def _history(value: list[Any]) -> list[Any]:
    for entry in value:
        _history_entry(entry)
    return value


def _history_entry(entry: Any) -> None:
    parts = [*entry, *entry.values()] if isinstance(entry, dict) else [entry]
    for part in parts:
        if isinstance(part, str):
            _text(part)
        elif part is not None:
            _date(part)


def _derived(value: Any) -> None:
    if value is not None:
        raise PydanticCustomError("derived-item", "the hub derives this item; a record may not state it")


Text = Annotated[StrictStr, StringConstraints(pattern="^[^\\x00-\\x1f\\x7f-\\x9f]*$")]
MunicipalNumber = Annotated[StrictStr, _checked(municipal_number_fault)]
MunicipalityCode = Annotated[StrictStr, _checked(municipality_code_fault)]
MyNumber = Annotated[StrictStr, _checked(my_number_fault)]
JuminhyoCode = Annotated[StrictStr, _checked(juminhyo_code_fault), AfterValidator(_plugged)]
Date = Annotated[Any, AfterValidator(_date)]
Sex = Literal["1", "2"]
Derived = Annotated[Any, AfterValidator(_derived)]
History = Annotated[list[Any], AfterValidator(_history)]


@with_config(STRICT)
class Address(TypedDict, total=False):
    """住所. Every part may be null; abroad there is no municipality_code."""

    municipality_code: MunicipalityCode | None
    town: Text | None
    machiaza_id: Text | None
    number: Text | None
    building: Text | None
    postal_code: Text | None
    text: Text | None


@with_config(STRICT)
class ResidenceStatus(TypedDict, total=False):
    """在留資格・在留期間 (住基法30条の45)."""

    status: Text | None
    period: Text | None


@with_config(STRICT)
class DvProtection(TypedDict, total=False):
    """支援措置 (住民基本台帳事務処理要領第5-10)."""

    category: Text | None
    starts_on: Date | None
    ends_on: Date | None


@with_config(STRICT)
class SealRegistration(TypedDict, total=False):
    """印鑑登録 (ordinance of the city)."""

    number: Text | None
    registered_on: Date | None


@with_config(STRICT)
class Record(TypedDict, total=False):
    """One 住民票 with what belongs to it; `protected` is a control, not an item: missing or null means protected."""

    protected: StrictBool | None
    atena_no: MunicipalNumber | None
    household_no: MunicipalNumber | None
    togo_atena_no: MunicipalNumber | None
    my_number: MyNumber | None
    juminhyo_code: JuminhyoCode | None
    name: Text | None
    name_furigana: Text | None
    former_surname: Text | None
    alias_name: Text | None
    alias_history: History | None
    birth_date: Date | None
    sex: Sex | None
    address: Address | None
    address_fixed_date: Date | None
    resident_since: Date | None
    notified_date: Date | None
    previous_address: Address | None
    is_household_head: StrictBool | None
    household_head_name: Text | None
    relationship_to_head: Text | None
    honseki: Text | None
    electoral_roll: Text | None
    nhi_qual: Text | None
    latter_elderly_qual: Text | None
    ltci_qual: Text | None
    pension_qual: Text | None
    child_allowance_qual: Text | None
    nationality: Text | None
    is_japanese: Derived
    foreign_resident_since: Date | None
    art30_45_category: Text | None
    residence_status: ResidenceStatus | None
    residence_expiry: Date | None
    residence_card_no: Text | None
    removal_date: Derived
    move_out_destination: Address | None
    change_action: Derived
    change_reason: Derived
    change_date: Derived
    dv_protection: DvProtection | None
    seal_registration: SealRegistration | None
