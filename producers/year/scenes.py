"""What happens: one function per kind of act, from a town and a day to notices. Each changes the town as it must.

A scene returns None where it finds nobody whom it could concern; else its notices, each with the day on which it is
filed, and how many persons it is about. A planned 転出 has a second notice later, when the other municipality confirms.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from producers.household import HEAD
from producers.synthetic import names, places
from producers.synthetic.numbers import Numbers
from producers.year.town import Home, Person, Town, adults, heir, to_new_head

Notice = dict[str, Any]
_NEWCOMERS = 50_000_000
"""Index of the first number of whoever comes in the course of a year: no city reaches it."""
_PER_YEAR = 400_000
_STAY = 0.02
"""Share of planned moves that are given up."""


@dataclass(frozen=True, slots=True)
class Played:
    """What a scene comes to: notices now, how many persons they are about, and notices that follow on later days."""

    now: list[Notice]
    persons: int
    later: list[tuple[date, Notice, Callable[[], None]]] = field(default_factory=list)
    """(day, notice, what is to be done with the town then)."""


@dataclass(slots=True)
class Stage:
    """The town on one day, the dice, and the numbers of those who come."""

    town: Town
    dice: Random
    numbers: Numbers
    day: date
    come: int = 0

    def ago(self, most: int, least: int = 0) -> str:
        """A day some days before this one."""
        return (self.day - timedelta(days=self.dice.randint(least, most))).isoformat()

    def next_index(self) -> int:
        """The index of the next one who comes."""
        self.come += 1
        return _NEWCOMERS + self.day.year % 100 * _PER_YEAR + self.come


Scene = Callable[[Stage], Played | None]


def open_home(home: Home) -> bool:
    """A household without anything awkward for a move."""
    return not any(person.protected for person in home.members)


def move_in(stage: Stage) -> Played:
    """転入 into a new household, or now and then into one that is there."""
    joined = stage.town.home(lambda home: len(home.members) < 5) if stage.dice.random() < 0.12 else None
    roles = [("同居人", 30)] if joined else stage.dice.choices(
        ([(HEAD, 27)], [(HEAD, 34), ("妻", 32)], [(HEAD, 38), ("妻", 36), ("子", 6)]), (68, 17, 15)
    )[0]  # fmt: skip
    family = names.surname(stage.dice)
    if joined:
        joined.closed = True
    return Played([{
        "act": "move-in", "moved_on": stage.ago(13), "household_no": joined.number if joined else None,
        "address": places.in_city(stage.dice), "previous_address": places.elsewhere(stage.dice),
        "persons": [newcomer(stage, family, relationship, years) for relationship, years in roles],
    }], len(roles))  # fmt: skip


def move_in_abroad(stage: Stage) -> Played:
    """国外から転入: most of them foreign nationals."""
    foreign = stage.dice.random() < 0.85
    person = foreigner(stage) if foreign else newcomer(stage, names.surname(stage.dice), HEAD, 35)
    return Played([{
        "act": "move-in-abroad", "moved_on": stage.ago(13), "address": places.in_city(stage.dice), "persons": [person],
    }], 1)  # fmt: skip


def newcomer(stage: Stage, family: names.Name, relationship: str, years: int) -> Notice:
    """One Japanese national who comes onto the register, of about that age."""
    index, sex = stage.next_index(), "2" if relationship == "妻" else stage.dice.choice("12")
    name, reading = names.full(family, names.given(stage.dice, sex))
    born = stage.day - timedelta(days=years * 365 + stage.dice.randint(1, 1400))
    return {
        "name": name, "name_furigana": reading, "birth_date": born.isoformat(), "sex": sex,
        "relationship_to_head": relationship, "my_number": stage.numbers.my_number(index),
        "juminhyo_code": stage.numbers.juminhyo_code(index),
        "honseki": f"見本県見本市見本町一番地\u3000{family[0]}\u3000例蔵",
    }  # fmt: skip


def foreigner(stage: Stage) -> Notice:
    """One foreign national who comes from abroad, with the items of 住基法30条の45."""
    index = stage.next_index()
    name, reading, country = names.foreign(stage.dice, index)
    born = stage.day - timedelta(days=stage.dice.randint(19 * 365, 45 * 365))
    return {
        "name": name, "name_furigana": reading, "birth_date": born.isoformat(), "sex": stage.dice.choice("12"),
        "relationship_to_head": HEAD, "my_number": stage.numbers.my_number(index), "nationality": country,
        "juminhyo_code": stage.numbers.juminhyo_code(index), "foreign_resident_since": stage.day.isoformat(),
        "art30_45_category": "中長期在留者", "residence_status": {"status": "留学", "period": "２年３月"},
        "residence_expiry": (stage.day + timedelta(days=820)).isoformat(),
        "residence_card_no": stage.numbers.card_no(index),
    }  # fmt: skip


def move_out(stage: Stage) -> Played | None:
    """転出 of a whole household or of somebody who is not the head, planned, and carried out or given up later."""
    home = stage.town.home(open_home)
    if home is None:
        return None
    gone = _movers(stage, home)
    moves_on = stage.day + timedelta(days=stage.dice.randint(1, 14))
    numbers = [person.atena_no for person in gone]
    plan = {
        "act": "move-out", "atena_nos": numbers, "moves_on": moves_on.isoformat(),
        "destination": places.elsewhere(stage.dice),
    }  # fmt: skip
    home.closed = True
    after = moves_on + timedelta(days=stage.dice.randint(2, 12))
    if stage.dice.random() < _STAY:
        given_up = {"act": "move-out-cancelled", "atena_nos": numbers, "decided_on": None}
        return Played([plan], len(gone), [(moves_on, given_up, lambda: _reopen(home))])
    confirmed = {"act": "move-out-confirmed", "atena_nos": numbers, "moved_on": moves_on.isoformat()}
    return Played([plan], len(gone), [(after, confirmed, lambda: _go(home, gone))])


def _reopen(home: Home) -> None:
    home.closed = False


def _go(home: Home, gone: list[Person]) -> None:
    home.members = [person for person in home.members if person not in gone]
    home.closed = False


def _movers(stage: Stage, home: Home) -> list[Person]:
    alone = [person for person in adults(home.members, stage.day) if not person.is_head]
    return [stage.dice.choice(alone)] if alone and stage.dice.random() < 0.45 else list(home.members)


def relocate(stage: Stage) -> Played | None:
    """転居: a whole household, or somebody who founds one of their own or moves in with others."""
    home = stage.town.home(lambda home: len(home.members) < 8)
    if home is None:
        return None
    gone = _movers(stage, home)
    stated: Notice = {
        "act": "relocate", "atena_nos": [person.atena_no for person in gone], "moved_on": stage.ago(13),
        "address": places.in_city(stage.dice),
    }  # fmt: skip
    if len(gone) < len(home.members):
        stated |= _elsewhere(stage, home, gone[0])
    return Played([stated], len(gone))


def _elsewhere(stage: Stage, home: Home, person: Person) -> Notice:
    """Into a household of their own, of which nobody knows the number yet, or into another one."""
    home.members = [member for member in home.members if member is not person]
    other = stage.town.home(lambda found: found is not home and len(found.members) == 1)
    if other is None or stage.dice.random() < 0.7:
        return {"head": person.atena_no}
    other.members.append(person)
    person.relationship = "妻（未届）" if (person.sex, other.head.sex) == ("2", "1") else "同居人"
    return {"household_no": other.number, "movers": {person.atena_no: person.relationship}}


def birth(stage: Stage) -> Played | None:
    """出生: into the household of the mother."""
    found = stage.town.somebody(
        lambda one: one.sex == "2" and not one.foreign and one.relationship in (HEAD, "妻")
        and 19 < one.age(stage.day) < 46
    )  # fmt: skip
    if found is None:
        return None
    home, mother = found
    child = newcomer(stage, mother.family, "子", 0) | {"birth_date": stage.ago(14)}
    home.closed = True
    return Played([{"act": "birth", "parent": mother.atena_no, "child": child}], 1)


def death(stage: Stage) -> Played | None:
    """死亡, of the old above all; where a head dies, the next one is named."""
    found = stage.town.somebody(lambda one: stage.dice.random() < 1.11 ** (one.age(stage.day) - 100))
    if found is None:
        return None
    home, dead = found
    stated: Notice = {"act": "death", "atena_no": dead.atena_no, "died_on": stage.ago(7)}
    others = [person for person in home.members if person is not dead]
    if dead.is_head and others:
        new = heir(home.members, dead, stage.day)
        if new is None:
            return None
        stated |= _succeeded(others, new)
    home.members = others
    return Played([stated], 1)


def _succeeded(members: list[Person], new: Person) -> Notice:
    relationships = to_new_head(members, new)
    for person in members:
        person.relationship = HEAD if person is new else relationships[person.atena_no]
    return {"new_head": new.atena_no, "relationships": relationships}


def head_change(stage: Stage) -> Played | None:
    """世帯主変更: it concerns everybody of the household."""
    home = stage.town.home(lambda home: heir(home.members, home.head, stage.day) is not None)
    new = None if home is None else heir(home.members, home.head, stage.day)
    if home is None or new is None:
        return None
    return Played([{"act": "head-change", "changed_on": stage.ago(13)} | _succeeded(home.members, new)],
                  len(home.members))  # fmt: skip


def split(stage: Stage) -> Played | None:
    """世帯分離: somebody founds a household at the same address."""
    home = stage.town.home(lambda home: any(not one.is_head for one in adults(home.members, stage.day)))
    if home is None:
        return None
    gone = stage.dice.choice([one for one in adults(home.members, stage.day) if not one.is_head])
    home.members = [member for member in home.members if member is not gone]
    return Played([{
        "act": "household-split", "atena_nos": [gone.atena_no], "head": gone.atena_no, "changed_on": stage.ago(13),
    }], 1)  # fmt: skip


def protection_start(stage: Stage) -> Played | None:
    """支援措置の開始."""
    found = stage.town.somebody(lambda one: not one.protected and one.age(stage.day) >= 18)
    if found is None:
        return None
    found[1].protected = True
    return Played([{
        "act": "protection-start", "atena_nos": [found[1].atena_no], "category": "配偶者暴力",
        "starts_on": stage.day.isoformat(),
    }], 1)  # fmt: skip


def protection_end(stage: Stage) -> Played | None:
    """支援措置の終了, by decision."""
    found = stage.town.somebody(lambda one: one.protected)
    if found is None:
        return None
    found[1].protected = False
    notice = {"act": "protection-end", "atena_nos": [found[1].atena_no], "decided_on": stage.day.isoformat()}
    return Played([notice], 1)


def of_one(act: str, fits: Callable[[Person], bool], stated: Callable[[Stage, Person], Notice]) -> Scene:
    """A scene about one person, which moves nobody."""

    def play(stage: Stage) -> Played | None:
        found = stage.town.somebody(fits)
        if found is None:
            return None
        notice = {"act": act, "atena_no": found[1].atena_no, "changed_on": stage.ago(20)}
        return Played([notice | stated(stage, found[1])], 1)

    return play


def _residence(stage: Stage, _who: Person) -> Notice:
    period = stage.dice.choice(("１年", "３年", "５年"))
    expiry = stage.day + timedelta(days=stage.dice.randint(366, 1826))
    status = {"status": "技術・人文知識・国際業務", "period": period}
    return {"items": {"residence_status": status, "residence_expiry": expiry.isoformat()}}


def _maiden(stage: Stage, who: Person) -> Notice:
    who.maiden = not who.maiden
    return {"former_surname": names.surname(stage.dice)[0] if who.maiden else None}


def _alias(stage: Stage, who: Person) -> Notice:
    who.alias = not who.alias
    return {"alias_name": names.alias(stage.dice) if who.alias else None}


def corrected(stage: Stage) -> Played | None:
    """職権修正 or 軽微な修正 of an address: the house has another number, the household stays where it is."""
    home = stage.town.home(lambda _: True)
    if home is None:
        return None
    return Played([{
        "act": "minor-correction", "atena_nos": [person.atena_no for person in home.members],
        "corrected_on": stage.ago(5), "ground": "住居表示の実施", "items": {"address": places.in_city(stage.dice)},
    }], len(home.members))  # fmt: skip


def _insured(stage: Stage, _who: Person) -> Notice:
    return {"items": {"nhi_qual": f"資格取得（{stage.day.isoformat()}）"}}


SCENES: Mapping[str, tuple[str, float, Scene]] = {
    "move-in": ("in", 17_800, move_in), "move-in-abroad": ("in", 2_200, move_in_abroad),
    "move-out": ("out", 20_000, move_out), "relocate": ("relocate", 18_000, relocate),
    "birth": ("birth", 3_500, birth), "death": ("death", 5_500, death),
    "head-change": ("household", 5_500, head_change), "household-split": ("household", 2_500, split),
    "minor-correction": ("names", 4_500, corrected),
    "former-surname": ("names", 2_000, of_one("former-surname", lambda one: not one.foreign, _maiden)),
    "alias": ("names", 1_500, of_one("alias", lambda one: one.foreign, _alias)),
    "residence-status": ("residence", 10_000, of_one("residence-status", lambda one: one.foreign, _residence)),
    "qualification": ("others", 1_500, of_one("qualification", lambda one: one.age(date(2026, 1, 1)) < 70, _insured)),
    "card-request": ("others", 700, of_one("card-request", lambda _: True, lambda _stage, _who: {})),
    "protection-start": ("others", 450, protection_start), "protection-end": ("others", 350, protection_end),
}  # fmt: skip
"""act -> group, persons a year in a city of 510,000, scene."""
