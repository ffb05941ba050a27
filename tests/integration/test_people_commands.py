"""From an empty database to a colleague at work, by the commands that a person types; and the API as a process."""

import asyncio
import json
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import IPv4Address
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from typer.testing import CliRunner

from contracts.errors import JukiError
from hub import accounts, cli, config, tokens
from hub.clock import now
from hub.config import Settings
from hub.database import connect
from tests.house import House, made_databases
from tests.office import FIRST, SECOND, cheap_passwords
from tests.processes import Processes, text_of, until


@pytest.fixture
def here(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    cheap_passwords(monkeypatch)
    with made_databases(house, tmp_path / "data") as settings:
        for name, value in {
            "HUB_DATABASE": settings.database, "HUB_DATA": str(settings.data), "HUB_PREFIX": settings.prefix,
            "HUB_TOKEN_FILE": str(tmp_path / "token"),
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        config.settings.cache_clear()
        yield settings
        config.settings.cache_clear()


def typed(*words: str, given: str = "") -> str:
    """What the command prints; its error where it has one."""
    done = CliRunner().invoke(cli.build([*words]), [*words], input=given)
    if done.exception is not None:
        raise done.exception
    return done.stdout


def code(*words: str, given: str = "") -> tuple[str, int]:
    """Code and exit code of a command that is refused."""
    with pytest.raises(JukiError) as refused:
        typed(*words, given=given)
    return refused.value.code, refused.value.exit_code


def login(name: str, password: str) -> None:
    typed("people", "login", name, "--password-stdin", given=password)


def test_the_first_makes_the_others_and_each_of_them_does_their_own(here: Settings, tmp_path: Path) -> None:
    first = ("people", "add", "root", "--password-stdin")
    assert code(*first, "--duty", "operator", given=FIRST) == ("first-is-administrator", 2)
    assert typed(*first, given=FIRST) == "root: administrator\n"
    assert code("people", "list") == ("no-token", 5)
    login("root", FIRST)
    assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600

    made = json.loads(typed("people", "add", "ito", "--duty", "viewer", "--duty", "operator", "--json"))
    typed("people", "add", "abe", "--duty", "auditor")
    assert typed("people", "list").splitlines() == ["abe: auditor", "ito: operator, viewer", "root: administrator"]

    given = made["password"]
    assert code("people", "login", "ito", "--password-stdin", given=given) == ("password-to-be-changed", 5)
    typed("people", "passwd", "ito", "--password-stdin", given=f"{given}\n{SECOND}\n")
    login("ito", SECOND)
    assert typed("people", "show") == "ito: operator, viewer\n"
    assert code("people", "retire", "abe") == ("duty-missing", 5)
    assert code("audit", "list") == ("duty-missing", 5)

    token = typed("people", "token", "new", "--label", "night shift").strip()
    [of_login, own] = json.loads(typed("people", "token", "list", "--json"))
    assert (of_login["label"], own["label"], token in json.dumps(own)) == ("login", "night shift", False)
    typed("people", "token", "revoke", of_login["id"])
    assert code("people", "show") == ("token-revoked", 5)

    login("root", FIRST)
    typed("people", "token", "revoke", own["id"], "--of", "ito")
    typed("people", "duties", "abe", "--duty", "viewer", "--duty", "auditor")
    reset = typed("people", "passwd", "abe", "--reset").strip()
    typed("people", "passwd", "abe", "--password-stdin", given=f"{reset}\n{FIRST}")
    login("abe", FIRST)
    lines = json.loads(typed("audit", "list", "--person", "ito", "--json"))
    assert [(one["act"], one["code"]) for one in lines][-3:] == [
        ("self-tokens", "begun"), ("self-tokens", "done"), ("self-see", "token-revoked"),
    ]  # fmt: skip
    assert UUID(lines[0]["person"]) == UUID(made["id"])
    everything = json.dumps(lines) + typed("audit", "list")
    assert [secret for secret in (given, reset, FIRST, SECOND, token) if secret in everything] == []


@pytest.mark.threat("N1")
async def test_the_api_is_a_process_as_every_other_and_speaks_tls_where_it_has_a_certificate(
    here: Settings, tmp_path: Path
) -> None:
    async with connect(here.database, size=1) as database:
        root = await accounts.first(database, "root", FIRST, now())
        assert root is not None
        token = (await tokens.new(database, root.id, "test", timedelta(days=1), now()))[1]
    certificate = self_signed(tmp_path)
    named = {"HUB_DATABASE": here.database, "HUB_DATA": str(here.data)}
    processes = Processes({**config.inherited(), **named, **certificate}, tmp_path)
    processes.hub("api", "api", "--port", "0")
    try:
        metrics_port = processes.port("api")
        url = json.loads((here.data / "run" / "api.json").read_text(encoding="utf-8"))["url"]
        trusting = ssl.create_default_context(cafile=certificate["HUB_API_CERTIFICATE"])
        status = await until(lambda: asyncio.to_thread(answered, url, token, trusting), bool, "the API to answer")
        others = [await asyncio.to_thread(answered, *asked) for asked in (
            (url, "jukihub_", trusting), (url, token, ssl.create_default_context()),
            (url.replace("https:", "http:"), token, trusting),
        )]  # fmt: skip
        metrics = await asyncio.to_thread(text_of, f"http://127.0.0.1:{metrics_port}/metrics")
        version = await asyncio.to_thread(handshake, url, trusting)
    finally:
        processes.stop()
    assert (status, others, version) == (200, [401, 0, 0], "TLSv1.3")
    assert 'hub_api_answers_total{code="401"} 1.0' in metrics
    assert token not in processes.logs()


def self_signed(folder: Path) -> dict[str, str]:
    """A certificate of 127.0.0.1 by nobody but itself, and its key; the settings that name both."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "api")])
    made = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now() - timedelta(minutes=5), now() + timedelta(1)
    ).add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    certificate, private = folder / "api.pem", folder / "api.key"
    certificate.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(pem))
    private.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    return {"HUB_API_CERTIFICATE": str(certificate), "HUB_API_KEY": str(private)}


def handshake(url: str, trusting: ssl.SSLContext) -> str | None:
    where = urlsplit(url)
    with socket.create_connection((str(where.hostname), where.port or 0), timeout=10) as plain, \
            trusting.wrap_socket(plain, server_hostname=where.hostname) as sealed:  # fmt: skip
        return sealed.version()


def answered(url: str, token: str, trusting: ssl.SSLContext) -> int:
    """The status of an answer; 0 where there is none."""
    asked = urllib.request.Request(f"{url}/me", headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(asked, timeout=10, context=trusting) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        with refused:
            return int(refused.code)
    except OSError:
        return 0
