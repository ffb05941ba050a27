"""What every 届出 has in common: receipt, day, who is concerned, who comes, who stays behind."""

import re
from datetime import date, timedelta
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from contracts.dates import is_date, last_day
from contracts.record import MunicipalNumber, ResidenceStatus
from producers.refusals import NoticeRefused

RECEIPT = re.compile(r"[0-9A-Za-z-]{1,40}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


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


def _change(value: str) -> str:
    if not _UUID.fullmatch(value):
        raise ValueError("not the id of a Change")
    return value


_DAY = {"type": "string", "format": "date"}
_PART = {"type": ["integer", "null"]}
INCOMPLETE = {
    "type": "object", "additionalProperties": False,
    "properties": {"year": _PART, "month": _PART, "day": _PART, "text": {"type": ["string", "null"]}},
}  # fmt: skip
"""A date of which parts are unknown (不詳), as a schema says it."""

Date = Annotated[Any, AfterValidator(_date), WithJsonSchema({"anyOf": [_DAY, INCOMPLETE]})]
Day = Annotated[str, AfterValidator(_complete), WithJsonSchema(_DAY)]
_RECEIPT = {"type": "string", "pattern": f"^{RECEIPT.pattern}$"}
Receipt = Annotated[str, AfterValidator(_receipt), WithJsonSchema(_RECEIPT)]
ChangeId = Annotated[str, AfterValidator(_change), WithJsonSchema({"type": "string", "format": "uuid"})]
Text = Annotated[str, Field(min_length=1)]
Numbers = Annotated[list[MunicipalNumber], Field(min_length=1)]
Relationships = Annotated[dict[str, Annotated[str, Field(min_length=1)]], Field(default_factory=dict)]


class Notice(BaseModel):
    """What every 届出 says: its receipt number, which makes it repeatable, and the day it was brought."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)

    receipt: Receipt
    notified_on: Day

    act: str
    happens_first: ClassVar[bool] = True
    """Whether the act may only be notified once it has happened."""
    days: ClassVar[int | None] = None
    """Days within which the law wants it notified, where it sets any; the first is not counted (民法140条)."""
    looks_back: ClassVar[bool] = False
    """Whether the act has to know what was recorded before about those concerned."""

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

    def brings(self) -> list[str]:
        """個人番号 that are stated, and must be nobody else's."""
        return [person.my_number for person in self.newcomers() if person.my_number is not None]

    def allots(self) -> int:
        """How many sets of this city's own numbers the act may need."""
        return len(self.newcomers())

    def undoes(self) -> UUID | None:
        """The Change that is taken back, with whatever was recorded under the same notice."""
        return None

    def remarks(self) -> tuple[str, ...]:
        """What the clerk is told although the notice is accepted: `late` (住基法22, 23, 24, 25条, 30条の46から48)."""
        last = last_day(self.on) if isinstance(self.on, str) else None
        late = last is not None and self.days is not None and self.notified_on > _after(last, self.days)
        return ("late",) if late else ()

    def check_day(self, today: date) -> None:
        """NoticeRefused `not-yet-happened` where an event is notified that lies wholly in the future."""
        last = last_day(self.on)
        if self.happens_first and last is not None and isinstance(self.on, str) and last > today:
            raise NoticeRefused("not-yet-happened")


def _after(day: date, days: int) -> str:
    return (day + timedelta(days=days)).isoformat()


class ExOfficio(Notice):
    """What the mayor does without a notice by the resident (職権, 住基令12条): the ground on file is stated."""

    ground: Text


class Changed(Notice):
    """A notice of something that is otherwise since `changed_on`."""

    changed_on: Date

    @property
    def on(self) -> Any:
        return self.changed_on


class Decided(Notice):
    """A notice of what was decided on a day."""

    decided_on: Day

    @property
    def on(self) -> Any:
        return self.decided_on


class OfOne(Changed):
    """A notice about one person on the register."""

    atena_no: MunicipalNumber

    def concerns(self) -> list[str]:
        return [self.atena_no]


class OfSeveral(Notice):
    """A notice about people on the register, by 宛名番号."""

    atena_nos: Numbers

    def concerns(self) -> list[str]:
        return self.atena_nos


class Mentioned(BaseModel):
    """Items as they are to stand; what is not mentioned stays, an explicit null clears."""

    model_config = Notice.model_config

    def items(self) -> dict[str, Any]:
        """Only what is mentioned."""
        return self.model_dump(exclude_unset=True)


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


class Leaving(Notice):
    """A notice by which somebody may leave a household behind."""

    new_head: MunicipalNumber | None = None
    relationships: Relationships
    """宛名番号 -> 続柄 to the new head, for each who stays."""


class Movers(OfSeveral, Leaving):
    """People of one household who leave it together."""
