"""The one door to object storage: one folder of one bucket, by the S3 protocol. https, or this very machine.

Nothing but sealed pieces and manifests goes through here. Every object is put whole, with its MD5 for the server to
check; what the server objects to leaves as DependencyUnavailable with a closed code, because its texts name keys and
places. Only the credentials of our own settings are used, never those that lie about on a machine. The library waits
for the network, so each call has a thread of its own.
"""

import asyncio
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import md5
from typing import Any, Final
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from consumers.adapters.http import LOOPBACK
from hub.config import Settings
from hub.errors import DependencyUnavailable, UsageError

_REMEDY: Final = "Nothing was lost: run the same command again once the storage answers"
ATTEMPTS: Final = 3
_CONFIG: Final = Config(
    signature_version="s3v4", connect_timeout=5, read_timeout=60, s3={"addressing_style": "path"}, proxies={},
    request_checksum_calculation="when_required", response_checksum_validation="when_required",
)  # fmt: skip


class Store:
    """One folder of one bucket."""

    def __init__(self, client: Any, bucket: str, folder: str) -> None:
        self._client = client
        self._bucket = bucket
        self._folder = folder

    async def put(self, name: str, content: bytes) -> None:
        """Put an object, whole, whether or not it is there."""
        checksum = b64encode(md5(content, usedforsecurity=False).digest()).decode()
        await self._asked("put_object", Key=self._folder + name, Body=content, ContentMD5=checksum)

    async def get(self, name: str) -> bytes | None:
        """An object; None where there is none."""

        def read() -> bytes:
            with _told():
                found = self._client.get_object(Bucket=self._bucket, Key=self._folder + name)
                return bytes(found["Body"].read())

        try:
            return await asyncio.to_thread(read)
        except _Missing:
            return None

    async def sizes(self, folder: str) -> dict[str, int]:
        """Every object whose name begins so, and how many bytes it has."""
        found: dict[str, int] = {}
        after: dict[str, str] = {}
        while True:
            page = await self._asked("list_objects_v2", Prefix=self._folder + folder, **after)
            found |= {each["Key"].removeprefix(self._folder): each["Size"] for each in page.get("Contents", ())}
            if not page.get("IsTruncated"):
                return found
            after = {"ContinuationToken": page["NextContinuationToken"]}

    async def remove(self, names: Sequence[str]) -> None:
        """Remove objects one by one: not every server knows how to remove many."""
        for name in names:
            await self._asked("delete_object", Key=self._folder + name)

    async def _asked(self, verb: str, **words: Any) -> Any:
        def ask() -> Any:
            with _told():
                return getattr(self._client, verb)(Bucket=self._bucket, **words)

        return await asyncio.to_thread(ask)


class _Missing(Exception):
    """There is no such object."""


def opened(settings: Settings, attempts: int = ATTEMPTS) -> Store:
    """The store that the settings name; UsageError where they name none, or one that is not spoken to by TLS.

    `attempts`: how often it is asked before it is taken not to answer.
    """
    parts = urlsplit(settings.files)
    bucket, _, folder = parts.path.strip("/").partition("/")
    if not (parts.hostname and bucket and settings.files_key and settings.files_secret.get_secret_value()):
        raise UsageError("no-store", "HUB_FILES", "Name https://host/bucket[/folder], HUB_FILES_KEY, HUB_FILES_SECRET")
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise UsageError("store-not-encrypted", "HUB_FILES")
    config = _CONFIG.merge(Config(retries={"mode": "standard", "total_max_attempts": attempts}))
    client = boto3.session.Session().client(
        "s3", endpoint_url=f"{parts.scheme}://{parts.netloc}", region_name=settings.files_region, config=config,
        aws_access_key_id=settings.files_key, aws_secret_access_key=settings.files_secret.get_secret_value(),
    )  # fmt: skip
    return Store(client, bucket, f"{folder}/" if folder else "")


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except ClientError as refused:
        code = refused.response.get("Error", {}).get("Code")
        if code == "NoSuchKey":
            raise _Missing from None
        if _status(refused) in (401, 403, 404):
            raise DependencyUnavailable("store-refused", "HUB_FILES", "It knows no such bucket, or not us") from None
        raise DependencyUnavailable("store-unavailable", "HUB_FILES", _REMEDY) from None
    except (BotoCoreError, OSError):
        raise DependencyUnavailable("store-unavailable", "HUB_FILES", _REMEDY) from None


def _status(refused: ClientError) -> int:
    return int(refused.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
