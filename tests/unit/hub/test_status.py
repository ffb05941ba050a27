"""`jukihub status` judges facts: nothing wrong is one line, and each wrong thing has its own command."""

import socket
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml

from contracts import book
from hub.config import read
from hub.recall.owed import Owed
from hub.standing import Standing
from hub.status import Facts, Kept, contracts, figures, gather
from hub.troubles import troubles, verdict
from tests.monitoring.commands import not_to_be_typed
from tests.monitoring.promtool import PROMETHEUS

NOW = datetime(2026, 4, 8, 3, 0, tzinfo=UTC)
BOOK = book.load()
NAMES = ("kafka", "postgres", "relay", "router-0", "ledger", "watch", "deliver")
ROWS = tuple({"name": name, "state": "running", "pid": 1, "port": 1} for name in NAMES)
NOTHING = Standing("prefecture", 0, 0, 0, None, None, None, None, None)
FRESH = {("hub_ledger_level_timestamp_seconds", ""): NOW.timestamp() - 1}
WAYS = {name: contract.via for name, contract in BOOK.contracts.items()}
WELL = Facts(NOW, ROWS, {"ledger": FRESH}, Kept((NOTHING,)), Path("/var/log/hub"), WAYS)


def state(name: str, said: str) -> tuple[dict[str, Any], ...]:
    return tuple(row | {"state": said} if row["name"] == name else row for row in ROWS)


def shown(process: str, metric: str, value: float) -> dict[str, Any]:
    return {"figures": {"ledger": FRESH, process: {(metric, ""): value}}}


def stands(**changed: Any) -> dict[str, Any]:
    return {"kept": Kept((replace(NOTHING, **changed),))}


def breached(contract: str, code: str) -> dict[str, Any]:
    return {"kept": Kept((NOTHING,), {}, ((contract, code),))}


def of_contract(metric: str, contract: str, value: float) -> dict[str, Any]:
    return {"figures": {"ledger": FRESH, "deliver": {(metric, contract): value}, "watch": {(metric, contract): 0.0}}}


