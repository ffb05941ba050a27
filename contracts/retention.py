"""How long what is kept: the rules of law/retention.toml, and from which day on something is due. Pure."""

import calendar
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from contracts import law_file

FILE: Final = Path(__file__).parent / "law" / "retention.toml"

Holding = Literal["disclosure-keys", "change-keys", "notices", "removed", "audit", "elsewhere"]
Ending = Literal["by-rule", "by-persons", "by-nobody"]
_Text = Annotated[str, Field(min_length=1)]


class Period(BaseModel):
    """How long: one of the three."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    days: int = Field(0, ge=0, le=36_500)
    months: int = Field(0, ge=0, le=1200)
    years: int = Field(0, ge=0, le=1000)

    @model_validator(mode="after")
    def _one(self) -> "Period":
        if sum(part > 0 for part in (self.days, self.months, self.years)) != 1:
            raise ValueError("one of days, months, years")
        return self

    def before(self, today: date) -> date:
        """The last day whose period is over by `today`. The first day does not count (民法140条); a period of months
        or years ends with the day before the one that corresponds to its start (143条)."""
        if self.days:
            return today - timedelta(days=self.days + 1)
        month = today.year * 12 + today.month - 1 - self.months - 12 * self.years
        if month < 24:
            return date.min
        year, month = divmod(month, 12)
        started = date(year, month + 1, min(today.day, calendar.monthrange(year, month + 1)[1]))
        return started - timedelta(days=1)

    @property
    def ja(self) -> str:
        """In Japanese: 7日間, 1年間."""
        return f"{self.days}日間" if self.days else f"{self.months}か月間" if self.months else f"{self.years}年間"


class InForce(BaseModel):
    """The days of `since` that a rule is about."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    since: date = Field(date.min, alias="from")
    until: date = date.max


class Rule(BaseModel):
    """One rule, as it stands in law/retention.toml, which says what each word means."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    what: _Text
    law: _Text
    article: _Text
    keep: Period
    since: Literal["sealed", "filed", "removed", "noted"]
    holds: Holding
    ends: Ending
    in_force: InForce = InForce.model_validate({})
    source: _Text
    certainty: Literal["S", "K", "U"]
    remark: str = ""

    @property
    def name(self) -> str:
        """Act and article, as it is cited."""
        return f"{self.law}{self.article}"

    def due_until(self, today: date) -> date:
        """What began on this day or earlier is over by `today`."""
        return min(self.keep.before(today), self.in_force.until)

    def as_json(self, key: str) -> dict[str, Any]:
        """For certificates: which rule, in the words of the day on which it was applied."""
        keep = self.keep.model_dump(exclude_defaults=True)
        return {"id": key, "what": self.what, "article": self.name, "keep": keep, "since": self.since,
                "certainty": self.certainty}  # fmt: skip


_FORM: Final = TypeAdapter(dict[str, Rule])


def digest(folder: Path | None = None) -> str:
    """SHA-256 of the very file that `rules` reads; without a folder, of the rules that come with this installation."""
    return sha256(law_file.found(FILE, folder).read_bytes()).hexdigest()


@cache
def rules(folder: Path | None = None) -> Mapping[str, Rule]:
    """Every rule by its key: those of a Book's own folder where it has them, else the shipped ones.

    JukiError that names the places where the file is not as it should be; then nothing is due.
    """
    found = law_file.table(law_file.found(FILE, folder), "rules", _FORM, "bad-retention")
    return MappingProxyType(found)
