"""転入, 転居, 転出: the forms of notices about moving."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from contracts.record import Address, MunicipalNumber
from producers.notices.form import Date, Day, Leaving, Newcomer, Notice, Numbers, Relationships


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


class Movers(Leaving):
    """People of one household, by 宛名番号, who leave it together."""

    atena_nos: Numbers

    def concerns(self) -> list[str]:
        return self.atena_nos


class Relocate(Movers):
    """転居 (住基法23条). All of a household: it keeps its number. Some: a new household, or an existing one."""

    act: Literal["relocate"]
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

    def joins(self) -> str | None:
        return self.household_no


class MoveOut(Movers):
    """転出 (住基法24条), filed before moving; filed late, the record is deleted at once."""

    act: Literal["move-out"]
    moves_on: Day
    destination: Address
    happens_first: ClassVar[bool] = False

    @property
    def on(self) -> Any:
        return self.moves_on


class _CarriedOut(Movers):
    moved_on: Day

    @property
    def on(self) -> Any:
        return self.moved_on


class MoveOutDue(_CarriedOut):
    """The day of a planned 転出 has come (`jukihub due` writes these)."""

    act: Literal["move-out-due"]


class MoveOutConfirmed(_CarriedOut):
    """転入通知 (住基法9条1項): the other municipality has entered them, so the planned move is carried out here."""

    act: Literal["move-out-confirmed"]
