"""How a principal reaches the broker, and how a client is started and stopped within a bounded time."""

import asyncio
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiokafka.errors import KafkaError

from hub import trust
from hub.config import Settings
from hub.errors import DependencyUnavailable, JukiError, NotPermitted

REQUEST_MS = 10_000
"""For an answer to one request, and for one connection to come about. A node that is frozen or cut off takes all of it,
and only then the next one is asked; so it is a third of what the start of a client may take."""

START_SECONDS = 30.0

STOP_SECONDS, CLOSE_SECONDS = 5.0, 2.0
"""To leave the broker in order; and for each step of leaving it by force."""

_REMEDY = "Start it with `jukihub up`, or point HUB_KAFKA at a broker that answers"


class _Password(str):
    """A password that is read anew for every connection, so that it may be exchanged while processes run.

    The library keeps what it is given for as long as a client lives, and asks it for its bytes whenever it
    authenticates. The value itself is empty: it cannot be printed.
    """

    def __new__(cls, file: Path) -> "_Password":
        made = super().__new__(cls)
        made.file = file
        return made

    file: Path

    def encode(self, *_: str) -> bytes:
        """What the file holds now, whatever the encoding."""
        return self.file.read_bytes().strip()


def connection(settings: Settings, principal: str) -> dict[str, Any]:
    """How `principal` reaches the broker: SASL_SSL with SCRAM-SHA-512, our CA, its own password."""
    folder = settings.secrets_dir
    password = _Password(folder / f"{principal}.password")
    try:
        password.encode()
        trust = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    except OSError:
        remedy = f"`jukihub topics apply` makes the password of {principal}; HUB_SECRETS names the folder"
        raise DependencyUnavailable("no-credentials", principal, remedy) from None
    return {
        "bootstrap_servers": settings.kafka, "client_id": f"jukihub-{principal}", "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512", "sasl_plain_username": principal, "sasl_plain_password": password,
        "ssl_context": trust,
    }  # fmt: skip


async def started(client: Any, options: Mapping[str, Any]) -> None:
    """Connect; DependencyUnavailable where no broker answers that we trust, NotPermitted where it refuses us."""
    try:
        await asyncio.wait_for(client.start(), START_SECONDS)
    except (KafkaError, OSError, TimeoutError) as failed:
        await stopped(client)
        raise await why(failed, options) from None
    except asyncio.CancelledError:
        await stopped(client)
        raise


async def stopped(client: Any) -> None:
    """Leave the broker within a bounded time, whatever state it is in."""
    try:
        await asyncio.wait_for(client.stop(), STOP_SECONDS)
    except (KafkaError, TimeoutError):
        await _torn_down(client)  # the broker is gone; what was in flight is not acknowledged, and counts as such
    except asyncio.CancelledError:
        if _to_end():
            raise
        await _torn_down(client)  # the library awaits what it has itself cancelled, and lets that out


def _to_end() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _torn_down(client: Any) -> None:
    """Close the connections, which fails whatever still waits for an answer; then whoever still sends ends as well.

    No wait is without an end: a sender that looks for a coordinator asks a client which answers no more.
    """
    inner = getattr(client, "client", None) or getattr(client, "_client", None)
    leaving = asyncio.ensure_future(closed(inner)) if inner is not None else None
    sender = getattr(client, "_sender", None)
    if sender is not None and sender.sender_task is not None:
        await _ended(sender.sender_task)
    if leaving is not None:
        await leaving


async def closed(client: Any) -> None:
    """Close connections; those that do not take leave are left to end by themselves."""
    closing = asyncio.ensure_future(client.close())
    await asyncio.wait([closing], timeout=CLOSE_SECONDS)  # beside us: those given up before answer as if we were
    if closing.done() and not closing.cancelled():
        closing.exception()  # looked at, so that nobody warns of it: a client that is given up has nothing to say


async def _ended(sending: "asyncio.Task[Any]") -> None:
    """Told to end it first awaits what it has sent; told again it does not."""
    for _ in range(2):
        sending.cancel()
        await asyncio.wait([sending], timeout=CLOSE_SECONDS)


async def why(failed: BaseException, options: Mapping[str, Any]) -> JukiError:
    """The error of the hub for a connection that did not come about: the certificate, where that is the cause."""
    code = await asyncio.to_thread(trust.refusal, options["bootstrap_servers"], options["ssl_context"])
    return unavailable(failed) if code is None else DependencyUnavailable(code, "Kafka", trust.REMEDY)


@contextmanager
def translated() -> Iterator[None]:
    """What the client library raises inside leaves as an error of the hub."""
    try:
        yield
    except (KafkaError, OSError, TimeoutError) as failed:
        raise unavailable(failed) from None


def unavailable(failed: BaseException) -> JukiError:
    """The error of the hub for what the client library raised; its text is not passed on."""
    if "uthori" in type(failed).__name__ or "uthenti" in type(failed).__name__:
        return NotPermitted("broker-refuses", type(failed).__name__)
    return DependencyUnavailable("broker-unavailable", "Kafka", _REMEDY)
