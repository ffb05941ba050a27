"""A small town in memory, as the tables would hold it: who is on the register, who was, and what was recorded."""

from itertools import pairwise
from random import Random
from typing import Any
from uuid import UUID

from producers import notices
from producers.acts import ACTS
from producers.household import HEAD, Allotted, Past, Person, Record, View
from producers.outbox import Draft
from producers.synthetic.households import city
from tests.unit.producers.register import DAY, as_change


class Town:
    """Residents of a made-up city of this seed, and every Change since."""

    def __init__(self, residents: int, seed: int) -> None:
        self.on: dict[UUID, Record] = {who: record for home in city(residents, seed) for who, record in home.members}
        self.off: dict[UUID, Record] = {}
        self.past: dict[UUID, list[Past]] = {}
        self.filed: list[list[UUID]] = []
        self.allotted = 0

    def file(self, act: str, **stated: Any) -> list[Draft]:
        """File one notice; NoticeRefused leaves the town as it is."""
        notice = notices.read({"receipt": "R-1", "act": act, "notified_on": DAY.isoformat(), **stated})
        drafts = ACTS[act](notice, self.view(notice.undoes()))
        self.filed.append([self._write(draft) for draft in drafts])
        return drafts

    def view(self, undoes: UUID | None = None) -> View:
        """Everybody."""
        self.allotted += 4
        numbers = range(self.allotted, self.allotted + 4)
        fresh = [Allotted(UUID(int=n, version=4), str(900_000 + n), f"9{n}") for n in numbers]
        together = next((filed for filed in self.filed if undoes in filed), [])
        return View(
            DAY, _by_number(self.on), _by_number(self.off), fresh, str(500_000 + self.allotted), self.past, together
        )

    def _write(self, draft: Draft) -> UUID:
        assert draft.before == self.on.get(draft.resident)
        as_change(draft)
        self.on.pop(draft.resident, None)
        self.off.pop(draft.resident, None)
        (self.on if draft.after is not None else self.off)[draft.resident] = draft.after or draft.before or {}
        past = self.past.setdefault(draft.resident, [])
        one = UUID(int=sum(map(len, self.past.values())) + 1, version=4)
        past.append(Past(one, draft.resident, draft.kind, draft.before, draft.after, draft.cancels))
        return one

    def people(self, dice: Random, **wanted: Any) -> tuple[list[str], list[str]]:
        """A few people of one household, the first as wanted where there is such a one, and who lives with them."""
        fitting = [who for who, record in self.on.items() if _fits(record, wanted)] or [*self.on]
        one = dice.choice(sorted(fitting, key=str))
        home = [r["atena_no"] for r in self.on.values() if r["household_no"] == self.on[one]["household_no"]]
        rest = [number for number in home if number != self.on[one]["atena_no"]]
        more = dice.sample(rest, dice.randint(0, len(rest)))
        return [self.on[one]["atena_no"], *more], [number for number in rest if number not in more]

    def record(self, atena_no: str) -> Record:
        """The record of somebody on the register."""
        return next(record for record in self.on.values() if record["atena_no"] == atena_no)


def _fits(record: Record, wanted: dict[str, Any]) -> bool:
    return all((record.get(name) is not None) if value is ... else record.get(name) == value
               for name, value in wanted.items())  # fmt: skip


def _by_number(people: dict[UUID, Record]) -> dict[str, Person]:
    return {record["atena_no"]: Person(who, record) for who, record in people.items()}


def check_households(town: Town) -> None:
    """Every household has one head, whose name the others carry; nobody else is called a head."""
    homes: dict[str, list[Record]] = {}
    for record in town.on.values():
        homes.setdefault(record["household_no"], []).append(record)
    for home in homes.values():
        heads = [record for record in home if record["is_household_head"]]
        called = [record for record in home if record["relationship_to_head"] == HEAD]
        assert len(heads) == 1
        assert called == heads
        named = [None if record["is_household_head"] else heads[0]["name"] for record in home]
        assert named == [record["household_head_name"] for record in home]


def check_numbers(town: Town) -> None:
    """No 個人番号 and no 宛名番号 stands in the records of two people."""
    for item in ("my_number", "atena_no"):
        held = [record.get(item) for people in (town.on, town.off) for record in people.values()]
        numbers = [number for number in held if number is not None]
        assert len(numbers) == len({*numbers})


def check_history(town: Town) -> None:
    """Each Change begins where the one before ended, and the last one ends in the record."""
    for resident, history in town.past.items():
        for earlier, later in pairwise(history):
            assert earlier.after == later.before
        assert history[-1].after == town.on.get(resident)
