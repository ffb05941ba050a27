"""Who lives together: kinds of households with their shares, and each member's 続柄, sex and age.

The shares are chosen so that the whole has the ages, the sizes (2.1 people) and the sexes of a Japanese city of half a
million: about one in eight below 15, more than one in four 65 or older, nearly two in five alone.
"""

from collections.abc import Callable, Mapping
from random import Random

from producers.household import HEAD

Role = tuple[str, str, int]
"""続柄, sex, age in completed years."""

SHARES: Mapping[str, float] = {
    "young": 13, "single": 12, "elder": 15, "couple": 9, "old-couple": 13.2, "family": 16.3, "grown-family": 9,
    "single-parent": 3.2, "old-parent": 3.2, "three-generations": 3, "big": 0.15, "foreign": 3.3,
}  # fmt: skip


def roles(kind: str, dice: Random) -> list[Role]:
    """Each member's role, the head first."""
    return _ROLES[kind](dice)


def _alone(low: int, high: int) -> Callable[[Random], list[Role]]:
    return lambda dice: [(HEAD, "1" if dice.random() < 0.62 else "2", dice.randint(low, high))]


def _elder(dice: Random) -> list[Role]:
    return [(HEAD, "2" if dice.random() < 0.6 else "1", _old(dice))]


def _old(dice: Random) -> int:
    """65 to 104, ever fewer."""
    return 65 + min(dice.randint(0, 39), dice.randint(0, 39))


def _couple(dice: Random, years: int) -> list[Role]:
    head = "1" if dice.random() < 0.85 else "2"
    other, spouse = ("2", "妻") if head == "1" else ("1", "夫")
    return [(HEAD, head, years), (spouse, other, max(18, years + dice.randint(-6, 3)))]


def _children(dice: Random, parent: int, count: int, oldest: int) -> list[Role]:
    """Children of a parent of that age, the oldest first."""
    ages = sorted((dice.randint(max(0, parent - 42), min(oldest, parent - 19)) for _ in range(count)), reverse=True)
    return [("子", _sex(dice), years) for years in ages]


def _family(dice: Random) -> list[Role]:
    couple = _couple(dice, dice.randint(25, 55))
    return couple + _children(dice, _youngest(couple), dice.choices((1, 2, 3), (43, 44, 13))[0], 22)


def _grown_family(dice: Random) -> list[Role]:
    couple = _couple(dice, dice.randint(52, 82))
    return couple + _children(dice, _youngest(couple), dice.choices((1, 2), (75, 25))[0], 55)


def _single_parent(dice: Random) -> list[Role]:
    years = dice.randint(24, 52)
    head = (HEAD, "2" if dice.random() < 0.87 else "1", years)
    return [head, *_children(dice, years, dice.randint(1, 2), 20)]


def _old_parent(dice: Random) -> list[Role]:
    years = dice.randint(62, 95)
    return [(HEAD, "2" if dice.random() < 0.75 else "1", years), *_children(dice, years, 1, 65)]


def _three_generations(dice: Random) -> list[Role]:
    couple = _couple(dice, dice.randint(33, 56))
    children = _children(dice, _youngest(couple), dice.randint(1, 3), 20)
    mother = "母" if couple[0][1] == "1" else "夫の母"
    return [*couple, *children, (mother, "2", couple[0][2] + dice.randint(22, 36))]


def _big(dice: Random) -> list[Role]:
    """Eight to eleven under one roof."""
    couple = _couple(dice, dice.randint(38, 50))
    children = _children(dice, _youngest(couple), dice.randint(4, 7), 18)
    years = couple[0][2] + dice.randint(22, 32)
    return [*couple, *children, ("父", "1", years), ("母", "2", max(couple[0][2] + 18, years - 2))]


def foreign(dice: Random) -> list[Role]:
    """Foreign residents: many alone, some with a family."""
    years = dice.randint(20, 58)
    alone = [(HEAD, _sex(dice), years)]
    together = [(HEAD, "1", years), ("妻", "2", max(19, years - dice.randint(0, 5)))]
    family = [*together, ("子", _sex(dice), dice.randint(0, max(0, min(17, years - 20))))]
    return dice.choices((alone, together, family), (55, 22, 23))[0]


def _youngest(couple: list[Role]) -> int:
    return min(years for _, _, years in couple)


def _sex(dice: Random) -> str:
    return dice.choice("12")


_ROLES: Mapping[str, Callable[[Random], list[Role]]] = {
    "young": _alone(19, 34), "single": _alone(30, 64), "elder": _elder,
    "couple": lambda dice: _couple(dice, dice.randint(25, 64)),
    "old-couple": lambda dice: _couple(dice, dice.randint(65, 90)),
    "family": _family, "grown-family": _grown_family, "single-parent": _single_parent, "old-parent": _old_parent,
    "three-generations": _three_generations, "big": _big, "foreign": foreign,
}  # fmt: skip
