"""When each alert fires, and when it does not: series in promtool's notation, and the minute of the look.

`x` in a series repeats per minute: "0+0x60" is zero for an hour. The clock of promtool begins at 0, so a timestamp of
60 is one minute after the beginning. Counters begin at 0, as those of the hub do (test_alerts.py demands it). `fires`:
labels of the alert that must be there, None where none may be.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

ONE = '{contract="tax", process="deliver-tax"}'
OTHER = '{contract="welfare", process="deliver-welfare"}'
FLAT = "0+0x120"


@dataclass(frozen=True, slots=True)
class Case:
    """One situation. `at`: minutes after the beginning."""

    alert: str
    series: Mapping[str, str]
    at: int
    fires: Mapping[str, str] | None = field(default=None)


def gauge(name: str, value: float | str, labels: str = ONE, minutes: int = 120) -> dict[str, str]:
    """A series that always has this value, or runs as it is written."""
    return {name + labels: value if isinstance(value, str) else f"{value}+0x{minutes}"}


def once(name: str, labels: str = ONE) -> dict[str, str]:
    """A counter that is 0 for an hour and 1 from then on."""
    return {name + labels: "0+0x60 1+0x60"}


def _aged(alert: str, metric: str, bound_minutes: int, labels: str = ONE) -> list[Case]:
    """An age: fires late, not early, not for 0, and for the one contract alone."""
    named = {"contract": "tax"} if labels == ONE else {}
    other, longer = gauge(metric, 0, OTHER) if named else {}, bound_minutes + 20
    return [
        Case(alert, gauge(metric, 60, labels, longer) | other, bound_minutes + 15, named),
        Case(alert, gauge(metric, 60, labels, longer), bound_minutes - 1),
        Case(alert, gauge(metric, 0, labels), bound_minutes + 15),
    ]


def _flagged(alert: str, metric: str, value: float = 1) -> list[Case]:
    return [
        Case(alert, gauge(metric, value) | gauge(metric, 0, OTHER), 30, {"contract": "tax"}),
        Case(alert, gauge(metric, 0), 30),
    ]


def _counted(alert: str, metric: str, labels: str = ONE, **named: str) -> list[Case]:
    """A counter: fires after it has moved, not before, and not for ever."""
    return [
        Case(alert, once(metric, labels), 75, named),
        Case(alert, once(metric, labels), 59),
        Case(alert, {metric + labels: "0+0x10 1+0x170"}, 110),
    ]


def _buckets(metric: str, fast: str, slow: str) -> dict[str, str]:
    return {f'{metric}_bucket{{contract="tax", le="{le}"}}': rate
            for le, rate in (("60", fast), ("300", slow), ("+Inf", slow))}  # fmt: skip


DOWN = '{job="juki-hub", process="router-0"}'
HELD = '{process="router-0"}'

CASES: Final[list[Case]] = [
    *_aged("DeliveryStalled", "hub_oldest_deliverable_timestamp_seconds", 16),
    Case("DeliverySlow", _buckets("hub_recorded_to_delivered_seconds", "0+0x60", "0+60x60"), 40, {"contract": "tax"}),
    Case("DeliverySlow", _buckets("hub_recorded_to_delivered_seconds", "0+60x60", "0+60x60"), 40),
    Case("DeliverySlow", _buckets("hub_recorded_to_delivered_seconds", FLAT, FLAT), 40),
    *_flagged("DeadLettersPresent", "hub_dead_letters", 3),
    *_aged("ResidentWaitsTooLong", "hub_oldest_behind_timestamp_seconds", 242),
    Case("ResidentWaitsTooLong", gauge("hub_oldest_dead_letter_timestamp_seconds", "60+0x2000"), 1460,
         {"contract": "tax"}),
    Case("ResidentWaitsTooLong", gauge("hub_oldest_dead_letter_timestamp_seconds", "60+0x2000"), 1300),
    *_flagged("InboxFull", "hub_inbox_full"),
    *_aged("ProtectionSlow", "hub_oldest_pending_protection_timestamp_seconds", 2),
    *_aged("SubscriberStandsStill", "hub_uncollected_since_timestamp_seconds", 1562),
    *_flagged("CountDiffers", "hub_count_difference", 2),
    *_aged("NotCounted", "hub_reconciled_timestamp_seconds", 1682),
    *_counted("SeqGap", "hub_sequence_gaps_total", contract="tax"),
    *_aged("LedgerBehind", "hub_ledger_level_timestamp_seconds", 3, '{process="ledger"}'),
    *_aged("CheckpointStale", "hub_ledger_signed_timestamp_seconds", 12, '{process="ledger"}'),
    Case("AuditReviewOverdue", gauge("hub_audit_reviews_overdue", 1, '{process="ledger"}'), 30, {}),
    Case("AuditReviewOverdue", gauge("hub_audit_reviews_overdue", 0, '{process="ledger"}'), 30),
    *_counted("LedgerUnbalanced", "hub_ledger_holes_total", contract="tax"),
    *_flagged("LedgerUnbalanced", "hub_unrecorded_disclosures"),
    *_counted("PlaintextRecord", "hub_plaintext_records_total", '{process="deliver-tax"}'),
    *_counted("TokenRefused", "hub_tokens_refused_total", '{contract="tax", code="moved-token"}', contract="tax",
              code="moved-token"),
    *_counted("ReusedChangeId", "hub_reused_change_ids_total", '{process="ledger"}'),
    Case("KeyUnavailable", gauge("hub_keys_unavailable_total", "0+3x120"), 30, {"contract": "tax"}),
    Case("KeyUnavailable", gauge("hub_keys_unavailable_total", 7), 30),
    *_flagged("ContractHeld", "hub_contract_held"),
    Case("SealsPerKey", gauge("hub_seals_total", "0+1000000x1600"), 1500, {"contract": "tax"}),
    Case("SealsPerKey", gauge("hub_seals_total", "0+100000x1600"), 1500),
    Case("RecallOverdue", gauge("hub_recalls_overdue", 2, '{process="watch"}')
         | gauge("hub_recalls_overdue", 0, '{process="ledger"}'), 10, {}),
    Case("RecallOverdue", gauge("hub_recalls_overdue", 1, '{process="watch"}'), 4),
    Case("RecallOverdue", gauge("hub_recalls_overdue", 0, '{process="watch"}'), 10),
    Case("RetentionOverdue", gauge("hub_retention_overdue", 3, '{process="watch"}')
         | gauge("hub_retention_overdue", 0, '{process="ledger"}'), 20, {}),
    Case("RetentionOverdue", gauge("hub_retention_overdue", 3, '{process="watch"}'), 14),
    Case("RetentionOverdue", gauge("hub_retention_overdue", 0, '{process="watch"}'), 20),
    Case("RouterGone", gauge("up", 0, DOWN), 10, {}),
    Case("RouterGone", {}, 10, {}),
    Case("RouterGone", gauge("up", 1, DOWN), 10),
    Case("PartitionsUnowned", gauge("hub_wanted_partitions", 8, HELD) | gauge("hub_owned_partitions", 6, HELD), 10, {}),
    Case("PartitionsUnowned", gauge("hub_wanted_partitions", 8, HELD) | gauge("hub_owned_partitions", 5, HELD)
         | gauge("hub_owned_partitions", 3, '{process="router-1"}'), 10),
    Case("PartitionStopped", gauge("hub_stopped_partitions", 1, HELD), 10, {"process": "router-0"}),
    Case("PartitionStopped", gauge("hub_stopped_partitions", 0, HELD), 10),
    Case("ParkedResident", gauge("hub_parked_residents", 1, HELD), 10, {}),
    Case("ParkedResident", gauge("hub_parked_residents", 0, HELD), 10),
    Case("TransactionsFail", gauge("hub_transactions_total", "0+1x120", '{outcome="failed"}'), 30, {}),
    Case("TransactionsFail", gauge("hub_transactions_total", "0+1x120", '{outcome="committed"}'), 30),
    Case("TransactionsFail", gauge("hub_transactions_total", 4, '{outcome="failed"}'), 30),
    *_aged("OutboxStalled", "hub_oldest_outbox_timestamp_seconds", 3, '{process="relay"}'),
    Case("ResidentHalted", gauge("hub_halted_residents", 1, '{process="relay"}'), 10, {}),
    Case("ResidentHalted", gauge("hub_halted_residents", 0, '{process="relay"}'), 10),
    Case("ProtectionsOver", gauge("hub_protections_over", 2, '{process="relay"}'), 70, {}),
    Case("ProtectionsOver", gauge("hub_protections_over", 2, '{process="relay"}'), 50),
    Case("ProtectionsOver", gauge("hub_protections_over", 0, '{process="relay"}'), 70),
    *_flagged("UnusualVolume", "hub_unusual_volume"),
    *_flagged("TrafficMissing", "hub_traffic_missing"),
    *_flagged("ServiceLevelBreached", "hub_service_level_breached"),
    *_flagged("WatchBehind", "hub_unwatched_disclosures", 5),
    Case("WatchBehind", gauge("hub_watch_judged_timestamp_seconds", 60, '{process="watch"}'), 30, {}),
    Case("WatchBehind", gauge("hub_watch_judged_timestamp_seconds", 0, '{process="relay"}'), 30),
    Case("ProcessDown", gauge("up", "1+0x10 0+0x60", DOWN), 30, {"process": "router-0"}),
    Case("ProcessDown", gauge("up", 1, DOWN), 30),
    Case("Watchdog", {}, 1, {}),
]  # fmt: skip
