"""Which contracts can be compared with what their subscriber holds, by the way in which they are handed over. Data.

Compared can be who keeps a copy of residents as they stand. Who is told of something that has happened keeps a message,
or puts it into a record of its own that says more and other things: there is nothing on our side to digest against it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Asked:
    """The counterpart is asked for its digests over HTTP (`producers.counterpart`)."""


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The subscriber digests its own copy and hands the document over (`contracts.handed`). `columns`: it was told by
    files, and digests what it was told by their columns."""

    columns: bool = False


@dataclass(frozen=True, slots=True)
class Not:
    """There is nothing to compare with. `why`: the reason, for whoever asks."""

    why: str


Way = Asked | HandedOver | Not

WAYS: Final[Mapping[str, Way]] = {
    "prefecture": Asked(),
    "intermediate-server": Asked(),
    "convenience-store": Asked(),
    "topic": HandedOver(),
    "rest": HandedOver(),
    "csv": HandedOver(columns=True),
    "previous-municipality": Not(
        "転入通知 (住基法9条1項) tells one municipality of one move, once, and nothing of what follows: whoever got it "
        "has no copy that would have to stay equal to our register"
    ),
    "koseki-fuhyo": Not(
        "附票記載事項通知 (住基法19条1項) goes to the 本籍地 of the day, one municipality of many, which writes it "
        "into a 附票 of its own; not every change is told (of a domestic 転出 the next municipality tells)"
    ),
    "jlis-delivery": Not(
        "送付先情報 say where one 通知書 or card is to be sent; once it is, ordinary changes of an address are not told"
    ),
    "immigration": Not(
        "市町村通知 (入管法61条の8の2) reports what has happened to a 住民票, and goes into a record of the agency's "
        "own; changes of household and status are not told"
    ),
}
"""Way of handing over (`via`) -> whether and how its contracts are compared."""
