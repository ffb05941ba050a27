"""The form of a 届出: one JSON object, strict, with nothing in it that is not foreseen.

Only the form is judged here. Check digits, characters and dates of a record are judged at the Change's own door, and
what the law refuses is judged by the act. A fault is named by field and closed code; neither a value nor the name of
an unknown field is repeated.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from contracts.dates import is_date, last_day
from contracts.record import Address, DvProtection, MunicipalNumber, ResidenceStatus
from producers.refusals import NoticeRefused

RECEIPT = re.compile(r"[0-9A-Za-z-]{1,40}")


def _receipt(value: str) -> str:
    if not RECEIPT.fullmatch(value):
        raise ValueError("not a receipt number")
    return value


def _date(value: Any) -> Any:
    if not is_date(value):
        raise ValueError("no such date")
    return value


def _complete(value: str) -> str:
    if not is_date(value):
        raise ValueError("no such date")
    return value


Date = Annotated[Any, AfterValidator(_date)]
Day = Annotated[str, AfterValidator(_complete)]
Numbers = Annotated[list[MunicipalNumber], Field(min_length=1)]
Relationships = Annotated[dict[str, Annotated[str, Field(min_length=1)]], Field(default_factory=dict)]


class Notice(BaseModel):
    """What every 届出 says: its receipt number, which makes it repeatable, and the day it was brought."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)

    receipt: Annotated[str, AfterValidator(_receipt)]
    notified_on: Day

    act: str
    happens_first: ClassVar[bool] = True
    """Whether the act may only be notified once it has happened."""

    @property
    def on(self) -> Any:
        """The day of the event, possibly incomplete."""
        raise NotImplementedError

    def concerns(self) -> list[str]:
        """宛名番号 of everybody who is named."""
        raise NotImplementedError

    def joins(self) -> str | None:
        """世帯番号 of a household that is named as such."""
        return None

    def newcomers(self) -> list["Newcomer"]:
        """Persons who come onto the register."""
        return []

    def check_day(self, today: date) -> None:
        """NoticeRefused `not-yet-happened` where an event is notified that lies wholly in the future."""
        last = last_day(self.on)
        if self.happens_first and last is not None and isinstance(self.on, str) and last > today:
            raise NoticeRefused("not-yet-happened")


class Newcomer(BaseModel):
    """One person who comes onto the register, with what this city cannot know by itself."""

    model_config = Notice.model_config

    name: str
    name_furigana: str | None = None
    former_surname: str | None = None
    alias_name: str | None = None
    birth_date: Date
    sex: Literal["1", "2"]
    my_number: str | None = None
    juminhyo_code: str | None = None
    honseki: str | None = None
    nationality: str | None = None
    foreign_resident_since: Date | None = None
    art30_45_category: str | None = None
    residence_status: ResidenceStatus | None = None
    residence_expiry: Date | None = None
    residence_card_no: str | None = None
    relationship_to_head: Annotated[str, Field(min_length=1)]

    def items(self) -> dict[str, Any]:
        """The items of the record that the notice states."""
        return self.model_dump()


class MoveIn(Notice):
    """転入 (住基法22条), from inside the country. `household_no`: an existing household, or null for a new one."""

    act: Literal["move-in"]
    moved_on: Date
    household_no: MunicipalNumber | None = None
    address: Address
    previous_address: Address
    persons: Annotated[list[Newcomer], Field(min_length=1)]

    @property
    def on(self) -> Any:
        return self.moved_on

    def concerns(self) -> list[str]:
        return []

    def joins(self) -> str | None:
        return self.household_no

    def newcomers(self) -> list[Newcomer]:
        return self.persons


class Birth(Notice):
    """出生: the child enters the household of `parent`."""

    act: Literal["birth"]
    parent: MunicipalNumber
    child: Newcomer

    @property
    def on(self) -> Any:
        return self.child.birth_date

    def concerns(self) -> list[str]:
        return [self.parent]

    def newcomers(self) -> list[Newcomer]:
        return [self.child]


