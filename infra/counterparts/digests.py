"""整合性確認 on the prefecture's side: both sides digest the same items, and say nothing but digests.

Everybody who is on the register is in one of 256 buckets. A code digest is HMAC-SHA256(key, 住民票コード), and its
first byte, in two hexadecimal digits, is the bucket. A record digest is HMAC-SHA256(key, canonical JSON) of the
nine items ITEMS: members sorted, no spaces, UTF-8. A bucket's digest is SHA-256 over its record digests, 32 bytes
each, sorted, one behind the other. Digests are told in hexadecimal; only buckets in which somebody is are told. The
key is agreed out of band (--digest-key-file: the key in hexadecimal). Invented: how the real check compares is not
public.
"""

import hashlib
import hmac
import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

ITEMS = (
    "name", "name_furigana", "former_surname", "alias_name", "birth_date", "sex", "address", "my_number",
    "juminhyo_code",
)  # fmt: skip


def read_key(file: Path) -> bytes:
    return bytes.fromhex(file.read_text(encoding="ascii").strip())


def keyed(key: bytes, what: bytes) -> bytes:
    return hmac.digest(key, what, "sha256")


def code_digest(key: bytes, record: Mapping[str, Any]) -> bytes:
    return keyed(key, record["juminhyo_code"].encode("ascii"))


def record_digest(key: bytes, record: Mapping[str, Any]) -> bytes:
    said = {item: record[item] for item in ITEMS}
    return keyed(key, json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())


def all_buckets(key: bytes, records: Mapping[str, Any]) -> dict[str, list[tuple[bytes, bytes]]]:
    """Bucket → (code digest, record digest) of everybody in it who is on the register."""
    found: dict[str, list[tuple[bytes, bytes]]] = defaultdict(list)
    for record in records.values():
        if record is not None and not record["removed"]:
            code = code_digest(key, record)
            found[code[:1].hex()].append((code, record_digest(key, record)))
    return found


def bucket_digest(pairs: list[tuple[bytes, bytes]]) -> str:
    return hashlib.sha256(b"".join(sorted(record for _, record in pairs))).hexdigest()


async def buckets(standin: Any, request: web.Request) -> web.Response:
    """Every bucket and its digest."""
    return _answered(standin, request, lambda found: {name: bucket_digest(pairs) for name, pairs in found.items()})


async def bucket(standin: Any, request: web.Request) -> web.Response:
    """The digests of one bucket, in the order of their codes."""
    name = request.match_info["bucket"]
    return _answered(standin, request, lambda found: [
        {"code_digest": code.hex(), "record_digest": record.hex()} for code, record in sorted(found.get(name, []))
    ])  # fmt: skip


def _answered(standin: Any, request: web.Request, told: Any) -> web.Response:
    if down := standin.faults.down(request):
        return down
    if standin.digest_key is None:
        return web.json_response({"code": "no-key"}, status=404)
    return web.json_response(told(all_buckets(standin.digest_key, standin.memory.records)))
