"""A number is a function of the person, through any requests, merges and splits in any order.

What is expected is kept in another way than the code keeps it: sets of links, joined and parted by what was answered,
and classes of 個人番号 that were told to have replaced each other.
"""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from itertools import count

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from hub.config import Settings
from hub.database import Database, connect
from producers.atena import form, giving, translating
from producers.atena.form import Link
from producers.atena.giving import Given
from producers.atena.joining import Act, Merge, Split
from producers.atena.refusals import NumberRefused
from tests.integration.atena.numbering import approved, wire
from tests.integration.producers.registry import NOW
from tests.people import my_number

LINKS, PEOPLE = range(5), range(3)
NOBODY = st.none()
REQUEST = st.tuples(
    st.just("request"), st.sampled_from(LINKS), NOBODY | st.sampled_from(PEOPLE), NOBODY | st.sampled_from(PEOPLE)
)
OUTSIDER = st.tuples(st.just("outsider"), NOBODY | st.sampled_from(PEOPLE), st.sampled_from(PEOPLE))
MERGE = st.tuples(st.just("merge"), st.sampled_from(LINKS), st.sampled_from(LINKS))
SPLIT = st.tuples(st.just("split"), st.sampled_from(LINKS), st.sets(st.sampled_from(LINKS), min_size=1), st.booleans(),
                  st.booleans())  # fmt: skip
STEPS = st.lists(REQUEST | REQUEST | REQUEST | OUTSIDER | MERGE | SPLIT, min_size=2, max_size=14)
_names = count(1)


@dataclass
class World:
    """One example: its own systems and 個人番号, and what must be true of them."""

    registry: Database
    name: int = field(default_factory=lambda: next(_names))
    people: list[set[Link]] = field(default_factory=list)
    replaced: list[set[str]] = field(default_factory=list)
    numbers: set[str] = field(default_factory=set)
    absorbed: dict[str, str] = field(default_factory=dict)
    apart: set[frozenset[Link]] = field(default_factory=set)

    def system(self, link: int) -> str:
        return f"w{self.name}-{link % 2}"

    def my_number(self, person: int) -> str:
        return my_number(self.name * 100 + person)

    def person_of(self, link: Link) -> set[Link] | None:
        return next((person for person in self.people if link in person), None)

    def classes(self, person: int) -> set[str]:
        number = self.my_number(person)
        return next((known for known in self.replaced if number in known), {number})

    async def number(self, link: Link) -> str | None:
        return await translating.number_of(self.registry, link)

    # steps

    async def request(self, link: int, person: int | None, former: int | None) -> None:
        stated = {"my_number": None if person is None else self.my_number(person)}
        if former is not None and person is not None:
            stated["former_my_number"] = self.my_number(former)
        given = await giving.give(self.registry, form.read(
            wire(self.system(link), str(link), None, **stated)), NOW)  # fmt: skip
        await self._learnt(given, person)
        if former is not None and person is not None:
            self._replaced(person, former)

    async def outsider(self, person: int | None, receipt: int) -> None:
        number = None if person is None else self.my_number(person)
        asked = wire(self.system(0), None, None, my_number=number, receipt=f"w{self.name}-{person}-{receipt}")
        await self._learnt(await giving.give(self.registry, form.read(asked), NOW), person)

    async def _learnt(self, given: Given, person: int | None) -> None:
        """Links of a number in use are one person; a new number is a new person."""
        self.numbers.add(given.number)
        known = self.person_of(given.link)
        assert (known is None) == (given.result in {"allotted", "linked"})
        if given.result == "allotted":
            self.people.append({given.link})
        elif given.result == "linked":
            (await self._somebody_with(given.number)).add(given.link)
        elif given.result == "merged":
            mine = self.person_of(given.link)
            assert mine is not None
            joined = {one for one in self.all() if await self.number(one) == given.number}
            assert mine < joined
            assert not any(pair <= joined for pair in self.apart)
            self.people = [one for one in self.people if not one & joined] + [joined]
        if person is not None:
            found = await translating.search(self.registry, self.my_number(person))
            assert found is not None
            assert found.in_use == given.number == await self.number(given.link)

    async def _somebody_with(self, number: str) -> set[Link]:
        [found] = [one for one in self.people if await self.number(next(iter(one))) == number]
        return found

    def _replaced(self, person: int, former: int) -> None:
        joined = self.classes(person) | self.classes(former)
        self.replaced = [one for one in self.replaced if not one & joined] + [joined]

    async def merge(self, one: int, other: int) -> None:
        links = Link(self.system(one), str(one)), Link(self.system(other), str(other))
        number, absorbed = [await self.number(link) for link in links]
        if number is None or absorbed is None:
            return
        await approved(self.registry, Merge(number, absorbed))
        persons = [self.person_of(link) for link in links]
        self.people = [one for one in self.people if one not in persons] + [set().union(*filter(None, persons))]
        self.absorbed[absorbed] = number
        self.apart = {pair for pair in self.apart if not pair <= self.people[-1]}

    async def split(self, link: int, others: set[int], with_my_number: bool, again: bool) -> None:
        number = await self.number(Link(self.system(link), str(link)))
        if number is None:
            return
        moved = tuple(Link(self.system(one), str(one)) for one in sorted(others))
        old = next((one for one, into in self.absorbed.items() if into == number), None) if again else None
        act: Act = Split(number, moved, with_my_number, old)
        theirs = await approved(self.registry, act)
        self.absorbed.pop(theirs, None)
        self.numbers.add(theirs)
        person = self.person_of(moved[0])
        assert person is not None
        self.people = [one for one in self.people if one != person] + [person - {*moved}, {*moved}]
        self.apart |= {frozenset({one, other}) for one in moved for other in person - {*moved}}

    # what must be true

    def all(self) -> list[Link]:
        return [link for person in self.people for link in person]

    async def check(self) -> None:
        known = await translating.numbers_of(self.registry, self.all())
        by_number = {number: {link for link in known if known[link] == number} for number in known.values()}
        assert sorted(map(sorted, by_number.values())) == sorted(map(sorted, self.people))
        for number, links in by_number.items():
            answer = await translating.links_of(self.registry, number)
            assert answer is not None
            assert (answer.in_use, {*answer.links}) == (number, links)
        told = await translating.answered(self.registry, self.numbers)
        assert told.keys() == self.numbers
        assert all(one.in_use in by_number for one in told.values())
        await self._check_my_numbers()

    async def _check_my_numbers(self) -> None:
        found = {person: await translating.search(self.registry, self.my_number(person)) for person in PEOPLE}
        for one in PEOPLE:
            for other in PEOPLE:
                mine, theirs = found[one], found[other]
                if mine is not None and theirs is not None:
                    same = self.classes(one) == self.classes(other)
                    assert (mine.in_use == theirs.in_use) == same


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def registry(runner: asyncio.Runner, settings: Settings) -> Iterator[Database]:
    stack = AsyncExitStack()
    yield runner.run(stack.enter_async_context(connect(settings.registry_dsn, 2)))
    runner.run(stack.aclose())


@examples(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS)
def test_one_person_one_number_whatever_happens_in_whatever_order(
    runner: asyncio.Runner, registry: Database, steps: list[tuple[object, ...]]
) -> None:
    runner.run(played(World(registry), steps))


async def played(world: World, steps: list[tuple[object, ...]]) -> None:
    for name, *said in steps:
        with suppress(NumberRefused):
            await getattr(world, str(name))(*said)
    await world.check()
