"""What is late, unusual and missing, as data: watching.toml, or the file that HUB_WATCHING names. Refused whole."""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from hub.errors import UsageError

SHIPPED = Path(__file__).with_name("watching.toml")
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Bounds(BaseModel):
    """The bounds of one contract."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    service_seconds: float = Field(gt=0)
    floor: int = Field(ge=0)
    factor: float = Field(ge=1)
    history_days: int = Field(ge=1, le=400)
    regular: bool
    quiet_hours: float = Field(gt=0)


class Office(BaseModel):
    """When regular traffic is expected: whole hours in Japan."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, populate_by_name=True)

    days: tuple[Day, ...]
    first: int = Field(alias="from", ge=0, le=23)
    end: int = Field(alias="to", ge=1, le=24)
    closed: tuple[str, ...] = ()


class Policy(BaseModel):
    """All of it. `bounds` has every contract of the Book."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bounds: Mapping[str, Bounds]
    office: Office


def policy(contracts: Iterable[str], file: Path | None = None) -> Policy:
    """The policy in `file`; UsageError where it is not of that form, or names a contract that is not in the Book."""
    names = sorted(contracts)
    try:
        said = tomllib.loads((file or SHIPPED).read_text(encoding="utf-8"))
        return _read(names, dict(said))
    except (OSError, ValueError, KeyError, TypeError):  # pydantic's errors are ValueErrors
        raise UsageError("bad-watching", "HUB_WATCHING", f"{SHIPPED.name} shows the form") from None


def _read(names: list[str], said: dict[str, Any]) -> Policy:
    every, office, own = said.pop("every"), said.pop("office"), said.pop("contract", {})
    if said or not own.keys() <= set(names):
        raise ValueError
    bounds = {name: Bounds.model_validate({**every, **own.get(name, {})}) for name in names}
    return Policy(bounds=bounds, office=Office.model_validate(office))


def with_files(found: Policy, names: Iterable[str], seconds: float) -> Policy:
    """The same, where these contracts are handed their disclosures in files: none is late before `seconds`."""
    late = {name: found.bounds[name] for name in names}
    patient = {name: one.model_copy(update={"service_seconds": max(one.service_seconds, seconds)})
               for name, one in late.items()}  # fmt: skip
    return found.model_copy(update={"bounds": {**found.bounds, **patient}})
