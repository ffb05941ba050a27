"""The one door to Kafka's data: readers that see committed records only, writers that know what was acknowledged.

A batch that the broker refuses does not fail a transaction by itself, so every future is gathered before anything
counts. After a failure a producer is of no more use (its sequence numbers are out of step): it is stopped, and a new
one takes its place. A successor with the same transactional id fences its predecessor; then Fenced is raised, and the
slot belongs to somebody else. An unauthorised consumer waits in silence, so topics are asked for by name at the start.
"""

from hub.bus.client import connection
from hub.bus.encoded import Encoded
from hub.bus.inquiry import check_topics, committed, committed_of, ends, progress
from hub.bus.reading import Reader, reader
from hub.bus.records import BATCH_BYTES, Batches, Headers, Incoming, Outgoing, Position
from hub.bus.transaction import Transaction, TransactionalWriter, fence, transactional_writer
from hub.bus.writing import Writer, writer

__all__ = [
    "BATCH_BYTES",
    "Batches",
    "Encoded",
    "Headers",
    "Incoming",
    "Outgoing",
    "Position",
    "Reader",
    "Transaction",
    "TransactionalWriter",
    "Writer",
    "check_topics",
    "committed",
    "committed_of",
    "connection",
    "ends",
    "fence",
    "progress",
    "reader",
    "transactional_writer",
    "writer",
]
