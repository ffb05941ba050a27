"""What the Book wants of the broker, and how that differs from what is there."""

import asyncio
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from contracts import book
from contracts.errors import JukiError
from hub.cli import topics as typed
from hub.config import read
from hub.plan import Plan, plan
from hub.wanted import Acl, State, ours, wanted
from tests.house import SUBSCRIBERS

BOOK = book.load()
SETTINGS = read({"HUB_PARTITIONS": "2"})
WANTED = wanted(BOOK, SETTINGS)
NOTHING = State({}, {}, frozenset())
OTHER = State({}, {}, frozenset({Acl("stranger", "read", "topic", "elsewhere.changes")}))


def rights(principal: str) -> set[str]:
    return {f"{acl.operation} {acl.resource} {acl.name}" for acl in WANTED.acls if acl.principal == principal}


def without(contract: str) -> State:
    return wanted(replace(BOOK, contracts={k: v for k, v in BOOK.contracts.items() if k != contract}), SETTINGS)


@pytest.mark.trap("K5")
def test_the_relay_may_write_changes_and_read_which_keys_were_destroyed_and_nothing_else() -> None:
    assert rights("relay") == {"write topic juki.changes", "read topic juki.erasures"}


def test_a_department_may_read_its_own_topic_and_nothing_else() -> None:
    assert rights("subscriber-child-policy") == {
        "read topic juki.disclosures.child-policy",
        "read group juki-subscriber-child-policy",
        "read group juki-subscriber-child-policy.trial",
    }


def test_a_counterpart_is_read_for_by_a_principal_of_its_own() -> None:
    assert rights("deliver-prefecture") == {
        "read topic juki.disclosures.prefecture",
        "read group juki-deliver-prefecture",
        "write topic juki.dead.prefecture",
        "read topic juki.erasures",
    }


def test_the_router_has_one_transactional_id_per_possible_slot() -> None:
    ids = {acl.name for acl in WANTED.acls if acl.resource == "transactional-id"}
    assert ids == {"juki-router-0", "juki-router-1"}


def test_nobody_but_the_router_and_replay_reads_changes() -> None:
    readers = {acl.principal for acl in WANTED.acls if (acl.name, acl.operation) == ("juki.changes", "read")}
    assert readers == {"router", "replay"}


def test_replay_may_read_changes_and_add_to_the_ledger_and_nothing_else() -> None:
    assert rights("replay") == {"read topic juki.changes", "write topic juki.ledger", "read topic juki.erasures"}


def test_the_journal_of_destroyed_keys_has_one_writer_and_everybody_who_opens_or_seals_reads_it() -> None:
    rights = [(one.operation, one.principal) for one in WANTED.acls if one.name == "juki.erasures"]
    may = {word: {who for operation, who in rights if operation == word} for word in ("read", "write")}
    delivering = {acl.principal for acl in WANTED.acls if acl.principal.startswith("deliver-")}
    assert may["write"] == {"eraser"}
    assert may["read"] == {"relay", "router", "replay", "desk", "eraser"} | delivering


def test_only_the_contracts_own_reader_reads_its_disclosures() -> None:
    reading = [acl for acl in WANTED.acls if ".disclosures." in acl.name and acl.operation == "read"]
    readers = {acl.name.removeprefix("juki.disclosures."): acl.principal for acl in reading}
    by_themselves = {"child-policy", "elderly-care"}
    assert readers == {
        name: f"{'subscriber' if name in by_themselves else 'deliver'}-{name}" for name in BOOK.contracts
    }
    assert len(reading) == len(BOOK.contracts) == 16


@pytest.mark.parametrize(("topic", "days"), [
    ("juki.changes", 7), ("juki.disclosures.prefecture", 7), ("juki.ledger", None), ("juki.quarantine", None),
    ("juki.dead.prefecture", None), ("juki.erasures", None),
])  # fmt: skip
def test_what_waits_for_a_person_is_kept_for_ever(topic: str, days: int | None) -> None:
    assert WANTED.topics[topic].config["retention.ms"] == ("-1" if days is None else str(days * 86_400_000))


@pytest.mark.trap("A24", "K6")
def test_no_topic_is_compacted_or_compressed() -> None:
    kinds = {(t.config["cleanup.policy"], t.config["compression.type"]) for t in WANTED.topics.values()}
    assert kinds == {("delete", "uncompressed")}


@pytest.mark.trap("K4")
def test_three_replicas_want_two_in_sync() -> None:
    on_a_cluster = wanted(BOOK, read({"HUB_REPLICATION": "3"}))
    assert {topic.config["min.insync.replicas"] for topic in on_a_cluster.topics.values()} == {"2"}


