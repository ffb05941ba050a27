"""Forms of the bodies about letters and replay: what is sent is closed, what is answered has these members alone."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, Field
from pydantic_core import PydanticCustomError

from hub.api.forms import Form

_NAME = "^[a-z0-9]+(-[a-z0-9]+)*$"
_TEXT = r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$"


_BEGUN, _OVER = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _near(at: datetime) -> datetime:
    if not _BEGUN <= at < _OVER:
        raise PydanticCustomError("time-out-of-range", "no time of a letter")
    return at


Time = Annotated[AwareDatetime, AfterValidator(_near)]
"""A time with its offset, of which a database and a calendar have an idea."""


class _Reasoned(Form):
    reason: str = Field(min_length=1, max_length=500, pattern=_TEXT, description="kept for ever: nothing of a resident")


class NewReveal(_Reasoned):
    """Why the values have to be seen."""


class NewCorrection(_Reasoned):
    """The change that stands for a letter."""

    change: UUID


class _Chosen(_Reasoned):
    contract: str = Field(max_length=63, pattern=_NAME)
    code: str | None = Field(None, max_length=80, pattern=_NAME)
    letters: list[UUID] = Field(default_factory=list, max_length=10_000)
    since: Time | None = Field(None, description="first failed then or later")
    until: Time | None = Field(None, description="first failed before then")
    limit: int | None = Field(None, ge=1, le=2_000_000, description="no more than so many, the oldest first")


class NewDiscard(_Chosen):
    """Letters of one contract, by their ids or their code."""


class NewPlan(_Chosen):
    """Letters of one contract: all, or those that are described."""


class GroupForm(Form):
    """Letters of one contract, state and code."""

    contract: str
    state: str
    code: str
    counterpart_code: str | None
    count: int
    first: datetime
    last: datetime
    behind: int
    residents: int
    decidable_until: datetime


class LetterForm(Form):
    """One letter, from outside."""

    id: UUID
    contract: str
    state: str
    code: str
    counterpart_code: str | None
    first: datetime
    last: datetime
    attempts: int
    replays: int
    behind: int
    plan: UUID | None
    decidable_until: datetime


class LettersForm(Form):
    """Some letters, and how many there are."""

    total: int
    letters: list[LetterForm]


class InsideForm(LetterForm):
    """What is in a letter: which items, and whether each has a value."""

    partition: int
    offset: int
    opens: str
    told: str
    items: dict[str, bool]
    sealed_under: str


class RevealedForm(Form):
    """The values of one letter."""

    id: UUID
    contract: str
    told: str
    version: int
    protected: bool | None
    items: dict[str, Any]


class ClosingForm(Form):
    """What was asked for."""

    request: UUID
    kind: str
    contract: str
    letters: list[UUID]


class WaitingForm(ClosingForm):
    """What was asked for and waits for another person."""

    correction: UUID | None
    requested_by: str
    requested_at: datetime
    expires_at: datetime
    reason: str


class ClosedForm(Form):
    """What was closed."""

    request: UUID
    kind: str
    count: int


class ProgressForm(Form):
    """How far a plan is."""

    total: int
    held: int
    handed: int
    open: int
    left: int
    ended: dict[str, int]


class VerdictForm(Form):
    """What deciding again came to, and for how many letters."""

    verdict: str
    reason: str
    letters: int
    behind: int
    residents: int
    protected: int


class ResultForm(Form):
    """One letter of a plan."""

    letter: UUID
    was: str
    verdict: str
    reason: str
    items: list[str]
    dropped: list[str]
    protected: bool
    behind: int
    state: str
    outcome: str
    code: str
    same_again: bool
    handed_at: datetime | None
    ended_at: datetime | None


class OverviewForm(Form):
    """A plan; `letters` where they were asked for."""

    plan: UUID
    contract: str
    contract_hash: str
    filter: str
    reason: str
    planned_by: UUID
    planned_at: datetime
    hash: str
    state: str
    code: str
    approved_by: UUID | None
    until: datetime | None
    progress: ProgressForm
    summary: list[VerdictForm]
    letters: list[ResultForm] | None = None
