"""Changes that the kernel has looked at: the same as `parse` makes of them, with records that stay in their bytes.

The kernel takes what is plain and fits the form of contracts/record.py, which it is given here; whatever it leaves is
looked at by `parse`. What it has not looked at is looked at here: the moment, and the fit of kind and shape. Of a
record membership asks for three members; it is taken apart when somebody asks for others.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import orjson
from pydantic import StrictBool

from contracts import record
from contracts.change import Change, action_of
from contracts.wire import moment

ASKED: Final = ("protected", "nationality", "birth_date")
"""What contracts/decide.py asks of a record to know who is told."""
_AT: Final = {name: at for at, name in enumerate(ASKED)}

Found = tuple[int, int, list[Any]]
"""A record: where it begins and ends in the content, and the values of ASKED."""

Seen = tuple[
    bytes, str, bytes, int, str, tuple[str, str | None], str, str | None, list[str] | None, Found | None, Found | None,
    int,
]  # fmt: skip
"""Content, id as text and as 16 bytes, version, kind, (effective_on, notified_on), recorded_at, cancels, to, the
records before and after, and as bits of FORM the members that differ."""

_KINDS: Final[dict[Any, str]] = {
    record.Text: "text", record.Date: "date", StrictBool: "bool", record.Sex: "sex", record.MunicipalNumber: "number",
    record.MyNumber: "my-number", record.JuminhyoCode: "juminhyo-code", record.MunicipalityCode: "municipality-code",
    record.Derived: "never", record.History: "never",
}  # fmt: skip
"""As the kernel calls them. A history of names is left to `parse`: to the kernel it is never anything but null."""


def _form(of: Any) -> list[tuple[str, Any]]:
    return [(name, _kind(hint)) for name, hint in get_type_hints(of, include_extras=True).items()]


def _kind(hint: Any) -> Any:
    """The kind of a member, or the form of an object; TypeError for a form that nobody here knows."""
    if get_origin(hint) in (Union, UnionType):
        (hint,) = (each for each in get_args(hint) if each is not NoneType)
    return _KINDS[hint] if hint in _KINDS else _form(hint)


FORM: Final = _form(record.Record)
"""The members of a record by name, each with the kind that the kernel knows, or with members of its own."""


class Written(Mapping[str, Any]):
    """A record in the bytes it came in."""

    __slots__ = ("_asked", "_content", "_place", "_read")

    def __init__(self, content: bytes, begun: int, ended: int, asked: list[Any]) -> None:
        self._read: dict[str, Any] | None = None
        self._content, self._place = content, slice(begun, ended)
        self._asked = asked

    @property
    def text(self) -> bytes:
        """Its bytes: one JSON object."""
        return self._content[self._place]

    @property
    def _members(self) -> dict[str, Any]:
        if self._read is None:
            self._read = orjson.loads(self.text)
        return self._read

    def get(self, name: str, default: Any = None) -> Any:
        """As of every Mapping; a missing member and null are the same to whoever asks in this way."""
        at = _AT.get(name)
        return self._members.get(name, default) if at is None else self._asked[at]

    def __getitem__(self, name: str) -> Any:
        return self._members[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __bool__(self) -> bool:
        return self._place.stop - self._place.start > len("{}")

    def __len__(self) -> int:
        return len(self._members)


def change_of(seen: Seen, resident: UUID) -> Change | None:
    """The Change of `resident`; None: `parse` has to look. ChangeRefused as `parse` raises it."""
    content, name, _, version, kind, (effective_on, notified_on), at, cancels, to, before, after, bits = seen
    if (recorded_at := moment(at)) is None:
        return None
    action = action_of(kind, (before is not None, after is not None), to is not None)
    return Change(
        name, resident, version, kind, action, effective_on, notified_on, recorded_at, _written(content, before),
        _written(content, after), cancels, None if to is None else frozenset(to), None, altered(bits),
    )  # fmt: skip


def _written(content: bytes, found: Found | None) -> Written | None:
    return None if found is None else Written(content, *found)


@lru_cache(maxsize=4096)
def altered(bits: int) -> frozenset[str]:
    """The members that these bits stand for."""
    return frozenset(name for at, (name, _) in enumerate(FORM) if bits >> at & 1)
