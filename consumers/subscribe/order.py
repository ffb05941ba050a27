"""The sequence of one partition: it counts up by one. Pure.

A higher number than the one due is a gap, and what came is taken. A lower one can only be a repeat: whether it is, the
subscriber's own store tells by the resident's version. An erased record's number counts only where it is the one due,
since nobody can open it any more. The first record that is refused, or whose key is missing, ends what is taken.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from consumers.subscribe.events import Disclosure, Erased, Gap, KeysWanted
from consumers.subscribe.token import Opened, Refusal


@dataclass(slots=True)
class Batch:
    """What of a poll can be taken in one transaction. `stop`: what stands behind it, in the way.

    `falling`: offsets of those whose number is not above the ones before.
    """

    last_seq: int
    steps: list[Disclosure | Erased | Gap] = field(default_factory=list)
    falling: set[int] = field(default_factory=set)
    next_offset: int | None = None
    stop: Refusal | KeysWanted | None = None


def sort(opened: Iterable[Opened], last_seq: int) -> Batch:
    """What may be taken after `last_seq`, in its order, gaps in their place."""
    batch = Batch(last_seq)
    for each in opened:
        if isinstance(each, Refusal | KeysWanted):
            batch.stop = each
            break
        _enter(each, batch)
        batch.next_offset = each.at.offset + 1
    return batch


def _enter(each: Disclosure | Erased, batch: Batch) -> None:
    due = batch.last_seq + 1
    if isinstance(each, Erased):
        counts = each.seq == due
        batch.last_seq += counts
        batch.steps.append(each if counts else Erased(each.at, None, each.kid))
        return
    if each.seq > due:
        batch.steps.append(Gap(each.at.partition, due, each.seq - 1))
    if each.seq < due:
        batch.falling.add(each.at.offset)
    batch.last_seq = max(batch.last_seq, each.seq)
    batch.steps.append(each)

