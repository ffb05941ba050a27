"""The door for 転入通知 (住基法9条1項) of other municipalities: they become 届出 `move-out-confirmed` for the counter.

The counter decides; here it is only seen whose notice it is. In order: 1. The notice has the form that we send
ourselves. 2. It came once. 3. Somebody with this 住民票コード has filed a 転出 here. 4. It is the same human being by
birth date and sex; a name may be written differently elsewhere. 5. It is meant for us: `to` is where they live. 6. The
move is planned and not yet carried out. 7. The day of moving is known. Whoever has moved to another municipality than
planned has moved nevertheless. People of one household who moved on one day are one 届出, so that a head who takes
everybody along leaves nobody to be head. Refusals are codes, each with a sentence for the clerk, and never a value.

Another CS may send what it has sent before, for ever. A notice whose very move is confirmed here already asks for
nothing and is passed over; of a refusal a clerk is told once, and once more when it has another reason (`untold`). That
is of the line, byte for byte: the id in it is chosen by who sends it.
"""

import hmac
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final, Literal
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from contracts.door import read_json
from contracts.record import Address, Date, JuminhyoCode, MunicipalityCode, Text
from hub.database import Database, queries
from hub.errors import ChangeRefused, UsageError
from producers.refusals import NoticeRefused

SENTENCES: Final = {
    "missing-field": "転入通知に欠けている欄があります。通知元に確かめてください。",
    "unknown-field": "転入通知にない欄があります。通知元に確かめてください。",
    "bad-value": "転入通知の欄の形式が正しくありません。通知元に確かめてください。",
    "named-twice": "同じ方の転入通知が、このファイルに二度あります。",
    "unknown-here": "この住民票コードの方の転出届がありません。未届の転出かどうか確かめてください。",
    "ambiguous": "この住民票コードの方が二人以上います。住民票コードを確かめてください。",
    "identity-disagrees": "住民票コードの方と、生年月日又は性別が異なります。通知元に確かめてください。",
    "not-ours": "当市町村にあてた転入通知ではありません。",
    "already-removed": "すでに消除されている方です。処理は要りません。",
    "not-planned": "転出の届出が取り消されている方です。実際の異動を確かめてください。",
    "day-incomplete": "転入の年月日が不詳です。通知元に確かめてください。",
    "too-long": "転入通知が長すぎます。通知元に確かめてください。",
}
"""Why no 届出 is made of a 転入通知: a closed list."""

SQL = queries(Path(__file__).with_suffix(".sql"))
LONGEST: Final = 65_536
"""Bytes of a line."""
MOST: Final = 100_000
"""Lines read at once."""
_STRICT = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)
_CODES = {"missing": "missing-field", "extra_forbidden": "unknown-field"}


class Facts(BaseModel):
    """What a 転入通知 says about one person."""

    model_config = _STRICT

    name: Text
    name_furigana: Text | None
    birth_date: Date
    sex: Literal["1", "2"]
    address: Address
    previous_address: Address
    juminhyo_code: JuminhyoCode
    change_date: Date
    notified_date: Date | None
    change_reason: Literal["MOVE_IN_DOMESTIC"]


class Tennyu(BaseModel):
    """One 転入通知, as the CS delivers it."""

    model_config = _STRICT

    id: Annotated[UUID, Field(strict=False)]
    sender: Annotated[MunicipalityCode, Field(alias="from")]
    to: MunicipalityCode
    notice_no: Annotated[int, Field(gt=0)]
    record: Facts


_FORM: Final = TypeAdapter(Tennyu)
_PLACES: Final = {*Tennyu.model_fields, *Facts.model_fields, "from"}


@dataclass(frozen=True, slots=True)
class Mover:
    """Somebody who has filed a 転出 here. `confirmed_on`: the day of the move that a 転入通知 has last confirmed."""

    registered: bool
    record: dict[str, Any]
    confirmed_on: Any = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A 転入通知 of which no 届出 is made. `line`: from 1. `id`: of the notice, where it has one. `digest`: of its
    bytes, which may be little more than a 住民票コード and are guessed easily: so it is kept nowhere (`kept_as`)."""

    line: int
    id: UUID | None
    code: str
    place: str = ""
    digest: bytes = field(default=b"", repr=False)

    def kept_as(self, key: bytes) -> bytes:
        """By what the register knows these bytes again."""
        return hmac.digest(key, self.digest, "sha256")


@dataclass(frozen=True, slots=True)
class Move:
    """A move that a 転入通知 confirms."""

    id: UUID
    moved_on: str
    record: dict[str, Any]


async def movers(db: Database) -> list[Mover]:
    """Everybody whom a 転入通知 may be about."""
    rows = await db.fetch(SQL["movers"])
    return [Mover(row["status"] == "registered", orjson.loads(row["record"]), row["confirmed_on"]) for row in rows]


async def untold(db: Database, key: bytes, refused: Sequence[Refusal], now: datetime) -> list[Refusal]:
    """Those of which nobody was told yet by this code. From here on they count as told. `key`: of what is kept."""
    each = {(one.kept_as(key), one.code): one for one in refused}
    known = {(row["digest"], row["code"]) for row in await db.fetch(SQL["told"], [digest for digest, _ in each])}
    fresh = {kept: one for kept, one in each.items() if kept not in known}
    digests, codes = [digest for digest, _ in fresh], [code for _, code in fresh]
    await db.execute(SQL["telling"], digests, codes, [one.id for one in fresh.values()], now)
    return [*fresh.values()]


def lines_of(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file; of one that is too long its beginning, which is too long as well."""
    while line := file.readline(LONGEST + 2):
        rest = line
        while not rest.endswith(b"\n") and (rest := file.readline(LONGEST)):
            pass
        yield line


