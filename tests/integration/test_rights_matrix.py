"""Every principal × topic, group, transactional id, cluster × operation: the broker's own answer is the printed page.

The broker is asked as each principal in turn what it may do (KIP-430: authorized operations of topics, groups and the
cluster): that is the answer of the very authorizer that judges real requests, for all operations at once, and it costs
three requests instead of thousands. Where the protocol has no such question (transactional ids) the thing itself is
tried, by everybody with every id; and so is a sample of each class of acts, because an answer about rights is not yet
a refusal: administration by everybody, reading and writing of a neighbour's topic.
"""

import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.transaction import InitProducerIdRequest
from confluent_kafka import Consumer, KafkaException, Producer, TopicCollection, TopicPartition
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from contracts import book
from contracts.folder import SHIPPED
from hub import bus, topics
from hub.broker_admin import connection
from hub.bus.client import connection as hubs_connection
from hub.errors import NotPermitted
from hub.wanted import wanted
from tests.house import House, World, made_world

BOOK = book.load()
PAGE = Path(SHIPPED) / "published" / "rights.md"
REFUSED = 53, 31  # TRANSACTIONAL_ID_AUTHORIZATION_FAILED, CLUSTER_AUTHORIZATION_FAILED
IMPLIED = {"read": {"read", "describe"}, "write": {"write", "describe"}}
"""What a granted operation brings along by Kafka's own rules."""

Right = tuple[str, str, str, str]


