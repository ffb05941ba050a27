"""What one HTTP service is: `jukihub run api` is one, and a room above hub may serve another in a process of its own.

Every service proves callers, allows, notes and refuses in the same way, through the hub's database. One that works on
other data has a second database, its store, which no other service of the hub opens.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hub.config import Settings

LARGEST_BODY: Final = 64 * 1024
PREFIX: Final = "/api/v1"


@dataclass(frozen=True, slots=True)
class Service:
    """One service. `name` is that of its process; `routes` are made as it starts; `store` tells the DSN of its own.

    `prefix`: before every path, and before its own description.
    """

    name: str
    title: str
    description: str
    routes: Callable[[], Sequence[Any]]
    store: Callable[[Settings], str] | None = None
    largest_body: int = LARGEST_BODY
    prefix: str = PREFIX
