"""Where a DSN leads, as asyncpg reads it: to this machine, or by TLS to a server that proves its name, or neither.

asyncpg asks for TLS and goes on in clear where a server has none (`sslmode=prefer`). So a DSN is private only where it
names every host itself, because PGHOST or a service file could put in others, and all of them are sockets or loopback
addresses; or where it says `sslmode=verify-full`, with which nothing goes out before the certificate and the name in it
have been checked. Pure.
"""

from ipaddress import ip_address
from urllib.parse import parse_qs, unquote, urlsplit

_SCHEMES = ("postgresql", "postgres")


def is_private(dsn: str) -> bool:
    """Whether nobody on the way to the database can read along or answer in its place."""
    try:
        parts = urlsplit(dsn)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    except ValueError:
        return False
    if parts.scheme not in _SCHEMES or "service" in query:
        return False
    hosts = _named(parts.netloc) or query.get("host", "").split(",")
    return query.get("sslmode") == "verify-full" or all(map(_is_here, hosts))


def _named(netloc: str) -> list[str]:
    """Hosts between the slashes: where there are any, those of the query do not count."""
    hosts = netloc.partition("@")[2] if "@" in netloc else netloc
    return [unquote(host) for host in hosts.split(",")] if hosts else []


def _is_here(host: str) -> bool:
    if host.startswith("/"):
        return True
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    try:
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False
