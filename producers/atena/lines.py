"""Many at once as lines of JSON: 付番依頼 and translations, answered line by line, refused line by line.

A line that is refused is answered with a closed code and a place; the others are answered still. Of what came in, only
what names the line to its sender is repeated: system, 宛名番号, 団体内統合宛名番号. Never a 個人番号.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from contracts.door import read_json
from contracts.errors import ChangeRefused, JukiError
from contracts.identifiers import municipal_number_fault, my_number_fault
from hub.database import Database
from producers.atena import form, giving, translating
from producers.atena.form import Link
from producers.atena.refusals import NumberRefused
from producers.atena.translating import Answered

LOT = 1000
Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Back:
    """A number whose links are asked for, in one system or in all."""

    number: str
    system: str | None


Asked = Link | Back | JukiError


async def requests(db: Database, lines: Iterable[bytes], clock: Callable[[], datetime]) -> AsyncIterator[Line]:
    """付番依頼の受領 (0320001): each line one request in a transaction of its own."""
    for at, line in numbered(lines):
        try:
            given = await giving.give(db, form.read(read_json(line)), clock())
        except (NumberRefused, ChangeRefused) as refused:
            yield refusal(at, refused)
        else:
            yield {"line": at, **given.wire()}


async def translations(db: Database, lines: Iterable[bytes]) -> AsyncIterator[Line]:
    """Both ways, mixed: {"system", "atena_no"} to its number, {"togo_atena_no", "system"?} to who is linked to it."""
    each = numbered(lines)
    while lot := list(islice(each, LOT)):
        asked = [(at, _asked(line)) for at, line in lot]
        numbers = await translating.numbers_of(db, {one for _, one in asked if isinstance(one, Link)})
        linked = await translating.answered(db, {one.number for _, one in asked if isinstance(one, Back)})
        for at, one in asked:
            yield _translated(at, one, numbers.get(one) if isinstance(one, Link) else None, linked)


def my_numbers(lines: Iterable[bytes]) -> list[tuple[int, str | JukiError]]:
    """The 個人番号 of a search, {"my_number"} on each line."""
    return [(at, _my_number(line)) for at, line in numbered(lines)]


def found(at: int, asked: str | JukiError, answer: Answered | None) -> Line:
    """One line answered: numbers, and never the 個人番号 that was asked for."""
    if isinstance(asked, JukiError):
        return refusal(at, asked)
    if answer is None:
        return refusal(at, NumberRefused("no-match", "my_number"))
    return {"line": at, **answer.wire()}


def refusal(at: int, refused: JukiError) -> Line:
    """One line refused."""
    place = {"place": refused.place} if refused.place else {}
    return {"line": at, "result": "refused", "code": refused.code, **place}


def numbered(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Lines with their numbers, without the empty ones."""
    return ((at, line.rstrip(b"\r\n")) for at, line in enumerate(lines, start=1) if line.strip())


def _translated(at: int, asked: Asked, number: str | None, linked: Any) -> Line:
    if isinstance(asked, JukiError):
        return refusal(at, asked)
    if isinstance(asked, Link):
        if number is None:
            return {**refusal(at, NumberRefused("unknown-atena-no", "atena_no")), **asked.wire()}
        return {"line": at, **asked.wire(), "togo_atena_no": number}
    answer = linked.get(asked.number)
    if answer is None:
        return {**refusal(at, NumberRefused("unknown-number", "togo_atena_no")), "togo_atena_no": asked.number}
    return {"line": at, **answer.of(asked.system).wire()}


def _asked(line: bytes) -> Asked:
    try:
        value = read_json(line)
        return _read(value if isinstance(value, dict) else {})
    except (NumberRefused, ChangeRefused) as refused:
        return refused


def _read(value: Line) -> Asked:
    if set(value) == {"system", "atena_no"}:
        return Link(_system(value["system"]), _municipal(value["atena_no"], "atena_no"))
    if {"togo_atena_no"} <= set(value) <= {"togo_atena_no", "system"}:
        system = None if value.get("system") is None else _system(value["system"])
        return Back(_municipal(value["togo_atena_no"], "togo_atena_no"), system)
    raise NumberRefused("unknown-field" if value else "missing-field")


def _system(value: Any) -> str:
    if not isinstance(value, str) or not form.SYSTEM.fullmatch(value):
        raise NumberRefused("bad-value", "system")
    return value


def _municipal(value: Any, place: str) -> str:
    if not isinstance(value, str) or municipal_number_fault(value) is not None:
        raise NumberRefused("bad-format", place)
    return value


def _my_number(line: bytes) -> str | JukiError:
    try:
        value = read_json(line)
        number = value.get("my_number") if isinstance(value, dict) and set(value) == {"my_number"} else None
        fault = my_number_fault(number) if isinstance(number, str) else "bad-value"
    except ChangeRefused as refused:
        return refused
    return NumberRefused(fault, "my_number") if fault is not None else str(number)
