"""The forms of what is sent and answered: closed, and these members alone."""

from datetime import date
from uuid import UUID

from pydantic import Field

from consumers.pull.acknowledge import AT_ONCE, Code
from hub.api.forms import Form


class TokenAnswer(Form):
    """An access token (RFC 6749 5.1)."""

    access_token: str
    token_type: str
    expires_in: int
    scope: str


class IntrospectionAnswer(Form):
    """What is known of a token (RFC 7662 2.2); `active` alone where it does not count or is somebody else's."""

    active: bool
    scope: str | None = None
    client_id: UUID | None = None
    token_type: str | None = None
    exp: int | None = None
    iat: int | None = None
    sub: UUID | None = None
    aud: str | None = None
    iss: str | None = None
    jti: UUID | None = None


class ItemForm(Form):
    """One permitted item: its id on the wire, its statutory name, and what lets it through."""

    id: str
    name: str
    articles: list[str]
    granted: bool
    until: date | None


class KindForm(Form):
    """One kind of change."""

    id: str
    name: str


class InForceForm(Form):
    """From when and until when; `today`: whether it is."""

    since: date = Field(alias="from")
    until: date | None
    today: bool


class PopulationForm(Form):
    """Whom the contract concerns; ages in completed years, both inclusive; null is no limit."""

    age_from: int | None
    age_to: int | None
    japanese: bool | None


class ContractForm(Form):
    """What the subscriber's contract permits."""

    contract: str
    hash: str
    subscriber: str
    purpose: str
    bases: list[str]
    in_force: InForceForm
    items: list[ItemForm]
    hears: list[KindForm]
    always: list[KindForm]
    identifier: str
    protected: str
    mirror: bool
    population: PopulationForm | None
    topic: str


class TokenForm(Form):
    """One sealed disclosure with the place where it lies, which is what its header has to say.

    `key`: the record key beside it, hexadecimal. `protected`: to be treated as of a protected person (支援措置),
    whatever is under the seal: the protection began behind it.
    """

    id: UUID
    topic: str
    partition: int
    offset: int
    key: str
    seq: int
    token: str
    protected: bool


class PageForm(Form):
    """What can be fetched now. `more`: there is more behind it; `earlier`: so many wait up to the cursor given."""

    items: list[TokenForm]
    cursor: UUID | None
    more: bool
    earlier: int


class RefusedForm(Form):
    """A disclosure that the subscriber will not have, and why."""

    id: UUID
    code: Code


class NewAcknowledgement(Form):
    """What was taken, and what was refused. Of one resident in the order in which it was told."""

    delivered: list[UUID] = Field(default_factory=list, max_length=AT_ONCE)
    refused: list[RefusedForm] = Field(default_factory=list, max_length=AT_ONCE)


class SettledForm(Form):
    """How one disclosure stands; `repeated`: it was settled before this request."""

    id: UUID
    state: str
    repeated: bool


class AcknowledgementForm(Form):
    """The receipt under which what is new was settled, and how each stands."""

    receipt: UUID
    settled: list[SettledForm]
