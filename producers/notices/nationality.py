"""帰化, 国籍喪失 (住基令8条の2) and what the Minister of Justice tells (住基法30条の50): the forms."""

from typing import Literal

from contracts.record import ResidenceStatus
from producers.notices.form import Date, Mentioned, OfOne, Text


class _AnotherRecord(OfOne):
    """The record of somebody ends, and another one begins."""

    name: Text
    name_furigana: Text | None = None
    new_atena_no: bool = False
    """Only where the city's practice gives the new record another 宛名番号."""

    def allots(self) -> int:
        return int(self.new_atena_no)


class Naturalization(_AnotherRecord):
    """帰化等 (住基令8条の2第1項): a foreign national has become Japanese on `changed_on`."""

    act: Literal["naturalization"]
    honseki: Text
    resident_since: Date | None = None
    """住民となった年月日; unless stated, the day on which they became a foreign resident."""


class NationalityLost(_AnotherRecord):
    """国籍喪失 (住基令8条の2第2項): somebody is not Japanese any more and goes on living here."""

    act: Literal["nationality-lost"]
    nationality: Text
    art30_45_category: Text
    residence_status: ResidenceStatus | None = None
    residence_expiry: Date | None = None
    residence_card_no: Text | None = None


class Residence(Mentioned):
    """What 法30条の45 has of a foreign resident; what is not mentioned stays, an explicit null clears."""

    art30_45_category: Text = ""
    residence_status: ResidenceStatus | None = None
    residence_expiry: Date | None = None
    residence_card_no: Text | None = None


class ResidenceUpdate(OfOne):
    """在留資格等の修正 (住基法30条の50), as the Minister of Justice tells it."""

    act: Literal["residence-status"]
    items: Residence


class NationalityCorrection(OfOne):
    """国籍等の修正 (住基法30条の50): from one foreign nationality to another."""

    act: Literal["nationality-correction"]
    nationality: Text
