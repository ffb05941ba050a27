"""Who lives where in a made-up city, as little of it as a year of notices needs: numbers, ages, heads, flags.

A household is told of only as far as it is known: whoever comes onto the register in the course of the year gets
numbers that only the register knows, so a household that they join is closed to later scenes, and so is one whose move
is planned. Nothing here is looked up in a register: the city is made again from its seed.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Any

from contracts.dates import last_day
from producers.household import HEAD
from producers.synthetic.households import city
from producers.synthetic.names import Name

_TRIES = 400


@dataclass(slots=True)
class Person:
    """One resident; `born` is None where no year of birth is known."""

    atena_no: str
    sex: str
    relationship: str
    born: int | None
    family: Name
    foreign: bool
    protected: bool
    alias: bool
    maiden: bool

    def age(self, day: date) -> int:
        """Completed years, roughly; somebody without a year of birth is old."""
        return 90 if self.born is None else (day.toordinal() - self.born) // 365

    @property
    def is_head(self) -> bool:
        return self.relationship == HEAD


@dataclass(slots=True)
class Home:
    """One household; `closed`: no scene may be played in it any more, or for now."""

    number: str
    members: list[Person]
    closed: bool = False

    @property
    def head(self) -> Person:
        return next(member for member in self.members if member.is_head)


@dataclass(slots=True)
class Town:
    """All households with somebody in them."""

    homes: list[Home]
    dice: Random
    families: dict[Name, Name] = field(default_factory=dict)

    @classmethod
    def of(cls, residents: int, seed: int, dice: Random) -> "Town":
        """The city of `residents` and `seed`."""
        town = cls([], dice)
        town.homes += [Home(home.number, [town.person(record) for _, record in home.members])
                       for home in city(residents, seed)]  # fmt: skip
        return town

    def person(self, record: Mapping[str, Any]) -> Person:
        """What is kept of a record."""
        born = last_day(record["birth_date"])
        names = tuple(str(record[item]).split("\u3000")[0] for item in ("name", "name_furigana"))
        family, born_on = (names[0], names[1]), None if born is None else born.toordinal()
        return Person(
            record["atena_no"], record["sex"], record["relationship_to_head"], born_on,
            self.families.setdefault(family, family), record["nationality"] is not None, bool(record["protected"]),
            record["alias_name"] is not None, record["former_surname"] is not None,
        )  # fmt: skip

    def home(self, fits: Callable[[Home], bool]) -> Home | None:
        """A household that is open and fits; None where none is found soon."""
        for _ in range(_TRIES):
            if not self.homes:
                return None
            at = self.dice.randrange(len(self.homes))
            home = self.homes[at]
            if not home.members:
                self.homes[at] = self.homes[-1]
                self.homes.pop()
            elif not home.closed and fits(home):
                return home
        return None

    def somebody(self, fits: Callable[[Person], bool]) -> tuple[Home, Person] | None:
        """Somebody in an open household who fits; None where nobody is found soon."""
        for _ in range(_TRIES):
            home = self.home(lambda _: True)
            if home is None:
                return None
            person = self.dice.choice(home.members)
            if fits(person):
                return home, person
        return None


def to_new_head(members: list[Person], new: Person) -> dict[str, str]:
    """宛名番号 -> 続柄 to the new head, of everybody else: what a clerk would be told."""
    return {person.atena_no: _relationship(person, new) for person in members if person is not new}


def _relationship(person: Person, new: Person) -> str:
    if person.is_head:
        return _of_old_head(person, new)
    if new.relationship in ("妻", "夫"):
        return _under_spouse(person, new)
    if new.relationship == "子" and person.relationship in ("妻", "夫"):
        return "母" if person.sex == "2" else "父"
    if new.relationship == person.relationship == "子":
        return _sibling(person, new)
    return "同居人"


def _of_old_head(person: Person, new: Person) -> str:
    if new.relationship in ("妻", "夫"):
        return "妻" if person.sex == "2" else "夫"
    if new.relationship == "子":
        return "母" if person.sex == "2" else "父"
    return "子"


def _under_spouse(person: Person, new: Person) -> str:
    if person.relationship == "子":
        return "子"
    of = "夫" if new.sex == "2" else "妻"
    return {"母": f"{of}の母", "父": f"{of}の父", f"{new.relationship}の母": "母"}.get(person.relationship, "同居人")


def _sibling(person: Person, new: Person) -> str:
    older = (person.born or 0) <= (new.born or 0)
    return {("1", True): "兄", ("1", False): "弟", ("2", True): "姉", ("2", False): "妹"}[person.sex, older]


def heir(members: list[Person], gone: Person, day: date) -> Person | None:
    """Who becomes head after `gone`: the spouse, else the oldest of fifteen and more; None where nobody may."""
    others = [person for person in members if person is not gone]
    able = sorted((person for person in others if person.age(day) >= 15), key=lambda person: person.born or 0)
    spouses = [person for person in able if person.relationship in ("妻", "夫")]
    return next(iter([*spouses, *able]), None)


def adults(members: list[Person], day: date) -> Iterator[Person]:
    """Those who may go to live on their own."""
    return (person for person in members if 18 <= person.age(day) < 60)
