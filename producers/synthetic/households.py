"""A made-up city of households, each made from its own dice: the same seed gives the same city.

The first households are a show-case, so that even a small city has every awkward person: three generations, a protected
mother and child, foreigners with aliases, hard characters, incomplete dates. After them chance decides.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any
from uuid import UUID

from producers.household import HEAD
from producers.synthetic import dates, names, people, places
from producers.synthetic.numbers import Numbers, household_no
from producers.synthetic.people import Member, Sketch

Role = tuple[str, str, int, int]
"""続柄, sex, youngest, oldest."""

AS_OF = date(2026, 4, 1)
"""The day on which a made-up city is as it is; ages are of that day."""

KINDS = ("single", "couple", "family", "single-parent", "three-generations", "foreign", "elder")
_WEIGHTS = (36, 19, 25, 6, 4, 4, 6)
_SHOWCASE = ("three-generations", "single-parent", "foreign", "elder", "family", "couple", "family", "single")
_PROTECTED_SHOWN = 1
_INCOMPLETE_SHOWN = {3: "month", 7: "day"}
_HARD_SHOWN = {4: 2, 5: 4, 6: 0}
_PROTECTED_SHARE = 0.002


@dataclass(frozen=True, slots=True)
class Household:
    """One household: its number, and its people as (resident, record), the head first."""

    number: str
    members: list[tuple[UUID, dict[str, Any]]]


def city(residents: int, seed: int) -> Iterator[Household]:
    """Households with exactly `residents` people in all, one after the other, none of them kept."""
    numbers, made = Numbers(seed), 0
    for index in _count():
        if made >= residents:
            return
        household = _household(index, made, residents - made, seed, numbers)
        made += len(household.members)
        yield household


def _count() -> Iterator[int]:
    index = 0
    while True:
        yield index
        index += 1


def _household(index: int, first: int, room: int, seed: int, numbers: Numbers) -> Household:
    dice = Random(f"{seed}/{index}")  # noqa: S311 - made-up people, the same for the same seed
    kind = _SHOWCASE[index] if index < len(_SHOWCASE) else dice.choices(KINDS, _WEIGHTS)[0]
    members = _members(kind, index, dice)[:room]
    protected = index == _PROTECTED_SHOWN or dice.random() < _PROTECTED_SHARE
    sketch = Sketch(household_no(index), places.in_city(dice), members[0].name[0], AS_OF, dice, numbers, protected)
    made = [people.person(sketch, member, first + at) for at, member in enumerate(members)]
    return Household(sketch.household_no, made)


def _members(kind: str, index: int, dice: Random) -> list[Member]:
    if kind == "foreign":
        return _foreigners(index, dice)
    shown = _HARD_SHOWN.get(index)
    family = names.surname(dice) if shown is None else names.HARD_SURNAMES[shown]
    members = [_member(family, role, dice) for role in _roles(kind, dice)]
    if index in _INCOMPLETE_SHOWN:
        members[0] = members[0].born_about(_INCOMPLETE_SHOWN[index])
    return members


def _roles(kind: str, dice: Random) -> list[Role]:
    """Each member's role, the head first."""
    head = "1" if dice.random() < 0.8 else "2"
    other, spouse = ("2", "妻") if head == "1" else ("1", "夫")
    children = [("子", dice.choice("12"), 0, 17) for _ in range(dice.randint(1, 3))]
    return {
        "single": [(HEAD, dice.choice("12"), 19, 88)],
        "couple": [(HEAD, head, 28, 80), (spouse, other, 26, 78)],
        "family": [(HEAD, head, 28, 52), (spouse, other, 26, 50), *children],
        "single-parent": [(HEAD, "2", 24, 48), *children],
        "three-generations": [(HEAD, "1", 38, 52), ("妻", "2", 36, 50), *children, ("母", "2", 68, 90)],
        "elder": [(HEAD, head, 76, 100)],
    }[kind]


def _member(family: names.Name, role: Role, dice: Random) -> Member:
    relationship, sex, low, high = role
    born = dates.aged(dice, low, high, AS_OF)
    return Member(
        names.full(family, names.given(dice, sex)), sex, relationship, born, dates.birth(dice, born, AS_OF),
        maiden=names.surname(dice)[0] if relationship == "妻" and dice.random() < 0.15 else None,
    )  # fmt: skip


def _foreigners(index: int, dice: Random) -> list[Member]:
    count = dice.randint(1, 3)
    roles = [(HEAD, "1", 24, 50), ("妻", "2", 22, 48), ("子", "2", 0, 12)][:count]
    return [_foreigner(index * 3 + at, role, dice) for at, role in enumerate(roles)]


def _foreigner(number: int, role: Role, dice: Random) -> Member:
    relationship, sex, low, high = role
    name, reading, country = names.foreign(dice, number)
    born = dates.aged(dice, low, high, AS_OF)
    return Member((name, reading), sex, relationship, born, born.isoformat(), country=country)
