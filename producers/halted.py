"""Residents whom the relay halts, because the door refuses one of their rows: looked at, and let go on, by a person.

Going on tells nothing by itself: the relay looks at the very row again, and where its door still refuses it, the
resident is halted anew, at once. What has to happen in between depends on the code: a setting is mended, a version is
brought up that reads the row, or whoever wrote a row that nothing of ours writes puts another in its place.
"""

from pathlib import Path
from typing import Any
from uuid import UUID

from hub.database import Database, queries
from hub.errors import UsageError

SQL = queries(Path(__file__).with_suffix(".sql"))


async def halted(registry: Database) -> list[dict[str, Any]]:
    """Who is halted, since when, by which code, and how many Changes wait; who waits longest first."""
    rows = await registry.fetch(SQL["halted"])
    return [{**row, "resident": str(row["resident"]), "since": row["since"].isoformat()} for row in rows]


async def resume(registry: Database, resident: UUID) -> int:
    """Let the relay try again; how many Changes wait. UsageError where nobody is halted under this id."""
    waiting = await registry.fetchval(SQL["resume"], resident)
    if waiting is None:
        raise UsageError("not-halted", "RESIDENT", "`jukihub halted list` names those who are")
    return int(waiting)
