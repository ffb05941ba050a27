"""Topics and rights in the two forms that are read and compared: JSON for programs, a table for people."""

import json
from dataclasses import replace
from difflib import ndiff

import pytest

from contracts.book import Book
from hub.interface import files
from hub.wanted import Acl, wanted
from tests.forked import jukihub
from tests.interface.samples import BOOK, CONTRACTS, SETTINGS

WANTED = wanted(BOOK, SETTINGS)
FILES = files(BOOK, SETTINGS)
TOPICS = json.loads(FILES["topics.json"])


def without(contract: str) -> Book:
    return replace(BOOK, contracts={name: each for name, each in BOOK.contracts.items() if name != contract})


def rows(table: str, heading: str) -> list[list[str]]:
    """The cells of the table under `heading`."""
    lines = table.partition(f"## {heading}\n")[2].partition("\n## ")[0].splitlines()
    return [[cell.strip(" `") for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("| ")][1:]


def test_the_json_says_every_topic_as_it_is_wanted() -> None:
    expected = {name: {"partitions": topic.partitions, "replicas": topic.replication, "config": dict(topic.config)}
                for name, topic in WANTED.topics.items()}  # fmt: skip
    assert TOPICS["topics"] == expected


def test_the_json_says_every_right_and_no_other() -> None:
    assert {Acl(**right) for right in TOPICS["rights"]} == WANTED.acls
    assert len(TOPICS["rights"]) == len(WANTED.acls)
    assert set(TOPICS["principals"]) == set(WANTED.principals)


def test_the_table_says_every_right_on_a_line_of_its_own() -> None:
    told = rows(FILES["rights.md"], "権限")
    assert told == [[acl.principal, acl.operation, acl.resource, acl.name] for acl in sorted(WANTED.acls)]


def test_the_table_says_who_every_principal_is() -> None:
    who = dict(rows(FILES["rights.md"], "主体"))
    assert set(who) == set(WANTED.principals)
    assert who["subscriber-child-policy"] == BOOK.contracts["child-policy"].subscriber
    assert who["router"] == "ハブの構成要素"


@pytest.mark.parametrize("contract", [contract.id for contract in CONTRACTS])
def test_a_contract_that_goes_takes_its_own_lines_with_it_and_no_others(contract: str) -> None:
    after = files(without(contract), SETTINGS)["rights.md"]
    lines = ndiff(FILES["rights.md"].splitlines(), after.splitlines())
    changed = [line for line in lines if line[0] in "+-"]
    assert changed
    assert all(line.startswith("-") and contract in line for line in changed)


def test_the_command_prints_the_json() -> None:
    done = jukihub("topics", "export", "--format", "json")
    assert (done.returncode, done.stdout) == (0, FILES["topics.json"])
