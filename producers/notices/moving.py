"""転入, 転居, 転出: the forms of notices about moving."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, Field

from contracts.record import Address, MunicipalNumber
from producers.notices.form import Date, Day, Decided, Movers, Newcomer, Notice, OfSeveral, Relationships


class SpecialMoveIn(BaseModel):
    """特例転入 (住基法24条の2): the card takes the place of the paper certificate, for all who come with its holder."""

    model_config = Notice.model_config

    card_presented: bool
    planned_on: Day
    """The day of moving that was stated at the 転出."""


class Entering(Notice):
    """People who come onto the register. `household_no`: an existing household, or null for a new one."""

    household_no: MunicipalNumber | None = None
    address: Address
    previous_address: Address | None = None
    persons: Annotated[list[Newcomer], Field(min_length=1)]

    def concerns(self) -> list[str]:
        return []

    def joins(self) -> str | None:
        return self.household_no

    def newcomers(self) -> list[Newcomer]:
        return self.persons


class _MovingIn(Entering):
    days: ClassVar[int | None] = 14
    moved_on: Date

    @property
    def on(self) -> Any:
        return self.moved_on


class MoveIn(_MovingIn):
    """転入 (住基法22条), from inside the country."""

    act: Literal["move-in"]
    previous_address: Address
    special: SpecialMoveIn | None = None


class MoveInAbroad(_MovingIn):
    """国外転入等 (住基法22条; foreign nationals 30条の46, and 30条の47 for those who had an address here before)."""

    act: Literal["move-in-abroad"]
    had_address: bool = False
    """30条の47: lived here already, and becomes 中長期在留者 or the like now."""


class Relocate(Movers):
    """転居 (住基法23条). All of a household: it keeps its number. Some: a new household, or an existing one."""

    act: Literal["relocate"]
    days: ClassVar[int | None] = 14
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


class SpecialMoveOut(BaseModel):
    """特例転出 (住基法24条の2): no paper certificate is handed out; by post or online the card signs."""

    model_config = Notice.model_config

    card_presented: bool


class Departure(Movers):
    """転出 (住基法24条), filed before moving; filed late, the record is deleted at once."""

    moves_on: Day
    destination: Address
    happens_first: ClassVar[bool] = False
    days: ClassVar[int | None] = 0

    @property
    def on(self) -> Any:
        return self.moves_on


class MoveOut(Departure):
    """転出 to another municipality."""

    act: Literal["move-out"]
    special: SpecialMoveOut | None = None


class MoveOutAbroad(Departure):
    """国外転出 (住基法24条)."""

    act: Literal["move-out-abroad"]


class MoveOutCancelled(OfSeveral, Decided):
    """転出取消: the planned move does not take place. Everybody stays whom it names."""

    act: Literal["move-out-cancelled"]
    looks_back: ClassVar[bool] = True


class _CarriedOut(Movers):
    moved_on: Day

    @property
    def on(self) -> Any:
        return self.moved_on


class MoveOutDue(_CarriedOut):
    """The day of a planned 転出 has come (`jukihub due` writes these)."""

    act: Literal["move-out-due"]
    abroad: bool = False


class MoveOutConfirmed(_CarriedOut):
    """転入通知 (住基法9条1項): the other municipality has entered them, so the planned move is carried out here."""

    act: Literal["move-out-confirmed"]
