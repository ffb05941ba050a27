"""Quarantine: Changes that could not be read, sealed as they came, and the later ones of the same resident.

Who is parked is read from the topic itself, so it is as exact as the transaction that wrote it. A record without a
usable record key is not quarantined: nobody could say who waits behind it, so its partition stands still.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from hub import bus, envelope, log, metrics, topics
from hub.bus import Incoming, Outgoing
from hub.config import Settings
from hub.pseudonym import Pseudonyms

WAITS_BEHIND: Final = "waits-behind"

CODES: Final = (
    WAITS_BEHIND,
    "not-a-token", "bad-header", "bad-algorithm", "foreign-token", "moved-token", "unknown-kid", "altered-token",
    "foreign-record-key", "foreign-headers",
    "too-large", "byte-order-mark", "bad-encoding", "too-deep", "duplicate-key", "bad-number", "bad-json",
    "unknown-field", "unknown-item", "missing-field", "bad-type", "bad-format", "bad-date", "bad-timestamp",
    "bad-check-digit", "all-same-digits", "control-character", "derived-item", "unknown-kind", "shape-mismatch",
)  # fmt: skip
"""Why a Change may not be readable: every code of the seal and of the Change's door. A test compares them."""


def letter(record: Incoming, code: str) -> Outgoing:
    """The record as it came, with a closed code beside it."""
    headers = (*envelope.CHANGE, (envelope.CODE_HEADER, code.encode()))
    return Outgoing(record.key, record.value, headers, record.timestamp_ms)


def alarm(record: Incoming, code: str) -> None:
    """Say that a record is in quarantine; after the transaction that put it there."""
    metrics.QUARANTINED.labels(code).inc()
    log.get().error("change-quarantined", code=code, partition=record.partition, offset=record.offset)


def alarm_stopped(record: Incoming) -> None:
    """Say that a partition stands still until persons act."""
    log.get().error("partition-stopped", code="no-usable-key", partition=record.partition, offset=record.offset)


async def parked(
    settings: Settings, principal: str, partitions: Sequence[int], residents: Pseudonyms
) -> set[UUID]:
    """Every resident with a record in quarantine."""
    async with bus.reader(settings, principal, topics.quarantine(settings.prefix), partitions) as reader:
        records = await reader.read_to_end()
    return {resident for record in records if (resident := residents.resident(record.key or b"")) is not None}
