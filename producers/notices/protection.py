"""支援措置 (事務処理要領第5-10): the forms of its beginning, extension and end."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from contracts.record import DvProtection, MunicipalNumber
from producers.notices.form import Date, Day, Notice, Numbers, Text


class OtherParty(BaseModel):
    """相手方: by `atena_no` where this city has or had a record, else by name."""

    model_config = Notice.model_config

    atena_no: MunicipalNumber | None = None
    name: Text | None = None
    birth_date: Date | None = None
    address: Text | None = None


Parties = Annotated[list[OtherParty], Field(default_factory=list)]


class _Protection(Notice):
    atena_nos: Numbers

    def concerns(self) -> list[str]:
        return self.atena_nos

    def parties(self) -> list[OtherParty]:
        """From whom they are protected, as far as this notice says."""
        return []

    def others(self) -> list[str]:
        """宛名番号 of the other parties who have one."""
        return [party.atena_no for party in self.parties() if party.atena_no is not None]


class ProtectionStart(_Protection):
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
        return [*self.atena_nos, *self.others()]

    def parties(self) -> list[OtherParty]:
        return self.other_parties

    def protection(self) -> DvProtection:
        """The item as it enters the record."""
        ends_on = self.ends_on or a_year_on(self.starts_on)
        return {"category": self.category, "starts_on": self.starts_on, "ends_on": ends_on}


class ProtectionExtend(_Protection):
    """支援措置の延長: a year from the end of the present one, unless stated."""

    act: Literal["protection-extend"]
    decided_on: Day
    ends_on: Day | None = None

    @property
    def on(self) -> Any:
        return self.decided_on


class ProtectionEnd(_Protection):
    """支援措置の終了, always by an explicit decision, never by the calendar."""

    act: Literal["protection-end"]
    decided_on: Day

    @property
    def on(self) -> Any:
        return self.decided_on


def a_year_on(day: str) -> str:
    """The same day of the next year; of 29 February, the 28th."""
    start = date.fromisoformat(day)
    leap_day = (start.month, start.day) == (2, 29)
    return (start.replace(month=2, day=28) if leap_day else start).replace(year=start.year + 1).isoformat()
