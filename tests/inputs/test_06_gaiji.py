"""Input 6: 外字 in a name, from the door through seal, router, inbox and adapter to the counterpart."""

import unicodedata

import orjson
import pytest

from hub.outcome import Delivered
from hub.seal import Place, header, open_token
from tests.inputs.memory import WholeWay
from tests.people import line, record

NAMES = {
    "variation selectors (IVS)": "葛\U000e0100城 葛\U000e0101飾",
    "outside the basic plane": "𠮷野家 𩸽",
    "private use": "\ue000\U000f0000外字",
    "decomposed (NFD)": unicodedata.normalize("NFD", "がぎぐ"),
    "composed (NFC)": "がぎぐ",
    "compatibility ideographs": "\uf9d0\ufa10塚",
    "not in CP932": "鷗ⱥ한",
    "half-width kana": "ﾐﾎﾝ ﾊﾅｺ",
    "髙﨑𠮷": "髙﨑𠮷",
    "ideographic space at both ends": "\u3000見本\u3000",
}


@pytest.mark.trap("input-06", "V7")
@pytest.mark.parametrize("contract", ["prefecture", "convenience-store"])
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
async def test_a_name_arrives_as_it_was_written(way: WholeWay, contract: str, name: str) -> None:
    await way.publish(line("RELOCATE", record(name=name), record(name=name, address={"text": "架空市別町7番地"})))
    await way.route()
    [message], [outcome] = await way.handed_over(contract)
    assert (message["record"]["name"], outcome) == (name, Delivered("R-1"))
    assert name.encode() in orjson.dumps(message)


@pytest.mark.trap("input-06", "V7")
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
async def test_the_bytes_of_a_name_are_the_same_under_the_seal(way: WholeWay, name: str) -> None:
    await way.publish(line("RELOCATE", record(name=name), record(name=name, address={"text": "架空市別町7番地"})))
    await way.route()
    [token] = way.records("tax")
    key = await way.keys.by_kid(header(token.value)["kid"])
    _, payload = open_token(token.value, key, Place("tax", token.topic, 0), token.key)
    assert name.encode() in payload


@pytest.mark.trap("input-06", "V7")
async def test_two_spellings_of_one_name_are_two_names_and_their_change_is_told(way: WholeWay) -> None:
    composed, decomposed = NAMES["composed (NFC)"], NAMES["decomposed (NFD)"]
    await way.publish(line("EX_OFFICIO_CORRECTION", record(name=composed), record(name=decomposed)))
    await way.route()
    [token] = way.records("prefecture")
    opened = await way.opener("prefecture").open(token.value or b"", 0, token.key or b"")
    assert getattr(opened, "items", {}).get("name") == decomposed
