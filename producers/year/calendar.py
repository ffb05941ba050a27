"""The notices of a year, in the order in which they are brought: a stream that holds one day of them.

What is scaled is the number of persons a year (CITY is the size for which SCENES has them). Each act has, up to any
day, the share of its year that the weights of the days so far make up, so the whole comes out as it should however
small the city is. The receipt says when: `20260331-101502-7-000123` is of 31 March, 10:15:02.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from random import Random
from typing import Any

from contracts.change import JAPAN
from producers.synthetic.numbers import Numbers
from producers.year.days import business_days, time_of_day, weight
from producers.year.scenes import SCENES, Stage
from producers.year.town import Town

CITY = 510_000
_MOVES = frozenset({"in", "out", "relocate"})
_ROUNDED = 0.5
Notice = dict[str, Any]
Followed = tuple[Notice, Callable[[], None]]


def year(residents: int, seed: int, number: int) -> Iterator[Notice]:
    """The notices of the year `number` in the city of `residents` and `seed`, each as the counter takes it."""
    dice = Random(f"year/{number}/{seed}")  # noqa: S311 - made-up people, the same for the same seed
    town, count = Town.of(residents, seed, dice), 0
    played, later = Plan(residents), defaultdict[date, list[Followed]](list)
    stage = Stage(town, dice, Numbers(seed), date(number, 1, 1))
    for day, shares in _shares(number):
        stage.day = day
        notices = _followed(later, day) + _of_day(stage, shares, played, later)
        for time, notice in _in_order(notices, dice):
            count += 1
            receipt = f"{day:%Y%m%d}-{time}-{seed}-{count:06d}"
            yield {"receipt": receipt, "notified_on": day.isoformat(), **notice}


class Plan:
    """How many persons of each act have had their notice, and how many are due by now."""

    def __init__(self, residents: int) -> None:
        self.acts = {act: (group, persons * residents / CITY, scene) for act, (group, persons, scene) in SCENES.items()}
        self.done: dict[str, float] = dict.fromkeys(self.acts, 0.0)

    def due(self, shares: dict[bool, float]) -> dict[str, float]:
        """The acts with persons that are due by the evening, and how many."""
        found = {act: persons * shares[group in _MOVES] - self.done[act]
                 for act, (group, persons, _) in self.acts.items()}  # fmt: skip
        return {act: persons for act, persons in found.items() if persons > _ROUNDED}


def _shares(number: int) -> Iterator[tuple[date, dict[bool, float]]]:
    """Each business day with the share of the year up to its evening, of moves (True) and of all else (False)."""
    days = business_days(number)
    weighed = [
        {moves: weight(day, before, of_moves=moves) for moves in (True, False)}
        for before, day in zip([None, *days], days, strict=False)
    ]
    totals = {moves: sum(one[moves] for one in weighed) for moves in (True, False)}
    so_far = {True: 0.0, False: 0.0}
    for day, own in zip(days, weighed, strict=True):
        so_far = {moves: so_far[moves] + own[moves] / totals[moves] for moves in so_far}
        yield day, so_far


def _followed(later: dict[date, list[Followed]], day: date) -> list[Notice]:
    """What was begun earlier and is due since the last business day."""
    due = sorted(each for each in later if each <= day)
    found = []
    for notice, take_effect in [one for each in due for one in later.pop(each)]:
        take_effect()
        found.append({name: day.isoformat() if name == "decided_on" else value for name, value in notice.items()})
    return found


def _of_day(stage: Stage, shares: dict[bool, float], plan: Plan, later: dict[date, list[Followed]]) -> list[Notice]:
    """What begins on this day, act by act as the dice have it; of an act for which nobody is found, no more."""
    notices, due = [], plan.due(shares)
    while due:
        act = stage.dice.choices(list(due), list(due.values()))[0]
        played = plan.acts[act][2](stage)
        due[act] -= played.persons if played else due[act]
        if due[act] <= _ROUNDED:
            del due[act]
        if played is not None:
            plan.done[act] += played.persons
            notices += played.now
            for day, notice, take_effect in played.later:
                later[day].append((notice, take_effect))
    return notices


def _in_order(notices: list[Notice], dice: Random) -> list[tuple[str, Notice]]:
    """The notices of one day with their times. They were played in this order, so they are brought in it."""
    return list(zip(sorted(time_of_day(dice) for _ in notices), notices, strict=True))


def brought_at(notice: Notice) -> datetime:
    """When a notice of a made-up year is brought, by its receipt."""
    day, time = notice["receipt"].split("-")[:2]
    return datetime.strptime(f"{day}{time}", "%Y%m%d%H%M%S").replace(tzinfo=JAPAN).astimezone(UTC)
