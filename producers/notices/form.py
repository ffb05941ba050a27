"""What every 届出 has in common: receipt, day, who is concerned, who comes, who stays behind."""

import re
from datetime import date
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from contracts.dates import is_date, last_day
from contracts.record import MunicipalNumber, ResidenceStatus
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


class Leaving(Notice):
    new_head: MunicipalNumber | None = None
    relationships: Relationships
    """宛名番号 -> 続柄 to the new head, for each who stays."""
