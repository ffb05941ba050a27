"""Who speaks to the counterparts: the municipality's own code, addresses and telephones, and the codes of the others.

Read once, from the TOML file that HUB_MUNICIPALITY names. Without one a made-up city speaks, which production refuses:
a letter that names a counter that does not exist must not be printed. `codes` are names of municipalities as they stand
at the beginning of a 戸籍の表示, prefecture first, with their 全国地方公共団体コード; its own is among them.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from contracts.identifiers import municipality_check
from contracts.record import MunicipalityCode
from hub.config import Settings
from hub.errors import NotPermitted, UsageError

_WHERE: Final = "HUB_MUNICIPALITY"
_Text = Annotated[str, StringConstraints(min_length=1)]
_PostalCode = Annotated[str, StringConstraints(pattern="^[0-9]{7}$")]


class Office(BaseModel):
    """A place that a letter names: a name, and where it is."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    name: _Text
    postal_code: _PostalCode
    address: _Text
    phone: _Text


class Municipality(BaseModel):
    """One municipality. `pickup`: 交付場所; `cards`: カード送付場所; `operator`, `terminal`: who the CS says acts."""

    model_config = Office.model_config

    code: MunicipalityCode
    office: Office
    pickup: Office
    cards: Office
    operator: _Text
    terminal: _Text
    printing: _Text
    codes: Mapping[str, MunicipalityCode]


def _code(five: str) -> str:
    return five + municipality_check(five)


_HALL: Final = "見本県見本市見本町一丁目１番１号"
MADE_UP: Final = Municipality(
    code=_code("99201"),
    office=Office(name="見本県見本市", postal_code="9900001", address=_HALL, phone="000-000-0001"),
    pickup=Office(name="見本市役所市民課", postal_code="9900001", address=_HALL, phone="000-000-0002"),
    cards=Office(name="見本市役所カード窓口", postal_code="9900001", address=_HALL, phone="000-000-0003"),
    operator="OP00000001", terminal="TM00000001", printing="1",
    codes={
        "見本県見本市": _code("99201"), "見本県例示町": _code("99301"), "架空県仮名市": _code("99202"),
        "想定県雛形村": _code("99401"),
    },
)  # fmt: skip
"""A city that does not exist, with three neighbours."""


def municipality(settings: Settings) -> Municipality:
    """The one that is set; NotPermitted in production where none is, UsageError where the file is not one."""
    if settings.municipality is not None:
        return read(settings.municipality)
    if settings.env == "production":
        raise NotPermitted("made-up-municipality", _WHERE)
    return MADE_UP


def read(file: Path) -> Municipality:
    """The municipality in `file`: every field, and no other. UsageError names the field, never what stands there."""
    try:
        return Municipality.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except ValidationError as refused:
        place = ".".join(str(part) for part in refused.errors(include_input=False)[0]["loc"][:2])
        raise UsageError("bad-setting", f"{_WHERE}: {place}") from None
    except (OSError, ValueError):
        raise UsageError("unreadable", _WHERE) from None
