"""Whatever notices come in whatever order: one head per household, every Change passes the door, nothing is lost."""

from random import Random
from uuid import UUID

import pytest

from producers.household import HEAD, Allotted, Person, View
from producers.refusals import NoticeRefused
from producers.synthetic.households import city
from tests.unit.producers.register import ADDRESS, DAY, ELSEWHERE, acted, as_change, newcomer

NOTICES = 120


class Register:
    """People by resident, as the tables would hold them."""

    def __init__(self, seed):
        self.dice = Random(seed)
        self.on = {who: record for home in city(40, seed) for who, record in home.members}
        self.off = {}
        self.allotted = 0

    def view(self):
        self.allotted += 3
        numbers = range(self.allotted, self.allotted + 3)
        fresh = [Allotted(UUID(int=n, version=4), str(9_000 + n), f"9{n}") for n in numbers]
        return View(DAY, _by_number(self.on), _by_number(self.off), fresh, str(50_000 + self.allotted))

    def write(self, drafts):
        for draft in drafts:
            assert draft.before == self.on.get(draft.resident)
            as_change(draft)
            self.on.pop(draft.resident, None)
            (self.on if draft.after is not None else self.off)[draft.resident] = draft.after or draft.before

    def some(self, count=1):
        """A few people of one household, and who lives with them."""
        one = self.dice.choice(sorted(self.on, key=str))
        home = [r for r in self.on.values() if r["household_no"] == self.on[one]["household_no"]]
        chosen = self.dice.sample(home, min(count, len(home)))
        return [r["atena_no"] for r in chosen], [r["atena_no"] for r in home if r not in chosen]


def _by_number(people):
    return {record["atena_no"]: Person(who, record) for who, record in people.items()}


def succession(dice, rest):
    if not rest or dice.random() < 0.3:
        return {}
    head, *others = dice.sample(rest, len(rest))
    return {"new_head": head, "relationships": dict.fromkeys(others, "同居人")}


def any_notice(register):
    dice = register.dice
    them, rest = register.some(dice.randint(1, 3))
    other = register.some()[0][0]
    founding = {"head": them[0], "movers": dict.fromkeys(them[1:], "同居人")}
    joining = {"household_no": _by_number(register.on)[other].household_no, "movers": dict.fromkeys(them, "同居人")}
    return dice.choice([
        ("death", {"atena_no": them[0], "died_on": "2026-04-01",
                   **succession(dice, sorted({*rest, *them[1:]}))}),
        ("relocate", {"atena_nos": them, "moved_on": "2026-04-01", "address": ELSEWHERE, **founding,
                      **succession(dice, rest)}),
        ("relocate", {"atena_nos": them, "moved_on": "2026-04-01", "address": ELSEWHERE, **joining,
                      **succession(dice, rest)}),
        ("move-out", {"atena_nos": them, "moves_on": dice.choice(["2026-04-01", "2026-04-30"]),
                      "destination": ELSEWHERE, **succession(dice, rest)}),
        ("move-out-confirmed", {"atena_nos": them, "moved_on": "2026-04-01", **succession(dice, rest)}),
        ("head-change", {"new_head": them[0], "changed_on": "2026-04-01",
                         "relationships": dict.fromkeys([*them[1:], *rest], "同居人")}),
        ("birth", {"parent": them[0], "child": newcomer(0, "子", my_number=None, juminhyo_code=None)}),
        ("move-in", {"moved_on": "2026-04-01", "address": ADDRESS, "previous_address": ELSEWHERE,
                     "persons": [newcomer(dice.randrange(10**6)), newcomer(10**6, "子", my_number=None)]}),
        ("protection-start", {"atena_nos": them, "category": "他", "starts_on": "2026-04-01"}),
        ("protection-end", {"atena_nos": them, "decided_on": "2026-04-01"}),
    ])  # fmt: skip


@pytest.mark.parametrize("seed", range(20))
def test_every_household_always_has_one_head_whose_name_the_others_carry(seed):
    register, accepted = Register(seed), 0
    for _ in range(NOTICES):
        act, stated = any_notice(register)
        try:
            register.write(acted(register.view(), act, **stated))
            accepted += 1
        except NoticeRefused:
            continue
        check(register)
    assert accepted > NOTICES / 4


def check(register):
    homes = {}
    for record in register.on.values():
        homes.setdefault(record["household_no"], []).append(record)
    for home in homes.values():
        heads = [record for record in home if record["is_household_head"]]
        assert [record["relationship_to_head"] for record in heads] == [HEAD]
        named = [None if record["is_household_head"] else heads[0]["name"] for record in home]
        assert named == [record["household_head_name"] for record in home]
