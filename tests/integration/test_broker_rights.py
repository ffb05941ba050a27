"""Who may do what on the broker: what the contracts name, and nothing else."""

import asyncio
import json
import socket
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from contracts import book
from contracts.change import JAPAN
from hub import bus, topics
from hub.broker_admin import Broker, answers, connection
from hub.bus import Outgoing
from hub.config import Settings
from hub.errors import DependencyUnavailable, JukiError, NotPermitted
from hub.plan import plan
from hub.stops import silent
from hub.wanted import wanted
from tests.house import INFRA, House, World, script
from tests.office import NOW

BOOK = book.load()


def settled(text: str) -> dict[str, str]:
    """NAME=value of a properties file, without comments and without continued lines."""
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line and line[0] not in "# ")
    return {name: value for name, value in pairs if not value.endswith("\\")}


def certificates() -> Any:
    """infra/kafka/certificates.py, which is a script's part and in no package."""
    spec = spec_from_file_location("certificates", INFRA / "kafka" / "certificates.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def one() -> list[Outgoing]:
    return [Outgoing(b"key", b"value", (), int(time.time() * 1000))]


@asynccontextmanager
async def forwarded(target: str, host: str) -> AsyncIterator[str]:
    """An address on `host` behind which `target` answers."""
    where, port = target.split(":")
    spoken: list[asyncio.Task[None]] = []

    async def both_ways(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        spoken.append(asyncio.current_task())  # type: ignore[arg-type]  # a handler always runs in a task
        beyond, back = await asyncio.open_connection(where, int(port))
        try:
            await asyncio.gather(pumped(reader, back), pumped(beyond, writer))
        except ConnectionError:
            pass  # the client has hung up, which is what some tests want of it
        finally:
            for end in (writer, back):
                end.transport.abort()  # `close` waits until the other side has taken what it may never take

    async with await asyncio.start_server(both_ways, host, 0) as server:
        yield f"{host}:{server.sockets[0].getsockname()[1]}"
    for task in spoken:
        task.cancel()
    await asyncio.gather(*spoken, return_exceptions=True)
    await asyncio.sleep(0)  # closed transports let go of their sockets in the next turn of the loop


async def pumped(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while data := await source.read(65536):
        sink.write(data)
        await sink.drain()
    sink.write_eof()


def spoken_to(raw: socket.socket, trusting: ssl.SSLContext) -> None:
    """Say something and hear an answer: TLS 1.3 lets a client finish before the server has judged it."""
    with trusting.wrap_socket(raw, server_hostname="127.0.0.1") as spoken:
        spoken.sendall(bytes(64))
        spoken.recv(1024)


def with_secrets(settings: Settings, folder: Path, **instead: bytes) -> Settings:
    """The same settings with a copy of the secrets folder in which some files are others."""
    folder.mkdir()
    for file in settings.secrets_dir.iterdir():
        (folder / file.name).write_bytes(instead.get(file.name.replace(".", "_"), file.read_bytes()))
    return settings.model_copy(update={"secrets": folder})


@pytest.mark.trap("A24", "K4")
def test_the_brokers_settings_equal_the_file(house: House) -> None:
    template = (INFRA / "kafka" / "server.properties.template").read_text(encoding="utf-8")
    there = house.broker().broker_settings()
    plain = {name: value for name, value in settled(template).items() if "$" not in value}
    shown = {name: value for name, value in plain.items() if there.get(name)}  # it withholds what it does not know
    assert {name: there[name] for name in shown} == shown
    assert plain.keys() - shown.keys() == {"config.providers.directory.class", "super.users"}


@pytest.mark.trap("K4")
def test_an_unknown_topic_is_not_made_by_writing_to_it(house: House) -> None:
    writer = Producer({**connection(house.kafka, house.secrets, "admin"), "message.timeout.ms": 2000})
    refused: list[bool] = []
    writer.produce("nobody.named.this", b"value", on_delivery=lambda error, _: refused.append(error is not None))
    writer.flush(20)
    assert (refused, "nobody.named.this" in house.broker().state([]).topics) == ([True], False)


@pytest.mark.trap("K5")
async def test_a_principal_may_not_write_what_no_contract_names(shared: World) -> None:
    with pytest.raises(JukiError):
        async with bus.writer(shared.settings, "relay") as writer:
            await writer.send({(topics.ledger(shared.settings.prefix), 0): one()})


@pytest.mark.threat("S1")
@pytest.mark.trap("A9", "K5")
async def test_a_department_is_told_at_once_that_a_topic_is_not_its_own(shared: World) -> None:
    other = topics.disclosures(shared.settings.prefix, "prefecture")
    with pytest.raises(NotPermitted, match="topic-not-permitted"):
        await bus.check_topics(shared.settings, "subscriber-child-policy", [other])


async def test_the_named_principal_may_write_idempotently(shared: World) -> None:
    async with bus.writer(shared.settings, "relay") as writer:
        await writer.send({(topics.changes(shared.settings.prefix), 0): one()})


@pytest.mark.threat("N2")
async def test_a_wrong_password_is_refused(shared: World, tmp_path: Path) -> None:
    forged = with_secrets(shared.settings, tmp_path / "forged", relay_password=b"guessed")
    with pytest.raises((NotPermitted, DependencyUnavailable)):
        await bus.check_topics(forged, "relay", [topics.changes(shared.settings.prefix)])


@pytest.mark.threat("N1")
@pytest.mark.trap("input-25", "K3")
async def test_a_client_that_trusts_another_ca_does_not_talk_to_the_broker(shared: World, tmp_path: Path) -> None:
    certificates().ensure(tmp_path / "other", datetime.now(UTC))
    astray = with_secrets(shared.settings, tmp_path / "mixed", ca_pem=(tmp_path / "other" / "ca.pem").read_bytes())
    assert not answers(astray.kafka, astray.secrets_dir, "relay")
    with pytest.raises(DependencyUnavailable):
        await bus.check_topics(astray, "relay", [topics.changes(shared.settings.prefix)])


@pytest.mark.threat("N1")
@pytest.mark.trap("input-25", "K3")
@pytest.mark.parametrize(("host", "trusted"), [("127.0.0.1", True), ("127.0.0.2", False)])
async def test_a_broker_under_a_name_that_its_certificate_lacks_is_not_trusted(
    house: House, host: str, trusted: bool
) -> None:
    async with forwarded(house.kafka, host) as address:
        assert await asyncio.to_thread(answers, address, house.secrets) is trusted


@pytest.mark.trap("input-25", "K3")
async def test_the_hubs_own_client_checks_the_name_too(shared: World) -> None:
    async with forwarded(shared.settings.kafka, "127.0.0.2") as address:
        astray = shared.settings.model_copy(update={"kafka": address})
        with pytest.raises(DependencyUnavailable):
            await bus.check_topics(astray, "relay", [topics.changes(shared.settings.prefix)])


@pytest.mark.threat("N1")
def test_the_controllers_door_asks_for_a_certificate_of_our_own(house: House) -> None:
    port = json.loads((house.kafka_data / "broker.json").read_text())["controller_port"]
    trusting = ssl.create_default_context(cafile=str(house.secrets / "ca.pem"))
    with socket.create_connection(("127.0.0.1", port), timeout=10) as raw, pytest.raises(ssl.SSLError):
        spoken_to(raw, trusting)


@pytest.mark.trap("input-25", "K3")
def test_the_brokers_certificate_is_renewed_before_it_expires(tmp_path: Path) -> None:
    made, now = certificates(), datetime.now(UTC)
    made.ensure(tmp_path, now - timedelta(days=380))
    before = {name: (tmp_path / name).read_bytes() for name in ("ca.pem", "broker.pem")}
    made.ensure(tmp_path, now)
    after = {name: (tmp_path / name).read_bytes() for name in ("ca.pem", "broker.pem")}
    assert (after["ca.pem"] == before["ca.pem"], after["broker.pem"] == before["broker.pem"]) == (True, False)


@pytest.mark.threat("S1")
@pytest.mark.trap("K5")
def test_the_acls_on_the_broker_equal_the_generated_ones(shared: World) -> None:
    want = wanted(BOOK, shared.settings)
    have = shared.house.broker().state(want.topics)
    mine = {acl for acl in have.acls if acl.name.startswith(shared.settings.prefix)}
    assert mine == want.acls


def jukihub(world: World, *words: str, **env: str) -> Any:
    return script(Path(__file__).parents[2] / "hub" / "__main__.py", *words, env={**world.env, **env})


def test_topics_plan_finds_nothing_to_do_after_apply(shared: World) -> None:
    applied = jukihub(shared, "topics", "apply", "--json")
    planned = jukihub(shared, "topics", "plan", "--json")
    assert (applied.returncode, json.loads(planned.stdout)["empty"]) == (0, True)


@pytest.mark.trap("A19")
@pytest.mark.parametrize("command", ["plan", "apply"])
def test_another_partition_count_is_refused_on_the_command_line(shared: World, command: str) -> None:
    done = jukihub(shared, "topics", command, HUB_PARTITIONS="6")
    assert (done.returncode, "partition-count-differs" in done.stderr) == (1, True)


@pytest.mark.threat("S4")
@pytest.mark.trap("K5")
def test_the_rights_of_a_contract_that_ended_are_taken_away(world: World) -> None:
    last_day = NOW.astimezone(JAPAN).date() - timedelta(days=1)
    kept, ended = BOOK.contracts["prefecture"], replace(BOOK.contracts["child-policy"], in_force_until=last_day)
    left = replace(BOOK, contracts={kept.id: kept, ended.id: ended})
    fewer = wanted(left, world.settings, asyncio.run(silent(world.settings, left, NOW)))
    assert {"subscriber-child-policy", "deliver-tax"}.isdisjoint(fewer.principals), "over, and gone from the Book"
    broker = world.house.broker()
    broker.apply(fewer, world.settings.prefix)
    mine = {acl for acl in broker.state([]).acls if acl.name.startswith(world.settings.prefix)}
    assert mine == fewer.acls


@pytest.mark.trap("A24")
def test_a_changed_setting_of_a_topic_is_set_back(shared: World) -> None:
    want, broker = wanted(BOOK, shared.settings), shared.house.broker()
    name = topics.ledger(shared.settings.prefix)
    other = replace(want.topics[name], config=dict(want.topics[name].config) | {"retention.ms": "1000"})
    broker.apply(replace(want, topics=dict(want.topics) | {name: other}), shared.settings.prefix)
    broker.apply(want, shared.settings.prefix)
    assert plan(want, broker.state(want.topics), shared.settings.prefix).empty


def test_a_principal_without_a_password_says_where_to_look(shared: World, tmp_path: Path) -> None:
    with pytest.raises(DependencyUnavailable, match="no-credentials"):
        Broker(shared.settings.kafka, tmp_path, "relay")
