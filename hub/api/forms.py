"""The forms of the API's bodies: what is sent is closed, and what is answered has these members and no others."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from hub.people import Act, Duty

MAX_BIGINT = 2**63 - 1
MAX_INT = 2**31 - 1


class Form(BaseModel):
    """A closed form that quotes nothing."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class NewAccount(Form):
    """An account to be made."""

    name: str = Field(pattern=r"^[a-z][a-z0-9._-]{1,39}$")
    duties: list[Duty] = Field(min_length=1, max_length=len(Duty))


class NewDuties(Form):
    """These duties and no others."""

    duties: list[Duty] = Field(min_length=1, max_length=len(Duty))


class AccountForm(Form):
    """One account."""

    id: UUID
    name: str
    duties: list[Duty]
    provisional: bool
    made_at: datetime
    retired_at: datetime | None


class MadeAccount(AccountForm):
    """An account with the password that its person has to change first."""

    password: str


class TokenForm(Form):
    """What is known of a token: everything but the token."""

    id: UUID
    label: str
    made_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None


class EntryForm(Form):
    """One line of the audit."""

    id: int
    at: datetime
    person: UUID | None
    name: str
    act: Act
    object: str
    code: str
    details: dict[str, str | int]


class LineForm(Form):
    """A parked resident's line: where, why, since when and how many wait. Never who, never what."""

    partition: int
    offset: int
    code: str
    since: datetime
    behind: int


class NewRelease(Form):
    """A release to be asked for."""

    partition: int = Field(ge=0, le=MAX_INT)
    offset: int = Field(ge=0, le=MAX_BIGINT)
    discarded: list[Annotated[int, Field(ge=0, le=MAX_BIGINT)]] = Field(default_factory=list, max_length=1000)
    reason: str = Field(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$",
                        description="kept for ever: nothing about a resident")  # fmt: skip


class RequestForm(Form):
    """A release that waits for another person."""

    request: UUID
    partition: int
    offset: int
    discarded: list[int]
    requested_by: str
    requested_at: datetime
    expires_at: datetime
    reason: str


class ActForm(Form):
    """A release that was approved: the router carries it out."""

    act: UUID
    partition: int
    offset: int
