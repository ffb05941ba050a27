"""Translation both ways between a system's 宛名番号 and 団体内統合宛名番号, and 検索 (0320004) by 個人番号.

A number that was merged is answered for ever, with the one it is merged into. An answer has numbers in it and never a
個人番号 (番号利用事務 alone may show one). What is not known has no answer: it is missing, and no error.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.database import Connection, Database, Row, queries
from producers.atena.form import Link

SQL = queries(Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True, slots=True)
class Answered:
    """A number as it is answered: the one in use (the same, unless merged), and who is linked to that."""

    number: str
    in_use: str
    links: Sequence[Link]

    def of(self, system: str | None) -> "Answered":
        """The same with the links of one system alone."""
        kept = [link for link in self.links if system in {None, link.system}]
        return Answered(self.number, self.in_use, kept)

    def wire(self) -> dict[str, Any]:
        """For machines."""
        merged = {} if self.number == self.in_use else {"merged_into": self.in_use}
        return {"togo_atena_no": self.number, **merged, "links": [link.wire() for link in self.links]}


async def number_of(db: Database, link: Link) -> str | None:
    """The number of one 宛名番号."""
    return (await numbers_of(db, [link])).get(link)


async def numbers_of(db: Connection | Database, links: Iterable[Link]) -> Mapping[Link, str]:
    """The number of each 宛名番号 that is known."""
    asked = list(links)
    rows = await db.fetch(
        SQL["numbers"], [link.system for link in asked], [link.atena_no.encode() for link in asked]
    )
    return {_link(row): row["number"].decode() for row in rows}


async def links_of(db: Database, number: str) -> Answered | None:
    """Who is linked to one number."""
    return (await answered(db, [number])).get(number)


async def answered(db: Database, numbers: Iterable[str]) -> Mapping[str, Answered]:
    """Each number that was ever allotted, as it is answered now."""
    rows = await db.fetch(SQL["links"], [number.encode() for number in numbers])
    linked: dict[tuple[str, str], list[Link]] = defaultdict(list)
    for row in rows:
        found = linked[row["asked"].decode(), row["number"].decode()]
        if row["system"] is not None:
            found.append(_link(row))
    return {asked: Answered(asked, in_use, links) for (asked, in_use), links in linked.items()}


async def search(db: Database, my_number: str) -> Answered | None:
    """検索 (0320004): who has this 個人番号, or had it until it was replaced."""
    found: bytes | None = await db.fetchval(SQL["by_my_number"], my_number.encode())
    return None if found is None else await links_of(db, found.decode())


def _link(row: Row) -> Link:
    return Link(row["system"], row["atena_no"].decode())
