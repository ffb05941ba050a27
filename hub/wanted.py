"""What the Book wants of the broker: topics, principals and literal ACLs, and how that differs from what is there.

Pure. Nothing is granted that no line here names; a principal per component and per subscriber, and no wildcard.

    relay              writes changes
    router             reads changes and quarantine; writes disclosures, ledger, quarantine; commits in its own group,
                       under one transactional id per slot
    ledger             reads the ledger, writes onto it what was confirmed at counterparts; writes what the watch reads
    watch              reads that, in its own group; sees of every topic that a subscriber reads itself how far it goes
                       and how far that subscriber has come, and cannot read it
    desk               reads quarantine, for persons who look who waits and let them go (and the journal, below)
    replay             reads changes, to decide again; writes the ledger, a line for every release
    deliver-<c>        reads the disclosures of contract c, writes its dead letters      (handed over by us)
    eraser             reads and writes the journal of destroyed keys; who opens or seals may read it: relay, router,
                       replay, desk and deliver-<c>
    subscriber-<c>     reads the disclosures of contract c, in its own group or in a second one for trying out a new
                       reader beside the running one; nothing once its feed was stopped or its contract is over
                       (via = topic)

Writing includes producing idempotently (KIP-679), so nobody needs a right on the cluster.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from contracts.book import Book
from contracts.contract import Contract
from hub import topics
from hub.config import Settings
from hub.ways import walked

DESK = "desk"
ERASER = "eraser"
WITH_KEYS = ("relay", "router", "replay", DESK, ERASER)
"""Those of no contract that open or seal, or destroy: each reads first which keys were destroyed."""
WEEK_MS = 7 * 24 * 3600 * 1000
FOREVER = -1
LARGEST = 1_048_588  # bytes of a record batch; the broker's own limit
ROOM_FOR_A_CODE = 65_536  # what is as large as it can be must still fit into quarantine, with headers


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic with the settings that we care for."""

    name: str
    partitions: int
    replication: int
    config: Mapping[str, str] = field(hash=False)


@dataclass(frozen=True, slots=True, order=True)
class Acl:
    """`principal` may do `operation` on the `resource` called `name`; anything but a plain literal grant is `wider`."""

    principal: str
    operation: str
    resource: str
    name: str
    wider: bool = False

    def __str__(self) -> str:
        return f"{self.principal} {self.operation} {self.resource} {self.name}"


@dataclass(frozen=True, slots=True)
class State:
    """What is wanted of a broker, or what is there. Principals: name -> whether its password is here."""

    topics: Mapping[str, Topic]
    principals: Mapping[str, bool]
    acls: frozenset[Acl]


def wanted(book: Book, settings: Settings, silent: Collection[str] = ()) -> State:
    """What a broker must have for this Book, no more and no less. Whose contract is `silent` reads nothing of it."""
    acls = frozenset(_acls(book.contracts.values(), settings))
    gone = {reader_of(one) for one in book.contracts.values() if one.id in silent and one.via == "topic"}
    acls = frozenset(acl for acl in acls if acl.principal not in gone)
    found = {topic.name: topic for topic in _topics(book.contracts.values(), settings)}
    return State(found, dict.fromkeys(sorted({acl.principal for acl in acls}), True), acls)


def reader_of(contract: Contract) -> str:
    """The principal that reads what `contract` is told: the subscriber itself, or we for it."""
    return f"subscriber-{contract.id}" if contract.via == "topic" else f"deliver-{contract.id}"


def ours(prefix: str, name: str) -> bool:
    """Whether a topic, group or transactional id of this name is one of ours under `prefix`."""
    own, kebab = re.escape(prefix), "[a-z0-9]+(-[a-z0-9]+)*"
    topic = rf"\.(changes|ledger|watch|quarantine|erasures|(disclosures|dead)\.{kebab})"
    group = rf"-(router(-\d+)?|ledger|watch|(deliver|subscriber)-{kebab}(\.trial)?)"
    return re.fullmatch(f"{own}({topic}|{group})", name) is not None


def _topics(contracts: Iterable[Contract], settings: Settings) -> Iterable[Topic]:
    prefix = settings.prefix
    yield _topic(topics.changes(prefix), WEEK_MS, settings)
    yield _topic(topics.ledger(prefix), FOREVER, settings)
    yield _topic(topics.watch(prefix), WEEK_MS, settings)
    yield _topic(topics.quarantine(prefix), FOREVER, settings, LARGEST + ROOM_FOR_A_CODE)
    yield _topic(topics.erasures(prefix), FOREVER, settings)
    for contract in contracts:
        kept = WEEK_MS if walked(contract) else FOREVER  # unread is not yet told: it waits for its way
        yield _topic(topics.disclosures(prefix, contract.id), kept, settings)
        if contract.via != "topic":
            yield _topic(topics.dead(prefix, contract.id), FOREVER, settings)


def _topic(name: str, retention_ms: int, settings: Settings, largest: int = LARGEST) -> Topic:
    return Topic(name, settings.partitions, settings.replication, {
        "cleanup.policy": "delete",
        "retention.ms": str(retention_ms),
        "retention.bytes": "-1",
        "compression.type": "uncompressed",
        "max.message.bytes": str(largest),
        "min.insync.replicas": str(max(1, settings.replication - 1)),
        "unclean.leader.election.enable": "false",
    })  # fmt: skip


def _acls(contracts: Iterable[Contract], settings: Settings) -> Iterable[Acl]:
    prefix = settings.prefix
    yield Acl("relay", "write", "topic", topics.changes(prefix))
    yield from _reads("router", topics.changes(prefix), topics.router_group(prefix))
    yield Acl("router", "read", "topic", topics.quarantine(prefix))
    for output in (topics.ledger(prefix), topics.quarantine(prefix)):
        yield Acl("router", "write", "topic", output)
    for slot in range(settings.partitions):  # a slot owns at least one partition, so there are no more
        yield Acl("router", "write", "transactional-id", topics.router_transaction(prefix, slot))
    yield from _reads("ledger", topics.ledger(prefix), topics.group(prefix, "ledger"))
    yield Acl(DESK, "read", "topic", topics.quarantine(prefix))
    for kept in (topics.ledger(prefix), topics.watch(prefix)):
        yield Acl("ledger", "write", "topic", kept)
    yield from _reads("watch", topics.watch(prefix), topics.group(prefix, "watch"))
    yield Acl("replay", "read", "topic", topics.changes(prefix))
    yield Acl("replay", "write", "topic", topics.ledger(prefix))
    yield Acl(ERASER, "write", "topic", topics.erasures(prefix))
    for principal in WITH_KEYS:
        yield Acl(principal, "read", "topic", topics.erasures(prefix))
    for contract in contracts:
        yield from _acls_of(contract, prefix)


def _acls_of(contract: Contract, prefix: str) -> Iterable[Acl]:
    told, reader = topics.disclosures(prefix, contract.id), reader_of(contract)
    yield Acl("router", "write", "topic", told)
    yield from _reads(reader, told, topics.group(prefix, reader))
    if contract.via == "topic":
        yield Acl(reader, "read", "group", topics.group(prefix, f"{reader}.trial"))
        yield Acl("watch", "describe", "topic", told)
        yield Acl("watch", "describe", "group", topics.group(prefix, reader))
    else:
        yield Acl(reader, "write", "topic", topics.dead(prefix, contract.id))
        yield Acl(reader, "read", "topic", topics.erasures(prefix))


def _reads(principal: str, topic: str, group: str) -> Iterable[Acl]:
    yield Acl(principal, "read", "topic", topic)
    yield Acl(principal, "read", "group", group)
