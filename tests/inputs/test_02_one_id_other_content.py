"""Input 2: an id that is known comes again with other content, past the registry's own table, which refuses it."""

import pytest

from hub import metrics
from hub.archive import Archiver
from hub.database import Database
from tests.inputs.memory import WholeWay
from tests.integration.consumers.line import MemoryReader, MemoryTopic
from tests.people import line, record

FIRST, OTHER = (line("RELOCATE", record(), record(address={"text": f"架空市別町{n}番地"})) for n in (7, 8))


@pytest.mark.trap("input-02", "P10", "C10")
async def test_one_id_with_other_content_is_noticed_and_both_are_kept(way: WholeWay, database: Database) -> None:
    before = metrics.REUSED_IDS._value.get()
    await way.publish(FIRST, FIRST, OTHER)
    await way.route()
    topic = MemoryTopic("juki.ledger", {0: way.broker.records["juki.ledger", 0]})
    archiver = Archiver(database, MemoryReader(topic), [0])  # type: ignore[arg-type]
    await archiver.resume()
    await archiver.once()
    digests = [row["digest"] for row in await database.fetch("SELECT digest FROM hub.ledger ORDER BY ledger_offset")]
    assert (len(digests), len(set(digests)), digests[0] == digests[1]) == (3, 2, True)
    assert metrics.REUSED_IDS._value.get() == before + 1


@pytest.mark.trap("input-02")
async def test_one_id_with_other_content_never_overwrites_what_was_told_first(way: WholeWay) -> None:
    await way.publish(FIRST, OTHER)
    await way.route()
    [told] = await way.told("tax")
    assert told.items["address"] == {"text": "架空市別町7番地"}
