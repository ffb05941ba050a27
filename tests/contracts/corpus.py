"""The decision corpus: item × contract × kind × state × authority, and what the law makes of each row.

The expectation is written from the policy (policy.yaml) and from the six rules of the decision, and shares no line with
what decides: here a row is a story of which we know by construction whether somebody was and is concerned, which items
differ, and which permission is in force. Neither the Book nor `contracts.decide` is asked.

A row is named in the words of the law: 転居／住所／子ども政策課／対象内／効力あり.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from itertools import product
from typing import Any, Final

from contracts.change import Change
from contracts.contract import Contract, Grant
from tests.contracts.marked import AFTER, BEFORE, NUMBERS, Moment, birthday_tomorrow, born, value
from tests.contracts.policy import ACTIONS, DERIVED, ITEMS, KINDS, SUBSCRIBERS, People, Terms
from tests.people import change

FIRST: Final = date(2026, 4, 1)
"""From which day on the contracts of the policy are in force."""
NOON, LAST = date(2026, 9, 10), date(2027, 3, 31)
DAY: Final = timedelta(days=1)
HAPPENED: Final = {"year": 2026, "month": 3, "day": None, "text": "印-事由の生じた日"}
NOTIFIED: Final = {"year": 2026, "month": None, "day": None, "text": "印-届出の日"}
RESIDENT: Final = "0b1e0000-aaaa-4aaa-8aaa-0123456789ab"
NAMES: Final = tuple(ITEMS)


@dataclass(frozen=True, slots=True)
class Authority:
    """A day of decision, what is agreed about it, and what follows: in force or not, conditional items or not."""

    name: str
    on: date
    valid: bool
    granted: bool = False
    until: date | None = None
    shadow: date | None = None
    grants: tuple[date, date | None] | None = None

    def put_on(self, contract: Contract) -> Contract:
        """The contract with this end, this trial and these grants."""
        granted = () if self.grants is None else tuple(
            Grant(item, contract.approved, *self.grants) for item in contract.conditional
        )  # fmt: skip
        return replace(contract, in_force_until=self.until, shadow_from=self.shadow, granted=granted)


VALID: Final = Authority("効力あり", NOON, True)
PERIODS: Final = (
    Authority("効力発生の前日", FIRST - DAY, False), Authority("試行中", FIRST - DAY, False, shadow=FIRST - 30 * DAY),
    Authority("効力発生の日", FIRST, True), Authority("末日", LAST, True, until=LAST),
    Authority("末日の翌日", LAST + DAY, False, until=LAST),
)  # fmt: skip
GRANTS: Final = (
    Authority("付与の前日", NOON, True, grants=(NOON + DAY, None)),
    Authority("付与の初日", NOON, True, True, grants=(NOON, None)),
    Authority("付与あり", NOON, True, True, grants=(FIRST, None)),
    Authority("付与の末日", NOON, True, True, grants=(FIRST, NOON)),
    Authority("付与の末日の翌日", NOON, True, grants=(FIRST, NOON - DAY)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a change: inside the population, or outside and by what. `flag`: what it says of 支援措置."""

    inside: bool
    outside_by: str = ""
    flag: bool | None = False


