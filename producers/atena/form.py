"""付番依頼 (0320001): what a system states of a person, and how two statements are compared.

Strict, with nothing in it that is not foreseen; a fault is named by field and closed code, and no value is repeated.
Names are kept as they came. Compared they are without spaces, width and selectors of variants: a likeness is a reason
for a person to look, never for a machine to join.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, NamedTuple

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from contracts.record import Date, MunicipalNumber, MyNumber, Text
from producers.atena.refusals import SENTENCES, NumberRefused
from producers.notices import RECEIPT

JUKI: Final = "juki"
"""業務システムID of the register. Its own changes come by `follow`, and no other system's request speaks for it."""

SYSTEM = re.compile(r"[0-9A-Za-z-]{1,20}")
_NOT_COMPARED = re.compile("[\\s\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_IDENTITY = ("name", "birth_date", "sex", "address")
_CODES = {"missing": "missing-field", "extra_forbidden": "unknown-field"}


class Link(NamedTuple):
    """One person as one system knows them."""

    system: str
    atena_no: str

    def wire(self) -> dict[str, str]:
        """For machines."""
        return self._asdict()


def _matching(pattern: re.Pattern[str]) -> AfterValidator:
    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValueError("not of this form")
        return value

    return AfterValidator(check)


System = Annotated[str, _matching(SYSTEM)]


class Request(BaseModel):
    """One 付番依頼. Without `atena_no`: of a 住登外者, who is to have a 宛名番号 of the city's own range."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)

    system: System
    atena_no: MunicipalNumber | None
    my_number: MyNumber | None
    former_my_number: MyNumber | None = None
    """The one that `my_number` has replaced (番号法7条2項)."""
    name: Text | None
    birth_date: Date | None
    sex: Literal["1", "2"] | None
    address: Text | None
    receipt: Annotated[str, _matching(RECEIPT)] | None = None

    def identity(self) -> dict[str, Any]:
        """基本4情報."""
        return {item: getattr(self, item) for item in _IDENTITY}

    def link(self) -> Link:
        """Whom it names; only of somebody who has a 宛名番号."""
        return Link(self.system, str(self.atena_no))

    def digest(self) -> bytes:
        """Of the whole request: whether the same receipt came with the same content."""
        return hashlib.sha256(orjson.dumps(self.model_dump(), option=orjson.OPT_SORT_KEYS)).digest()


def read(value: Any) -> Request:
    """The request that a JSON value holds; raises NumberRefused."""
    try:
        request = Request.model_validate(value)
    except ValidationError as refused:
        error = refused.errors(include_url=False, include_context=False, include_input=False)[0]
        code = _CODES.get(error["type"], error["type"])
        place = ".".join(part for part in error["loc"] if isinstance(part, str) and part in Request.model_fields)
        raise NumberRefused(code if code in SENTENCES else "bad-value", place) from None
    if request.atena_no is None and request.receipt is None:
        raise NumberRefused("receipt-needed", "receipt")
    if request.my_number is None and request.former_my_number is not None:
        raise NumberRefused("former-without-new", "former_my_number")
    return request


def of_record(record: Mapping[str, Any]) -> Request:
    """What the register itself states of a resident; the Change's own door judges the values."""
    number = record.get("my_number")
    return Request.model_construct(
        system=JUKI, atena_no=record["atena_no"], my_number=number, **identity_of(record)
    )  # fmt: skip


def identity_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """基本4情報 of a resident's record."""
    address = record.get("address") or {}
    return {
        "name": record.get("name"), "birth_date": record.get("birth_date"), "sex": record.get("sex"),
        "address": address.get("text"),
    }  # fmt: skip


def encoded(identity: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """The identity as it is kept, and the digest by which like ones are found."""
    name = _NOT_COMPARED.sub("", unicodedata.normalize("NFKC", identity["name"] or "")).casefold()
    compared = orjson.dumps([name, identity["birth_date"], identity["sex"]], option=orjson.OPT_SORT_KEYS)
    return orjson.dumps(identity), hashlib.blake2b(compared, digest_size=16).digest()
