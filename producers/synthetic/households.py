"""A made-up city of households, each made from its own dice: the same seed gives the same city.

The first households are a show-case, so that even a small city has every awkward person: three generations, a protected
mother and child, foreigners with aliases, hard characters, incomplete dates. After them chance decides.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import accumulate, count
from random import Random
from typing import Any
from uuid import UUID

from producers.synthetic import dates, names, people, places
from producers.synthetic.compositions import SHARES, Role, foreign, roles
from producers.synthetic.numbers import Numbers, household_no
from producers.synthetic.people import Member, Sketch

AS_OF = date(2026, 4, 1)
"""The day on which a made-up city is as it is; ages are of that day."""

_KINDS, _WEIGHTS = tuple(SHARES), tuple(accumulate(SHARES.values()))
_SHOWCASE = ("three-generations", "single-parent", "foreign", "elder", "family", "couple", "family", "single")
_PROTECTED_SHOWN = 1
_INCOMPLETE_SHOWN = {3: "month", 7: "day"}
_HARD_SHOWN = {4: 2, 5: 4, 6: 0}
_PROTECTED_SHARE = 0.0015
_TWINS_SHARE = 0.015
_MAIDEN_SHARE = 0.04


@dataclass(frozen=True, slots=True)
class Household:
    """One household: its number, and its people as (resident, record), the head first."""

    number: str
    members: list[tuple[UUID, dict[str, Any]]]


def city(residents: int, seed: int) -> Iterator[Household]:
    """Households with exactly `residents` people in all, one after the other, none of them kept."""
    numbers, made = Numbers(seed), 0
    for index in count():
        if made >= residents:
            return
        household = _household(index, made, residents - made, seed, numbers)
        made += len(household.members)
        yield household


def _household(index: int, first: int, room: int, seed: int, numbers: Numbers) -> Household:
    dice = Random(f"{seed}/{index}")  # noqa: S311 - made-up people, the same for the same seed
    kind = _SHOWCASE[index] if index < len(_SHOWCASE) else dice.choices(_KINDS, cum_weights=_WEIGHTS)[0]
    members = _members(kind, index, dice)[:room]
    protected = index == _PROTECTED_SHOWN or dice.random() < _PROTECTED_SHARE
    sketch = Sketch(household_no(index), places.in_city(dice), members[0].name[0], AS_OF, dice, numbers, protected)
    made = [people.person(sketch, member, first + at) for at, member in enumerate(members)]
    return Household(sketch.household_no, made)


def _members(kind: str, index: int, dice: Random) -> list[Member]:
    if kind == "foreign":
        return [_foreigner(index * 3 + at, role, dice) for at, role in enumerate(foreign(dice))]
    shown = _HARD_SHOWN.get(index)
    family = names.surname(dice) if shown is None else names.HARD_SURNAMES[shown]
    members = [_member(family, role, dice) for role in roles(kind, dice)]
    if index in _INCOMPLETE_SHOWN:
        members[0] = members[0].born_about(_INCOMPLETE_SHOWN[index])
    return _with_twins(members, dice)


def _with_twins(members: list[Member], dice: Random) -> list[Member]:
    children = [at for at, member in enumerate(members) if member.relationship == "子"]
    if len(children) > 1 and dice.random() < _TWINS_SHARE:
        first, second = children[:2]
        members[second] = replace(members[second], born=members[first].born, birth_date=members[first].birth_date)
    return members


def _member(family: names.Name, role: Role, dice: Random) -> Member:
    relationship, sex, years = role
    born = dates.aged(dice, years, years, AS_OF)
    return Member(
        names.full(family, names.given(dice, sex)), sex, relationship, born, dates.birth(dice, born, AS_OF),
        maiden=names.surname(dice)[0] if relationship == "妻" and dice.random() < _MAIDEN_SHARE else None,
    )  # fmt: skip


def _foreigner(number: int, role: Role, dice: Random) -> Member:
    relationship, sex, years = role
    name, reading, country = names.foreign(dice, number)
    born = dates.aged(dice, years, years, AS_OF)
    return Member((name, reading), sex, relationship, born, born.isoformat(), country=country)
