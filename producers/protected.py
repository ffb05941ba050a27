"""From whom a protected person is protected (相手方): kept by the registry alone, in no item and in no Change.

支援措置 restricts what the other party may see (事務処理要領第5-10: 法11条, 11条の2, 12条から12条の3, 20条). Somebody on this
register is known by `resident`, whatever their number or name becomes; somebody who never was is known by name, and by
day of birth where that was stated. A name alone may hit a namesake: that is for a person to look at, and until then it
counts as the other party. Once the measure has ended there is none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from hub.database import Connection, Database, queries

SQL = queries(Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True, slots=True)
class OtherParties:
    """The other parties of one protected person: `residents` of this register, and `stated` ones who never were."""

    residents: frozenset[UUID] = frozenset()
    stated: Sequence[Mapping[str, Any]] = ()

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.residents or self.stated)

    def include(self, resident: UUID | None, name: str | None = None, birth_date: Any = None) -> bool:
        """Whether whoever asks is one of them: by `resident` where on file, and always by what they are called."""
        return resident in self.residents or any(_may_be(party, name, birth_date) for party in self.stated)


async def other_parties(tx: Connection | Database, resident: UUID) -> OtherParties:
    """The other parties of `resident`; none where no measure is in force or none was named."""
    rows = await tx.fetch(SQL["other_parties"], resident)
    return OtherParties(
        frozenset(UUID(int=row["party"].int) for row in rows if row["party"] is not None),
        tuple(orjson.loads(row["stated"]) for row in rows if row["stated"] is not None),
    )


def _may_be(party: Mapping[str, Any], name: str | None, birth_date: Any) -> bool:
    if name is None or _without_spaces(party["name"]) != _without_spaces(name):
        return False
    both_known = isinstance(party.get("birth_date"), str) and isinstance(birth_date, str)
    return not both_known or party["birth_date"] == birth_date


def _without_spaces(name: str) -> str:
    return "".join(name.split())
