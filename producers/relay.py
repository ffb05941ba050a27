"""The relay carries Changes from a source to juki.changes: sealed, in order, at least once.

One relay at a time has a source, which for our own register are some shards of the outbox. It takes the oldest rows,
seals them, publishes them, and acknowledges them once the broker has acknowledged every one; whatever fails on the way
leaves them where they are, and the same rows are published again with the same ids and versions. A row that its door
refuses (nothing of ours can write one) halts its resident and nobody else, until a person has looked: skipping it would
let later Changes overtake.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol
from uuid import UUID

from contracts.change import JAPAN, Change, parse
from contracts.identifiers import JuminhyoCheck
from hub import log, metrics
from hub.bus import Batches, Outgoing
from hub.clock import now
from hub.config import Settings
from hub.database import queries
from hub.envelope import CHANGE
from hub.errors import ChangeRefused
from hub.keys import CHANGES, KeyStore
from hub.plugged import juminhyo_check
from hub.pseudonym import Pseudonyms, can_be_found
from hub.seal import Place, Sheet, seal
from hub.topics import changes as changes_topic
from producers.capture import Source, Taken
from producers.outbox import shard

SQL = queries(Path(__file__).with_suffix(".sql"))
BATCH = 1000
"""Rows of a shard per transaction."""

class Publisher(Protocol):
    """What the relay needs of the broker; `hub.bus.Writer` is one."""

    async def send(self, batches: Batches) -> None:
        """Return once every record is acknowledged; ProduceFailed otherwise."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A row that its door accepts."""

    id: int
    change: Change
    body: bytes


class Relay:
    """Carries what a source has by one way to the broker. `clock` tells the time of publishing, which names the content
    key of the day.
    """

    def __init__(
        self, keys: KeyStore, publisher: Publisher, settings: Settings, clock: Callable[[], datetime] = now
    ) -> None:  # fmt: skip
        self._keys = keys
        self._publisher = publisher
        self._topic = changes_topic(settings.prefix)
        self._partitions = settings.partitions
        self._clock = clock
        self._pseudonyms: Pseudonyms | None = None
        self._juminhyo_check = juminhyo_check(settings)

    async def carry(self, source: Source) -> int:
        """Carry its oldest rows; how many were read. 0: nothing is there, or another relay has it."""
        async with source.lot() as lot:
            if lot is None:
                return 0
            accepted, refused = checked(lot.rows, self._juminhyo_check)
            for resident, code in refused.items():
                await lot.halt(resident, code)
                metrics.UNPUBLISHABLE.inc()
                log.get().error("resident-halted", code=code, shard=shard(resident))
            if accepted:
                await self._publisher.send(await self._sealed(accepted))
            await lot.acknowledge([row.id for row in accepted])
        metrics.PUBLISHED.inc(len(accepted))
        return len(lot.rows)

    async def _sealed(self, rows: Sequence[Accepted]) -> Batches:
        now = self._clock()
        key = await self._keys.content_key(CHANGES, now.astimezone(JAPAN).date())
        pseudonyms = await self._pseudonyms_of_changes()
        batches: dict[tuple[str, int], list[Outgoing]] = {}
        for part, lot in by_partition(rows, self._partitions).items():
            record_keys = pseudonyms.of([row.change.resident for row in lot])
            # no id outside the seal: ids of disclosures follow from it, and could be told in advance
            sheets = [Sheet(0, "", row.body, own) for row, own in zip(lot, record_keys, strict=True)]
            tokens = seal(key, Place(CHANGES, self._topic, part), "", int(now.timestamp()), sheets)
            at = int(now.timestamp() * 1000)
            batches[self._topic, part] = [Outgoing(*pair, CHANGE, at) for pair in zip(record_keys, tokens, strict=True)]
        return batches

    async def _pseudonyms_of_changes(self) -> Pseudonyms:
        if self._pseudonyms is None:
            self._pseudonyms = Pseudonyms(await self._keys.pseudonym_key(CHANGES))
        return self._pseudonyms


def checked(
    rows: Sequence[Taken], plugged: JuminhyoCheck | None = None
) -> tuple[list[Accepted], dict[UUID, str]]:  # fmt: skip
    """The rows that their door accepts, and who is halted by a row that it refuses, with the code.

    Of somebody who is halted nothing from that row on is carried.
    """
    accepted: list[Accepted] = []
    refused: dict[UUID, str] = {}
    for row in rows:
        if row.resident in refused:
            continue
        try:
            accepted.append(Accepted(row.id, _own_change(row, plugged), row.change))
        except ChangeRefused as refusal:
            refused[row.resident] = refusal.code
    return accepted, refused


def _own_change(row: Taken, plugged: JuminhyoCheck | None) -> Change:
    change = parse(row.change, plugged)
    if change.resident != row.resident:
        raise ChangeRefused("foreign-resident", "resident")
    if not can_be_found(row.resident):
        raise ChangeRefused("bad-format", "resident")  # whoever reads its record key would have to stop
    return change


def by_partition(rows: Sequence[Accepted], partitions: int) -> dict[int, list[Accepted]]:
    """Rows by the partition of their resident, each in the order of the outbox."""
    found: dict[int, list[Accepted]] = defaultdict(list)
    for row in rows:
        found[row.change.resident.int % partitions].append(row)
    return found

