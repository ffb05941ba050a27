"""The two logs that have a tree each, and what differs between them: the ledger of disclosures, and the audit.

Everything else of this folder is the same for both. Each has a key, an origin and checkpoints of its own, so that
neither can be taken for the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hub.database import queries

HERE: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True, eq=False)
class Log:
    """One log. `name`: that of its key, and the beginning of its tables; `unknown`: what it has not, in words."""

    name: str
    unknown: str
    sql: Mapping[str, str]


def _log(name: str, lock: int, unknown: str) -> Log:
    shared = queries(HERE / "tree.sql")
    filled = {key: sql.replace("{log}", name).replace("{lock}", str(lock)) for key, sql in shared.items()}
    return Log(name, unknown, {**filled, **queries(HERE / f"{name}.sql")})


LEDGER: Final = _log("ledger", 1, "The ledger has neither a change nor a disclosure of this id")
AUDIT: Final = _log("audit", 3, "The audit has no entry of this number")
LOGS: Final = (LEDGER, AUDIT)
