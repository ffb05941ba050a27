"""Every metric of the hub, declared in one place. Labels: contract, outcome, reason, code; never an id or a value.

Every combination exists from the start (`prepare`), because an alert cannot see a counter that was never counted.
Timestamps of "the oldest" are 0 where there is none: write `time() - (x > 0)` in a rule. Every process shows every
metric and sets its own, so that rules take the maximum (gauges) or the sum (counters) over the processes.
"""

from collections.abc import Iterable
from typing import get_args

from prometheus_client import REGISTRY, Counter, Gauge, Histogram

from contracts.decide import Reason
from hub.times import Times

CHANGES_ROUTED = Counter("hub_changes_routed", "Changes decided for every contract")
DISCLOSURES = Counter("hub_disclosures", "Disclosures sealed and committed", ["contract"])
SILENCES = Counter("hub_silences", "Decisions not to tell", ["contract", "reason"])
SHADOW_DECISIONS = Counter("hub_shadow_decisions", "Decisions of contracts on trial", ["contract", "outcome"])
QUARANTINED = Counter("hub_quarantined_changes", "Unreadable changes, and those that wait behind them", ["code"])
PARKED = Gauge("hub_parked_residents", "Residents whose changes wait in quarantine until a person acts")
PARTITIONS_OWNED = Gauge("hub_owned_partitions", "Partitions that this router owns; over all routers every one once")
PARTITIONS_STOPPED = Gauge("hub_stopped_partitions", "Partitions that stand still until a person acts")
TRANSACTIONS = Counter("hub_transactions", "Kafka transactions by outcome", ["outcome"])
ROUTING_FAILS = Gauge(
    "hub_routing_fails_since_timestamp_seconds", "Since when every attempt of this router has failed; 0: none has"
)
KERNEL = Gauge("hub_kernel_native", "1 where a router cuts and seals with the native kernel, 0 where its twin does")
POLL_SECONDS = Histogram("hub_poll_seconds", "One poll of the router, from records to commit")

RECORDED_TO_TOLD = Times(
    "hub_recorded_to_told_seconds", "From the recording of a change to the commit of what was told of it",
    buckets=(0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200, 86400),
)  # fmt: skip
PARTITIONS_WANTED = Gauge("hub_wanted_partitions", "Partitions that all routers together have to own; 0: not a router")
SEALS = Counter("hub_seals", "Tokens sealed for a contract, or for the hub itself (hub:changes)", ["contract"])
KEYS_UNAVAILABLE = Counter("hub_keys_unavailable", "Times that a content key could not be had", ["contract"])

PUBLISHED = Counter("hub_changes_published", "Changes that the broker acknowledged to the relay")
PUBLISH_FAILURES = Counter("hub_publish_failures", "Batches of the relay that will be published again")
UNPUBLISHABLE = Counter("hub_unpublishable_changes", "Outbox rows that the door refuses; their resident waits")
OUTBOX = Gauge("hub_outbox_changes", "Changes in the outbox that no person has to look at")
OLDEST_OUTBOX = Gauge(
    "hub_oldest_outbox_timestamp_seconds", "When the oldest Change came into the outbox that nobody halts; 0: none"
)
HALTED = Gauge("hub_halted_residents", "Residents whose Changes stay in the outbox until a person acts")

