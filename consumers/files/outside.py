"""Which characters of a file JIS X 0213 does not have: how many per column, and where. Never which.

The places are the line (1 is the first disclosure) and, in its text, the characters as a reader counts them. The report
is about names, so it goes under the seal of the manifest like the file itself. Every one is counted; of their places
the first ten thousand are listed, so that no text makes a manifest that nobody opens.
"""

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from consumers.adapters.characters import carried, characters

LISTED: Final = 10_000

_carried = lru_cache(maxsize=20_000)(carried)


class Report:
    """The report on one file, line after line."""

    def __init__(self) -> None:
        self._count: Counter[str] = Counter()
        self._places: list[dict[str, Any]] = []
        self._listed = 0
        self._unlisted = 0
        self._line = 0

    def add(self, texts: Mapping[str, str]) -> None:
        """The texts of the next line."""
        self._line += 1
        for column, text in texts.items():
            at = outside(text)
            self._count[column] += len(at)
            if at and self._listed + len(at) <= LISTED:
                self._places.append({"line": self._line, "column": column, "at": at})
                self._listed += len(at)
            elif at:
                self._unlisted += 1

    def document(self) -> dict[str, Any]:
        """All of it. `unlisted`: cells that have such characters and are not among the places."""
        counts = {column: count for column, count in sorted(self._count.items()) if count}
        return {"set": "JIS X 0213", "counts": counts, "places": self._places, "unlisted": self._unlisted}


def outside(text: str) -> list[int]:
    """The places in `text`, from 1, of what the set does not have."""
    if text.isascii() and text.isalnum():
        return []
    return [place for place, one in enumerate(characters(text), start=1) if not _carried(one)]
