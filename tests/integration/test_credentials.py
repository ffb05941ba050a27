"""Passwords are exchanged while everything runs; a certificate that is not believed is named as such."""

import asyncio
import gc
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiokafka.conn import AIOKafkaConnection

from hub import bus, topics
from hub.broker_admin import Broker, answers
from hub.config import Settings
from hub.database import connect
from hub.errors import DependencyUnavailable
from hub.wanted import reader_of
from tests.house import World
from tests.integration.test_broker_rights import certificates, forwarded, jukihub, with_secrets
from tests.integration.test_router_on_kafka import BOOK, Line, drained, gapless

pytestmark = pytest.mark.faults

CONTRACT = "child-policy"


@pytest.fixture
async def line(world: World) -> AsyncIterator[Line]:
    async with connect(world.settings.database) as database, bus.writer(world.settings, "relay") as writer:
        yield Line(world, database, writer)


def cut() -> int:
    """Every connection that this process has to the broker breaks, as when the broker restarts; how many."""
    gone = 0
    for each in gc.get_objects():
        if type(each) is AIOKafkaConnection and each.connected():
            each._writer.transport.abort()
            gone += 1
    return gone


def password(world: World, principal: str) -> str:
    return (world.settings.secrets_dir / f"{principal}.password").read_text()


async def test_a_running_router_and_a_running_reader_go_on_over_new_passwords(line: Line) -> None:
    world, reads = line.world, reader_of(BOOK.contracts[CONTRACT])
    topic, rotated = topics.disclosures(line.prefix, CONTRACT), ("router", "relay", reads)
    old = {name: password(world, name) for name in rotated}
    async with line.slot() as router, bus.reader(line.settings, reads, topic, line.parts) as reader:
        await line.publish(10)
        await drained(router, 10)
        done = await asyncio.to_thread(jukihub, world, "topics", "rotate", *rotated)
        assert (done.returncode, [name for name in rotated if password(world, name) == old[name]]) == (0, [])
        await line.publish(10)  # over the connections that were open before
        await drained(router, 10)
        assert cut() > 0
        await line.publish(10)  # over new ones
        await drained(router, 10)
        seen = 0
        async with asyncio.timeout(60):
            while seen < 30:
                seen += len(await reader.poll())
    await gapless(line, CONTRACT, 30)


@pytest.mark.threat("N2")
async def test_the_old_password_opens_nothing_any_more(world: World, tmp_path: Path) -> None:
    before = with_secrets(world.settings, tmp_path / "before")
    await asyncio.to_thread(Broker(world.settings.kafka, world.settings.secrets_dir).rotate, "ledger")
    assert answers(world.settings.kafka, world.settings.secrets_dir, "ledger", 5)
    assert not answers(world.settings.kafka, before.secrets_dir, "ledger")


def test_a_password_that_is_nobodys_is_not_rotated(world: World) -> None:
    for name in ("admin", "nobody"):
        done = jukihub(world, "topics", "rotate", name)
        assert (done.returncode, "unknown-principal" in done.stderr) == (2, True)


def test_the_new_password_is_for_its_owner_alone_and_said_to_nobody(world: World) -> None:
    done = jukihub(world, "topics", "rotate", "ledger")
    file = world.settings.secrets_dir / "ledger.password"
    assert file.stat().st_mode & 0o777 == 0o600
    assert password(world, "ledger") not in done.stdout + done.stderr
    assert not [*world.settings.secrets_dir.glob(".*.next")]


# Certificates.


@asynccontextmanager
async def presented(certificate: Path) -> AsyncIterator[str]:
    """An address where somebody shows this certificate."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)

    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0, ssl=context) as server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    await asyncio.sleep(0)


async def refused_by_all(settings: Settings, principal: str = "relay") -> set[str]:
    """The codes with which every client of ours refuses to talk to this broker."""
    topic = topics.changes(settings.prefix)
    codes = set()

    async def reads() -> None:
        async with bus.reader(settings, principal, topic, [0]):
            pass

    async def writes() -> None:
        async with bus.writer(settings, principal):
            pass

    async def routes() -> None:
        async with bus.transactional_writer(settings, principal, f"{settings.prefix}-router-0"):
            pass

    async def administers() -> None:
        await asyncio.to_thread(Broker, settings.kafka, settings.secrets_dir, principal)

    for client in (reads, writes, routes, administers, lambda: bus.check_topics(settings, principal, [topic])):
        with pytest.raises(DependencyUnavailable) as refused:
            await client()
        codes.add(refused.value.code)
    return codes


async def test_every_client_refuses_an_expired_certificate_by_its_name(world: World, tmp_path: Path) -> None:
    certificates().ensure(tmp_path / "aged", datetime.now(UTC) - timedelta(days=500))
    aged = (tmp_path / "aged" / "ca.pem").read_bytes()
    trusting = with_secrets(world.settings, tmp_path / "secrets", ca_pem=aged)
    async with presented(tmp_path / "aged" / "broker.pem") as address:
        settings = trusting.model_copy(update={"kafka": address})
        assert await refused_by_all(settings) == {"certificate-expired"}


async def test_every_client_refuses_a_certificate_of_another_host_by_its_name(world: World) -> None:
    async with forwarded(world.settings.kafka, "127.0.0.2") as address:
        settings = world.settings.model_copy(update={"kafka": address})
        assert await refused_by_all(settings) == {"certificate-names-another-host"}


async def test_every_client_refuses_a_certificate_of_another_authority_by_its_name(
    world: World, tmp_path: Path
) -> None:
    certificates().ensure(tmp_path / "other", datetime.now(UTC))
    settings = with_secrets(world.settings, tmp_path / "mixed", ca_pem=(tmp_path / "other" / "ca.pem").read_bytes())
    assert await refused_by_all(settings) == {"certificate-of-another-authority"}