def test_nothing_is_to_be_done_where_everything_is_there() -> None:
    assert plan(WANTED, WANTED, "juki") == Plan()


def test_an_empty_broker_is_given_everything() -> None:
    made = plan(WANTED, NOTHING, "juki")
    assert (len(made.create_topics), len(made.add_acls)) == (len(WANTED.topics), len(WANTED.acls))


def test_what_others_have_on_the_broker_is_not_ours() -> None:
    assert plan(WANTED, State(WANTED.topics, WANTED.principals, WANTED.acls | OTHER.acls), "juki") == Plan()


@pytest.mark.trap("K5")
def test_a_contract_that_ended_loses_its_rights_and_its_password() -> None:
    made = plan(without("child-policy"), WANTED, "juki")
    assert {acl.principal for acl in made.remove_acls} == {"subscriber-child-policy", "router", "watch"}
    assert made.remove_principals == ("subscriber-child-policy",)


@pytest.mark.threat("S4")
@pytest.mark.trap("K5")
@pytest.mark.parametrize(("at", "is_over"), [("2026-09-30T14:59:59", False), ("2026-09-30T15:00:00", True)])
def test_from_the_day_after_its_last_one_in_japan_a_contracts_own_reader_is_wanted_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str, is_over: bool
) -> None:
    for name in ("child-policy", "prefecture"):
        text = (SUBSCRIBERS / f"{name}.toml").read_text(encoding="utf-8")
        ends = text.replace("in_force = { from = 2026-04-01 }", "in_force = { from = 2026-04-01, until = 2026-09-30 }")
        (tmp_path / f"{name}.toml").write_text(ends, encoding="utf-8")
    monkeypatch.setattr(typed, "now", lambda: datetime.fromisoformat(f"{at}+00:00"))
    state = asyncio.run(typed._wanted(read({"HUB_CONTRACTS": str(tmp_path)})))
    assert ("subscriber-child-policy" not in state.principals) is is_over
    assert ("subscriber-child-policy" not in {acl.principal for acl in state.acls}) is is_over
    assert {"deliver-prefecture", "router", "watch"} <= state.principals.keys(), "what is ours goes on"
    assert {"juki.disclosures.child-policy", "juki.disclosures.prefecture"} <= state.topics.keys()


def test_the_topic_of_a_contract_that_ended_is_reported_and_kept() -> None:
    assert plan(without("child-policy"), WANTED, "juki").unnamed_topics == ("juki.disclosures.child-policy",)


def test_a_principal_that_another_prefix_still_names_keeps_its_password() -> None:
    elsewhere = Acl("subscriber-child-policy", "read", "topic", "other.disclosures.child-policy")
    have = State(WANTED.topics, WANTED.principals, WANTED.acls | {elsewhere})
    assert plan(without("child-policy"), have, "juki").remove_principals == ()


def test_a_principal_whose_password_is_lost_gets_another_one() -> None:
    have = State(WANTED.topics, dict(WANTED.principals) | {"relay": False}, WANTED.acls)
    assert plan(WANTED, have, "juki").create_principals == ("relay",)


@pytest.mark.trap("A24")
def test_a_changed_setting_of_a_topic_is_set_back_alone() -> None:
    there = WANTED.topics["juki.ledger"]
    changed = replace(there, config=dict(there.config) | {"retention.ms": "1"})
    have = State(dict(WANTED.topics) | {"juki.ledger": changed}, WANTED.principals, WANTED.acls)
    assert [dict(topic.config) for topic in plan(WANTED, have, "juki").change_topics] == [{"retention.ms": "-1"}]


@pytest.mark.trap("A19")
def test_another_partition_count_is_refused() -> None:
    there = replace(WANTED.topics["juki.ledger"], partitions=3)
    have = State(dict(WANTED.topics) | {"juki.ledger": there}, WANTED.principals, WANTED.acls)
    with pytest.raises(JukiError, match=r"juki\.ledger: partition-count-differs"):
        plan(WANTED, have, "juki").check()


def test_a_grant_to_more_than_a_name_is_shown_to_a_person() -> None:
    wide = Acl("stranger", "read", "topic", "*", wider=True)
    made = plan(WANTED, State(WANTED.topics, WANTED.principals, WANTED.acls | {wide}), "juki")
    assert (made.wider_acls, made.remove_acls) == ((wide,), ())


@pytest.mark.parametrize(("name", "expected"), [
    ("juki.changes", True), ("juki.dead.tax", True), ("juki-router", True), ("juki-router-11", True),
    ("juki-deliver-tax", True), ("juki.test.changes", False), ("jukichanges", False), ("juki-other", False),
])  # fmt: skip
def test_only_names_of_our_own_form_are_ours(name: str, expected: bool) -> None:
    assert ours("juki", name) is expected