@dataclass(frozen=True, slots=True)
class Story:
    """Both sides of a change and the state that they make; `moved`: what differs though nobody touched an item."""

    name: str
    state: str
    before: Side | None
    after: Side | None
    moved: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the corpus: the item, how it was touched, and everything around it."""

    terms: Terms
    kind: str
    story: Story
    item: str
    touch: str
    authority: Authority

    @property
    def name(self) -> str:
        """The row in the words of the law."""
        said = (KINDS[self.kind], ITEMS[self.item] + self.touch, self.terms.subscriber, self.story.name)
        return "／".join((*said, self.authority.name))


# Stories

IN: Final = Side(True)


def stories(people: People, action: str) -> Iterator[Story]:
    """Every way of entering, being inside, leaving, being deleted and being outside twice."""
    if action == "記載":
        yield Story("新たに対象", "entered", None, IN)
        yield from (Story(f"対象外（{way}）のまま", "outside", None, Side(False, way)) for way in ways_out(people))
    elif action == "消除":
        yield Story("対象から消除", "deleted", IN, None)
        yield from (Story(f"対象外（{way}）のまま消除", "outside", Side(False, way), None) for way in ways_out(people))
    else:
        yield Story("対象内", "inside", IN, IN)
        for way in ways_out(people):
            yield from _comings_and_goings(people, way)


def _comings_and_goings(people: People, way: str) -> Iterator[Story]:
    out = Side(False, way)
    moved = frozenset({"年齢": {"birth_date"}, "国籍": {"nationality"}}.get(way, set()))
    yield Story(f"新たに対象（{way}）", "entered", out, IN, moved)
    yield Story(f"対象から外れる（{way}）", "left", IN, out, moved)
    yield Story(f"対象外（{way}）のまま", "outside", out, out)
    if way == "年齢" and people.age_from is not None:
        yield Story("年齢に達して対象", "entered", *[Side(True, "達する")] * 2)
    if way == "年齢" and people.age_to is not None:
        yield Story("年齢に達して外れる", "left", *[Side(True, "過ぎる")] * 2)


def ways_out(people: People) -> list[str]:
    """How somebody on the register may be outside."""
    aged = people.age_from is not None or people.age_to is not None
    ways = {"年齢": aged, "国籍": people.japanese is not None, "支援措置": people.suspended}
    return [way for way, there in ways.items() if there]


def flagged(people: People, action: str) -> Iterator[Story]:
    """The stories of persons under 支援措置, and of those of whom the record does not say, where both may be inside."""
    for name, flag in () if people.suspended else (("支援措置あり", True), ("支援措置不明", None)):
        for story in stories(people, action):
            sides = [side and replace(side, flag=flag) for side in (story.before, story.after)]
            yield Story(f"{story.name}・{name}", story.state, *sides, story.moved)


# Rows


def rows(terms: Terms, kind: str) -> Iterator[Row]:
    """All rows of one contract and one kind."""
    told, turn = tuple(stories(terms.people, ACTIONS[kind])), list(KINDS).index(kind)
    for story, item in product(told, NAMES):
        yield from (Row(terms, kind, story, item, touch, VALID) for touch in touches(terms, story, item, turn))
    around = [(story, VALID) for story in flagged(terms.people, ACTIONS[kind])]
    yield from _in_turn(terms, kind, [*around, *product(told, PERIODS)], NAMES[turn % 7 :: 7])
    if terms.conditional:
        yield from _in_turn(terms, kind, list(product(told, GRANTS)), terms.conditional)


def _in_turn(
    terms: Terms, kind: str, around: list[tuple[Story, Authority]], items: tuple[str, ...]
) -> Iterator[Row]:
    """One row for each story and authority; the items take turns."""
    turn = list(KINDS).index(kind)
    for at, (story, authority) in enumerate(around):
        item = items[(turn + at) % len(items)]
        yield Row(terms, kind, story, item, touches(terms, story, item, turn)[0], authority)


def touches(terms: Terms, story: Story, item: str, turn: int) -> tuple[str, ...]:
    """How the item is touched: changed, or struck out or missing; where nobody was inside before, only the latter.

    Struck out (null) and missing take turns: what is told of them is the same.
    """
    if item in DERIVED or item in _controls(terms.people):
        return ("",)
    gone = "の欠如" if (NAMES.index(item) + turn) % 2 else "の削除"
    return ("の変更", gone) if story.state == "inside" else (gone,)


def _controls(people: People) -> set[str]:
    """Items that decide about membership; they are as the story says."""
    ways = ways_out(people)
    return {item for item, way in (("birth_date", "年齢"), ("nationality", "国籍")) if way in ways}


# The change of a row


def happened(row: Row) -> Change:
    """The Change of which a row speaks. Inside, what is struck out was there before, and what is missing was not."""
    base = _base(ACTIONS[row.kind], row.authority.on, row.terms.people, row.story.before, row.story.after)
    before, after = base.before, base.after
    if row.touch == "の変更" and after is not None:
        after = {**after, row.item: _changed(row)}
    elif row.touch == "の削除":
        before = before if row.story.state == "inside" else _with_null(before, row.item)
        after = _with_null(after, row.item)
    elif row.touch == "の欠如":
        before = (_with_null if row.story.state == "inside" else _without)(before, row.item)
        after = _without(after, row.item)
    return replace(base, kind=row.kind, before=before, after=after)


def _with_null(record: Mapping[str, Any] | None, item: str) -> Mapping[str, Any] | None:
    return None if record is None else {**record, item: None}


def _without(record: Mapping[str, Any] | None, item: str) -> Mapping[str, Any] | None:
    return None if record is None else {name: known for name, known in record.items() if name != item}


def _changed(row: Row) -> Any:
    return _birth(row.terms.people, IN, row.authority.on, AFTER) if row.item == "birth_date" else value(row.item, AFTER)


@cache
def _base(action: str, on: date, people: People, before: Side | None, after: Side | None) -> Change:
    """The sides of a story as a Change through the door, with every item of the register filled and marked."""
    records = (side and _record(people, side, on) for side in (before, after))
    at = f"{on.isoformat()}T10:15:00.123456+09:00"
    kind = {"記載": "BIRTH", "消除": "DEATH", "修正": "RELOCATE"}[action]
    return change(kind, *records, resident=RESIDENT, effective_on=HAPPENED, notified_on=NOTIFIED, recorded_at=at)


def _record(people: People, side: Side, on: date) -> dict[str, Any]:
    known = {item: value(item, BEFORE) for item in NAMES}
    known |= {"birth_date": _birth(people, side, on, BEFORE), "nationality": _nationality(people, side)}
    flag = True if side.outside_by == "支援措置" else side.flag
    return known if flag is None else {"protected": flag, **known}


def _birth(people: People, side: Side, on: date, moment: Moment) -> str:
    low, high = people.age_from, people.age_to
    if side.outside_by == "達する":
        return birthday_tomorrow(low or 0, on)
    if side.outside_by == "過ぎる":
        return birthday_tomorrow((high or 0) + 1, on)
    if side.outside_by == "年齢":
        return born(low - 1 if low is not None else (high or 0) + 1, on, moment)
    return born(low if low is not None else high if high is not None else 30, on, moment)


def _nationality(people: People, side: Side) -> str | None:
    foreign = str(value("nationality", BEFORE))
    if people.japanese is None:
        return foreign
    return foreign if people.japanese is (side.outside_by == "国籍") else None


# What the law makes of it


@dataclass(frozen=True, slots=True)
class Answer:
    """What is told: state, items and flag; or the silence."""

    silence: str = ""
    state: str = ""
    items: Mapping[str, Any] | None = None
    protected: bool | None = None


def expected(row: Row, change_: Change) -> Answer:  # noqa: PLR0911 - six rules, each with its ending
    """The six rules, from what the story says."""
    terms, state = row.terms, row.story.state
    if not row.authority.valid:
        return Answer("not-in-force")
    if state == "outside":
        return Answer("outside")
    by_correction = ACTIONS[row.kind] == "修正" and state != "inside"
    if row.kind not in terms.hears and not by_correction:
        return Answer("not-heard")
    permitted = terms.items + (terms.conditional if row.authority.granted else ())
    if state == "inside" and row.kind not in terms.always and not _visible(row, permitted):
        return Answer("nothing-changed")
    side = row.story.after or row.story.before
    if terms.protected == "withhold" and side is not None and side.flag is not False:
        return Answer("protected")
    if state == "left":
        return Answer("", state, {terms.identifier: (change_.before or {}).get(terms.identifier)})
    flag = None if "dv_protection" not in permitted or side is None else side.flag is not False
    return Answer("", state, _told(row, change_, permitted), flag)


def _visible(row: Row, permitted: tuple[str, ...]) -> bool:
    """Whether an item differs that the contract may have; of nationality at least, whether it is Japanese."""
    if row.touch not in ("の変更", "の削除") or row.item in DERIVED:
        return False
    naturalised = row.item == "nationality" and row.touch == "の削除" and "is_japanese" in permitted
    return row.item in permitted or naturalised


def _told(row: Row, change_: Change, permitted: tuple[str, ...]) -> dict[str, Any]:
    action, record = ACTIONS[row.kind], change_.after if change_.after is not None else change_.before or {}
    derived = {
        "change_action": action, "change_date": HAPPENED, "removal_date": HAPPENED if action == "消除" else None,
        "change_reason": row.kind if row.kind in row.terms.hears else None,
        "is_japanese": record.get("nationality") is None,
    }  # fmt: skip
    return {item: derived[item] if item in derived else record.get(item) for item in permitted}


def leaked(row: Row, change_: Change, answer: Answer, data: bytes) -> list[str]:
    """What lies in the bytes of `answer` and may not: of items not told, of the person, of the rest of the change."""
    told = answer.items or {}
    named = {(key or mark).decode() for key, mark in _NAMED.findall(data)} & _ITEMS
    secret = [number for item, numbers in NUMBERS.items() if item not in told for number in numbers]
    secret += [RESIDENT, str(NOTIFIED["text"])] + ([] if HAPPENED in told.values() else [str(HAPPENED["text"])])
    secret += [] if told.get("change_reason") else [f'"{row.kind}"']
    secret += [] if "change_action" in told else ["記載", "消除", "修正"]
    if "birth_date" not in told:
        births = [record.get("birth_date") for record in (change_.before, change_.after) if record]
        secret += [birth for birth in births if birth]
    return [*(named - told.keys()), *(each for each in secret if each.encode() in data)]


_NAMED: Final = re.compile('"([a-z_0-9]+)":|印-([a-z_0-9]+)-'.encode())
"""Keys, and the marks of values."""
_ITEMS: Final = frozenset(NAMES)


def every_row() -> Iterator[Row]:
    """The whole corpus."""
    for terms in SUBSCRIBERS.values():
        for kind in KINDS:
            yield from rows(terms, kind)
