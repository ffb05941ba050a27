"""What the weekly review lists, as data: auditing.toml, or the file that HUB_AUDITING names. Refused whole."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from hub.audit import KEYS
from hub.auditing.week import Week
from hub.errors import UsageError
from hub.people import Act
from hub.watching.policy import Office

SHIPPED: Final = Path(__file__).with_name("auditing.toml")


def _known(keys: tuple[str, ...]) -> tuple[str, ...]:
    if not keys or not KEYS.issuperset(keys):
        raise ValueError
    return keys


def _expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error:
        raise ValueError from None
    return text


def _week(text: str) -> str:
    try:
        return str(Week.of(text)) if text else ""
    except UsageError:
        raise ValueError from None


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Hours(_Part):
    """Acts that may be done at any hour."""

    any_time: tuple[Act, ...]


class Spike(_Part):
    """When a week of a person has unusually many acts."""

    floor: int = Field(ge=0)
    factor: float = Field(ge=1)
    weeks: int = Field(ge=1, le=52)


class Pairs(_Part):
    """How many requests of one person another one may approve in a week."""

    at_most: int = Field(ge=0)


class SignIns(_Part):
    """From how many refused ones on they are listed."""

    at_least: int = Field(ge=1)


class Reveals(_Part):
    """Acts that show residents."""

    acts: tuple[Act, ...]


class Cases(_Part):
    """Acts that need a case, and where it is said."""

    form: Annotated[str, AfterValidator(_expression)]
    acts: Mapping[Act, Annotated[tuple[str, ...], AfterValidator(_known)]]


class Policy(_Part):
    """All of it."""

    sign_days: int = Field(ge=0, le=366)
    since: Annotated[str, AfterValidator(_week)]
    office: Office
    hours: Hours
    spike: Spike
    pairs: Pairs
    sign_ins: SignIns
    reveals: Reveals
    cases: Cases


def policy(file: Path | None = None) -> Policy:
    """The policy in `file`, else the shipped one; UsageError where it is not of that form."""
    try:
        said: dict[str, Any] = tomllib.loads((file or SHIPPED).read_text(encoding="utf-8"))
        return Policy.model_validate(said)
    except (OSError, ValueError):  # pydantic's errors and TOML's are ValueErrors
        raise UsageError("bad-auditing", "HUB_AUDITING", f"{SHIPPED.name} shows the form") from None
