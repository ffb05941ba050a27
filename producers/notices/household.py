"""出生, 死亡, 世帯主変更, 支援措置: the forms of notices about a household and its members."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from contracts.record import DvProtection, MunicipalNumber
from producers.notices.form import Date, Day, Leaving, Newcomer, Notice, Numbers, Relationships


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


class Death(Leaving):
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


def _a_year_on(day: str) -> str:
    start = date.fromisoformat(day)
    leap_day = (start.month, start.day) == (2, 29)
    return (start.replace(month=2, day=28) if leap_day else start).replace(year=start.year + 1).isoformat()
