"""Whom a take-over fences: everybody who may have written for one of its partitions, and nobody else."""

from uuid import UUID

import pytest

from hub.owners import Owned, stake

ME, A, B = (UUID(int=n, version=4) for n in (1, 2, 3))


def id_of(number: int) -> str:
    return f"juki-router-{number}"


@pytest.mark.parametrize(
    ("rows", "transaction", "fences"),
    [
        # nobody is known: whoever it may be
        ([Owned(1, None, None, 0)], 1, {0, 2, 3}),
        ([Owned(0, A, id_of(0), 5), Owned(2, None, None, 0)], 0, {1, 2, 3}),
        # the one who has it, under the id that it writes under, whatever its other partitions are
        ([Owned(1, A, id_of(0), 7), Owned(3, A, id_of(0), 7)], 1, {0}),
        ([Owned(1, A, id_of(0), 7), Owned(3, B, id_of(3), 2)], 1, {0, 3}),
        # the own id needs no fence of its own: starting under it is one
        ([Owned(0, A, id_of(0), 7)], 0, set()),
        # what is renewed was one's own: nobody is disturbed
        ([Owned(1, ME, id_of(0), 7), Owned(3, ME, id_of(0), 7)], 1, set()),
    ],
)  # fmt: skip
def test_a_take_over_fences_whoever_may_have_written(rows: list[Owned], transaction: int, fences: set[int]) -> None:
    found = stake(rows, ME, "juki", 4)
    assert (found.transaction, found.fences) == (id_of(transaction), {id_of(each) for each in fences})


def test_owners_of_different_partitions_never_share_an_id() -> None:
    layouts = [[part for part in range(8) if part % slots == slot] for slots in (3,) for slot in range(slots)]
    ids = [stake([Owned(part, None, None, 0) for part in layout], ME, "juki", 8).transaction for layout in layouts]
    assert len(set(ids)) == len(ids)