RECEIVED = Counter("hub_disclosures_received", "Tokens taken into the inbox", ["contract"])
REPEATED = Counter("hub_disclosures_repeated", "Tokens whose disclosure was there already", ["contract"])
TOKENS_REFUSED = Counter("hub_tokens_refused", "Tokens that do not belong where they lie", ["contract", "code"])
CONTRACTS_HELD = Gauge("hub_contract_held", "1 while a contract is told nothing because its key is gone", ["contract"])
SEQ_GAPS = Counter("hub_sequence_gaps", "Places where the sequence of a partition has a hole", ["contract"])
PLAINTEXT = Counter("hub_plaintext_records", "Records that were not sealed; must stay 0")
DELIVERIES = Counter("hub_deliveries", "Hand-overs by outcome", ["contract", "outcome"])
ERASED = Counter(
    "hub_erased_disclosures", "Disclosures that were not delivered before their key was destroyed", ["contract"]
)
WAITING = Gauge("hub_waiting_disclosures", "Disclosures that are not settled", ["contract"])
INBOX_FULL = Gauge("hub_inbox_full", "1 while an inbox holds as much as it may and reads no more", ["contract"])
DEAD_LETTERS = Gauge("hub_dead_letters", "Disclosures that a counterpart refused", ["contract"])
BEHIND = Gauge("hub_waiting_behind_disclosures", "Disclosures behind a dead letter of their resident", ["contract"])
UNARRIVED = Gauge("hub_unarrived_disclosures", "Disclosures in the ledger that the inbox has not read", ["contract"])
UNRECORDED = Gauge("hub_unrecorded_disclosures", "Disclosures in the inbox that the ledger does not know", ["contract"])
OLDEST_UNDELIVERED = Gauge(
    "hub_oldest_undelivered_timestamp_seconds", "When the oldest unsettled disclosure was told; 0: none", ["contract"]
)
OLDEST_DELIVERABLE = Gauge(
    "hub_oldest_deliverable_timestamp_seconds", "The same without dead letters and what is behind them", ["contract"]
)
OLDEST_BEHIND = Gauge(
    "hub_oldest_behind_timestamp_seconds", "When the oldest was told that is behind a dead letter; 0: none",
    ["contract"],
)  # fmt: skip
OLDEST_DEAD_LETTER = Gauge(
    "hub_oldest_dead_letter_timestamp_seconds", "When the oldest dead letter was told; 0: none", ["contract"]
)
LAST_DELIVERED = Gauge(
    "hub_last_delivered_timestamp_seconds", "When this process delivered last; 0: not yet", ["contract"]
)
CONFIRMED = Counter("hub_confirmed_disclosures", "Disclosures whose effect was read back there", ["contract"])
COUNT_BEYOND = Gauge(
    "hub_count_difference", "Records by which the last count at a counterpart differs beyond what was on its way",
    ["contract"],
)  # fmt: skip
RECONCILED = Gauge("hub_reconciled_timestamp_seconds", "When a counterpart's records were last counted", ["contract"])
DELIVERY_SECONDS = Histogram(
    "hub_recorded_to_delivered_seconds", "From the recording of a change to the receipt of the counterpart",
    ["contract"], buckets=(0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200, 86400, 604800),
)  # fmt: skip
PROTECTION_SECONDS = Histogram(
    "hub_protection_seconds", "From the recording of what says that somebody is protected until it holds there",
    ["contract"], buckets=(0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200, 86400),
)  # fmt: skip
OLDEST_PROTECTION = Gauge(
    "hub_oldest_pending_protection_timestamp_seconds",
    "When the oldest change was recorded that says that somebody is protected and is not delivered; 0: none",
    ["contract"],
)  # fmt: skip

LEDGER_ARCHIVED = Counter("hub_ledger_records_archived", "Ledger records that are in PostgreSQL")
LEDGER_LEVEL = Gauge("hub_ledger_level_timestamp_seconds", "When the archive last had everything that was there")
LEDGER_HOLES = Counter("hub_ledger_holes", "Disclosures that are missing between two lines of the ledger", ["contract"])
LEDGER_SIGNED = Gauge(
    "hub_ledger_signed_timestamp_seconds",
    "When ledger and audit were last found signed, but for what came in a minute",
)
REVIEWS_OVERDUE = Gauge("hub_audit_reviews_overdue", "Weeks of the audit that should have been reviewed and signed")
FORWARDED = Counter("hub_ledger_records_forwarded", "Archived ledger records that were forwarded to the watch")
OLDEST_UNFORWARDED = Gauge(
    "hub_oldest_unforwarded_timestamp_seconds", "When the oldest line was archived that is not forwarded; 0: none"
)
REUSED_IDS = Counter("hub_reused_change_ids", "Change ids that came again with other content")

