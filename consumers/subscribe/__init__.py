"""What a department builds its reader on: read, verified, opened, in order, and applied once beside its own data.

    async with subscription(access, keys, pool) as feed:
        async for event in feed.follow(apply):     # apply(connection, disclosure), in the transaction of the offset
            …

Of this repository it needs `contracts` and nothing else. It logs nothing of its own: what happens is an event, and what
cannot go on is an error with a place and a closed code. README.md beside it is the page to read.
"""

from consumers.subscribe.digesting import Compared, digests, document
from consumers.subscribe.errors import (
    ApplyFailed,
    NotVisible,
    RecordRefused,
    StoreFailed,
    SubscriptionError,
    Unavailable,
)
from consumers.subscribe.events import Applied, Disclosure, Erased, Event, Expired, Gap, KeysWanted, Place, Repeated
from consumers.subscribe.feed import Access
from consumers.subscribe.keys import Keys
from consumers.subscribe.service import KeyService
from consumers.subscribe.subscription import Subscription, subscription
from contracts.handed import RESIDENT

__all__ = [
    "RESIDENT", "Access", "Applied", "ApplyFailed", "Compared", "Disclosure", "Erased", "Event", "Expired", "Gap",
    "KeyService", "Keys", "KeysWanted", "NotVisible", "Place", "RecordRefused", "Repeated", "StoreFailed",
    "Subscription", "SubscriptionError", "Unavailable", "digests", "document", "subscription",
]  # fmt: skip
