"""Which machine is this one and which is another; personal data goes to another over https alone."""

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final
from urllib.parse import parse_qs, urlsplit

from hub.errors import UsageError

LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


def checked_url(url: str) -> str:
    """A base URL to which personal data may go: https, or this very machine; UsageError otherwise."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
        return url.rstrip("/")
    raise UsageError("counterpart-not-encrypted", "HUB_COUNTERPARTS")


def is_elsewhere(kafka: str, *dsns: str) -> bool:
    """Whether bootstrap servers, or the DSN of a PostgreSQL, name another machine than this one."""
    hosts = [_host(each) for each in kafka.split(",")] + [host for dsn in dsns for host in _of_dsn(dsn)]
    return not all(map(_is_here, hosts))


def _of_dsn(dsn: str) -> Iterator[str]:
    try:
        parts = urlsplit(dsn)
    except ValueError:
        yield "unreadable"  # and so nobody's; whoever connects says what is wrong with it
        return
    yield from (_host(each) for each in parts.netloc.rpartition("@")[2].split(","))
    query = parse_qs(parts.query)
    for name in ("host", "hostaddr"):
        yield from (_host(each) for said in query.get(name, ()) for each in said.split(","))


def _host(said: str) -> str:
    """Without its port; a folder of sockets is no name of a machine, and neither is nothing."""
    host = said.strip()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return "" if host.startswith(("/", "%2F", "%2f")) else host.partition(":")[0] if host.count(":") < 2 else host


def _is_here(host: str) -> bool:
    if not host or host in LOOPBACK:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
