"""Who is held on one partition is told on the others, and what they would be told is kept, neither more nor less."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import orjson

from contracts import book as law
from hub.bus import Outgoing
from hub.errors import KeyDestroyed
from hub.intake import Accepted
from hub.telling import Tally, Teller
from hub.untold import Holding
from tests.fakes import MemoryKeys
from tests.unit.hub.test_shadow import NOON, accepted

BOOK = law.load()
HELD = "child-policy"


class Gone(MemoryKeys):
    """Keys of which one is gone."""

    async def content_key(self, owner: str, day: Any) -> Any:
        if owner == HELD:
            raise KeyDestroyed("key-destroyed")
        return await super().content_key(owner, day)


async def told(
    changes: dict[int, list[Accepted]], holding: Holding, keys: MemoryKeys
) -> tuple[dict[tuple[str, int], Sequence[Outgoing]], dict[int, dict[str, int]], Tally]:
    batches: dict[tuple[str, int], Sequence[Outgoing]] = {}
    sequences: dict[int, dict[str, int]] = {part: {} for part in changes}
    tally: Tally = Counter()

    async def write(more: Any) -> None:
        assert not batches.keys() & more.keys()
        batches.update(more)

    await (await Teller.of("juki", BOOK, keys)).tell(changes, sequences, NOON, tally, write, holding)
    return batches, sequences, tally


def named(records: Sequence[Outgoing]) -> list[set[str]]:
    """Whom each line of the ledger names."""
    return [{one["contract"] for one in orjson.loads(record.value or b"")["told"]} for record in records]


async def test_a_contract_that_is_held_on_one_partition_is_told_on_the_other() -> None:
    changes, holding = {0: [accepted(), accepted()], 1: [accepted()]}, Holding({0: {HELD}})
    batches, sequences, tally = await told(changes, holding, MemoryKeys())
    topic = f"juki.disclosures.{HELD}"
    assert (topic, 0) not in batches
    assert len(batches[topic, 1]) == 1
    assert (sequences[0].get(HELD), sequences[1][HELD], tally[HELD, "told"]) == (None, 1, 1)
    assert holding.changes == {(0, HELD): changes[0]}
    assert [HELD in names for names in named(batches["juki.ledger", 0])] == [False, False]
    assert [HELD in names for names in named(batches["juki.ledger", 1])] == [True]


async def test_a_contract_whose_key_is_gone_is_held_wherever_it_would_be_told_and_nobody_else() -> None:
    changes, holding = {3: [accepted()], 5: [accepted()]}, Holding()
    batches, sequences, tally = await told(changes, holding, Gone())
    assert holding.changes == {(3, HELD): changes[3], (5, HELD): changes[5]}
    assert all(HELD not in names and names for part in (3, 5) for names in named(batches["juki.ledger", part]))
    assert all(sequences[part] and HELD not in sequences[part] for part in (3, 5))
    assert tally[HELD, "told"] == 0


async def test_a_contract_that_was_stopped_is_told_nothing_and_nothing_is_kept() -> None:
    holding = Holding(stopped=frozenset({HELD}))
    batches, _, tally = await told({0: [accepted()]}, holding, MemoryKeys())
    assert (holding.changes, (f"juki.disclosures.{HELD}", 0) in batches) == ({}, False)
    assert tally[HELD, "not-in-force"] == 1
