"""One morning at the counter of a made-up city: a notice of every kind, the same for the same seed.

The people are chosen by what they are, not by number, from the first households of the city. The scene for dead
letters is in it: two Changes in a row for one resident. So is the one for protection: somebody already protected moves.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import islice
from random import Random
from typing import Any

from hub.errors import UsageError
from producers.household import HEAD
from producers.synthetic import names, places
from producers.synthetic.households import city
from producers.synthetic.numbers import Numbers

_LOOKED_AT = 150
"""Households among which the morning's people are found, the first of the city; a few dozen are enough."""

_LARGE = 10_000
_NEWCOMERS = 50_000_000
"""Index of the first number given to newcomers: no city reaches it."""

Record = dict[str, Any]
Notice = dict[str, Any]


@dataclass
class Morning:
    """The households that are still free for a scene, and the day. Each scene takes one of them for itself."""

    day: date
    seed: int
    free: list[list[Record]]
    dice: Random
    count: int = field(default=0)

    def take(self, fits: Callable[[list[Record]], bool]) -> list[Record]:
        """The first free household that fits; UsageError `city-too-small` where none does."""
        for at, members in enumerate(self.free):
            if fits(members):
                return self.free.pop(at)
        raise UsageError("city-too-small", "morning")

    def notice(self, act: str, **stated: Any) -> Notice:
        """A notice with the next receipt of this morning."""
        self.count += 1
        receipt = f"{self.day:%Y%m%d}-{self.seed}-{self.count:03d}"
        return {"receipt": receipt, "act": act, "notified_on": self.day.isoformat(), **stated}

    def days_ago(self, days: int) -> str:
        """A day before this one."""
        return (self.day - timedelta(days=days)).isoformat()


def morning(seed: int, day: date) -> Iterator[Notice]:
    """The notices of the morning of `day` in any city of `seed`, in the order in which they are filed."""
    homes = [[record for _, record in home.members] for home in islice(city(_LARGE, seed), _LOOKED_AT)]
    scene = Morning(day, seed, homes, Random(f"morning/{seed}"))  # noqa: S311 - made-up people
    for play in _SCENES:
        yield from play(scene)


def _protected_move(scene: Morning) -> Iterator[Notice]:
    members = scene.take(lambda home: home[0]["protected"])
    yield _relocation(scene, members, 3)


def _head_change(scene: Morning) -> Iterator[Notice]:
    members = scene.take(lambda home: len(home) >= 3 and _plain(home) and _is_couple(home))
    others = {home["atena_no"]: _to_spouse(home, members[0]) for home in members if home is not members[1]}
    yield scene.notice(
        "head-change", new_head=members[1]["atena_no"], relationships=others, changed_on=scene.days_ago(1)
    )


def _death_of_a_head(scene: Morning) -> Iterator[Notice]:
    members = scene.take(lambda home: len(home) >= 3 and _plain(home) and _is_couple(home))
    others = {home["atena_no"]: _to_spouse(home, members[0]) for home in members[2:]}
    yield scene.notice(
        "death", atena_no=members[0]["atena_no"], died_on=scene.days_ago(2), new_head=members[1]["atena_no"],
        relationships=others,
    )  # fmt: skip


def _birth(scene: Morning) -> Iterator[Notice]:
    mother = scene.take(lambda home: len(home) >= 2 and _plain(home) and home[1]["relationship_to_head"] == "妻")[1]
    family = mother["name"].split("\u3000")[0], mother["name_furigana"].split("\u3000")[0]
    name, reading = names.full(family, names.given(scene.dice, "2"))
    yield scene.notice("birth", parent=mother["atena_no"], child={
        **_newcomer(scene, name, reading, scene.days_ago(5), "2", "子"), "honseki": mother["honseki"],
    })  # fmt: skip


def _relocate_twice(scene: Morning) -> Iterator[Notice]:
    """Two Changes in a row for the same people: whoever is refused the first has the second waiting behind it."""
    members = scene.take(lambda home: len(home) == 2 and _plain(home))
    yield _relocation(scene, members, 6)
    yield _relocation(scene, members, 0)


def _split(scene: Morning) -> Iterator[Notice]:
    members = scene.take(lambda home: len(home) >= 2 and _plain(home))
    gone = members[-1]["atena_no"]
    yield scene.notice(
        "relocate", atena_nos=[gone], moved_on=scene.days_ago(1), address=places.in_city(scene.dice), head=gone
    )


def _move_out(scene: Morning) -> Iterator[Notice]:
    planned, late = (scene.take(lambda home: len(home) == 1 and _plain(home)) for _ in range(2))
    yield scene.notice(
        "move-out", atena_nos=[planned[0]["atena_no"]], moves_on=scene.days_ago(-10),
        destination=places.elsewhere(scene.dice),
    )  # fmt: skip
    yield scene.notice(
        "move-out", atena_nos=[late[0]["atena_no"]], moves_on=scene.days_ago(1),
        destination=places.elsewhere(scene.dice),
    )  # fmt: skip


def _move_in(scene: Morning) -> Iterator[Notice]:
    family = names.HARD_SURNAMES[0]
    roles = (("1", HEAD, 38), ("2", "妻", 35), ("2", "子", 6))
    persons = [_family_member(scene, family, *role) for role in roles]
    yield scene.notice(
        "move-in", moved_on=scene.days_ago(4), address=places.in_city(scene.dice),
        previous_address=places.elsewhere(scene.dice), persons=persons,
    )  # fmt: skip


def _protection(scene: Morning) -> Iterator[Notice]:
    members = scene.take(lambda home: len(home) >= 2 and _plain(home))
    yield scene.notice(
        "protection-start", atena_nos=[home["atena_no"] for home in members[1:]], category="配偶者暴力",
        starts_on=scene.day.isoformat(),
    )  # fmt: skip


_SCENES = (
    _protection, _protected_move, _head_change, _death_of_a_head, _birth, _move_in, _move_out, _relocate_twice, _split,
)  # fmt: skip


def _is_couple(home: list[Record]) -> bool:
    return home[1]["relationship_to_head"] in ("妻", "夫")


def _plain(home: list[Record]) -> bool:
    return not any(member["protected"] or member["nationality"] for member in home)


def _relocation(scene: Morning, members: list[Record], days: int) -> Notice:
    return scene.notice(
        "relocate", atena_nos=[member["atena_no"] for member in members], moved_on=scene.days_ago(days),
        address=places.in_city(scene.dice),
    )  # fmt: skip


def _to_spouse(member: Record, head: Record) -> str:
    """What somebody is to the head's spouse: said by the clerk in real life."""
    if member is head:
        return "夫" if head["sex"] == "1" else "妻"
    return {"母": "夫の母"}.get(member["relationship_to_head"], "子")


def _family_member(scene: Morning, family: names.Name, sex: str, relationship: str, years: int) -> Record:
    name, reading = names.full(family, names.given(scene.dice, sex))
    return _newcomer(scene, name, reading, scene.days_ago(years * 365 + scene.dice.randint(1, 300)), sex, relationship)


def _newcomer(scene: Morning, name: str, reading: str, born: str, sex: str, relationship: str) -> Record:  # noqa: PLR0913 - one person's facts
    numbers, index = Numbers(scene.seed), _NEWCOMERS + scene.dice.randrange(10_000_000)
    return {
        "name": name, "name_furigana": reading, "birth_date": born, "sex": sex, "relationship_to_head": relationship,
        "my_number": numbers.my_number(index), "juminhyo_code": numbers.juminhyo_code(index),
        "honseki": "見本県見本市見本町一番地\u3000見本\u3000例蔵",
    }  # fmt: skip

