"""Somebody who administers the database puts rows of the inbox elsewhere: nothing is handed over that does not fit."""

import pytest

from hub.database import Database
from hub.outcome import Refused
from tests.conformance.counterparts import Fake
from tests.conformance.samples import disclosure
from tests.integration.consumers.line import HandOver

VIA, SERVER = "prefecture", "intermediate-server"


@pytest.mark.threat("D7")
@pytest.mark.trap("C5")
async def test_tokens_that_were_swapped_between_two_residents_are_refused_and_told_to_nobody(
    database: Database,
) -> None:
    line = HandOver(database, VIA, fake := Fake(VIA))
    await line.send((1, disclosure(VIA, 1)), (2, disclosure(VIA, 2)))
    await database.execute(
        """UPDATE inbox.disclosures d SET token = o.token FROM inbox.disclosures o
        WHERE o.contract = d.contract AND o.id <> d.id"""
    )
    await line.work(lambda: line.are(dead=2))
    assert (await line.codes(), fake.taken) == (["foreign-record-key"] * 2, [])


@pytest.mark.threat("D7")
async def test_a_row_that_was_moved_to_another_contract_opens_for_nobody(database: Database) -> None:
    line, other = HandOver(database, VIA, Fake(VIA)), HandOver(database, SERVER, fake := Fake(SERVER))
    await line.send((1, disclosure(VIA, 1)))
    await database.execute("UPDATE inbox.disclosures SET contract = $1", SERVER)
    await other.work(lambda: other.are(dead=1))
    [row] = await other.rows()
    assert (row["code"], fake.taken) == ("foreign-token", [])
    assert await line.opener.open(row["token"], 5, row["subject"]) == Refused("moved-token")


@pytest.mark.threat("D7")
async def test_what_was_delivered_and_is_made_to_wait_again_is_not_told_twice(database: Database) -> None:
    line = HandOver(database, VIA, fake := Fake(VIA))
    await line.send((1, disclosure(VIA, 1)))
    await line.work(lambda: line.are(delivered=1))
    token = line.topic.records[0][0].value
    await database.execute("UPDATE inbox.disclosures SET state = 'waiting', settled_at = NULL, token = $1", token)
    await line.work(lambda: line.are(dead=1))
    assert (await line.codes(), len(fake.taken)) == (["out-of-order"], 1)


@pytest.mark.threat("D8")
@pytest.mark.trap("input-11")
async def test_a_protection_whose_row_was_removed_is_told_with_its_flag_all_the_same(database: Database) -> None:
    line = HandOver(database, SERVER, fake := Fake(SERVER))
    said = [disclosure(SERVER, 1, nth=nth, protected=nth == 3) for nth in (1, 2, 3)]
    await line.send(*[(1, one) for one in said])
    assert await database.execute("DELETE FROM hub.protections")
    await line.work(lambda: line.are(delivered=3))
    assert [one.protected for one in fake.taken] == [True, True, True]
