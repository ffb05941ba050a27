"""The copy of each letter on juki.dead.<contract>: once for each time it died, and never in the way of anything."""

from typing import Any

import pytest

from consumers.mirror import Mirror
from hub import topics
from hub.errors import DatabaseError, ProduceFailed
from tests import people
from tests.integration.replay.desk import Desk
from tests.integration.replay.edges import PARTITIONS


def mirror(desk: Desk) -> Mirror:
    return Mirror(desk.database, desk.writer, desk.name, desk.settings.prefix)  # type: ignore[arg-type]


def on_the_topic(desk: Desk) -> list[Any]:
    topic = topics.dead(desk.settings.prefix, desk.name)
    return [one for part in range(PARTITIONS) for one in desk.broker.records.get((topic, part), [])]


@pytest.mark.trap("D1")
async def test_original_key_bytes_and_time_are_kept_and_each_death_is_one_record(desk: Desk) -> None:
    (letter,) = await desk.letters(1)
    row = (await desk.rows())[0]
    assert [await mirror(desk).once(), await mirror(desk).once()] == [1, 0]
    (one,) = on_the_topic(desk)
    assert (one.key, one.value, one.timestamp_ms) == (row["subject"], row["token"], row["published_ms"])
    said = {name: value.decode() for name, value in one.headers}
    assert (said["hub.errors.disclosure-id"], said["hub.errors.attempt"]) == (str(letter), "1")
    await desk.run(await desk.approved())
    await mirror(desk).once()
    assert [dict(one.headers)["hub.errors.attempt"] for one in on_the_topic(desk)] == [b"1", b"2"]


@pytest.mark.trap("D2")
async def test_nothing_of_the_resident_is_on_it_outside_the_seal(desk: Desk) -> None:
    await desk.letters(1)
    await mirror(desk).once()
    (one,) = on_the_topic(desk)
    record = people.record(1)
    values = [str(record[item]).encode() for item in ("name", "my_number", "juminhyo_code", "birth_date")]
    outside = b"\n".join(name.encode() + value for name, value in one.headers) + one.key
    assert [value for value in values if value in outside or value in one.value] == []


async def test_what_the_broker_does_not_take_is_mirrored_later(desk: Desk) -> None:
    await desk.letters(1, 2)
    desk.writer.failing = 1
    with pytest.raises(ProduceFailed):
        await mirror(desk).once()
    assert (await mirror(desk).once(), len(on_the_topic(desk))) == (2, 2)


@pytest.mark.trap("D14")
async def test_where_a_letter_cannot_be_written_down_its_contract_waits_and_nothing_is_skipped(desk: Desk) -> None:
    desk.refuse(1)
    await desk.relocate(1)
    await desk.relocate(1)
    await desk.receive()
    await desk.database.execute("ALTER TABLE inbox.disclosures ADD CONSTRAINT broken CHECK (state <> 'dead')")
    deliverer = desk.deliverer()
    (head,) = await deliverer.read()
    with pytest.raises(DatabaseError, match="sqlstate-23514"):
        await deliverer.carry(head)
    assert (await desk.states(), desk.told()) == ({"waiting": 2}, [])
    assert [one.id for one in await deliverer.read()] == [head.id]
    await desk.database.execute("ALTER TABLE inbox.disclosures DROP CONSTRAINT broken")
    await desk.deliver()
    assert await desk.states() == {"dead": 1, "waiting": 1}