def notices(
    lines: Iterable[bytes], known: Sequence[Mover], today: date
) -> tuple[list[dict[str, Any]], list[Refusal]]:
    """The 届出 for the counter, the oldest move first, and what was refused, line by line; UsageError where they are
    more than MOST."""
    by_code = defaultdict[Any, list[Mover]](list)
    for mover in known:
        by_code[mover.record.get("juminhyo_code")].append(mover)
    moves, refused = dict[str, Move](), list[Refusal]()
    for number, line in enumerate(map(bytes.strip, lines), start=1):
        if number > MOST:
            raise UsageError("too-many-lines", "received", f"{MOST} are read at once: see who has sent so many")
        if line:
            own = None
            try:
                told = read(line)
                own = told.id
                _enter(told, by_code, moves)
            except (NoticeRefused, ChangeRefused) as no:
                refused.append(Refusal(number, own, no.code, no.place, sha256(line).digest()))
    return [*_grouped(moves.values(), today)], refused


def read(line: bytes) -> Tennyu:
    """One line of JSON; NoticeRefused names the field and a closed code, ChangeRefused what is no JSON."""
    if len(line) > LONGEST:
        raise NoticeRefused("too-long")
    try:
        return _FORM.validate_python(read_json(line))
    except ValidationError as refused:
        error = refused.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part) for part in error["loc"] if part in _PLACES)
        code = _CODES.get(error["type"], "bad-value")
    raise NoticeRefused(code, place)


def sentence(code: str) -> str:
    """The sentence for a clerk; what is no JSON at all has the general one."""
    return SENTENCES.get(code, SENTENCES["bad-value"])


def _enter(told: Tennyu, by_code: Mapping[Any, list[Mover]], moves: dict[str, Move]) -> None:
    """Add the move that this notice confirms, unless it was confirmed before."""
    code, found = told.record.juminhyo_code, _mover(told, by_code)
    if code in moves and moves[code].id != told.id:
        raise NoticeRefused("named-twice", "record.juminhyo_code")
    if found is not None:
        moves[code] = Move(told.id, told.record.change_date, found)


def _mover(told: Tennyu, by_code: Mapping[Any, list[Mover]]) -> dict[str, Any] | None:
    """The record of whom this is about; None where this move is confirmed already, else NoticeRefused."""
    fitting = by_code.get(told.record.juminhyo_code, [])
    if len(fitting) != 1:
        raise NoticeRefused("ambiguous" if fitting else "unknown-here", "record.juminhyo_code")
    [found] = fitting
    if any(found.record.get(item) != getattr(told.record, item) for item in ("birth_date", "sex")):
        raise NoticeRefused("identity-disagrees", "record")
    if told.to != (_code(found.record.get("address")) or _code(told.record.previous_address)):
        raise NoticeRefused("not-ours", "to")
    if found.confirmed_on == told.record.change_date:
        return None
    if not found.registered:
        raise NoticeRefused("already-removed")
    if found.record.get("move_out_destination") is None:
        raise NoticeRefused("not-planned")
    if not isinstance(told.record.change_date, str):
        raise NoticeRefused("day-incomplete", "record.change_date")
    return found.record


def _code(address: Any) -> str | None:
    return address.get("municipality_code") if isinstance(address, dict) else None


def _grouped(found: Iterable[Move], today: date) -> Iterator[dict[str, Any]]:
    together: dict[tuple[str, str], list[str]] = defaultdict(list)
    for move in found:
        together[move.moved_on, move.record["household_no"]].append(move.record["atena_no"])
    for (moved_on, _), numbers in sorted(together.items()):
        yield {
            "receipt": f"tennyu-{moved_on}-{min(numbers)}", "act": "move-out-confirmed",
            "notified_on": today.isoformat(), "atena_nos": sorted(numbers), "moved_on": moved_on,
        }  # fmt: skip
