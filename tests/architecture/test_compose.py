"""infra/compose.yaml is not run here; it must at least parse, and say what the embedded servers' files say."""

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import yaml

INFRA = Path(__file__).resolve().parents[2] / "infra"
ELSEWHERE = {
    "controller.quorum.voters", "log.dirs", "listeners", "advertised.listeners", "ssl.keystore.location",
    "ssl.truststore.location", "config.providers.directory.param.allowed.paths",
    "listener.name.clients.scram-sha-512.sasl.jaas.config",
}  # fmt: skip
"""Settings that name a folder or an address, and so differ in a container."""


def composed() -> Any:
    return yaml.safe_load((INFRA / "compose.yaml").read_text(encoding="utf-8"))


def settled(text: str) -> dict[str, str]:
    joined = text.replace("\\\n", "")
    pairs = (line.split("=", 1) for line in joined.splitlines() if "=" in line and not line.startswith("#"))
    return {name: value for name, value in pairs if name not in ELSEWHERE}


def test_the_broker_in_the_container_has_the_same_settings() -> None:
    there = settled(composed()["services"]["kafka"]["environment"]["SERVER_PROPERTIES"])
    here = settled((INFRA / "kafka" / "server.properties.template").read_text(encoding="utf-8"))
    assert there == here


def test_the_container_has_the_same_kafka() -> None:
    pom = ElementTree.parse(INFRA / "kafka" / "pom.xml")  # noqa: S314 - our own file
    version = pom.findtext(".//{*}properties/{*}kafka.version")
    assert composed()["services"]["kafka"]["image"] == f"apache/kafka:{version}"


def test_no_door_is_open_to_other_machines() -> None:
    ports = [port for service in composed()["services"].values() for port in service["ports"]]
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_no_password_stands_in_the_file() -> None:
    text = (INFRA / "compose.yaml").read_text(encoding="utf-8")
    assigned = re.findall(r'(?i)password(?:_file)?[" ]*[:=] *["\']?([^\s"\',]+)', text)
    assert [value for value in assigned if not value.startswith(("$", "/run/secrets", "scram-sha-256"))] == []