HOUR_AGO = NOW - timedelta(hours=1)
DESTROYED = (
    'psql "$HUB_DATABASE" -c '
    "\"SELECT kid, act, destroyed_at FROM hub.erased_keys WHERE kid LIKE 'prefecture.%' ORDER BY kid DESC LIMIT 5\""
)
TOLD = (
    'psql "$HUB_DATABASE" -c '
    "\"SELECT partition, max(seq), count(*) FROM hub.told WHERE contract = 'prefecture' GROUP BY partition\""
)
HOURS = (
    'psql "$HUB_DATABASE" -c '
    "\"SELECT hour, told FROM hub.watch_hours WHERE contract = 'prefecture' ORDER BY hour DESC LIMIT 48\""
)
LETTERS = "jukihub letters list --contract prefecture"
WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"rows": state("relay", "stopped")}, "process-down", "jukihub up"),
    ({"rows": state("relay", "unhealthy")}, "process-stalled", "tail -n 20 /var/log/hub/relay.log"),
    ({"rows": state("kafka", "unreachable")}, "broker-unavailable", "jukihub topics plan"),
    ({"kept": None}, "database-unavailable", "jukihub up"),
    (shown("ledger", "hub_ledger_level_timestamp_seconds", HOUR_AGO.timestamp()), "ledger-behind", "jukihub up"),
    (shown("ledger", "hub_ledger_signed_timestamp_seconds", HOUR_AGO.timestamp()), "ledger-unsigned",
     "tail -n 20 /var/log/hub/ledger.log"),
    (shown("ledger", "hub_audit_reviews_overdue", 2), "review-overdue", "jukihub audit review"),
    (shown("watch", "hub_retention_overdue", 3), "retention-due", "jukihub erase due"),
    (shown("relay", "hub_oldest_outbox_timestamp_seconds", HOUR_AGO.timestamp()), "outbox-stalled",
     "tail -n 20 /var/log/hub/relay.log"),
    (shown("router-0", "hub_stopped_partitions", 1), "partition-stopped",
     "jukihub partitions pass --partition <p> --offset <o> --reason <why>"),
    (shown("router-0", "hub_parked_residents", 2), "resident-parked", "jukihub quarantine list"),
    (shown("relay", "hub_halted_residents", 1), "resident-halted", "jukihub halted list"),
    (stands(oldest_due=HOUR_AGO), "delivery-stalled", "tail -n 20 /var/log/hub/deliver.log"),
    (stands(dead=2, behind=1), "dead-letters", LETTERS),
    (stands(oldest_due=HOUR_AGO, contract="welfare"), "delivery-stalled", "tail -n 20 /var/log/hub/pull.log"),
    (stands(oldest_due=HOUR_AGO, contract="tax"), "delivery-stalled", "jukihub files write --contract tax"),
    ({"kept": Kept((NOTHING,), {"prefecture": 1})}, "sequence-gap",
     """psql "$HUB_DATABASE" -c 'SELECT * FROM inbox.gaps ORDER BY noticed_at DESC LIMIT 20'"""),
    (breached("prefecture", "unusual-volume"), "unusual-volume", HOURS),
    (breached("prefecture", "traffic-missing"), "traffic-missing", HOURS),
    (breached("prefecture", "service-level"), "service-level", "tail -n 20 /var/log/hub/deliver.log"),
    (breached("welfare", "service-level"), "service-level", "tail -n 20 /var/log/hub/pull.log"),
    (of_contract("hub_count_difference", "convenience-store", 2), "count-differs",
     "jukihub reconcile --contract convenience-store"),
    (of_contract("hub_reconciled_timestamp_seconds", "convenience-store", (NOW - timedelta(hours=29)).timestamp()),
     "not-counted", "jukihub reconcile --contract convenience-store"),
    (of_contract("hub_inbox_full", "prefecture", 1), "inbox-full", "tail -n 20 /var/log/hub/deliver.log"),
    (of_contract("hub_inbox_full", "tax", 1), "inbox-full", "jukihub files write --contract tax"),
    (of_contract("hub_contract_held", "prefecture", 1), "contract-held", DESTROYED),
    (of_contract("hub_uncollected_since_timestamp_seconds", "child-policy", (NOW - timedelta(hours=27)).timestamp()),
     "not-read", "jukihub topics plan"),
    ({"figures": {"ledger": FRESH, "router-0": {("hub_wanted_partitions", ""): 8.0, ("hub_owned_partitions", ""): 3.0},
                  "router-1": {("hub_wanted_partitions", ""): 8.0, ("hub_owned_partitions", ""): 4.0}}},
     "partitions-unowned", "jukihub up"),
    ({"kept": Kept((NOTHING,), protections={"prefecture": HOUR_AGO})}, "protection-waits", LETTERS),
    ({"kept": Kept((NOTHING,), protections={"tax": HOUR_AGO})}, "protection-waits",
     "jukihub files write --contract tax"),
    ({"kept": Kept((NOTHING,), ahead={"prefecture": 3})}, "ledger-unbalanced", TOLD),
    (shown("router-0", "hub_routing_fails_since_timestamp_seconds", HOUR_AGO.timestamp()), "routing-fails",
     "tail -n 20 /var/log/hub/router-0.log"),
    ({"kept": Kept((NOTHING,), owed=(Owed("recall-missing", "tax"),))}, "recall-missing",
     "jukihub recall plan tax --to <section> --reason <why>"),
    ({"kept": Kept((NOTHING,), owed=(Owed("recall-not-run", "tax", UUID(int=7)),))}, "recall-not-run",
     f"jukihub recall run {UUID(int=7)}"),
    ({"kept": Kept((NOTHING,), owed=(Owed("recall-overdue", "tax", UUID(int=7)),))}, "recall-overdue",
     f"jukihub recall show {UUID(int=7)}"),
    ({"kept": Kept((NOTHING,), unwatched=HOUR_AGO)}, "watch-behind", "tail -n 20 /var/log/hub/watch.log"),
    (shown("watch", "hub_watch_judged_timestamp_seconds", HOUR_AGO.timestamp()), "watch-behind",
     "tail -n 20 /var/log/hub/watch.log"),
]  # fmt: skip


def test_where_nothing_is_wrong_all_is_well() -> None:
    assert (troubles(WELL), verdict([])) == ([], "異常なし / All is well")


@pytest.mark.parametrize(("changed", "code", "command"), WRONG)
def test_each_wrong_thing_is_named_alone_with_the_command_to_type(
    changed: dict[str, Any], code: str, command: str
) -> None:
    assert [(each.code, each.command) for each in troubles(replace(WELL, **changed))] == [(code, command)]


def test_a_command_of_ours_does_something_and_leads_back_to_nothing_that_was_typed_before() -> None:
    typed = {command for _, _, command in WRONG if command.startswith("jukihub")}
    assert [wrong for each in typed if (wrong := not_to_be_typed(each)) is not None] == []
    assert [command for _, _, command in WRONG if "jukihub status" in command] == []


def test_a_contract_with_a_process_of_its_own_has_a_log_of_its_own() -> None:
    rows = (*ROWS, {"name": "deliver-prefecture", "state": "running", "pid": 1, "port": 1})
    (found,) = troubles(replace(WELL, rows=rows, **stands(oldest_due=HOUR_AGO)))
    assert found.command == "tail -n 20 /var/log/hub/deliver-prefecture.log"


@pytest.mark.parametrize("changed", [
    stands(oldest_due=NOW - timedelta(minutes=14)), stands(waiting=9, oldest=HOUR_AGO, oldest_behind=HOUR_AGO),
    shown("relay", "hub_oldest_outbox_timestamp_seconds", 0), shown("relay", "hub_ledger_level_timestamp_seconds", 5),
    {"rows": state("kafka", "elsewhere")}, {"kept": Kept((NOTHING,), unwatched=NOW - timedelta(minutes=14))},
    {"kept": Kept((NOTHING,), protections={"prefecture": NOW - timedelta(seconds=59)})},
    of_contract("hub_reconciled_timestamp_seconds", "convenience-store", (NOW - timedelta(hours=27)).timestamp()),
    of_contract("hub_uncollected_since_timestamp_seconds", "child-policy", HOUR_AGO.timestamp()),
    shown("router-0", "hub_routing_fails_since_timestamp_seconds", NOW.timestamp() - 119),
    {"figures": {"ledger": FRESH, "router-0": {("hub_wanted_partitions", ""): 8.0, ("hub_owned_partitions", ""): 8.0}}},
])  # fmt: skip
def test_what_is_usual_is_no_trouble(changed: dict[str, Any]) -> None:
    assert troubles(replace(WELL, **changed)) == []


