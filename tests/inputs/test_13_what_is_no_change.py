"""Input 13: null, empty key, spoofed headers, too large: refused and alarmed, and never passed over."""

import pytest

from hub import envelope
from hub.bus import Outgoing
from tests.inputs.memory import WholeWay
from tests.people import RESIDENT, line, record

MOVED = line("RELOCATE", record(), record(address={"text": "架空市別町7番地"}))
SPOOFED = tuple((name, b"jp.juki-hub.snapshot" if name == "ce_type" else value) for name, value in envelope.CHANGE)


async def put_with(way: WholeWay, headers: envelope.Headers) -> None:
    """A good token whose headers somebody has replaced."""
    await way.publish(MOVED)
    good = way.broker.records["juki.changes", 0].pop()
    way.put(good.value, good.key, headers)


@pytest.mark.threat("B5")
@pytest.mark.trap("input-13", "D6")
@pytest.mark.parametrize("headers", [SPOOFED, (), (*envelope.CHANGE, ("ce_subject", b"x")), envelope.DISCLOSURE],
                         ids=["another ce_type", "none", "one more", "those of a disclosure"])  # fmt: skip
async def test_a_record_with_other_headers_goes_to_quarantine(way: WholeWay, headers: envelope.Headers) -> None:
    await put_with(way, headers)
    await way.route()
    assert (way.quarantined(), way.records("prefecture")) == (["foreign-headers"], [])


@pytest.mark.trap("input-13", "K6")
@pytest.mark.parametrize("value", [None, b"", b"x" * 1_000_000, b"." * 1_000_000],
                         ids=["null", "empty", "a megabyte", "a megabyte of dots"])  # fmt: skip
async def test_what_comes_after_what_is_no_change_waits_behind_it(way: WholeWay, value: bytes | None) -> None:
    way.put(value, way.own_key(RESIDENT))
    await way.publish(MOVED)
    await way.route()
    assert (way.quarantined(), way.records("prefecture")) == (["not-a-token", "waits-behind"], [])
    kept = [Outgoing(one.key, one.value, (), 0) for one in way.broker.read("juki.quarantine")]
    sent = [Outgoing(one.key, one.value, (), 0) for one in way.broker.read("juki.changes")]
    assert kept == sent
