"""Every metric of the hub, declared in one place. Labels: contract, outcome, reason, code; never an id or a value.

Every combination exists from the start (`prepare`), because an alert cannot see a counter that was never counted.
Timestamps of "the oldest" are 0 where there is none: write `time() - (x > 0)` in a rule.
"""

from collections.abc import Iterable
from typing import get_args

from prometheus_client import REGISTRY, Counter, Gauge, Histogram

from contracts.decide import Reason

CHANGES_ROUTED = Counter("hub_changes_routed", "Changes decided for every contract")
DISCLOSURES = Counter("hub_disclosures", "Disclosures sealed and committed", ["contract"])
SILENCES = Counter("hub_silences", "Decisions not to tell", ["contract", "reason"])
SHADOW_DECISIONS = Counter("hub_shadow_decisions", "Decisions of contracts on trial", ["contract", "outcome"])
QUARANTINED = Counter("hub_quarantined_changes", "Unreadable changes, and those that wait behind them", ["code"])
PARKED = Gauge("hub_parked_residents", "Residents whose changes wait in quarantine until a person acts")
PARTITIONS_OWNED = Gauge("hub_owned_partitions", "Partitions that this router owns; over all routers every one once")
PARTITIONS_STOPPED = Gauge("hub_stopped_partitions", "Partitions that stand still until a person acts")
TRANSACTIONS = Counter("hub_transactions", "Kafka transactions by outcome", ["outcome"])
POLL_SECONDS = Histogram("hub_poll_seconds", "One poll of the router, from records to commit")

PUBLISHED = Counter("hub_changes_published", "Changes that the broker acknowledged to the relay")
PUBLISH_FAILURES = Counter("hub_publish_failures", "Batches of the relay that will be published again")
UNPUBLISHABLE = Counter("hub_unpublishable_changes", "Outbox rows that the door refuses; their resident waits")

RECEIVED = Counter("hub_disclosures_received", "Tokens taken into the inbox", ["contract"])
REPEATED = Counter("hub_disclosures_repeated", "Tokens whose disclosure was there already", ["contract"])
TOKENS_REFUSED = Counter("hub_tokens_refused", "Tokens that do not belong where they lie", ["contract", "code"])
CONTRACTS_HELD = Gauge("hub_contract_held", "1 while a contract is told nothing because its key is gone", ["contract"])
SEQ_GAPS = Counter("hub_sequence_gaps", "Places where the sequence of a partition has a hole", ["contract"])
PLAINTEXT = Counter("hub_plaintext_records", "Records that were not sealed; must stay 0")
DELIVERIES = Counter("hub_deliveries", "Hand-overs by outcome", ["contract", "outcome"])
WAITING = Gauge("hub_waiting_disclosures", "Disclosures that are not settled", ["contract"])
INBOX_FULL = Gauge("hub_inbox_full", "1 while an inbox holds as much as it may and reads no more", ["contract"])
DEAD_LETTERS = Gauge("hub_dead_letters", "Disclosures that a counterpart refused", ["contract"])
OLDEST_UNDELIVERED = Gauge(
    "hub_oldest_undelivered_timestamp_seconds", "When the oldest unsettled disclosure came; 0: none", ["contract"]
)

LEDGER_ARCHIVED = Counter("hub_ledger_records_archived", "Ledger records that are in PostgreSQL")
REUSED_IDS = Counter("hub_reused_change_ids", "Change ids that came again with other content")

API_ANSWERS = Counter("hub_api_answers", "Answers of the HTTP API by status", ["code"])

OUTCOMES = ("delivered", "deferred", "refused")


def prepare(contracts: Iterable[str]) -> None:
    """Let every combination of labels exist at 0."""
    for outcome in ("committed", "failed", "fenced"):
        TRANSACTIONS.labels(outcome)
    for contract in contracts:
        for metric in (DISCLOSURES, RECEIVED, REPEATED, SEQ_GAPS, WAITING, INBOX_FULL, DEAD_LETTERS,
                       OLDEST_UNDELIVERED):  # fmt: skip
            metric.labels(contract)
        for reason in get_args(Reason):
            SILENCES.labels(contract, reason)
        for outcome in ("told", *get_args(Reason)):
            SHADOW_DECISIONS.labels(contract, outcome)
        for outcome in OUTCOMES:
            DELIVERIES.labels(contract, outcome)


__all__ = [name for name in dir() if name.isupper()] + ["REGISTRY", "prepare"]