class _Leaving(Notice):
    new_head: MunicipalNumber | None = None
    relationships: Relationships
    """宛名番号 -> 続柄 to the new head, for each who stays."""


class Relocate(_Leaving):
    """転居 (住基法23条). All of a household: it keeps its number. Some: a new household, or an existing one."""

    act: Literal["relocate"]
    atena_nos: Numbers
    moved_on: Date
    address: Address
    household_no: MunicipalNumber | None = None
    head: MunicipalNumber | None = None
    """Who is head of the new household, where one is founded."""
    movers: Relationships
    """宛名番号 -> 続柄 to the head of the household they come into, for each who moves into another one."""

    @property
    def on(self) -> Any:
        return self.moved_on

    def concerns(self) -> list[str]:
        return self.atena_nos

    def joins(self) -> str | None:
        return self.household_no


class MoveOut(_Leaving):
    """転出 (住基法24条), filed before moving; filed late, the record is deleted at once."""

    act: Literal["move-out"]
    atena_nos: Numbers
    moves_on: Day
    destination: Address
    happens_first: ClassVar[bool] = False

    @property
    def on(self) -> Any:
        return self.moves_on

    def concerns(self) -> list[str]:
        return self.atena_nos


class MoveOutConfirmed(_Leaving):
    """転入通知 (住基法9条1項): the other municipality has entered them, so the planned move is carried out here."""

    act: Literal["move-out-confirmed"]
    atena_nos: Numbers
    moved_on: Day

    @property
    def on(self) -> Any:
        return self.moved_on

    def concerns(self) -> list[str]:
        return self.atena_nos


class Death(_Leaving):
    """死亡. The day may be incomplete (…日頃)."""

    act: Literal["death"]
    atena_no: MunicipalNumber
    died_on: Date

    @property
    def on(self) -> Any:
        return self.died_on

    def concerns(self) -> list[str]:
        return [self.atena_no]


class HeadChange(Notice):
    """世帯主変更 (住基法25条): `new_head` is a member; each other member's 続柄 to the new head is stated."""

    act: Literal["head-change"]
    new_head: MunicipalNumber
    relationships: Relationships
    changed_on: Date

    @property
    def on(self) -> Any:
        return self.changed_on

    def concerns(self) -> list[str]:
        return [self.new_head]


class ProtectionStart(Notice):
    """支援措置の開始 (事務処理要領第5-10); members at the same address may be included. One year, unless stated."""

    act: Literal["protection-start"]
    atena_nos: Numbers
    category: Annotated[str, Field(min_length=1)]
    starts_on: Day
    ends_on: Day | None = None

    @property
    def on(self) -> Any:
        return self.starts_on

    def concerns(self) -> list[str]:
        return self.atena_nos

    def protection(self) -> DvProtection:
        """The item as it enters the record."""
        ends_on = self.ends_on or _a_year_on(self.starts_on)
        return {"category": self.category, "starts_on": self.starts_on, "ends_on": ends_on}


class ProtectionEnd(Notice):
    """支援措置の終了, always by an explicit decision, never by the calendar."""

    act: Literal["protection-end"]
    atena_nos: Numbers
    decided_on: Day

    @property
    def on(self) -> Any:
        return self.decided_on

    def concerns(self) -> list[str]:
        return self.atena_nos


NOTICES: Mapping[str, type[Notice]] = {
    "move-in": MoveIn, "relocate": Relocate, "move-out": MoveOut, "move-out-confirmed": MoveOutConfirmed,
    "birth": Birth, "death": Death, "head-change": HeadChange,
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


def _a_year_on(day: str) -> str:
    start = date.fromisoformat(day)
    leap_day = (start.month, start.day) == (2, 29)
    return (start.replace(month=2, day=28) if leap_day else start).replace(year=start.year + 1).isoformat()
