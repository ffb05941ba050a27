"""Notices (届出) that a counter would accept: made of a household's records and dice. Pure.

Every kind of act has its turn; who is born or moves in has numbers that nobody had before. All days lie some days
back, so that a counter whose clock was set back accepts them as well.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from producers.household import HEAD
from producers.synthetic import names, places
from producers.synthetic.numbers import Numbers

Record = dict[str, Any]
Home = Sequence[Record]
_FIRST_NEWCOMER = 50_000_000
_CHILD = "子"
_LIVES_THERE = "同居人"


@dataclass
class Clerk:
    """Writes notices as of `day`."""

    day: date
    dice: Random
    numbers: Numbers
    newcomers: int = field(default=_FIRST_NEWCOMER)

    def notice(self, receipt: str, home: Home, other: Home) -> Record:
        """One notice about `home`; `other` is a household that somebody may move into."""
        acts, weights = zip(*_ACTS, strict=True)
        fitting = [(act, weight) for act, weight in zip(acts, weights, strict=True) if act[0](home)]
        act = self.dice.choices([each for each, _ in fitting], [weight for _, weight in fitting])[0]
        stated: Record = act[1](self, home, other)
        return {"receipt": receipt, "notified_on": self.ago(3), **stated}

    def ago(self, days: int) -> str:
        return (self.day - timedelta(days=days)).isoformat()

    def newcomer(self, relationship: str, born: str) -> Record:
        """Somebody who has never been here."""
        self.newcomers += 1
        sex, family = self.dice.choice("12"), names.surname(self.dice)
        name, reading = names.full(family, names.given(self.dice, sex))
        return {
            "name": name, "name_furigana": reading, "birth_date": born, "sex": sex,
            "honseki": "見本県見本市見本町一番地",
            "my_number": self.numbers.my_number(self.newcomers), "relationship_to_head": relationship,
            "juminhyo_code": self.numbers.juminhyo_code(self.newcomers),
        }  # fmt: skip

    def grown(self) -> str:
        return self.ago(365 * self.dice.randint(1, 80))


def relocate(clerk: Clerk, home: Home, _other: Home) -> Record:
    """The whole household."""
    return {"act": "relocate", "atena_nos": _all(home), "moved_on": clerk.ago(5), "address": places.in_city(clerk.dice)}


def leave_home(clerk: Clerk, home: Home, _other: Home) -> Record:
    """One member founds a household."""
    one = clerk.dice.choice(_others(home))["atena_no"]
    return {"act": "relocate", "atena_nos": [one], "moved_on": clerk.ago(5), "address": places.in_city(clerk.dice),
            "head": one}  # fmt: skip


def join(clerk: Clerk, home: Home, other: Home) -> Record:
    """One member moves into another household."""
    one = clerk.dice.choice(_others(home))["atena_no"]
    return {"act": "relocate", "atena_nos": [one], "moved_on": clerk.ago(5), "address": other[0]["address"],
            "household_no": other[0]["household_no"], "movers": {one: _LIVES_THERE}}  # fmt: skip


def move_in(clerk: Clerk, _home: Home, _other: Home) -> Record:
    """A new household of one to three."""
    roles = (HEAD, _LIVES_THERE, _CHILD)[: clerk.dice.randint(1, 3)]
    return {"act": "move-in", "moved_on": clerk.ago(5), "address": places.in_city(clerk.dice),
            "previous_address": places.elsewhere(clerk.dice),
            "persons": [clerk.newcomer(role, clerk.grown()) for role in roles]}  # fmt: skip


def birth(clerk: Clerk, home: Home, _other: Home) -> Record:
    """A child of the head."""
    return {"act": "birth", "parent": _head(home)["atena_no"], "child": clerk.newcomer(_CHILD, clerk.ago(5))}


def death(clerk: Clerk, home: Home, _other: Home) -> Record:
    """Of anybody; where it is the head, another one takes the place."""
    dead = clerk.dice.choice(home)
    return {"act": "death", "atena_no": dead["atena_no"], "died_on": clerk.ago(4), **_succession(home, [dead])}


def move_out(clerk: Clerk, home: Home, _other: Home) -> Record:
    """Filed late: planned and carried out at once."""
    gone = clerk.dice.choice(home)
    return {"act": "move-out", "atena_nos": [gone["atena_no"]], "moves_on": clerk.ago(4),
            "destination": places.elsewhere(clerk.dice), **_succession(home, [gone])}  # fmt: skip


def change_head(clerk: Clerk, home: Home, _other: Home) -> Record:
    """世帯主変更."""
    new = clerk.dice.choice(_others(home))
    return {"act": "head-change", "new_head": new["atena_no"], "changed_on": clerk.ago(4),
            "relationships": {one["atena_no"]: _LIVES_THERE for one in home if one is not new}}  # fmt: skip


def protect(clerk: Clerk, home: Home, _other: Home) -> Record:
    """支援措置の開始 for all who are not protected yet."""
    return {"act": "protection-start", "atena_nos": [one["atena_no"] for one in home if not one["protected"]],
            "category": "配偶者暴力", "starts_on": clerk.ago(4)}  # fmt: skip


def end_protection(clerk: Clerk, home: Home, _other: Home) -> Record:
    """支援措置の終了."""
    return {"act": "protection-end", "atena_nos": [one["atena_no"] for one in home if one["protected"]],
            "decided_on": clerk.ago(4)}  # fmt: skip


def _succession(home: Home, gone: Sequence[Record]) -> Record:
    staying = [one for one in home if one not in gone]
    if not staying or not any(one["is_household_head"] for one in gone):
        return {}
    new = staying[0]["atena_no"]
    return {"new_head": new, "relationships": {one["atena_no"]: _LIVES_THERE for one in staying[1:]}}


def _all(home: Home) -> list[str]:
    return [one["atena_no"] for one in home]


def _head(home: Home) -> Record:
    return next(one for one in home if one["is_household_head"])


def _others(home: Home) -> list[Record]:
    return [one for one in home if not one["is_household_head"]]


def _several(home: Home) -> bool:
    return len(home) > 1


def _anybody(_home: Home) -> bool:
    return True


_Act = tuple[Callable[[Home], bool], Callable[[Clerk, Home, Home], Record]]
_ACTS: tuple[tuple[_Act, float], ...] = (
    ((_anybody, relocate), 10), ((_several, leave_home), 1.5), ((_several, join), 2), ((_anybody, move_in), 1.5),
    ((_anybody, birth), 2), ((_anybody, death), 1), ((_anybody, move_out), 1), ((_several, change_head), 2),
    ((lambda home: not all(one["protected"] for one in home), protect), 2),
    ((lambda home: any(one["protected"] for one in home), end_protection), 3),
)  # fmt: skip