API_ANSWERS = Counter("hub_api_answers", "Answers of the HTTP API by status", ["code"])
WATCHED = Counter("hub_watched_disclosures", "Disclosures that the watch has tallied", ["contract"])
WATCH_MENDED = Counter("hub_watch_mended_disclosures", "Of those, what was fetched from the archive", ["contract"])
WATCH_REFUSED = Counter("hub_watch_refused_records", "Records for the watch that are not what the archive writes")
UNWATCHED = Gauge("hub_unwatched_disclosures", "Disclosures in the ledger that the watch has not tallied", ["contract"])
WATCH_JUDGED = Gauge("hub_watch_judged_timestamp_seconds", "When the watch last judged every contract; 0: not yet")
HOUR_TOLD = Gauge("hub_hour_disclosures", "Disclosures of the present hour", ["contract"])
HOUR_LIMIT = Gauge("hub_hour_disclosures_limit", "How many of them would still be usual", ["contract"])
UNUSUAL_VOLUME = Gauge("hub_unusual_volume", "1 while this or the last hour has more than is usual", ["contract"])
TRAFFIC_MISSING = Gauge("hub_traffic_missing", "1 while what comes regularly has not come", ["contract"])
SERVICE_BREACHED = Gauge("hub_service_level_breached", "1 while something has waited longer than allowed", ["contract"])
SERVICE_SECONDS = Gauge("hub_service_level_seconds", "How long recording to delivery may take", ["contract"])
TOLD_LATE = Counter("hub_told_late_disclosures", "Disclosures told later than their service level", ["contract"])
UNCOLLECTED = Gauge(
    "hub_uncollected_offsets", "Offsets of a topic that its subscriber has not committed; -1: cannot be known",
    ["contract"],
)  # fmt: skip
UNCOLLECTED_SINCE = Gauge(
    "hub_uncollected_since_timestamp_seconds",
    "Since when a subscriber has committed nothing although there was something; 0: no, or not known", ["contract"],
)  # fmt: skip
RECALLS_OVERDUE = Gauge("hub_recalls_overdue", "Recalls whose subscriber has not confirmed within its term")
RETENTION_OVERDUE = Gauge(
    "hub_retention_overdue", "Keys and rows that a rule alone should have ended yesterday, while no daily run is made"
)
PROTECTIONS_OVER = Gauge("hub_protections_over", "Protected people whose measure has run out and wants a decision")

_BY_CONTRACT: tuple[Counter | Gauge | Histogram, ...] = (
    DISCLOSURES, SEALS, KEYS_UNAVAILABLE, RECEIVED, REPEATED, SEQ_GAPS, ERASED, WAITING, INBOX_FULL, DEAD_LETTERS,
    BEHIND, UNARRIVED, UNRECORDED, OLDEST_UNDELIVERED, OLDEST_DELIVERABLE, OLDEST_BEHIND, OLDEST_DEAD_LETTER,
    LAST_DELIVERED, DELIVERY_SECONDS, PROTECTION_SECONDS, OLDEST_PROTECTION, LEDGER_HOLES, WATCHED, WATCH_MENDED,
    UNWATCHED, HOUR_TOLD, HOUR_LIMIT, UNUSUAL_VOLUME, TRAFFIC_MISSING, SERVICE_BREACHED, SERVICE_SECONDS, TOLD_LATE,
    UNCOLLECTED, UNCOLLECTED_SINCE, CONFIRMED, COUNT_BEYOND, RECONCILED, CONTRACTS_HELD,
)  # fmt: skip
"""Those that have the contract for their only label."""

OUTCOMES = ("delivered", "deferred", "refused")


def prepare(contracts: Iterable[str]) -> None:
    """Let every combination of labels exist at 0."""
    for outcome in ("committed", "failed", "fenced"):
        TRANSACTIONS.labels(outcome)
    for owner in ("hub:changes", "hub:ledger"):  # of keys that are the hub's own
        SEALS.labels(owner)
        KEYS_UNAVAILABLE.labels(owner)
    for contract in contracts:
        for metric in _BY_CONTRACT:
            metric.labels(contract)
        for reason in get_args(Reason):
            SILENCES.labels(contract, reason)
        for outcome in ("told", *get_args(Reason)):
            SHADOW_DECISIONS.labels(contract, outcome)
        for outcome in OUTCOMES:
            DELIVERIES.labels(contract, outcome)


__all__ = [name for name in dir() if name.isupper()] + ["REGISTRY", "prepare"]
