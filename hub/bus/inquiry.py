"""Asking the broker: which topics there are for us, and what a group has committed, with its metadata."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import stamina
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from hub.bus.client import (
    REQUEST_MS,
    START_SECONDS,
    closed,
    connection,
    started,
    stopped,
    translated,
    unavailable,
    why,
)
from hub.bus.records import Position
from hub.config import Settings
from hub.errors import DependencyUnavailable, NotPermitted

Progress = Callable[[], Awaitable[dict[tuple[str, int], int]]]

_UNAUTHORISED = {29, 30, 31}

stamina.instrumentation.set_on_retry_hooks([])  # its metric has a label that grows without end, its line arguments


async def check_topics(settings: Settings, principal: str, topics: Sequence[str]) -> None:
    """Ask for every topic by name; an error or another partition count ends the process with a clear word."""
    async with _admin(settings, principal) as admin:
        for found in await admin.describe_topics(list(topics)):
            _check_topic(found, settings.partitions)


def _check_topic(found: Mapping[str, Any], partitions: int) -> None:
    name = found["topic"]
    if found["error_code"] in _UNAUTHORISED:
        raise NotPermitted("topic-not-permitted", name)
    if found["error_code"]:
        raise DependencyUnavailable("topic-missing", name, "`jukihub topics plan` shows what to do")
    if len(found["partitions"]) != partitions:
        raise DependencyUnavailable("partition-count-differs", name, "HUB_PARTITIONS must be the topic's own")


@stamina.retry(on=DependencyUnavailable, attempts=None, timeout=20.0, wait_initial=0.1, wait_max=1.0)
async def committed(settings: Settings, principal: str, group: str) -> dict[tuple[str, int], Position]:
    """What `group` has committed, by (topic, partition), with metadata: the consumer's own call drops it.

    Asked again for twenty seconds: a broker that has just started has no coordinator for a group yet, and one request
    to a node that is frozen takes ten.
    """
    async with _admin(settings, principal) as admin:
        found = await admin.list_consumer_group_offsets(group)
    return {
        (place.topic, place.partition): Position(at.offset, at.metadata or "")
        for place, at in found.items()
        if at.offset >= 0
    }


@asynccontextmanager
async def progress(settings: Settings, principal: str, group: str) -> AsyncIterator[Progress]:
    """A question that can be put often, on one connection: the offset to read next by (topic, partition)."""
    async with _admin(settings, principal) as admin:

        async def ask() -> dict[tuple[str, int], int]:
            found = await admin.list_consumer_group_offsets(group)
            return {(place.topic, place.partition): at.offset for place, at in found.items() if at.offset >= 0}

        yield ask


async def committed_of(settings: Settings, principal: str, groups: Sequence[str]) -> dict[str, dict[int, int]]:
    """The offset to read next by group and partition, of groups that read one topic each; empty: nothing committed."""
    async with _admin(settings, principal) as admin:
        found = {group: await admin.list_consumer_group_offsets(group) for group in groups}
    return {
        group: {place.partition: at.offset for place, at in offsets.items() if at.offset >= 0}
        for group, offsets in found.items()
    }


async def ends(settings: Settings, principal: str, topics: Sequence[str]) -> dict[str, dict[int, int]]:
    """By topic and partition the offset behind the last committed record and its transaction's marker."""
    options = connection(settings, principal)
    consumer = AIOKafkaConsumer(
        **options, group_id=None, isolation_level="read_committed", enable_auto_commit=False, auto_offset_reset="none"
    )  # fmt: skip
    places = [TopicPartition(topic, part) for topic in topics for part in range(settings.partitions)]
    await started(consumer, options)
    try:
        with translated():
            found = await asyncio.wait_for(consumer.end_offsets(places), 15)
    finally:
        await stopped(consumer)
    return {topic: {place.partition: at for place, at in found.items() if place.topic == topic} for topic in topics}


@asynccontextmanager
async def _admin(settings: Settings, principal: str) -> AsyncIterator[Any]:
    options = connection(settings, principal)
    admin = AIOKafkaAdminClient(**options, request_timeout_ms=REQUEST_MS)
    try:
        await _started(admin, options)
        yield admin
    except (KafkaError, OSError) as failed:
        raise unavailable(failed) from None
    finally:
        await closed(admin)


async def _started(admin: Any, options: Mapping[str, Any]) -> None:
    try:
        await asyncio.wait_for(admin.start(), START_SECONDS)
    except (KafkaError, OSError) as failed:
        raise await why(failed, options) from None
