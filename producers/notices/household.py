"""出生, 死亡 and changes of households without a move: the forms."""

from typing import Any, ClassVar, Literal

from contracts.record import MunicipalNumber
from producers.notices.form import Changed, Date, Leaving, Movers, Newcomer, Notice, OfSeveral, Relationships


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


class _Composition(Changed):
    """世帯の変更 (住基法25条)."""

    days: ClassVar[int | None] = 14


class HeadChange(_Composition):
    """世帯主変更 (住基法25条): `new_head` is a member; each other member's 続柄 to the new head is stated."""

    act: Literal["head-change"]
    new_head: MunicipalNumber
    relationships: Relationships

    def concerns(self) -> list[str]:
        return [self.new_head]


class HouseholdSplit(Movers, _Composition):
    """世帯分離 (住基法25条): some of a household found one of their own at the same address."""

    act: Literal["household-split"]
    head: MunicipalNumber
    movers: Relationships
    """宛名番号 -> 続柄 to `head`, for each other who goes."""


class _IntoAnother(Movers, _Composition):
    household_no: MunicipalNumber
    movers: Relationships
    """宛名番号 -> 続柄 to the head of the household they come into."""

    def joins(self) -> str | None:
        return self.household_no


class HouseholdMerge(_IntoAnother):
    """世帯合併 (住基法25条): the whole of a household goes into another one at the same address."""

    act: Literal["household-merge"]


class HouseholdChange(_IntoAnother):
    """世帯変更 (住基法25条): some of a household go into another one at the same address."""

    act: Literal["household-change"]


class RelationshipChange(OfSeveral, _Composition):
    """続柄変更 (住基法25条, foreign nationals 30条の48): the household and its head stay."""

    act: Literal["relationship-change"]
    relationships: Relationships
