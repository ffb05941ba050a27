"""To where personal data may go, and from where an answer may come: https, or this very machine."""

from typing import Final
from urllib.parse import urlsplit

from hub.errors import UsageError

LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


def checked_url(url: str) -> str:
    """A base URL to which personal data may go: https, or this very machine; UsageError otherwise."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
        return url.rstrip("/")
    raise UsageError("counterpart-not-encrypted", "HUB_COUNTERPARTS")
