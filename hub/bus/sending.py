"""What goes together in a request, and that all of it is acknowledged before anything counts."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

from aiokafka.errors import IllegalOperation, KafkaError

from hub.bus.encoded import Encoded
from hub.bus.records import BATCH_BYTES, Batches, Outgoing
from hub.bus.request import send_in_parts

FAILURES = (KafkaError, IllegalOperation, TimeoutError, AssertionError)
"""What the library raises when a producer is of no more use; not all of it is a KafkaError."""

_REQUEST_BYTES = 3 * BATCH_BYTES
"""Of the batches that go out together. The broker's cost is by request, by partition of it and by batch; ours is by
byte: a request is copied several times on its way. Twice as much was no faster, and took 15 MB more."""

Sent = tuple[str, int, Any]
"""Topic, partition and a batch of its records."""

send_in_parts()


def batched(producer: Any, batches: Batches) -> list[Sent]:
    """All batches of these records."""
    return [(topic, part, built) for (topic, part), records in batches.items() for built in _batches(producer, records)]


def filling(sent: Sequence[Sent]) -> int:
    """How many of them go together: the first ones up to the size of a request, but one at the least."""
    size = 0
    for count, (_, _, built) in enumerate(sent):
        size += built.size()
        if count and size > _REQUEST_BYTES:
            return count
    return len(sent)


async def acknowledged(producer: Any, sent: Iterable[Sent]) -> None:
    """Send them, in one request where they are for one broker, and wait until each is acknowledged; else its error."""
    futures: list[Any] = []
    try:
        for topic, part, built in sent:
            futures.append(await producer.send_batch(built, topic, partition=part))
    except BaseException:  # what was sent before may never have an outcome; if it has one, nobody need be warned of it
        for future in futures:
            future.add_done_callback(looked_at)
        raise
    for outcome in await asyncio.gather(*futures, return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome


def looked_at(future: Any) -> None:
    """Let nobody be warned of an error that nobody waits for any more."""
    if not future.cancelled():
        future.exception()


def _batches(producer: Any, records: Sequence[Outgoing]) -> Iterable[Any]:
    if isinstance(records, Encoded):
        return records.builders(transactional=_is_transactional(producer))
    return _built(producer, records)


def _is_transactional(producer: Any) -> bool:
    return producer._txn_manager is not None and producer._txn_manager.transactional_id is not None  # noqa: SLF001


def _built(producer: Any, records: Sequence[Outgoing]) -> list[Any]:
    batches = [producer.create_batch()]
    for key, value, headers, at in records:
        listed = [*headers]
        if batches[-1].append(key=key, value=value, timestamp=at, headers=listed) is None:
            batches.append(producer.create_batch())
            batches[-1].append(key=key, value=value, timestamp=at, headers=listed)
    for batch in batches:
        batch.close()
    return batches
