"""The digests of the subscriber's own copy, as a document for the hub: does it still hold what it was lawfully told?

Lines of the copy are given as they were told last: the payload of a token (`items` an object in it), or a line of a
file by its columns. Who has left or was removed does not count. What is digested of each are the names that are
compared: those that the contract permits, without what is of the change itself, which says how a record came to be and
not how it is. The document says digests and versions; it is written twice, the second time with the residents of the
buckets that the hub names.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from consumers.subscribe.errors import SubscriptionError
from consumers.subscribe.own import Own, Pool
from contracts.digests import KEY_SIZE, code_digest, record_digest
from contracts.handed import RESIDENT, Handed, Holding, bucketed, encoded
from contracts.kept import OF_THE_CHANGE

Line = Mapping[str, Any]
"""One resident of the copy, as told last."""
Lines = Callable[[Any], AsyncIterator[Line]]
"""The copy, read on a connection."""

_GONE: Final = frozenset({"left", "deleted"})
_OF_THE_LINE: Final = frozenset({"disclosure", "version", "recorded_at", "state", "transfer"})


@dataclass(frozen=True, slots=True)
class Compared:
    """What is compared. `named_by`: the contract's identifier, or RESIDENT: the pseudonym, which then stands in each
    line; `names`: items, or columns of a file, `protected` where it is told; those of the change and of the line itself
    are left out."""

    contract: str
    named_by: str
    names: tuple[str, ...]

    @property
    def counting(self) -> tuple[str, ...]:
        """The names that say how a record is."""
        left_out = _OF_THE_LINE | OF_THE_CHANGE
        return tuple(name for name in self.names if name.split(".")[0] not in left_out)


def document(  # noqa: PLR0913 - every word that is said
    compared: Compared, key: bytes, lines: Iterable[Line], taken_at: datetime,
    read: Mapping[int, int] | None = None, wanted: Iterable[str] = (),
) -> bytes:  # fmt: skip
    """The document to hand over. `wanted`: the buckets that the hub has named, of which residents are said as well.

    `read`: partition -> the last number that the copy has, where that is known.
    """
    if len(key) != KEY_SIZE:
        raise SubscriptionError("bad-key", "32 bytes")
    buckets, residents = bucketed(_people(compared, key, lines), wanted)
    said = Handed(
        compared.contract, taken_at, compared.named_by, compared.counting, read, buckets, residents
    )  # fmt: skip
    return encoded(said, key)


async def digests(  # noqa: PLR0913 - as above, and where the copy is
    pool: Pool, topic: str, compared: Compared, key: bytes, lines: Lines, taken_at: datetime,
    wanted: Iterable[str] = (),
) -> bytes:  # fmt: skip
    """The same of a copy in the database of a subscription, with how far its topic was read, both at one moment."""
    found, read = await Own(pool, topic).looked_at(lines)
    return document(compared, key, found, taken_at, read, wanted)


def _people(compared: Compared, key: bytes, lines: Iterable[Line]) -> dict[bytes, Holding]:
    people: dict[bytes, Holding] = {}
    for number, line in enumerate(lines, start=1):
        if line.get("state") in _GONE:
            continue
        one = _holding(compared, key, line)
        if one is None or one[0] in people:
            raise SubscriptionError("not-as-told" if one is None else "held-twice", f"line {number}")
        people[one[0]] = one[1]
    return people


def _holding(compared: Compared, key: bytes, line: Line) -> tuple[bytes, Holding] | None:
    """Code digest and holding of one line; None where it names nobody, or has something that nobody was told."""
    told, version = _told(line), line.get("version")
    held = {name: told[name] for name in compared.counting if name in told}
    try:
        code, record = code_digest(key, _name(compared, line, told)), record_digest(key, held)
        return code, Holding(record, None if version is None else int(version))
    except (KeyError, TypeError, ValueError):
        return None  # an error of ours is raised elsewhere, so that no value is in the chain of it


def _name(compared: Compared, line: Line, told: Line) -> str:
    name = line[RESIDENT] if compared.named_by == RESIDENT else told[compared.named_by]
    if not name:
        raise ValueError
    return name.hex() if isinstance(name, bytes) else str(name)


def _told(line: Line) -> Line:
    """What was told, by name, whether a line is a payload or the columns of a file."""
    items = line.get("items")
    if not isinstance(items, Mapping):
        return line
    return items if line.get("protected") is None else {**items, "protected": line["protected"]}
