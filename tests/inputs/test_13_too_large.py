"""Input 13, on a real broker: a record of more than a megabyte, and one of just below."""

import pytest

from hub.errors import ProduceFailed
from hub.keys import CHANGES
from hub.pseudonym import Pseudonyms
from tests.integration.test_router_on_kafka import Line, drained, quarantined
from tests.people import RESIDENT


@pytest.mark.trap("input-13", "A1", "A17")
async def test_over_a_megabyte_is_refused_and_below_it_goes_to_quarantine(line: Line) -> None:
    key = Pseudonyms(await line.keys.pseudonym_key(CHANGES)).of([RESIDENT])[0]
    with pytest.raises(ProduceFailed):
        await line.put(0, key, b"." * 1_100_000)
    await line.put(0, key, b"." * 1_000_000)
    async with line.slot() as router:
        await drained(router, 1)
    [record] = await quarantined(line)
    assert (len(record.value or b""), record.key) == (1_000_000, key)
