"""本人確認情報の照会 (duty ⑦): one question to J-LIS on a legal basis, one answer, shown once and kept nowhere.

1. Who asks has the duty, and is noted before and after (hub.acting), under the id that J-LIS notes as well: so whom it
was about can be found there, and nothing of a resident is written here. 2. A basis and a purpose of the closed lists
are said; there is no question without them. 3. By 住民票コード, or by all of the four items; never by less. 4. No more
inquiries an hour than the limit. 5. No more people than were asked for: an answer that names more is thrown away, and
so is one that names an item which the basis does not give, or somebody else. An answer that is lost is asked again by
a person, as another inquiry.

The bases are unsure (U) and so are the purposes: a city puts its own here. 個人番号 comes by 番号法14条2項 alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from consumers.adapters import http
from consumers.adapters.http import Line, Settings
from contracts.door import read_json
from contracts.record import Date, JuminhyoCode, Text
from hub import acting as acts
from hub import wording
from hub.config import Settings as Config
from hub.database import Database, connect, queries
from hub.errors import DependencyUnavailable, NotPermitted, UsageError
from hub.outcome import Deferred, Refused
from hub.outside import checked_url
from hub.people import Act, Person

JLIS: Final = "jlis-delivery"
"""The contract whose counterpart is J-LIS: the question goes to the same place."""

SETTINGS: Final = Settings(path="/inquiries", seconds=15.0)
HOUR: Final = timedelta(hours=1)
MOST: Final = 10
USED_UP: Final = "inquiries-used-up"
"""The code of what `check_rate` refuses, as the audit has it."""

ITEMS: Final = frozenset({
    "name", "name_furigana", "former_surname", "alias_name", "birth_date", "sex", "address", "juminhyo_code",
})  # fmt: skip
BASES: Final = {
    "番号法14条2項": ITEMS | {"my_number"}, "住基法30条の10第1項": ITEMS, "住基法30条の12第1項": ITEMS,
}  # fmt: skip
"""Legal basis -> the items that it gives."""
PURPOSES: Final = {
    "move-in": "転入の届出の審査", "ex-officio": "職権による記載、消除又は修正", "my-number": "個人番号の確認",
    "consistency": "整合性確認",
}  # fmt: skip

_SQL = queries(Path(__file__).with_suffix(".sql"))
_STRICT = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)


class ByCode(BaseModel):
    """Whom it is about, by 住民票コード."""

    model_config = _STRICT
    juminhyo_code: JuminhyoCode = Field(repr=False)


class ByFour(BaseModel):
    """Whom it is about, by 基本4情報, all of them; the address as the register there writes it."""

    model_config = _STRICT
    name: Annotated[Text, Field(min_length=1, repr=False)]
    birth_date: Annotated[Date, Field(repr=False)]
    sex: Annotated[Literal["1", "2"], Field(repr=False)]
    address: Annotated[Text, Field(min_length=1, repr=False)]


_FORMS: Final[dict[bool, TypeAdapter[ByCode] | TypeAdapter[ByFour]]] = {
    True: TypeAdapter(ByCode), False: TypeAdapter(ByFour),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """One inquiry."""

    id: UUID
    by: ByCode | ByFour
    basis: str
    purpose: str
    at_most: int

    def wire(self) -> dict[str, Any]:
        """As J-LIS reads it."""
        return {"basis": self.basis, "purpose": self.purpose, "at_most": self.at_most, "by": self.by.model_dump()}


def question(said: bytes, basis: str, purpose: str, at_most: int) -> Question:
    """A question with an id of its own; UsageError names what is missing, never a value."""
    for given, known, option in ((basis, BASES, "--basis"), (purpose, PURPOSES, "--purpose")):
        if given not in known:
            raise UsageError("not-on-the-list", option, f"One of: {', '.join(known)}")
    if not 1 <= at_most <= MOST:
        raise UsageError("out-of-range", "--at-most", f"1 to {MOST}")
    return Question(uuid4(), _by(said), basis, purpose, at_most)


def _by(said: bytes) -> ByCode | ByFour:
    value = read_json(said)
    try:
        return _FORMS[isinstance(value, dict) and "juminhyo_code" in value].validate_python(value)
    except ValidationError as refused:
        place = str(next(iter(refused.errors(include_input=False, include_context=False)[0]["loc"]), ""))
    known = place in {*ByCode.model_fields, *ByFour.model_fields}
    raise UsageError("bad-question", place if known else "question", "juminhyo_code, or name, birth_date, sex, address")


async def inquire(
    settings: Config, asked: Question, now: Callable[[], datetime], case: str | None = None
) -> list[dict[str, Any]]:
    """Ask, as whoever types the command, for this case. What comes back is the caller's to show, once."""
    limit = settings.inquiries_an_hour
    details: dict[str, str | int] = {"basis": asked.basis, "purpose": asked.purpose, "limit": limit,
                                        **wording.case(case)}  # fmt: skip
    async with connect(settings.database, size=1) as database:
        async with acts.acting(settings, database, Act.IDENTITY_INQUIRE, str(asked.id), now, details) as person:
            await check_rate(database, person, limit, now())
            found = await _answered(settings, asked)
            details["count"] = len(found)
        return found


async def check_rate(database: Database, person: Person, limit: int, now: datetime) -> None:
    """NotPermitted where this inquiry, which is noted already, is one too many within the hour."""
    begun = await database.fetchval(_SQL["within"], person.id, Act.IDENTITY_INQUIRE, now - HOUR, USED_UP)
    if begun > limit:
        raise NotPermitted("inquiries-used-up", "inquiry", f"{limit} an hour")


async def _answered(settings: Config, asked: Question) -> list[dict[str, Any]]:
    if JLIS not in settings.counterpart_urls:
        raise UsageError("no-counterpart", "HUB_COUNTERPARTS", f"Name {JLIS}")
    url = checked_url(settings.counterpart_urls[JLIS])
    async with Line(url) as line:
        return await ask(line, asked)


async def ask(line: Line, asked: Question) -> list[dict[str, Any]]:
    """What J-LIS answers; DependencyUnavailable where it does not, NotPermitted where it will not."""
    answer = await line.send(SETTINGS, str(asked.id), asked.wire())
    outcome = answer if isinstance(answer, Deferred) else http.read(answer)
    if isinstance(outcome, Refused):
        raise NotPermitted(outcome.code, "inquiry")
    if isinstance(outcome, Deferred) or isinstance(answer, Deferred):
        raise DependencyUnavailable("jlis-unavailable", "inquiry", "Ask again; the other inquiry was counted")
    return checked(http.said(answer.body).get("found"), asked)


def checked(found: Any, asked: Question) -> list[dict[str, Any]]:
    """The people found; NotPermitted where the answer says more than was asked for. Then nothing of it is shown."""
    people: list[dict[str, Any]] = found if isinstance(found, list) else []
    if people is not found or not all(isinstance(one, dict) for one in people):
        raise NotPermitted("answer-malformed", "inquiry")
    if len(people) > asked.at_most:
        raise NotPermitted("answer-too-many", "inquiry")
    if any(not one.keys() <= BASES[asked.basis] for one in people):
        raise NotPermitted("answer-beyond-basis", "inquiry")
    wanted = asked.by.model_dump()
    same = {"juminhyo_code", "name", "birth_date", "sex"} & wanted.keys()
    if any(one.get(item) != wanted[item] for one in people for item in same):
        raise NotPermitted("answer-of-another", "inquiry")
    return [*people]
