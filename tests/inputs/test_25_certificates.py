"""Input 25: a broker that shows an expired certificate, of our own authority and with the right name."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.bus.client import connection
from hub.config import Settings
from tests.integration.test_broker_rights import certificates

EXPIRED = 10
"""OpenSSL's word for a certificate that was valid once: X509_V_ERR_CERT_HAS_EXPIRED."""


@asynccontextmanager
async def broker(secrets: Path) -> AsyncIterator[Settings]:
    """Somebody who shows the certificate that lies in `secrets`; how the hub would reach them."""
    shown = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    shown.load_cert_chain(secrets / "broker.pem")
    (secrets / "relay.password").write_text("made-up")

    async def greeted(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(greeted, "127.0.0.1", 0, ssl=shown) as server:
        port = server.sockets[0].getsockname()[1]
        yield Settings(kafka=f"127.0.0.1:{port}", secrets=secrets, data=secrets)


async def shaken_hands(settings: Settings) -> None:
    """The hub's own trust, on the way to the broker."""
    host, port = settings.kafka.split(":")
    trust = connection(settings, "relay")["ssl_context"]
    _, writer = await asyncio.open_connection(host, int(port), ssl=trust)
    writer.close()
    await writer.wait_closed()


@pytest.mark.threat("N1")
@pytest.mark.trap("input-25", "K3")
async def test_an_expired_certificate_is_refused_by_name_of_its_fault(tmp_path: Path) -> None:
    certificates().ensure(tmp_path, datetime.now(UTC) - timedelta(days=400))
    async with broker(tmp_path) as settings:
        with pytest.raises(ssl.SSLCertVerificationError) as refused:
            await shaken_hands(settings)
    assert refused.value.verify_code == EXPIRED


@pytest.mark.trap("input-25", "K3")
async def test_the_same_broker_with_a_renewed_certificate_is_trusted_again(tmp_path: Path) -> None:
    made = certificates()
    made.ensure(tmp_path, datetime.now(UTC) - timedelta(days=400))
    made.ensure(tmp_path, datetime.now(UTC))
    async with broker(tmp_path) as settings:
        await shaken_hands(settings)
