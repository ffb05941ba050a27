"""The form of an order's file, closed: TOML for addresses, JSON lines with a first line about the order for 振り仮名.

    order = "2026-chomei-1"                       {"order": "2026-kana-1", "act": "furigana",
    act = "address"                                "effective_on": "2026-05-26"}
    effective_on = "2026-04-01"                   {"atena_no": "0000000001", "name_furigana": "ミホン　レイコ"}
    [[change]]                                    …
    from = { town = "見本町一丁目" }
    to = { town = "新見本町", machiaza_id = "0101001" }

A fault is named by place and code, and no value is repeated.
"""

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from contracts.dates import last_day
from contracts.door import read_json
from hub.errors import ChangeRefused, UsageError
from producers.notices import RECEIPT

Part = Literal["town", "machiaza_id", "number", "building", "postal_code"]
Parts = Annotated[dict[Part, str], Field(min_length=1)]
_LONGEST_HEAD = 4096
T = TypeVar("T", bound=BaseModel)


def _number(value: str) -> str:
    if not RECEIPT.fullmatch(value):
        raise ValueError("not an order's number")
    return value


def _day(value: str) -> str:
    if last_day(value) is None:
        raise ValueError("no such date")
    return value


class _Form(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)


class ChangeOfParts(_Form):
    """Addresses that have all parts of `was` get those of `becomes`; everything else of them stays."""

    was: Parts = Field(alias="from")
    becomes: Parts = Field(alias="to")


class _Head(_Form):
    order: Annotated[str, AfterValidator(_number)]
    effective_on: Annotated[str, AfterValidator(_day)]


class _Address(_Head):
    act: Literal["address"]
    change: Annotated[list[ChangeOfParts], Field(min_length=1)]


class _Furigana(_Head):
    act: Literal["furigana"]


@dataclass(frozen=True, slots=True)
class Order:
    """One order, whatever it is about. `changes`: of addresses; none for 振り仮名."""

    number: str
    act: str
    effective_on: str
    digest: bytes
    file: Path
    changes: tuple[ChangeOfParts, ...] = ()


def read(file: Path, today: date) -> Order:
    """The order in `file`; UsageError where it cannot be meant, or takes effect only later."""
    try:
        order = _read(file)
    except OSError:
        raise UsageError("unreadable", "FILE") from None
    if (day := last_day(order.effective_on)) is None or day > today:
        raise UsageError("not-yet-happened", "effective_on", "An order is carried out from the day on it takes effect")
    return order


def _read(file: Path) -> Order:
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").digest()
        opened.seek(0)
        if file.suffix == ".toml":
            form = _valid(_Address, _toml(opened.read()))
            check(form.change)
            return Order(form.order, form.act, form.effective_on, digest, file, tuple(form.change))
        head = _valid(_Furigana, _json(opened.readline(_LONGEST_HEAD)))
        return Order(head.order, head.act, head.effective_on, digest, file)


def _toml(text: bytes) -> Any:
    try:
        return tomllib.loads(text.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise UsageError("bad-toml", "FILE") from None


def _json(line: bytes) -> Any:
    try:
        return read_json(line.rstrip(b"\r\n"))
    except ChangeRefused as refused:
        raise UsageError(refused.code, "FILE:1") from None


def _valid(model: type[T], value: Any) -> T:
    try:
        return model.model_validate(value)
    except ValidationError as refused:
        first = refused.errors(include_url=False, include_context=False, include_input=False)[0]
        known = {"order", "act", "effective_on", "change", "from", "to"}
        place = ".".join(str(part) for part in first["loc"] if isinstance(part, int) or part in known)
    raise UsageError("bad-order", place or "FILE")


def check(changes: list[ChangeOfParts]) -> None:
    """UsageError where what one change makes would be changed by another, so that the result hung on the order."""
    for at, made in enumerate(changes):
        after = {**made.was, **made.becomes}
        if any(_may_be_in(after, other.was) for other in changes):
            raise UsageError("chained-change", f"change.{at}", "Its new address is an old one of this order")


def _may_be_in(address: Mapping[Part, str], was: Mapping[Part, str]) -> bool:
    return all(address.get(part, value) == value for part, value in was.items())


def lines(file: Path, offset: int) -> Iterator[tuple[int, bytes]]:
    """The lines of `file` from a byte on, each with the byte behind it."""
    with file.open("rb") as opened:
        opened.seek(offset)
        while line := opened.readline():
            yield opened.tell(), line.rstrip(b"\r\n")