PAGES: dict[str, str] = {
    "DeliveryStalled": "delivery-stalled", "ResidentWaitsTooLong": "dead-letters", "InboxFull": "inbox-full",
    "ProtectionSlow": "protection-waits", "SeqGap": "sequence-gap", "LedgerBehind": "ledger-behind",
    "LedgerUnbalanced": "ledger-unbalanced", "ContractHeld": "contract-held", "PartitionsUnowned": "partitions-unowned",
    "PartitionStopped": "partition-stopped", "OutboxStalled": "outbox-stalled", "UnusualVolume": "unusual-volume",
    "ServiceLevelBreached": "service-level", "ProcessDown": "process-down", "RouterGone": "process-down",
    "CheckpointStale": "ledger-unsigned", "PlaintextRecord": "dead-letters", "TransactionsFail": "routing-fails",
    "TokenRefused": "dead-letters",
}  # fmt: skip
"""What wakes somebody, and the trouble in which status shows that it is there."""

NO_PRESENT = {
    "ReusedChangeId": "It has happened, and both were told. To find it anew, every line of the ledger would be read.",
    "KeyUnavailable": "It counts refusals. What lasts is seen in what it stops: outbox, routing, delivery.",
    "SealsPerKey": "How many within a day: no single look has that.",
}
"""What wakes somebody and is nothing that one look can see, and why."""


def test_what_wakes_somebody_is_seen_by_status_too_or_there_is_a_reason_why_not() -> None:
    read = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text(encoding="utf-8"))
    rules = [rule for group in read["groups"] for rule in group["rules"]]
    assert {rule["alert"] for rule in rules if rule["labels"]["severity"] == "page"} == {*PAGES, *NO_PRESENT}
    assert set(PAGES.values()) - {code for _, code, _ in WRONG} == set()


def test_where_nothing_runs_one_command_is_said_and_not_one_for_each() -> None:
    rows = tuple(row | {"state": "stopped"} for row in ROWS)
    found = troubles(Facts(NOW, rows, {}, None))
    assert [(each.code, each.command) for each in found] == [("nothing-runs", "jukihub up")]


def test_several_of_one_kind_are_one_trouble_with_one_command() -> None:
    rows = tuple(row | {"state": "unhealthy" if row["name"] in ("relay", "watch") else "running"} for row in ROWS)
    found = troubles(replace(WELL, rows=rows))
    assert [(each.place, each.command) for each in found] == [
        ("relay, watch", "tail -n 20 /var/log/hub/relay.log /var/log/hub/watch.log")
    ]


def test_the_verdict_counts_and_says_where_to_begin() -> None:
    found = troubles(replace(WELL, kept=None, rows=state("relay", "stopped")))
    assert verdict(found) == "異常 2 件 / 2 trouble(s): begin with the first"


def test_metrics_are_read_as_processes_show_them() -> None:
    text = '# HELP x\nhub_dead_letters{contract="tax"} 3.0\nhub_owned_partitions 8.0\nhub_silences{reason="x"} 1.0\n'
    assert figures(text) == {("hub_dead_letters", "tax"): 3.0, ("hub_owned_partitions", ""): 8.0}


def test_what_cannot_be_known_of_a_contract_is_not_said() -> None:
    rows = {row["contract"]: row for row in contracts(WELL, BOOK)}
    assert rows["prefecture"]["waiting"] == 0
    assert (rows["child-policy"]["waiting"], rows["child-policy"]["offsets_behind"]) == (None, None)


def test_a_lag_is_that_of_the_oldest_wherever_it_waits() -> None:
    (row,) = [row for row in contracts(replace(WELL, **stands(oldest=HOUR_AGO, unarrived=4, waiting=2)), BOOK)
              if row["contract"] == "prefecture"]  # fmt: skip
    assert (row["lag_seconds"], row["waiting"]) == (3600.0, 6)


def test_a_process_and_a_database_that_never_answer_hold_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.status.METRICS_SECONDS", 0.2)
    monkeypatch.setattr("hub.status.DATABASE_SECONDS", 0.4)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        here = read({"HUB_DATABASE": f"postgresql://hub@127.0.0.1:{port}/hub"})
        begun = time.monotonic()
        rows = [{"name": "relay", "state": "unhealthy", "pid": 1, "port": port}]
        facts = gather(here, BOOK, rows, NOW)
        assert (facts.kept, facts.figures, time.monotonic() - begun < 10) == (None, {"relay": {}}, True)
