"""A counterpart, asked for its digests over HTTP (`GET /digests`, `GET /digests/{bucket}`).

The real lines have protocols of their own; the stand-ins have this one. An answer that has not its form is no answer,
nor is one that is packed, leads elsewhere, or goes on for longer than any city has people. It comes over https, or from
this very machine: what is wrong with it decides whose records are sent again.
"""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp
import orjson

from hub.config import Settings
from hub.errors import DependencyUnavailable, UsageError
from hub.outside import checked_url
from hub.own_files import is_open_to_others

_BUCKET: Final = re.compile(r"[0-9a-f]{2}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_SIZE: Final = 32
_PATIENCE: Final = aiohttp.ClientTimeout(total=120)
_UNPACKED: Final = {"Accept-Encoding": "identity"}

LARGEST: Final = 8 * 1024 * 1024
"""Bytes of one answer: a bucket of a city of ten millions has as many."""


class OverHttp:
    """The counterpart of one contract at a base URL."""

    def __init__(self, session: aiohttp.ClientSession, contract: str, url: str) -> None:
        self._session = session
        self._contract = contract
        self._url = url.rstrip("/")

    async def buckets(self) -> Mapping[str, str]:
        """Bucket -> digest."""
        told = await self._told("/digests")
        if not isinstance(told, dict) or not all(_is(_BUCKET, name) and _is(_DIGEST, told[name]) for name in told):
            raise self._silent("counterpart-answer")
        return told

    async def bucket(self, name: str) -> Mapping[bytes, bytes]:
        """Code digest -> record digest of one bucket."""
        told = await self._told(f"/digests/{name}")
        try:
            read = {bytes.fromhex(one["code_digest"]): bytes.fromhex(one["record_digest"]) for one in told}
        except (TypeError, KeyError, ValueError):
            raise self._silent("counterpart-answer") from None
        if not all(len(code) == _SIZE == len(record) and code[:1].hex() == name for code, record in read.items()):
            raise self._silent("counterpart-answer")
        return read

    async def _told(self, path: str) -> Any:
        try:
            async with self._session.get(self._url + path, headers=_UNPACKED, allow_redirects=False) as answer:
                if answer.status != 200:
                    raise self._silent("counterpart-refused")
                said = await self._read(answer)
        except (aiohttp.ClientError, TimeoutError, OSError):
            raise self._silent("counterpart-unavailable") from None
        try:
            return orjson.loads(said)
        except orjson.JSONDecodeError:
            raise self._silent("counterpart-answer") from None

    async def _read(self, answer: aiohttp.ClientResponse) -> bytes:
        parts, size = [], 0
        async for part in answer.content.iter_any():
            parts.append(part)
            if (size := size + len(part)) > LARGEST:
                raise self._silent("counterpart-answer")
        return b"".join(parts)

    def _silent(self, code: str) -> DependencyUnavailable:
        remedy = "Name it in HUB_COUNTERPARTS; it needs the same key of digests"
        return DependencyUnavailable(code, self._contract, remedy)


def _is(form: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and form.fullmatch(value) is not None


@asynccontextmanager
async def asked(settings: Settings, contract: str) -> AsyncIterator[OverHttp]:
    """The counterpart of this contract; UsageError where nobody says where it is, or it is not to be trusted."""
    if contract not in (urls := settings.counterpart_urls):
        raise UsageError("no-counterpart", "HUB_COUNTERPARTS", f"Name {contract}=URL")
    url = checked_url(urls[contract])
    async with aiohttp.ClientSession(
        timeout=_PATIENCE, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
    ) as session:
        yield OverHttp(session, contract, url)


def read_key(file: Path) -> bytes:
    """The key of the digests: in hexadecimal, in a file that nobody else can read."""
    try:
        if is_open_to_others(file):
            raise UsageError("key-file-open", str(file), "Others could read it: agree on another key")
        key = bytes.fromhex(file.read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        raise UsageError("unreadable", "--key", "A file with 64 hexadecimal digits is meant") from None
    if len(key) != 32:
        raise UsageError("bad-key", "--key", "A file with 64 hexadecimal digits is meant")
    return key
