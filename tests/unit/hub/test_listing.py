"""Who waits in quarantine, asked again and again: what has come since is read, one at a time, and no content kept."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import pytest

from hub import envelope, listing, quarantine
from hub.acts import new_release
from hub.bus import Incoming, Outgoing
from hub.config import read
from hub.errors import UsageError
from hub.listing import Listing
from tests.quarantine import Quarantine

HERE = read({})
ONE, OTHER = b"1" * 16, b"2" * 16
SEALED = b"sealed" * 1000


def laid(one: Outgoing, partition: int, at: int) -> Incoming:
    return Incoming("juki.quarantine", partition, at, one.key, one.value, one.headers, one.timestamp_ms)


def letter(key: bytes, code: str, partition: int, at: int) -> Incoming:
    came = Incoming("juki.changes", partition, at, key, SEALED, envelope.CHANGE, 1000)
    return laid(quarantine.letter(came, code), partition, at)


@pytest.fixture
def topic(monkeypatch: pytest.MonkeyPatch) -> Quarantine:
    made = Quarantine([
        letter(ONE, "bad-date", 0, 0), letter(ONE, "waits-behind", 0, 1), letter(OTHER, "bad-json", 3, 7),
    ])  # fmt: skip
    monkeypatch.setattr(listing, "_reader", made.reader)
    return made


async def test_each_record_is_read_once_however_often_it_is_asked(topic: Quarantine) -> None:
    remembered = Listing()
    first = await remembered.lines(HERE)
    assert ([line.offsets for line in first], topic.read) == ([(0, 1), (7,)], 3)
    assert (await remembered.lines(HERE), topic.read) == (first, 3)
    topic.records.append(laid(quarantine.mark(ONE, UUID(int=7), 2, datetime(2026, 4, 2, tzinfo=UTC)), 0, 2))
    assert ([line.key for line in await remembered.lines(HERE)], topic.read) == ([OTHER], 4)


async def test_what_lies_sealed_in_a_letter_is_not_kept(topic: Quarantine) -> None:
    found = await Listing().lines(HERE)
    assert [one.value for line in found for one in line.letters] == [None] * 3
    assert [line.as_json() for line in found] == [line.as_json() for line in quarantine.lines(topic.records)]


async def test_of_those_who_ask_at_once_one_reads(topic: Quarantine) -> None:
    remembered = Listing()
    found = await asyncio.gather(*(remembered.lines(HERE) for _ in range(20)))
    assert (len({str(each) for each in found}), topic.read, topic.most_open) == (1, 3, 1)


async def test_another_topic_of_the_same_name_is_read_from_its_beginning(topic: Quarantine) -> None:
    remembered = Listing()
    await remembered.lines(HERE)
    topic.records[:] = [letter(OTHER, "bad-date", 0, 0), letter(OTHER, "bad-date", 3, 0)]
    assert [line.offsets for line in await remembered.lines(HERE)] == [(0,), (0,)]


@pytest.mark.parametrize(("partition", "offset", "discard"), [(0, 2, ()), (3, 0, ()), (0, 0, (7,)), (99, 0, ())])
async def test_a_release_names_letters_of_one_line(
    topic: Quarantine, partition: int, offset: int, discard: tuple[int, ...]
) -> None:
    found = await Listing().lines(HERE)
    Listing.check(new_release(0, 0, [1]), found)
    with pytest.raises(UsageError, match="no-such-letter"):
        Listing.check(new_release(partition, offset, discard), found)
    assert topic.read == 3
