"""The resources for Strimzi say what the Book wants of the broker: every topic, every right, and nothing more."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from hub.config import Settings, read
from hub.interface import files
from hub.interface.strimzi import resource_name
from hub.wanted import Acl, State, wanted
from tests.forked import jukihub
from tests.interface.samples import BOOK

CASES = {
    "as shipped": read({}),
    "a cluster": read({"HUB_PARTITIONS": "3", "HUB_REPLICATION": "3", "HUB_PREFIX": "city"}),
    "a prefix that Kubernetes would not take": read({"HUB_PREFIX": "City_1"}),
}
SETTINGS = {"argvalues": [*CASES.values()], "ids": [*CASES]}
# What version v1 of the resources takes, as far as it is used here.
OPERATIONS = {"Read", "Write", "Create", "Delete", "Alter", "Describe", "ClusterAction", "AlterConfigs",
              "DescribeConfigs", "IdempotentWrite", "All"}  # fmt: skip
TYPES = {"topic": "topic", "group": "group", "transactionalId": "transactional-id"}
NAME = r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?"


def resources(settings: Settings, kind: str) -> list[Any]:
    return [*yaml.safe_load_all(files(BOOK, settings)[f"strimzi/kafka-{kind}s.yaml"])]


def said(user: Any) -> set[Acl]:
    """The rights that a KafkaUser gives, read by somebody who knows Strimzi and not us."""
    rules = user["spec"]["authorization"]["acls"]
    manners = {(rule["type"], rule["host"], rule["resource"]["patternType"]) for rule in rules}
    assert manners == {("allow", "*", "literal")}
    return {
        Acl(user["metadata"]["name"], operation.lower(), TYPES[rule["resource"]["type"]], rule["resource"]["name"])
        for rule in rules
        for operation in rule["operations"]
    }


@pytest.mark.parametrize("settings", **SETTINGS)
def test_every_topic_is_a_resource_and_no_other(settings: Settings) -> None:
    told = {each["spec"]["topicName"]: each["spec"] for each in resources(settings, "topic")}
    expected = {
        name: {"topicName": name, "partitions": topic.partitions, "replicas": topic.replication,
               "config": dict(topic.config)}
        for name, topic in wanted(BOOK, settings).topics.items()
    }  # fmt: skip
    assert told == expected
    assert len(told) == len(resources(settings, "topic"))


@pytest.mark.parametrize("settings", **SETTINGS)
def test_every_right_is_said_and_no_other(settings: Settings) -> None:
    users, state = resources(settings, "user"), wanted(BOOK, settings)
    assert set().union(*map(said, users)) == state.acls
    assert [user["metadata"]["name"] for user in users] == sorted(state.principals)


@pytest.mark.parametrize("settings", **SETTINGS)
@pytest.mark.parametrize("kind", ["topic", "user"])
def test_every_resource_is_one_of_version_one_with_a_name_of_its_own(settings: Settings, kind: str) -> None:
    made = resources(settings, kind)
    heads = {(each["apiVersion"], each["kind"], each["metadata"]["labels"]["strimzi.io/cluster"]) for each in made}
    assert heads == {("kafka.strimzi.io/v1", f"Kafka{kind.capitalize()}", "juki-hub")}
    names = [each["metadata"]["name"] for each in made]
    assert len({*names}) == len(names)
    assert [name for name in names if not re.fullmatch(NAME, name)] == []


def test_every_user_has_a_password_of_its_own_and_rights_that_are_told() -> None:
    for user in resources(CASES["as shipped"], "user"):
        assert user["spec"].keys() == {"authentication", "authorization"}
        assert user["spec"]["authentication"] == {"type": "scram-sha-512"}
        assert user["spec"]["authorization"]["type"] == "simple"
        for rule in user["spec"]["authorization"]["acls"]:
            assert rule.keys() == {"type", "resource", "host", "operations"}
            assert {*rule["operations"]} <= OPERATIONS


@pytest.mark.parametrize(("topic", "name"), [
    ("juki.changes", "juki.changes"), ("city.disclosures.child-policy", "city.disclosures.child-policy"),
])  # fmt: skip
def test_a_topic_that_kubernetes_takes_for_a_name_keeps_it(topic: str, name: str) -> None:
    assert resource_name(topic) == name


def test_topics_that_would_fall_together_keep_names_of_their_own() -> None:
    topics = ["City.changes", "city.changes", "CITY.changes", "city_changes", "city-changes", "_", "-", "x" * 249]
    names = [resource_name(topic) for topic in topics]
    assert len({*names}) == len(topics)
    assert [name for name in names if not re.fullmatch(NAME, name)] == []


def test_the_command_prints_both_kinds_and_asks_no_broker() -> None:
    own = {"HUB_KAFKA": "nowhere.example:1", "HUB_ENV": "development", "HUB_PARTITIONS": "2"}
    done = jukihub("topics", "export", "--cluster", "city", **own)
    printed = [*yaml.safe_load_all(done.stdout)]
    state: State = wanted(BOOK, read({"HUB_PARTITIONS": "2"}))
    assert (done.returncode, done.stderr) == (0, "")
    assert len(printed) == len(state.topics) + len(state.principals)
    assert {each["metadata"]["labels"]["strimzi.io/cluster"] for each in printed} == {"city"}


def test_the_command_writes_the_published_files(tmp_path: Path) -> None:
    assert jukihub("topics", "export", "--out", tmp_path / "made").returncode == 0
    names = ("kafka-topics.yaml", "kafka-users.yaml")
    published = {name: files(BOOK, read({}))[f"strimzi/{name}"] for name in names}
    assert {file.name: file.read_text(encoding="utf-8") for file in (tmp_path / "made").iterdir()} == published


@pytest.mark.parametrize("arguments", [["--format", "xml"], ["--cluster", "Big City"], ["--cluster", "x\ny"]])
def test_what_cannot_be_meant_is_a_usage_error(arguments: list[str]) -> None:
    done = jukihub("topics", "export", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
