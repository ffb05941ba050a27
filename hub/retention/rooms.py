"""What other rooms hold that a rule ends: each brings its statements as data, `retention.sql`, like its migrations."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from hub.database import queries
from hub.errors import DatabaseError

ROOMS: Final = {"notices": "producers", "removed": "producers"}
"""Which room has what a rule calls `holds`."""


def statements(room: str) -> Mapping[str, str]:
    """Its statements by name: `<holds>_due`, `<holds>_end`, `discarded`."""
    spec = find_spec(room)
    if spec is None or not spec.submodule_search_locations:
        raise DatabaseError("no-retention", room)
    return queries(Path(spec.submodule_search_locations[0]) / "retention.sql")
