"""Every principal × topic, group, transactional id, cluster × operation: the broker's own answer is the printed page.

The broker is asked as each principal in turn what it may do (KIP-430: authorized operations of topics, groups and the
cluster): that is the answer of the very authorizer that judges real requests, for all operations at once, and it costs
three requests instead of thousands. An answer about rights is not yet a refusal, so the thing itself is tried as well:
fetching by everybody from every topic (one request each), beginning by everybody under every transactional id (for
which the protocol has no question), administration by everybody, and a sample of writing.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from aiokafka.client import AIOKafkaClient, CoordinationType
from aiokafka.errors import CoordinatorLoadInProgressError, CoordinatorNotAvailableError
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.protocol.transaction import InitProducerIdRequest
from confluent_kafka import KafkaException, Producer, TopicCollection
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
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

pytestmark = pytest.mark.faults

BOOK = book.load()
PAGE = Path(SHIPPED) / "published" / "rights.md"
REFUSED = 53, 31  # TRANSACTIONAL_ID_AUTHORIZATION_FAILED, CLUSTER_AUTHORIZATION_FAILED
UNREADABLE = 29  # TOPIC_AUTHORIZATION_FAILED
IMPLIED = {"read": {"read", "describe"}, "write": {"write", "describe"}, "describe": {"describe"}}
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
    with made_world(house, tmp_path_factory.mktemp("rights") / "data", whole=True) as world:
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


@pytest.mark.trap("K5")
def test_what_each_principal_may_do_with_each_topic_group_and_the_cluster_is_what_the_page_says(
    world: World, clients: dict[str, AdminClient]
) -> None:
    with ThreadPoolExecutor(4) as several:
        asked = several.map(lambda one: told(client(clients, world, one), one, world), principals())
        found = {right for rights in asked for right in rights}
    assert found == {right for right in printed(world) if right[2] != "transactional-id"}


def test_a_right_that_the_page_does_not_name_would_be_seen(world: World, clients: dict[str, AdminClient]) -> None:
    """The comparison above can fail: what the administrator adds behind our back is in the broker's answer."""
    name, principal = topics.changes(world.settings.prefix), "subscriber-child-policy"
    own = (ResourceType.TOPIC, name, ResourcePatternType.LITERAL, f"User:{principal}", "*", AclOperation.READ,
           AclPermissionType.ALLOW)  # fmt: skip
    admin = AdminClient(connection(world.settings.kafka, world.settings.secrets_dir, "admin"))
    admin.create_acls([AclBinding(*own)])[AclBinding(*own)].result(30)
    try:
        seen = told(client(clients, world, principal), principal, world) - printed(world)
    finally:
        admin.delete_acls([AclBindingFilter(*own)])[AclBindingFilter(*own)].result(30)
    assert seen == {(principal, operation, "topic", name) for operation in ("read", "describe")}


@pytest.mark.trap("K5")
async def test_who_may_write_under_which_transactional_id_is_what_the_page_says(world: World) -> None:
    may = {(who, name) for who, operation, what, name in printed(world) if (what, operation) == (
        "transactional-id", "write")}  # fmt: skip
    await coordinated(world, *min(may))
    assert {(who, name) for who in principals() for name in await begins(world, who)} == may
    assert len(may) == world.settings.partitions


@asynccontextmanager
async def spoken(world: World, principal: str) -> AsyncIterator[AIOKafkaClient]:
    """A bare connection of `principal`, to ask the broker in its own words."""
    plain = AIOKafkaClient(**hubs_connection(world.settings, principal))
    await plain.bootstrap()
    try:
        yield plain
    finally:
        await plain.close()


async def coordinated(world: World, principal: str, name: str) -> None:
    """Who first asks for a coordinator has the broker make its own topic of transactions: before, nobody can begin."""
    async with spoken(world, principal) as plain:
        while True:
            try:
                await plain.coordinator_lookup(CoordinationType.TRANSACTION, name)
            except (CoordinatorNotAvailableError, CoordinatorLoadInProgressError):
                await asyncio.sleep(0.1)
            else:
                return


async def begins(world: World, principal: str) -> list[str]:
    """The transactional ids under which the broker lets `principal` begin."""
    async with spoken(world, principal) as plain:
        return [name for name in names(world, "transactional-id") if await _begins(plain, name)]


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


@pytest.mark.threat("S1")
def test_nobody_of_ours_administers_anything(world: World, clients: dict[str, AdminClient]) -> None:
    asked = {one: acts(client(clients, world, one), world) for one in principals()}
    done = {
        (one, act): name
        for one, attempts in asked.items() for act, futures in attempts.items() for future in futures.values()
        if not (name := outcome(future)).endswith("AUTHORIZATION_FAILED")
    }  # fmt: skip
    assert done == {}


@pytest.mark.threat("S1")
@pytest.mark.trap("K5")
async def test_who_may_read_which_topic_is_what_the_page_says(world: World) -> None:
    """Everybody fetches from every topic."""
    fetched = {(who, name) for who in principals() for name in await fetches(world, who)}
    assert fetched == {(who, name) for who, may, what, name in printed(world) if (may, what) == ("read", "topic")}


async def fetches(world: World, principal: str) -> list[str]:
    """The topics that the broker lets `principal` fetch from."""
    request = FetchRequest(0, 0, 1_000_000, 1, [(name, [(0, 0, 1000)]) for name in names(world, "topic")])
    async with spoken(world, principal) as plain:
        answer = await plain.send(plain.get_random_node(), request)
    codes = {name: found[0][1] for name, found in answer.topics}
    assert set(codes.values()) <= {0, UNREADABLE}
    return [name for name, code in codes.items() if code == 0]


@pytest.mark.threat("S1")
@pytest.mark.parametrize(
    ("principal", "topic"),
    [("relay", "ledger"), ("router", "changes"), ("ledger", "changes"), ("subscriber-child-policy", "changes"),
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


@pytest.mark.threat("S1")
async def test_one_may_not_follow_in_anothers_group(world: World) -> None:
    with pytest.raises(NotPermitted):
        await bus.committed(world.settings, "ledger", topics.router_group(world.settings.prefix))


def test_the_page_is_read_whole() -> None:
    """A row that this file did not understand would be a right that nobody tests."""
    rows = PAGE.read_text(encoding="utf-8").split("## 権限")[1].strip().splitlines()[2:]
    assert len(page()) == len(rows)
    assert {row[2] for row in page()} == {"topic", "group", "transactional-id"}
