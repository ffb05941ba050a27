"""From whom a protected person is protected (相手方): kept by the registry alone, in no item and in no Change.

支援措置 restricts what the other party may see (事務処理要領第5-10: 住基法11条から12条の3, 20条). Somebody on this
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
from producers.notices import Birth, Notice, OtherParty, ProtectionStart
from producers.outbox import Draft

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


async def keep(tx: Connection, notice: Notice, drafts: Sequence[Draft]) -> None:
    """Note, with what `notice` has recorded, from whom those concerned are protected."""
    residents = [draft.resident for draft in drafts]
    if isinstance(notice, Birth):
        await tx.execute(SQL["share"], notice.parent.encode(), residents[0])
    if isinstance(notice, ProtectionStart):
        await tx.execute(SQL["forget"], residents)
        await tx.execute(SQL["keep"], *await _columns(tx, residents, notice.other_parties))


async def _columns(tx: Connection, residents: Sequence[UUID], parties: Sequence[OtherParty]) -> list[list[Any]]:
    """The rows to keep, each party for each resident, column by column."""
    numbers = [party.atena_no.encode() for party in parties if party.atena_no is not None]
    known = {row["atena_no"]: row["resident"] for row in await tx.fetch(SQL["by_number"], numbers)}
    rows = [
        (resident, place, *_party(party, known))
        for resident in residents for place, party in enumerate(parties)
    ]  # fmt: skip
    return [[*column] for column in zip(*rows, strict=True)] or [[], [], [], []]


def _party(party: OtherParty, known: Mapping[bytes, UUID]) -> tuple[UUID | None, bytes | None]:
    if party.atena_no is not None:
        return known[party.atena_no.encode()], None
    return None, orjson.dumps(party.model_dump(exclude={"atena_no"}))


def _may_be(party: Mapping[str, Any], name: str | None, birth_date: Any) -> bool:
    if name is None or _without_spaces(party["name"]) != _without_spaces(name):
        return False
    both_known = isinstance(party.get("birth_date"), str) and isinstance(birth_date, str)
    return not both_known or party["birth_date"] == birth_date


def _without_spaces(name: str) -> str:
    return "".join(name.split())
