"""The kernel's twin in Python: runs everywhere, keeps the same promises, and is what the kernel is measured by."""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate, count, pairwise, repeat
from operator import itemgetter
from typing import Any, Final, NamedTuple, cast

import orjson
from msgspec import Raw, defstruct
from msgspec.json import Decoder

from hub.bus.records import Headers, Outgoing
from hub.errors import TokenRefused
from hub.kernel.form import Batch, Disclosed, Lot, Lying, Sealed, Source, Wording
from hub.seal import NONCE, ContentKey, Place, check_place, header, opened, sealed

NAME: Final = "python"
_BETWEEN: Final = orjson.Fragment(b"\n")
"""A bare line feed: it is in no value, because JSON escapes it in a text."""
_VARIANT: Final = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))
"""The digit of a UUID whose upper two bits are its variant, by the one that was hashed to its place."""


class Values(dict[str, bytes]):
    """Each member of a record in its bytes; null is what it does not have."""

    @classmethod
    def of(cls, members: Mapping[str, Any]) -> "Values":
        """All of them encoded in one call."""
        parts: list[Any] = [_BETWEEN] * (2 * len(members))
        parts[::2] = members.values()
        return cls(zip(members, orjson.dumps(parts)[1:-3].split(b",\n,"), strict=False))

    def __missing__(self, item: str) -> bytes:
        return b"null"


class Cutter(NamedTuple):
    """One wording, ready to be filled in. `named`: its items as JSON; `read`: reads a payload that has just these."""

    template: bytes
    pick: Callable[[Values], tuple[bytes, ...]]
    named: bytes
    read: Callable[[bytes], Any]

    @classmethod
    def of(cls, wording: Wording) -> "Cutter":
        """The cutter of a wording."""
        lead, head, tail = (part.replace(b"%", b"%%") for part in (wording.lead, wording.head, wording.tail))
        items = b",".join(b'"%b":%%b' % item.encode() for item in wording.items)
        template = b'{"id":"%%b",%b%%b%b{%b}%b' % (lead, head, items, tail)
        return cls(template, _picking(wording.items), orjson.dumps(wording.items), _reading(wording.items))

    def measured(self, payload: bytes) -> tuple[bytes, bytes, bytes]:
        """What is said in the very bytes of a payload: state, items and order, as the ledger writes them."""
        said = self.read(payload)
        return bytes(said.state), self.named, b',"transfer":%b' % said.transfer if said.transfer else b""


cutter: Final = lru_cache(maxsize=4096)(Cutter.of)


class Sources:
    """The records of a batch."""

    def __init__(self, records: Sequence[Source], cases: Sequence[bytes]) -> None:
        self._records = [(Values.of({**one.record, **one.derived}), one.beginning) for one in records]
        self._cases = cases

    def seal(self, batch: Batch, lots: Sequence[Lot], keys: Sequence[bytes]) -> list[Sealed]:
        """Cut, pad, seal and measure, lot by lot."""
        ends = [*accumulate((len(lot.rows) for lot in lots), initial=0)]
        if len(batch.nonces) != NONCE * ends[-1] or len(keys) != ends[-1]:
            raise ValueError("one nonce and one record key for each row")
        return [
            self._sealed(batch, lot, batch.nonces[NONCE * begun : NONCE * end], keys[begun:end])
            for lot, (begun, end) in zip(lots, pairwise(ends), strict=True)
        ]

    def _sealed(self, batch: Batch, lot: Lot, nonces: bytes, keys: Sequence[bytes]) -> Sealed:
        """Each step for all rows: a processor does faster what it has just done."""
        worded = [cutter(each) for each in batch.wordings]
        cutters = [worded[wording] for _, _, wording in lot.rows]
        names = [name_of(self._cases[case], batch.contract) for case, _, _ in lot.rows]
        payloads = [*map(cut, (self._records[source] for _, source, _ in lot.rows), cutters, names)]
        tokens = sealed(batch.key, lot.start, nonces, zip(count(lot.first), names, keys), payloads)
        said = [*map(Cutter.measured, cutters, payloads)]
        entries = [*map(entry, repeat(batch), said, names, count(lot.first), tokens)]
        return records(keys, tokens, batch.headers, batch.written_at), entries


def name_of(change: bytes, contract: bytes) -> bytes:
    """The id of a disclosure."""
    name = hashlib.sha1(change + contract, usedforsecurity=False).hexdigest()
    return f"{name[:8]}-{name[8:12]}-5{name[13:16]}-{_VARIANT[name[16]]}{name[17:20]}-{name[20:32]}".encode()


def cut(source: tuple[Values, bytes], cutter: Cutter, disclosure: bytes) -> bytes:
    """The payload of one disclosure. `source`: the values of its record, and its beginning."""
    values, beginning = source
    return cutter.template % (disclosure, beginning, *cutter.pick(values))


def entry(batch: Batch, measured: tuple[bytes, bytes, bytes], disclosure: bytes, seq: int, token: bytes) -> bytes:
    """What the ledger says of a payload and its token."""
    state, items, order = measured
    return (
        b'{"contract":"%b","contract_hash":"%b","disclosure":"%b","seq":%d,"state":%b,"items":%b,"token_sha256":"%b"%b}'
        % (batch.contract, batch.hash, disclosure, seq, state, items, hashlib.sha256(token).hexdigest().encode(), order)
    )


def _picking(items: tuple[str, ...]) -> Callable[[Values], tuple[bytes, ...]]:
    if len(items) > 1:
        return cast("Callable[[Values], tuple[bytes, ...]]", itemgetter(*items))
    return lambda values: tuple(values[item] for item in items)


@lru_cache(maxsize=4096)
def _reading(items: tuple[str, ...]) -> Callable[[bytes], Any]:
    """Reads state and order of a payload; ValueError where it has one item more, or one less."""
    exactly = defstruct("Items", [(item, Raw) for item in items], forbid_unknown_fields=True, gc=False)
    members: list[Any] = [("state", Raw), ("items", exactly), ("transfer", Raw, Raw(b""))]
    return Decoder(defstruct("Payload", members, gc=False)).decode


def sources(records: Sequence[Source], cases: Sequence[bytes]) -> Sources:
    """Take the records of a batch in."""
    return Sources(records, cases)


def records(keys: Sequence[bytes], values: Sequence[bytes], headers: Headers, written_at: int) -> Sequence[Outgoing]:
    """Records with these keys and values."""
    return [Outgoing(key, value, headers, written_at) for key, value in zip(keys, values, strict=True)]


def kids(tokens: Sequence[bytes]) -> dict[str, int]:
    """The content keys that these tokens name, and how many name each."""
    return Counter(kid for token in tokens if (kid := _kid(token)))


def _kid(token: bytes) -> str | None:
    try:
        return str(header(token)["kid"])
    except TokenRefused:
        return None


def disclosed(
    keys: Sequence[ContentKey], places: Sequence[Place], rows: Sequence[Lying]
) -> list[Disclosed | None]:  # fmt: skip
    """Each that opens with one of the keys and lies in its place; None: look at it strictly."""
    named = {key.kid: key for key in keys}
    return [_disclosed(named, places[at], token, own) for token, own, at in rows]


def _disclosed(named: Mapping[str, ContentKey], place: Place, token: bytes, own: bytes) -> Disclosed | None:
    try:
        read = header(token)
        check_place(read, place, own)
        key = named.get(read["kid"])
        content = opened(token, read, key).rstrip(b" ") if key else b""
    except TokenRefused:
        return None
    return (content, read["ctr"], read["seq"], read["jti"]) if content else None


def door() -> None:
    """None: what the strict door does is done in Python in any case."""
