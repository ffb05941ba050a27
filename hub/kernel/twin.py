"""The kernel's twin in Python: runs everywhere, keeps the same promises, and is what the kernel is measured by."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from hub.bus.records import Headers, Outgoing
from hub.kernel.form import Batch, Row, Sealed, Source, Wording
from hub.seal import NONCE, sealer

NAME: Final = "python"


class Fragments(dict[str, bytes]):
    """`"item":value` of one record, each encoded when somebody is first told of it."""

    def __init__(self, members: Mapping[str, Any]) -> None:
        super().__init__()
        self._members = members

    def __missing__(self, item: str) -> bytes:
        made = self[item] = b'"%b":%b' % (item.encode(), orjson.dumps(self._members.get(item)))
        return made


class Sources:
    """The records of a batch, with what of them was encoded."""

    def __init__(self, records: Sequence[Source], cases: Sequence[bytes]) -> None:
        self._records = [(Fragments({**one.record, **one.derived}), one.beginning) for one in records]
        self._cases = cases

    def seal(self, batch: Batch, rows: Sequence[Row], keys: Sequence[bytes]) -> Sealed:
        """Cut, pad, seal and measure, row by row."""
        if len(batch.nonces) != NONCE * len(rows) or len(keys) != len(rows):
            raise ValueError("one nonce and one record key for each row")
        one, nonces, tokens, entries = sealer(batch.key, batch.start), batch.nonces, list[bytes](), list[bytes]()
        for at, ((case, source, wording), own) in enumerate(zip(rows, keys, strict=True)):
            fragments, beginning = self._records[source]
            disclosure, seq = name_of(self._cases[case], batch.contract), batch.first + at
            payload = cut(fragments, beginning, batch.wordings[wording], disclosure)
            tokens.append(one(nonces[at * NONCE : at * NONCE + NONCE], seq, disclosure, own, payload))
            entries.append(entry(batch, disclosure, seq, payload, tokens[-1]))
        return records(keys, tokens, batch.headers, batch.written_at), entries


def name_of(change: bytes, contract: bytes) -> bytes:
    """The id of a disclosure."""
    name = hashlib.sha1(change + contract, usedforsecurity=False).hexdigest()
    variant = "89ab"[int(name[16], 16) & 3]
    return f"{name[:8]}-{name[8:12]}-5{name[13:16]}-{variant}{name[17:20]}-{name[20:32]}".encode()


def cut(fragments: Fragments, beginning: bytes, wording: Wording, disclosure: bytes) -> bytes:
    """The payload of one disclosure."""
    items = b",".join(map(fragments.__getitem__, wording.items))
    return b'{"id":"%b",%b%b%b{%b}%b' % (disclosure, wording.lead, beginning, wording.head, items, wording.tail)


def entry(batch: Batch, disclosure: bytes, seq: int, payload: bytes, token: bytes) -> bytes:
    """What the ledger says of a payload and its token."""
    said = orjson.loads(payload)
    order = b',"transfer":%b' % orjson.dumps(said["transfer"]) if "transfer" in said else b""
    return (
        b'{"contract":"%b","contract_hash":"%b","disclosure":"%b","seq":%d,"state":%b,"items":%b,"token_sha256":"%b"%b}'
        % (batch.contract, batch.hash, disclosure, seq, orjson.dumps(said["state"]), orjson.dumps([*said["items"]]),
           hashlib.sha256(token).hexdigest().encode(), order)
    )  # fmt: skip


def sources(records: Sequence[Source], cases: Sequence[bytes]) -> Sources:
    """Take the records of a batch in."""
    return Sources(records, cases)


def records(keys: Sequence[bytes], values: Sequence[bytes], headers: Headers, written_at: int) -> Sequence[Outgoing]:
    """Records with these keys and values."""
    return [Outgoing(*pair, headers, written_at) for pair in zip(keys, values, strict=True)]


def door() -> None:
    """None: what the strict door does is done in Python in any case."""
