"""Read this first: the way of one event, from the counter to those whom the law lets hear of it, in memory.

The head of a household has died. The clerk files one notice; the registry writes three Changes, because the wife is
now the head and the son now lives with another head. Each Change goes its way through five verbs:

    to_change -> decide -> seal -> hand_over -> settle
"""

import hashlib
from collections import Counter
from datetime import UTC, datetime
from uuid import UUID

import orjson

from consumers.adapters import ADAPTERS
from consumers.disclosure import read as read_disclosure
from contracts import book as law
from contracts.change import parse
from contracts.decide import Disclosure, decide
from hub.intake import Accepted
from hub.outcome import Delivered, Refused
from hub.seal import Place, header, open_token
from hub.telling import Teller
from producers.acts import death
from producers.household import Person, View
from producers.notices import read as read_notice
from tests.fakes import MemoryCounterpart, MemoryKeys, recorded
from tests.people import in_household_of, record

NOW = datetime(2026, 4, 2, 1, 15, tzinfo=UTC)
BOOK = law.load()

HEAD, WIFE, SON = (f"{n:015d}" for n in (1, 2, 3))
HOME = {
    HEAD: record(1), WIFE: record(2, **in_household_of(1, "妻")), SON: record(3, **in_household_of(1, "子")),
}
NOT_CONCERNED = {  # he was 36 and Japanese; a 転入 and a first 個人番号 have contracts of their own
    "elderly-care", "school-affairs", "immigration", "previous-municipality", "jlis-delivery", "koseki-fuhyo",
}
NOTICE = {
    "receipt": "20260402-1", "act": "death", "notified_on": "2026-04-02", "died_on": "2026-04-01",
    "atena_no": HEAD, "new_head": WIFE, "relationships": {SON: "子"},
}  # fmt: skip


def to_change() -> list[bytes]:
    """The clerk's act: pure, from the household as it is to three Changes; one transaction records them."""
    people = {no: Person(UUID(int=n, version=4), one) for n, (no, one) in enumerate(HOME.items(), start=1)}
    return recorded(death.to_changes(read_notice(NOTICE), View(NOW.date(), people)), NOW)


def told(content: bytes) -> dict[str, str]:
    """The law's word on one Change: contract -> state, for those who may hear of it."""
    change = parse(content)
    outcomes = {name: decide(change, contract, change.day) for name, contract in BOOK.contracts.items()}
    return {name: one.state for name, one in outcomes.items() if isinstance(one, Disclosure)}


async def test_the_way_of_one_event() -> None:
    # to_change: one notice, three residents.
    dead, wife, son = to_change()
    assert [parse(one).kind for one in (dead, wife, son)] == ["DEATH", "HEAD_CHANGED", "HEAD_CHANGED"]

    # decide: everybody who knew him hears of the death. Of the change of head the prefecture hears nothing (住基法
    # 30条の6 does not name 7条4号), while it is all that the 中間サーバー is there for (番号法19条8号).
    assert told(dead) == dict.fromkeys({*BOOK.contracts} - NOT_CONCERNED, "deleted")
    assert {"prefecture", "elections"}.isdisjoint(told(wife))
    assert told(wife)["intermediate-server"] == "inside"

    # seal: one token per contract told, and one line in the ledger for each change.
    keys = MemoryKeys()
    teller = await Teller.of("juki", BOOK, keys)
    records = await teller.all_of(0, [Accepted(parse(one), one) for one in (dead, wife, son)], {}, NOW, Counter())
    copies = records["juki.disclosures.intermediate-server", 0]
    assert [header(one.value)["seq"] for one in copies] == [1, 2, 3]
    assert "架空".encode() not in b"".join(one.value or b"" for some in records.values() for one in some)

    # Only the contract's own key opens it, only where it lies, and inside are the permitted items and no other.
    place = Place("intermediate-server", "juki.disclosures.intermediate-server", 0)
    opened = [open_token(one.value, await keys.by_kid(header(one.value)["kid"]), place, one.key) for one in copies]
    assert {*orjson.loads(opened[1][1])["items"]} == {*BOOK.contracts["intermediate-server"].items}

    # hand_over: the adapter speaks the counterpart's form; only its receipt counts as delivered.
    counterpart, adapter = MemoryCounterpart(), ADAPTERS["intermediate-server"]
    disclosures = [read_disclosure(payload, head["jti"], "intermediate-server") for head, payload in opened]
    outcomes = [await adapter.hand_over(counterpart, one) for one in disclosures]
    copy = counterpart.told[str(disclosures[1].id)]["record"]
    assert (copy["relationship_to_head"], copy["household_head_name"]) == ("世帯主", None)

    # settle: delivered, deferred or refused, there is no fourth. A refusal is a dead letter, of this resident alone.
    assert outcomes == [Delivered("R-1"), Delivered("R-2"), Delivered("R-3")]
    refused = await adapter.hand_over(MemoryCounterpart(refusing=True), disclosures[0])
    assert refused == Refused("counterpart-not-accepted")

    # And provable: the ledger names every contract told, with the hash of the very token and the items in it.
    line = orjson.loads(records["juki.ledger", 0][1].value or b"")
    [proof] = [one for one in line["told"] if one["contract"] == "intermediate-server"]
    assert proof["token_sha256"] == hashlib.sha256(copies[1].value or b"").hexdigest()
    assert proof["items"] == [*BOOK.contracts["intermediate-server"].items]
