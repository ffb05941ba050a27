"""A process that serves HTTP, such as `jukihub run api`: behind uvicorn, on this machine alone without a certificate.

Without HUB_API_CERTIFICATE and HUB_API_KEY a token would cross the network readable, so it then serves on 127.0.0.1
and nowhere else (a proxy on the same machine may add TLS); with them, on HUB_API_HOST by TLS 1.2 or newer.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from ipaddress import ip_address
from typing import Final

import uvicorn

from hub import log
from hub.api.app import HUB, application
from hub.api.service import Service
from hub.clock import now
from hub.config import Settings
from hub.database import connect
from hub.errors import DatabaseError, DependencyUnavailable, UsageError
from hub.lifecycle import Process, running

LOOK_SECONDS: Final = 5.0
"""Between two questions to the database; who cannot ask it is not healthy."""


class _Server(uvicorn.Server):
    """uvicorn, which leaves the signals to the process."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


Beside = Callable[[Process, str], Awaitable[None]]
"""What a process does beside serving, until it is to stop. It is told where it serves."""


async def serve(
    settings: Settings, port: int, metrics_port: int, service: Service = HUB, beside: Beside | None = None
) -> None:
    """Serve until SIGTERM; a request that is in hand is finished."""
    check(settings)
    with bound(settings.api_host, port) as taken:
        await _serve(settings, taken, metrics_port, service, beside)


async def _serve(
    settings: Settings, taken: socket.socket, metrics_port: int, service: Service, beside: Beside | None
) -> None:
    here = url(settings, taken, service)
    async with running(settings, service.name, metrics_port, {"url": here}) as process:
        server = _Server(_config(settings, service))
        tasks = [asyncio.ensure_future(server.serve([taken])), asyncio.ensure_future(process.stopping.wait()),
                 asyncio.ensure_future(_watch(_dsns(settings, service), process))]  # fmt: skip
        if beside is not None:
            tasks.append(asyncio.ensure_future(beside(process, here)))
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        process.stopping.set()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(ended, BaseException):
                raise ended


def url(settings: Settings, taken: socket.socket, service: Service = HUB) -> str:
    """Where the API is, as a client on this machine writes it."""
    host, port = taken.getsockname()[:2]
    scheme = "https" if settings.api_certificate else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}{service.prefix}"


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens there; DependencyUnavailable where another process does."""
    family = socket.AF_INET6 if ip_address(host).version == 6 else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError:
        raise DependencyUnavailable("port-taken", "--port", "Name another, or end what listens there") from None


def check(settings: Settings) -> None:
    """UsageError where tokens would cross the network readable, or half of a certificate was named."""
    if (settings.api_certificate is None) != (settings.api_key is None):
        raise UsageError("half-a-certificate", "HUB_API_CERTIFICATE, HUB_API_KEY")
    try:
        here = ip_address(settings.api_host).is_loopback
    except ValueError:
        raise UsageError("bad-setting", "HUB_API_HOST", "An address is meant") from None
    if settings.api_certificate is None and not here:
        raise UsageError("certificate-missing", "HUB_API_HOST", "Name HUB_API_CERTIFICATE and HUB_API_KEY")


def _config(settings: Settings, service: Service) -> uvicorn.Config:
    return uvicorn.Config(
        application(settings, now, service=service),
        ssl_certfile=settings.api_certificate, ssl_keyfile=settings.api_key, log_config=None,
        access_log=False, server_header=False, proxy_headers=False, limit_concurrency=100,
        timeout_keep_alive=5, timeout_graceful_shutdown=10, http="h11", ws="none",
    )  # fmt: skip


def _dsns(settings: Settings, service: Service) -> list[str]:
    return [settings.database, *([service.store(settings)] if service.store else [])]


async def _watch(dsns: list[str], process: Process) -> None:
    async with AsyncExitStack() as stack:
        databases = [await stack.enter_async_context(connect(dsn, size=1)) for dsn in dsns]
        while not process.stopping.is_set():
            try:
                for database in databases:
                    await database.fetchval("SELECT 1")
                process.beat()
            except DatabaseError as failed:
                log.get().warning("database-unasked", code=failed.code)
            await process.wait(LOOK_SECONDS)