@cache
def page() -> tuple[Right, ...]:
    """The rows of the checked-in page: principal, operation, resource, name."""
    rows = re.findall(r"^\| (\S+) \| (\S+) \| (\S+) \| `(\S+)` \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return tuple((principal, operation, resource, name) for principal, operation, resource, name in rows)


def printed(world: World) -> set[Right]:
    """The page for this world: its own prefix, its own number of partitions, and what each right implies."""
    here = world.settings
    ids = {topics.router_transaction(here.prefix, part) for part in range(here.partitions)}
    renamed = ((who, may, what, re.sub("^juki", here.prefix, name)) for who, may, what, name in page())
    mine = (row for row in renamed if row[2] != "transactional-id" or row[3] in ids)
    return {(who, each, what, name) for who, may, what, name in mine for each in IMPLIED[may]}


def names(world: World, what: str) -> list[str]:
    return sorted({name for _, _, resource, name in printed(world) if resource == what})


def principals() -> list[str]:
    return sorted({row[0] for row in page()})


@pytest.fixture(scope="module")
def world(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One world for all tests of this file: they change nothing in it, or have found a hole."""
    with made_world(house, tmp_path_factory.mktemp("rights")) as world:
        yield world


@pytest.fixture(scope="module")
def clients() -> Iterator[dict[str, AdminClient]]:
    """One connection per principal, for all tests of this file."""
    made: dict[str, AdminClient] = {}
    yield made
    made.clear()


def client(clients: dict[str, AdminClient], world: World, principal: str) -> AdminClient:
    if principal not in clients:
        clients[principal] = AdminClient(connection(world.settings.kafka, world.settings.secrets_dir, principal))
    return clients[principal]


def operations(future: Any) -> set[str]:
    """What the broker says may be done; nothing where it refuses to say, which is done by lack of `describe`."""
    try:
        return {each.name.lower() for each in future.result(timeout=30).authorized_operations or ()}
    except KafkaException as refused:
        if refused.args[0].name().endswith("AUTHORIZATION_FAILED"):
            return set()
        raise


def told(admin: AdminClient, principal: str, world: World) -> set[Right]:
    asked = {"include_authorized_operations": True, "request_timeout": 30}
    of_topics = admin.describe_topics(TopicCollection(names(world, "topic")), **asked)
    of_groups = admin.describe_consumer_groups(names(world, "group"), **asked)
    of_cluster = {"kafka-cluster": admin.describe_cluster(**asked)}
    answers = (("topic", of_topics), ("group", of_groups), ("cluster", of_cluster))
    return {
        (principal, operation, what, name)
        for what, found in answers for name, future in found.items() for operation in operations(future)
    }  # fmt: skip


def test_the_page_lists_every_principal_that_the_broker_knows_for_us(world: World) -> None:
    assert principals() == sorted(wanted(BOOK, world.settings).principals)


def test_what_each_principal_may_do_with_each_topic_group_and_the_cluster_is_what_the_page_says(
    world: World, clients: dict[str, AdminClient]
) -> None:
    with ThreadPoolExecutor(4) as several:
        asked = several.map(lambda one: told(client(clients, world, one), one, world), principals())
        found = {right for rights in asked for right in rights}
    assert found == {right for right in printed(world) if right[2] != "transactional-id"}


async def test_who_may_write_under_which_transactional_id_is_what_the_page_says(world: World) -> None:
    ids = names(world, "transactional-id")
    may = {(who, name) for who, operation, what, name in printed(world) if (what, operation) == (
        "transactional-id", "write")}  # fmt: skip
    assert {(who, name) for who in principals() for name in ids if await begins(world, who, ids, name)} == may
    assert len(may) == world.settings.partitions


_BEGUN: dict[tuple[str, str], dict[str, bool]] = {}


async def begins(world: World, principal: str, ids: list[str], name: str) -> bool:
    """Whether the broker lets `principal` begin under the id `name`; all ids are tried over one connection."""
    key = (world.settings.prefix, principal)
    if key not in _BEGUN:
        _BEGUN[key] = await tried(world, principal, ids)
    return _BEGUN[key][name]


async def tried(world: World, principal: str, ids: Iterable[str]) -> dict[str, bool]:
    plain = AIOKafkaClient(**hubs_connection(world.settings, principal))
    await plain.bootstrap()
    try:
        return {name: await _begins(plain, name) for name in ids}
    finally:
        await plain.close()


async def _begins(plain: AIOKafkaClient, name: str) -> bool:
    while True:
        request = InitProducerIdRequest(transactional_id=name, transaction_timeout_ms=1000)
        answer = await plain.send(plain.get_random_node(), request)
        if answer.error_code in (0, *REFUSED):
            return bool(answer.error_code == 0)


def acts(admin: AdminClient, world: World) -> dict[str, Any]:
    """One real attempt of each kind of administration."""
    changes = topics.changes(world.settings.prefix)
    entry = ConfigEntry("retention.ms", "1", incremental_operation=AlterConfigOpType.SET)
    config = ConfigResource(ConfigResource.Type.TOPIC, changes, incremental_configs=[entry])
    acl = AclBinding(ResourceType.TOPIC, changes, ResourcePatternType.LITERAL, "User:intruder", "*", AclOperation.READ,
                     AclPermissionType.ALLOW)  # fmt: skip
    user = UserScramCredentialUpsertion("intruder", ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096), b"guess")
    return {
        "create": admin.create_topics([NewTopic(f"{changes}.own", 1, 1)]),
        "delete": admin.delete_topics([changes]),
        "alter": admin.incremental_alter_configs([config]),
        "acl": admin.create_acls([acl]),
        "user": admin.alter_user_scram_credentials([user]),
        "group": admin.delete_consumer_groups([topics.router_group(world.settings.prefix)]),
    }


def outcome(future: Any) -> str:
    try:
        future.result(timeout=30)
    except KafkaException as refused:
        return str(refused.args[0].name())
    return "done"


def test_nobody_of_ours_administers_anything(world: World, clients: dict[str, AdminClient]) -> None:
    asked = {one: acts(client(clients, world, one), world) for one in principals()}
    done = {
        (one, act): name
        for one, attempts in asked.items() for act, futures in attempts.items() for future in futures.values()
        if not (name := outcome(future)).endswith("AUTHORIZATION_FAILED")
    }  # fmt: skip
    assert done == {}


NEIGHBOURS = [
    ("deliver-prefecture", "disclosures.convenience-store"), ("subscriber-child-policy", "disclosures.prefecture"),
    ("relay", "changes"), ("ledger", "changes"), ("deliver-tax", "quarantine"), ("router", "ledger"),
]  # fmt: skip


@pytest.mark.parametrize(("principal", "topic"), NEIGHBOURS)
def test_what_is_not_ones_own_is_not_read(world: World, principal: str, topic: str) -> None:
    reader = Consumer({
        **connection(world.settings.kafka, world.settings.secrets_dir, principal), "group.id": "any",
        "enable.auto.commit": False, "auto.offset.reset": "earliest",
    })  # fmt: skip
    reader.assign([TopicPartition(f"{world.settings.prefix}.{topic}", 0, 0)])
    try:
        answer = reader.poll(30)
        assert answer is not None
        assert answer.error() is not None
        assert answer.error().name() == "TOPIC_AUTHORIZATION_FAILED"
    finally:
        reader.close()


@pytest.mark.parametrize(
    ("principal", "topic"),
    [("relay", "ledger"), ("router", "changes"), ("ledger", "ledger"), ("subscriber-child-policy", "changes"),
     ("deliver-prefecture", "disclosures.prefecture"), ("deliver-prefecture", "dead.tax")],
)  # fmt: skip
def test_what_is_not_ones_own_is_not_written(world: World, principal: str, topic: str) -> None:
    writer = Producer({
        **connection(world.settings.kafka, world.settings.secrets_dir, principal), "message.timeout.ms": 20_000,
    })  # fmt: skip
    said: list[str] = []
    writer.produce(f"{world.settings.prefix}.{topic}", b"x", partition=0,
                   on_delivery=lambda error, _: said.append(error.name() if error else "done"))  # fmt: skip
    writer.flush(30)
    assert said == ["TOPIC_AUTHORIZATION_FAILED"]


async def test_one_may_not_follow_in_anothers_group(world: World) -> None:
    with pytest.raises(NotPermitted):
        await bus.committed(world.settings, "ledger", topics.router_group(world.settings.prefix))


def test_the_page_is_read_whole() -> None:
    """A row that this file did not understand would be a right that nobody tests."""
    rows = PAGE.read_text(encoding="utf-8").split("## 権限")[1].strip().splitlines()[2:]
    assert len(page()) == len(rows)
    assert {row[2] for row in page()} == {"topic", "group", "transactional-id"}
