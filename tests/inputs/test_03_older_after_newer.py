"""Input 3: the versions of a resident come out of order. Outbox and relay never make it so; here it is planted."""

import pytest

from hub.database import Database
from tests.conformance.counterparts import Fake
from tests.conformance.samples import disclosure
from tests.integration.consumers.line import HandOver


@pytest.mark.trap("input-03")
@pytest.mark.parametrize("settled_first", [True, False], ids=["newer told already", "both wait"])
async def test_a_planted_older_version_is_noticed_and_never_overwrites(database: Database, settled_first: bool) -> None:
    fake = Fake("prefecture")
    line = HandOver(database, "prefecture", fake)
    newer, older = disclosure("prefecture", nth=2), disclosure("prefecture", nth=1)
    if settled_first:
        await line.send((1, newer))
        await line.work(lambda: line.are(delivered=1))
        await line.send((1, older))
    else:
        await line.send((1, newer), (1, older))
    await line.work(lambda: line.are(delivered=1, dead=1))
    assert ([one.id for one in fake.taken], await line.codes()) == ([newer.id], ["", "out-of-order"])
