"""Reading a stretch of a topic once more: where it begins, where it ends, and what became of each number asked for."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from consumers.subscribe.events import Disclosure, Erased, Expired, Gap, KeysWanted, Told
from consumers.subscribe.feed import Feed
from consumers.subscribe.token import Record, header

_MOST = 500
_POLL_MS = 100


@dataclass(frozen=True, slots=True)
class Range:
    """Offsets from `start` to before `end`."""

    start: int
    end: int


async def read(again: Feed, ranges: Mapping[int, Range], most: int = _MOST) -> AsyncIterator[Record]:
    """Every record of these stretches, in order within each partition."""
    wanted = {part: each for part, each in ranges.items() if each.start < each.end}
    again.seek({part: each.start for part, each in wanted.items()})
    while await again.is_behind({part: each.end for part, each in wanted.items()}):
        part, records = await again.batch(_POLL_MS, most) or (0, [])
        for record in records:
            if record.at.offset < wanted[part].end:
                yield record


async def counted(told: AsyncIterator[Told]) -> AsyncIterator[Told]:
    """The same, with a Gap before what follows on missing numbers. Whatever comes first in a partition misses none."""
    last: dict[int, int] = {}
    async for each in told:
        if isinstance(each, Disclosure | Erased) and each.seq is not None:
            part, due = each.at.partition, last.get(each.at.partition, each.seq - 1) + 1
            if isinstance(each, Disclosure):
                if each.seq > due:
                    yield Gap(part, due, each.seq - 1)
                last[part] = max(due - 1, each.seq)
            elif each.seq == due:  # unopened it is a claim, and counts where it is the one due
                last[part] = due
        yield each


async def start_of(again: Feed, partition: int, seq: int, within: Range) -> int:
    """The first offset from which no number below `seq` is left out: found by halving, since numbers rise.

    It goes by headers, which are claims; what is read from there on is opened, and skipped where it is too early.
    """
    low, high = within.start, within.end
    while low < high:
        middle = (low + high) // 2
        found = await _first(again, partition, Range(middle, within.end))
        if found is None or found[1] >= seq:
            high = middle
        else:
            low = found[0] + 1
    return low


async def _first(again: Feed, partition: int, within: Range) -> tuple[int, int] | None:
    """Offset and number of the first record there; a value without a header counts as none."""
    async for record in read(again, {partition: within}, most=1):
        said = header(record.value)
        return None if isinstance(said, str) else (record.at.offset, said["seq"])
    return None


async def answer(
    told: AsyncIterator[Told], partition: int, from_seq: int, to_seq: int, *, cut: bool
) -> AsyncIterator[Told]:
    """What became of each number. `cut`: retention has taken what was before the first that is told."""
    due = from_seq
    async for each in told:
        seq = to_seq if isinstance(each, KeysWanted) else _number(each)
        if seq < due:
            continue
        if seq > due and not isinstance(each, KeysWanted):
            yield _missing(partition, due, min(seq - 1, to_seq), cut=cut)
        due, cut = seq + 1, False
        if seq <= to_seq:
            yield each
        if due > to_seq:
            return
    if due <= to_seq:
        yield _missing(partition, due, to_seq, cut=cut)


def _number(each: Told) -> int:
    return each.seq or 0 if isinstance(each, Disclosure | Erased) else 0


def _missing(partition: int, from_seq: int, to_seq: int, *, cut: bool) -> Told:
    return (Expired if cut else Gap)(partition, from_seq, to_seq)
