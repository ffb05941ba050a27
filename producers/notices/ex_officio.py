"""職権記載, 職権消除, 職権修正, 軽微な修正 (住基令12条, 規則11条): the forms. Each states its ground."""

from typing import Any, Literal

from pydantic import Field

from contracts.record import Address
from producers.notices.form import Date, ExOfficio, Mentioned, Movers, OfSeveral, Text
from producers.notices.moving import Entering


class ExOfficioEntry(Entering, ExOfficio):
    """職権記載: somebody who lives here and never was entered."""

    act: Literal["ex-officio-entry"]
    entered_on: Date

    @property
    def on(self) -> Any:
        return self.entered_on


class ExOfficioDelete(Movers, ExOfficio):
    """職権消除: whoever does not live here (any more)."""

    act: Literal["ex-officio-delete"]
    deleted_on: Date

    @property
    def on(self) -> Any:
        return self.deleted_on


class Corrected(Mentioned):
    """What can be corrected."""

    name: Text = ""
    name_furigana: Text | None = None
    birth_date: Date = None
    sex: Literal["1", "2"] = "1"
    address: Address = Field(default_factory=Address)
    address_fixed_date: Date | None = None
    resident_since: Date | None = None
    notified_date: Date | None = None
    previous_address: Address | None = None


class Minor(Mentioned):
    """What can be a 軽微な修正 (規則11条): other characters of the same name, another naming of the same place."""

    name: Text = ""
    address: Address = Field(default_factory=Address)


class Correction(OfSeveral, ExOfficio):
    """Items of one person, or the address of a whole household."""

    corrected_on: Date

    @property
    def on(self) -> Any:
        return self.corrected_on

    def stated(self) -> dict[str, Any]:
        """The items that are to stand."""
        raise NotImplementedError


class ExOfficioCorrection(Correction):
    """職権修正: change of name, clerical errors, facts stated wrongly."""

    act: Literal["ex-officio-correction"]
    items: Corrected

    def stated(self) -> dict[str, Any]:
        return self.items.items()


class MinorCorrection(Correction):
    """軽微な修正: nobody has moved and nobody is called otherwise."""

    act: Literal["minor-correction"]
    items: Minor

    def stated(self) -> dict[str, Any]:
        return self.items.items()
