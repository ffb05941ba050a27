"""The form of the Book's files: which keys a file may have and of which type. Meaning is judged elsewhere.

A faulty key is reported and then left out, so that everything else in the file is still judged in the same run.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from contracts.errors import Finding, Text
from contracts.objections import EMPTY, FORM, SENTENCES
from contracts.source import Source

_STRICT = ConfigDict(
    strict=True, extra="forbid", frozen=True, hide_input_in_errors=True, str_strip_whitespace=True
)  # fmt: skip

Via = Literal[
    "topic", "rest", "csv", "prefecture", "previous-municipality", "koseki-fuhyo", "jlis-delivery",
    "intermediate-server", "convenience-store", "immigration",
]  # fmt: skip

_CODES: Final = {
    "extra_forbidden": "unknown-key", "missing": "missing-key",
    "string_too_short": "empty-value", "too_short": "empty-value",
}  # fmt: skip


class InForce(BaseModel):
    """First and last day in force, both included."""

    model_config = _STRICT
    since: date = Field(alias="from")
    until: date | None = None


class ApprovalForm(BaseModel):
    """決裁."""

    model_config = _STRICT
    by: str = Field(min_length=1)
    on: date
    ref: str = Field(min_length=1)
    sample: bool = False


class GrantForm(ApprovalForm):
    """A conditional item that was switched on; without `from`, on the day of its approval."""

    item: str
    since: date | None = Field(None, alias="from")
    until: date | None = None


class PopulationForm(BaseModel):
    """Whom the contract concerns."""

    model_config = _STRICT
    age_from: int | None = Field(None, ge=0, le=200)
    age_to: int | None = Field(None, ge=0, le=200)
    japanese: bool | None = None


class ContractForm(BaseModel):
    """A contract as it stands in its file. All may be missing here; what must be there is judged with a reason."""

    model_config = _STRICT
    subscriber: str = ""
    purpose: str = ""
    basis: list[str] = []
    hears: list[str] = []
    always: list[str] = []
    items: list[str] = []
    conditional: list[str] = []
    granted: list[GrantForm] = []
    identifier: str = ""
    population: PopulationForm | None = None
    protected: Literal["deliver", "suspend", "withhold"] | None = None
    mirror: bool = False
    via: Via | None = None
    in_force: InForce | None = None
    shadow_from: date | None = None
    approved: ApprovalForm | None = None


class BasisForm(BaseModel):
    """A legal basis as it stands in law/bases.toml."""

    model_config = _STRICT
    law: str = Field(min_length=1)
    article: str = Field(min_length=1)
    permits: list[str]
    when_granted: list[str] = []
    always: list[str] = []
    reasons: list[str] = []
    purposes: list[str] = Field(min_length=1)
    in_force: InForce
    source: str = Field(min_length=1)
    certainty: Literal["S", "K", "U"]
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A contract that is not yet judged: its id, its file, its form, and the keys that were left out as faulty."""

    id: str
    source: Source
    form: ContractForm
    faulty: frozenset[str] = frozenset()

    def named_items(self) -> list[tuple[str, str]]:
        """Key and name of every item that the contract names."""
        form = self.form
        named = [("items", name) for name in form.items] + [("conditional", name) for name in form.conditional]
        return named + [("granted", grant.item) for grant in form.granted]

    def finding(self, code: str, key: str = "", name: str = "", **words: object) -> Finding:
        """The objection `code` to `name` under `key`, in the sentence that belongs to it."""
        said = SENTENCES[code].format(key=key, name=name, **words)
        return self.source.finding(code, self._about(said), key, name)

    def empty(self, key: str) -> Finding:
        """The objection that `key` is missing or empty."""
        code, mend = EMPTY[key]
        said = Text(f"{key} が欠けているか空。{mend.ja}", f"{key} is missing or empty: {mend.en}")
        return self.source.finding(code, self._about(said), key)

    def _about(self, said: Text) -> Text:
        return Text(f"契約 {self.id}：{said.ja}", f"contract {self.id}: {said.en}")


def draft(name: str, source: Source) -> tuple[Draft, tuple[Finding, ...]]:
    """The contract `name` in `source`, and what is wrong with its form."""
    try:
        return Draft(name, source, ContractForm.model_validate(source.tables)), ()
    except ValidationError as refused:
        errors = refused.errors(include_url=False, include_input=False)
    faulty = frozenset(str(error["loc"][0]) for error in errors)
    sound = {key: value for key, value in source.tables.items() if key not in faulty}
    found = tuple(form_findings(source, errors, Text(f"契約 {name}", f"contract {name}")))
    return Draft(name, source, ContractForm.model_validate(sound), faulty), found


def form_findings(source: Source, errors: list[ErrorDetails], whose: Text, header: str = "") -> Iterator[Finding]:
    """One finding for each objection of pydantic, in our words; `header` is the table in which the keys stand."""
    for error in errors:
        path = ".".join(str(part) for part in error["loc"])
        line = source.table(header) if header else source.line(str(error["loc"][0]))
        code, said = _objection(error)
        message = Text(f"{whose.ja}：{path} {said.ja}", f"{whose.en}: {path} {said.en}")
        yield Finding(code, source.name, line, message)


def _objection(error: ErrorDetails) -> tuple[str, Text]:
    kind = error["type"]
    if kind == "literal_error":
        return "bad-value", FORM["bad-value"].format(expected=error["ctx"]["expected"])
    if kind in ("greater_than_equal", "less_than_equal"):
        return "bad-value", FORM["bad-age"]
    code = _CODES.get(kind, "bad-type")
    return code, FORM[code].format(wanted=kind.removesuffix("_type"))
