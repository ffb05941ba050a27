"""What is recalled of a subscriber whose contract has ended or was narrowed, and until when it has to confirm. Pure.

What a contract may not be told any more, it may not keep by that contract. A population that was narrowed names nobody:
the ledger does not know ages, so that only the subscriber can say who is outside now.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from contracts import law_file
from contracts.contract import Contract

FILE: Final = Path(__file__).parent / "law" / "recall.toml"

Why = Literal["ended", "narrowed"]
_Text = Annotated[str, Field(min_length=1)]


class Within(BaseModel):
    """How many days."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    days: int = Field(ge=1, le=366)


class Term(BaseModel):
    """The term of law/recall.toml, which says what each word means."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    within: Within
    law: _Text
    article: _Text
    source: _Text
    certainty: Literal["S", "K", "U"]
    remark: str = ""

    @property
    def name(self) -> str:
        """Act and article, as it is cited."""
        return f"{self.law}{self.article}"

    def ends(self, noticed_on: date) -> date:
        """The last day on which a confirmation is in time. The day of the notice does not count (民法140条)."""
        return noticed_on + timedelta(days=self.within.days)


_FORM: Final = TypeAdapter(Term)


@dataclass(frozen=True, slots=True)
class Over:
    """What a contract may not be told any more. `items`: ids, sorted."""

    why: Why
    items: tuple[str, ...]


def over(before: Iterable[Contract], now: Contract | None, today: date, *, stopped: bool = False) -> Over | None:
    """What is over of what the contract was ever permitted `before`; None where nothing is.

    All of it where there is no contract `now`, its days are over or have yet to come, or persons have stopped it.
    """
    had = {item for one in before for item in (*one.items, one.identifier, *(grant.item for grant in one.granted))}
    if now is None or stopped or not now.in_force(today):
        return Over("ended", tuple(sorted(had))) if had else None
    gone = had - {*now.permitted(today), now.identifier}
    return Over("narrowed", tuple(sorted(gone))) if gone else None


@cache
def term(folder: Path | None = None) -> Term:
    """The term of a Book's own folder where it has one, else the shipped one; JukiError names what is wrong in it."""
    return law_file.table(law_file.found(FILE, folder), "confirmation", _FORM, "bad-recall-term")
