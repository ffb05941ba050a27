"""Seeing a dead letter and replaying it: the whole walk, as a manual that is run on real servers.

The prefecture refuses one notice about one resident. abe may look (viewer), ito looks after letters (operator), kato
approves (approver), ueda watches (auditor). Read it from top to bottom: every command is one that a person types.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition

from hub import topics
from hub.broker_admin import connection
from tests import people
from tests.house import World
from tests.integration.replay.office import City, city
from tests.processes import Processes, asked, ordered, until

TROUBLED, OTHER = 1, 2


@pytest.fixture
async def office(world: World, tmp_path: Path) -> AsyncIterator[City]:
    processes = Processes(world.env, tmp_path)
    try:
        async with city(world, processes) as made:
            yield made
    finally:
        processes.stop()


@pytest.mark.trap("D1", "D2", "D9", "D11", "D12")
@pytest.mark.timeout(300)
async def test_a_letter_is_seen_planned_approved_run_and_on_record(office: City) -> None:
    # 1. The prefecture will have nothing about one resident. Three changes: two of theirs, one of somebody else's.
    code = people.record(TROUBLED)["juminhyo_code"]
    ordered(office.processes.urls["prefecture"], fault="refuse-one", subject=code)
    await office.relocate(TROUBLED, TROUBLED, OTHER)

    # 2. See. One letter of the prefecture, one disclosure behind it; nobody else waits.
    async def groups() -> Any:
        return await asyncio.to_thread(office.sees, "abe", "letters", "groups")

    (group,) = await until(groups, lambda seen: [one["behind"] for one in seen] == [1], "a letter, one behind it")
    assert (group["contract"], group["count"]) == ("prefecture", 1)
    assert group["counterpart_code"] == "not-accepted"
    (letter,) = office.sees("ito", "letters", "list", "--contract", "prefecture")

    # 3. Look inside, and no value is shown: what the letter holds, not what it says.
    inside = office.sees("ito", "letters", "show", letter["id"])
    assert (inside["items"]["name"], inside["items"]["former_surname"]) == (True, False)
    shown = office.types("ito", "letters", "show", letter["id"]).stdout
    assert people.record(TROUBLED)["name"] not in shown

    # 4. To see the values takes the duty, a reason, and a line in the audit; the viewer has not the duty.
    assert office.types("abe", "letters", "show", letter["id"], "--reveal", "--reason", "curious").returncode == 5
    assert office.types("ito", "letters", "show", letter["id"], "--reveal").returncode == 2
    revealed = office.sees("ito", "letters", "show", letter["id"], "--reveal", "--reason", "is the address whole?")
    assert revealed["items"]["name"] == people.record(TROUBLED)["name"]

    # 5. Kafka's own tools see the letter as well: Connect's names, a closed code, no stack trace, the sealed bytes.
    key, value, headers = await asyncio.to_thread(first_on_the_topic_of_dead_letters, office)
    assert headers["__connect.errors.exception.message"] == "counterpart-not-accepted"
    assert headers["hub.errors.disclosure-id"] == letter["id"]
    assert (len(key), value.count(b"."), "__connect.errors.exception.stacktrace" in headers) == (16, 4, False)

    # 6. Plan. Which letters, decided again today; nothing is sent.
    before = ends(office)
    ordered(office.processes.urls["prefecture"], fault="clear")
    made = office.sees("ito", "replay", "plan", "--contract", "prefecture", "--code", group["code"],
                       "--reason", "the prefecture has repaired its import")  # fmt: skip
    assert [(one["verdict"], one["letters"], one["behind"]) for one in made["summary"]] == [("unchanged", 1, 1)]
    assert made["state"] == "planned"

    # 7. Nobody runs what is not approved, and nobody approves their own.
    plan = made["plan"]
    assert office.types("ito", "replay", "run", plan).returncode == 4
    assert office.types("ito", "replay", "approve", plan).returncode == 5  # not even the duty
    assert office.sees("kato", "replay", "approve", plan)["state"] == "approved"

    # 8. Run. It ends when the prefecture has confirmed, and who waited behind follows.
    done = office.sees("ito", "replay", "run", plan, "--rate", "10")
    assert done["ended"] == {"delivered": 1}

    async def told() -> Any:
        return (await asyncio.to_thread(asked, office.processes.urls["prefecture"], "/told"))["told"]

    arrived = await until(told, lambda seen: len(seen) == 3, "three notices")
    versions = [one["version"] for one in arrived if one["subject"] == code]
    assert versions == sorted(versions)
    assert len(versions) == 2
    assert await groups() == []

    # 9. On record: under the same disclosure, with the plan and both persons, and on no other topic than the ledger.
    async def released() -> Any:
        return await office.database.fetch("SELECT * FROM hub.releases")

    (line,) = await until(released, bool, "the archive")
    assert (str(line["disclosure"]), str(line["plan"])) == (letter["id"], plan)
    assert line["requested_by"] != line["approved_by"]
    moved = {topic: end - before[topic] for topic, end in ends(office).items() if end != before[topic]}
    assert {topic: end for topic, end in moved.items() if ".disclosures." in topic} == {}

    # 10. Afterwards: how every letter of the plan ended, and who did what.
    (result,) = office.sees("abe", "replay", "show", plan)["letters"]
    assert (result["letter"], result["state"], result["outcome"]) == (letter["id"], "ended", "delivered")
    sql = "SELECT p.name, a.act, a.code FROM hub.audit a JOIN hub.people p ON p.id = a.person WHERE a.code <> 'begun'"
    noted = [tuple(row.values()) for row in await office.database.fetch(f"{sql} ORDER BY a.id")]
    acts = ("replay-plan", "replay-approve", "replay-run", "letters-reveal")
    assert [one for one in noted if one[1] in acts] == [
        ("abe", "letters-reveal", "duty-missing"), ("ito", "letters-reveal", "empty"),
        ("ito", "letters-reveal", "done"), ("ito", "replay-plan", "done"), ("ito", "replay-run", "plan-not-approved"),
        ("ito", "replay-approve", "duty-missing"), ("kato", "replay-approve", "done"), ("ito", "replay-run", "done"),
    ]  # fmt: skip


def consumer(office: City) -> Consumer:
    """A stock client, in the hands of the broker's administrator."""
    settings = office.world.settings
    return Consumer({**connection(settings.kafka, settings.secrets_dir, "admin"), "group.id": "looking",
                     "enable.auto.commit": False})  # fmt: skip


def first_on_the_topic_of_dead_letters(office: City) -> tuple[bytes, bytes, dict[str, str]]:
    settings, reading = office.world.settings, consumer(office)
    topic = topics.dead(settings.prefix, "prefecture")
    reading.assign([TopicPartition(topic, part, 0) for part in range(settings.partitions)])
    try:
        found = reading.consume(1, timeout=60)[0]
        return found.key(), found.value(), {name: value.decode() for name, value in found.headers()}
    finally:
        reading.close()


def ends(office: City) -> dict[str, int]:
    """How many records there are on each topic of this world."""
    settings, reading = office.world.settings, consumer(office)
    try:
        known = [name for name in reading.list_topics(timeout=30).topics if name.startswith(f"{settings.prefix}.")]
        return {name: sum(reading.get_watermark_offsets(TopicPartition(name, part), timeout=30)[1]
                          for part in range(settings.partitions)) for name in known}  # fmt: skip
    finally:
        reading.close()
