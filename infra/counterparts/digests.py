"""整合性確認 on the counterpart's side: both sides digest the same items, and say nothing but digests.

    GET /digests            {bucket: digest} of every bucket in which somebody is
    GET /digests/{bucket}   [{"code_digest", "record_digest"}], in the order of the code digests
    POST /plant             an instrument: makes the two sides differ (planting.py)

Everybody who is held is in one of 256 buckets. A code digest is HMAC-SHA256(key, the number that the kind is keyed
by), and its first byte, in two hexadecimal digits, is the bucket. A record digest is HMAC-SHA256(key, canonical JSON)
of what the kind says that it holds (`held`): members sorted, no spaces, UTF-8. A bucket's digest is SHA-256 over its
record digests, 32 bytes each, sorted, one behind the other. All in hexadecimal. The key is agreed out of band
(--digest-key-file: the key in hexadecimal); without it 404 no-key; what is no name of a bucket is 400 bad-bucket.
Invented: how the real checks compare is not public.
"""

import hashlib
import hmac
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import planting
from aiohttp import web

_BUCKET = re.compile(r"[0-9a-f]{2}")


def read_key(file: Path) -> bytes:
    return bytes.fromhex(file.read_text(encoding="ascii").strip())


def keyed(key: bytes, what: bytes) -> bytes:
    return hmac.digest(key, what, "sha256")


def record_digest(key: bytes, held: Mapping[str, Any]) -> bytes:
    return keyed(key, json.dumps(held, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())


def pairs(standin: Any, only: str | None = None) -> Iterator[tuple[bytes, bytes]]:
    """(code digest, record digest) of everybody who is held, or of those in one bucket."""
    key, held = standin.digest_key, standin.kind.held
    for subject, record in standin.memory.records.items():
        code = keyed(key, subject.encode("ascii"))
        if (only is None or code[:1].hex() == only) and (said := held(subject, record)) is not None:
            yield code, record_digest(key, said)


async def buckets(standin: Any, request: web.Request) -> web.Response:
    """Every bucket and its digest."""
    if refused := _refused(standin, request):
        return refused
    found: dict[str, list[bytes]] = defaultdict(list)
    for code, record in pairs(standin):
        found[code[:1].hex()].append(record)
    return web.json_response({
        name: hashlib.sha256(b"".join(sorted(records))).hexdigest() for name, records in found.items()
    })  # fmt: skip


async def bucket(standin: Any, request: web.Request) -> web.Response:
    """The digests of one bucket."""
    if refused := _refused(standin, request):
        return refused
    name = request.match_info["bucket"]
    if not _BUCKET.fullmatch(name):
        return web.json_response({"code": "bad-bucket"}, status=400)
    return web.json_response([
        {"code_digest": code.hex(), "record_digest": record.hex()} for code, record in sorted(pairs(standin, name))
    ])  # fmt: skip


def _refused(standin: Any, request: web.Request) -> web.Response | None:
    if down := standin.faults.down(request):
        return down
    return web.json_response({"code": "no-key"}, status=404) if standin.digest_key is None else None


EXTRA = (("GET", "/digests", buckets), ("GET", "/digests/{bucket}", bucket), ("POST", "/plant", planting.plant))
