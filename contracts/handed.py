"""Digests that a subscriber hands over in a file, because nobody can ask it: written by its library, read by the hub.

One JSON document of the form FORM, under an HMAC of the same key, so that what was cut off, altered, or made for
another contract is refused. It goes over twice: the first time it says the digest of every bucket, and nothing of
anybody; the second time also the pairs of digests (and versions) in the buckets that differ. Pure.

    form, contract   FORM, and whose copy it is
    taken_at         when the copy was digested, by the subscriber's clock
    named_by         the contract's identifier, or RESIDENT: by its pseudonym
    compared         names of what was digested of each: items, or columns where the contract is told by files
    read             partition -> the last number that the copy has in it, or null
    buckets          bucket -> digest, of those in which somebody is
    residents        bucket -> [{code_digest, record_digest, version}], of the buckets that were asked for
    hmac             `record_digest` of all the above
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from typing import Any, Final

from contracts.digests import bucket_digest, bucket_of, record_digest
from contracts.errors import JukiError

FORM: Final = "juki-digests/1"
RESIDENT: Final = "resident"
"""Named by the pseudonym, in hexadecimal, that the contract has for a resident: the record key on its topic."""

_SEAL: Final = "hmac"
_SIZE: Final = 32
_BUCKET: Final = re.compile("[0-9a-f]{2}")
_DIGEST: Final = re.compile("[0-9a-f]{64}")
_PARTITION: Final = re.compile("[0-9]{1,9}")
_BEYOND: Final = 2**63
"""Versions and numbers are below it: what a database and JSON elsewhere can hold."""
_MALFORMED: Final = (KeyError, TypeError, ValueError, AttributeError, RecursionError)


class DigestsRefused(JukiError):
    """A document that is none, or not of this contract, or not of who has the key."""


@dataclass(frozen=True, slots=True)
class Holding:
    """One resident as a copy has them. `version`: of what was told last."""

    record: bytes
    version: int | None


@dataclass(frozen=True, slots=True)
class Handed:
    """What a document says."""

    contract: str
    taken_at: datetime
    named_by: str
    compared: tuple[str, ...]
    read: Mapping[int, int] | None
    buckets: Mapping[str, str]
    residents: Mapping[str, Mapping[bytes, Holding]]

    def holding(self, code: bytes) -> Holding | None:
        """The resident of this code digest, where their bucket was asked for and they are in it."""
        return self.residents.get(bucket_of(code), {}).get(code)


def bucketed(people: Mapping[bytes, Holding], wanted: Iterable[str]) -> tuple[dict[str, str], dict[str, Any]]:
    """The `buckets` and the `residents` of a copy. `people`: code digest -> holding."""
    inside: dict[str, dict[bytes, Holding]] = defaultdict(dict)
    for code, one in people.items():
        inside[bucket_of(code)][code] = one
    digests = {name: bucket_digest(one.record for one in here.values()) for name, here in inside.items()}
    return digests, {name: inside.get(name, {}) for name in wanted}


def encoded(handed: Handed, key: bytes) -> bytes:
    """The document."""
    said = {
        "form": FORM, "contract": handed.contract, "taken_at": handed.taken_at.isoformat(),
        "named_by": handed.named_by, "compared": [*handed.compared], "buckets": dict(handed.buckets),
        "read": None if handed.read is None else {str(part): seq for part, seq in handed.read.items()},
        "residents": {name: [_pair(code, one) for code, one in sorted(people.items(), key=lambda each: each[0])]
                      for name, people in handed.residents.items()},
    }  # fmt: skip
    return json.dumps(said | {_SEAL: record_digest(key, said).hex()}, ensure_ascii=False).encode()


def decoded(content: bytes, key: bytes, contract: str) -> Handed:
    """What a document of this contract says; DigestsRefused names what is wrong with it."""
    try:
        said = json.loads(content)
        seal, ours = bytes.fromhex(said.pop(_SEAL)), record_digest(key, said)
    except _MALFORMED:
        raise DigestsRefused("not-digests") from None
    if not compare_digest(seal, ours):
        raise DigestsRefused("another-key-or-altered")
    if (said.get("form"), said.get("contract")) != (FORM, contract):
        raise DigestsRefused("another-contract")
    try:
        return _checked(_read(said))
    except _MALFORMED:
        raise DigestsRefused("bad-digests") from None


def _read(said: Mapping[str, Any]) -> Handed:
    taken_at, read = datetime.fromisoformat(said["taken_at"]), said["read"]
    if taken_at.tzinfo is None or not all(isinstance(name, str) for name in (said["named_by"], *said["compared"])):
        raise ValueError
    return Handed(
        said["contract"], taken_at, said["named_by"], tuple(said["compared"]),
        None if read is None else {int(_of(_PARTITION, part)): _number(seq) for part, seq in read.items()},
        {_of(_BUCKET, name): _of(_DIGEST, digest) for name, digest in said["buckets"].items()},
        {_of(_BUCKET, name): dict(map(_holding, people)) for name, people in said["residents"].items()},
    )  # fmt: skip


def _of(form: re.Pattern[str], said: Any) -> str:
    """Text of this form: it is printed to terminals, so nothing else may stand in it."""
    if form.fullmatch(said) is None:
        raise ValueError
    return str(said)


def _number(said: Any) -> int:
    if type(said) is not int or not 0 <= said < _BEYOND:
        raise ValueError
    return said


def _checked(handed: Handed) -> Handed:
    """The buckets that were asked for are those that the digests are of."""
    for name, people in handed.residents.items():
        whole = bucket_digest(one.record for one in people.values()) if people else None
        if {bucket_of(code) for code in people} - {name} or handed.buckets.get(name) != whole:
            raise DigestsRefused("bucket-of-others", name)
    return handed


def _pair(code: bytes, one: Holding) -> dict[str, Any]:
    return {"code_digest": code.hex(), "record_digest": one.record.hex(), "version": one.version}


def _holding(pair: Mapping[str, Any]) -> tuple[bytes, Holding]:
    code, record, version = bytes.fromhex(pair["code_digest"]), bytes.fromhex(pair["record_digest"]), pair["version"]
    if len(code) != _SIZE or len(record) != _SIZE:
        raise ValueError
    return code, Holding(record, None if version is None else _number(version))
