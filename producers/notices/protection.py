"""支援措置 (事務処理要領第5-10): the forms of its beginning, extension and end."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from contracts.record import DvProtection, MunicipalNumber
from producers.notices.form import Date, Day, Decided, Notice, OfSeveral, Text


class OtherParty(BaseModel):
    """相手方: by `atena_no` where this city has or had a record, else by name."""

    model_config = Notice.model_config

    atena_no: MunicipalNumber | None = None
    name: Text | None = None
    birth_date: Date | None = None
    address: Text | None = None


Parties = Annotated[list[OtherParty], Field(default_factory=list)]


class ProtectionStart(OfSeveral):
    """支援措置の開始; members at the same address may be included. One year, unless stated."""

    act: Literal["protection-start"]
    category: Text
    starts_on: Day
    ends_on: Day | None = None
    other_parties: Parties

    @property
    def on(self) -> Any:
        return self.starts_on

    def concerns(self) -> list[str]:
        numbers = (party.atena_no for party in self.other_parties)
        return [*self.atena_nos, *(number for number in numbers if number is not None)]

    def protection(self) -> DvProtection:
        """The item as it enters the record."""
        ends_on = self.ends_on or a_year_on(self.starts_on)
        return {"category": self.category, "starts_on": self.starts_on, "ends_on": ends_on}


class ProtectionExtend(OfSeveral, Decided):
    """支援措置の延長: a year from the end of the present one, unless stated."""

    act: Literal["protection-extend"]
    ends_on: Day | None = None


class ProtectionEnd(OfSeveral, Decided):
    """支援措置の終了, always by an explicit decision, never by the calendar."""

    act: Literal["protection-end"]


def a_year_on(day: str) -> str:
    """The same day of the next year; of 29 February, the 28th."""
    start = date.fromisoformat(day)
    leap_day = (start.month, start.day) == (2, 29)
    return (start.replace(month=2, day=28) if leap_day else start).replace(year=start.year + 1).isoformat()
