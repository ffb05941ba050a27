"""The Grafana dashboards, as code: `python infra/grafana/dashboards.py` writes overview.json and contract.json anew.

Plain data, without a library: the SDK's releases are numbered by the moment of their building, so that an installer
takes whichever was built last instead of the newest; and what is used here are two shapes of panel. Everything selects
by label: a new contract changes no dashboard. Times are seconds since something, where nothing waits there is no line.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

HERE = Path(__file__).resolve().parent
SOURCE = {"type": "prometheus", "uid": "${source}"}
SCHEMA = 39
WIDTH, HEIGHT = 8, 7  # three panels in a row of 24
_CHOSEN = '{contract=~"$contract"}'


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel: expressions with their legends, and a unit of Grafana's."""

    title: str
    lines: tuple[tuple[str, str], ...]
    unit: str = "short"
    kind: str = "timeseries"


def _one(
    title: str, expression: str, legend: str = "{{contract}}", unit: str = "short", kind: str = "timeseries"
) -> Panel:
    return Panel(title, ((expression, legend),), unit, kind)


def _quantile(share: float, buckets: str, over: str) -> str:
    return f"histogram_quantile({share}, sum by (contract, le) (rate({buckets}{_CHOSEN}[{over}])))"


OVERVIEW: Final = (
    _one("鳴っている警報 / Alerts that fire",
         'sum(ALERTS{alertstate="firing", severity!="none"}) or vector(0)', "", kind="stat"),
    _one("動いているプロセス / Processes up", 'sum(up{job="juki-hub"})', "", kind="stat"),
    _one("担当のない区画 / Partitions without a router",
         "max(hub_wanted_partitions) - sum(hub_owned_partitions)", "", kind="stat"),
    Panel("異動の流れ / Changes per second", (
        ("sum(rate(hub_changes_published_total[$__rate_interval]))", "送出 published"),
        ("sum(rate(hub_changes_routed_total[$__rate_interval]))", "判断 decided"),
    ), "cps"),
    _one("提供 / Disclosures per second",
         "sum by (contract) (rate(hub_disclosures_total[$__rate_interval]))", unit="cps"),
    _one("記録から送出まで p99 / Recorded to told, p99", "hub:recorded_to_told:p99_10m", "p99", "s"),
    _one("最古の未提供 / Oldest undelivered", "contract:hub_oldest_undelivered:seconds", unit="s"),
    _one("配達不能 / Dead letters", "max by (contract) (hub_dead_letters)"),
    _one("届いていない支援措置 / Protections on their way", "contract:hub_pending_protection:seconds", unit="s"),
    Panel("待ち / Waiting", (
        ("hub:outbox:seconds", "送信箱 outbox"), ("hub:ledger_behind:seconds", "台帳の保管 archive"),
    ), "s"),
    Panel("人を待つもの / Waiting for a person", (
        ("sum(hub_parked_residents)", "隔離 parked"), ("sum(hub_stopped_partitions)", "停止区画 stopped partitions"),
        ("max(hub_halted_residents)", "送信箱で停止 halted"),
        ("sum(max by (contract) (hub_contract_held))", "鍵のない契約 contracts held"),
        ("max(hub_audit_reviews_overdue)", "署名のない週次点検 reviews of the audit"),
        ("max(hub_recalls_overdue)", "期限を過ぎた利用停止 recalls overdue"),
        ("max(hub_retention_overdue)", "保存期間を過ぎて残るもの retention overdue"),
    )),
    Panel("あってはならないもの / What must stay 0", (
        ("sum(hub_plaintext_records_total)", "平文 plaintext"), ("sum(hub_sequence_gaps_total)", "欠番 gaps"),
        ("sum(hub_ledger_holes_total)", "台帳の欠番 ledger holes"),
        ("sum(hub_tokens_refused_total)", "拒否 tokens refused"),
        ("sum(hub_reused_change_ids_total)", "ID再使用 reused ids"),
    )),
    _one("この1時間の件数 / Disclosures of this hour", "max by (contract) (hub_hour_disclosures)"),
    _one("通常の上限に対する割合 / Share of what is usual",
         "max by (contract) (hub_hour_disclosures) / max by (contract) (hub_hour_disclosures_limit)",
         unit="percentunit"),
    _one("トランザクション / Transactions",
         "sum by (outcome) (rate(hub_transactions_total[$__rate_interval]))", "{{outcome}}", "cps"),
)  # fmt: skip

CONTRACT: Final = (
    _one("未提供の経過 / Age of the oldest undelivered", f"contract:hub_oldest_undelivered:seconds{_CHOSEN}", unit="s"),
    Panel("内訳 / Of these", (
        (f"contract:hub_oldest_deliverable:seconds{_CHOSEN}", "{{contract}} 提供可能 deliverable"),
        (f"contract:hub_oldest_behind:seconds{_CHOSEN}", "{{contract}} 後ろで待つ behind a letter"),
        (f"contract:hub_oldest_dead_letter:seconds{_CHOSEN}", "{{contract}} 配達不能 dead letter"),
    ), "s"),
    _one("約束の時間 / Service level",
         f"max by (contract) (hub_service_level_seconds{_CHOSEN})", unit="s", kind="stat"),
    Panel("件数 / How many", (
        (f"max by (contract) (hub_unarrived_disclosures{_CHOSEN})", "{{contract}} 未受信 not in the inbox"),
        (f"max by (contract) (hub_waiting_disclosures{_CHOSEN})", "{{contract}} 待ち waiting"),
        (f"max by (contract) (hub_waiting_behind_disclosures{_CHOSEN})", "{{contract}} うち後ろ of them behind"),
        (f"max by (contract) (hub_dead_letters{_CHOSEN})", "{{contract}} 配達不能 dead letters"),
    )),
    _one("結果 / Outcomes per second", f"contract:hub_deliveries:rate5m{_CHOSEN}", "{{contract}} {{outcome}}", "cps"),
    Panel("記録から受領まで / Recorded to receipt", (
        (f"contract:hub_recorded_to_delivered:p99_10m{_CHOSEN}", "{{contract}} p99"),
        (_quantile(0.5, "hub_recorded_to_delivered_seconds_bucket", "$__rate_interval"), "{{contract}} p50"),
    ), "s"),
    _one("支援措置が届くまで p99 / Protection until it holds, p99",
         _quantile(0.99, "hub_protection_seconds_bucket", "1h"), unit="s"),
    _one("沈黙の理由 / Silences per second",
         f"sum by (reason) (rate(hub_silences_total{_CHOSEN}[$__rate_interval]))", "{{reason}}", "cps"),
    Panel("1時間の件数と上限 / Of this hour, and what is usual", (
        (f"max by (contract) (hub_hour_disclosures{_CHOSEN})", "{{contract}}"),
        (f"max by (contract) (hub_hour_disclosures_limit{_CHOSEN})", "{{contract}} 上限 limit"),
    )),
    _one("最後の提供から / Since the last delivery",
         f"time() - (max by (contract) (hub_last_delivered_timestamp_seconds{_CHOSEN}) > 0)", unit="s"),
    _one("自ら読む提供先の遅れ / Offsets behind, subscribers that read themselves",
         f"max by (contract) (hub_uncollected_offsets{_CHOSEN}) >= 0"),
    _one("封印 / Seals per day", f"sum by (contract) (increase(hub_seals_total{_CHOSEN}[25h]))"),
)  # fmt: skip


def dashboards() -> dict[str, dict[str, Any]]:
    """Every dashboard by the name of its file."""
    chosen = _variable("contract", "query", query="label_values(hub_disclosures_total, contract)", datasource=SOURCE,
                       includeAll=True, multi=True, refresh=2, label="契約 / contract")  # fmt: skip
    return {
        "overview.json": _dashboard("juki-hub-overview", "住基ハブ 全体 / Overview", OVERVIEW, ()),
        "contract.json": _dashboard("juki-hub-contract", "住基ハブ 契約別 / By contract", CONTRACT, (chosen,)),
    }


def _dashboard(uid: str, title: str, panels: tuple[Panel, ...], more: Iterable[dict[str, Any]]) -> dict[str, Any]:
    source = _variable("source", "datasource", query="prometheus", label="Prometheus")
    return {
        "uid": uid, "title": title, "tags": ["juki-hub"], "schemaVersion": SCHEMA, "timezone": "Asia/Tokyo",
        "refresh": "30s", "time": {"from": "now-6h", "to": "now"}, "templating": {"list": [source, *more]},
        "panels": [_panel(number, panel) for number, panel in enumerate(panels)],
    }  # fmt: skip


def _variable(name: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, **more}


def _panel(number: int, panel: Panel) -> dict[str, Any]:
    place = {"x": number % 3 * WIDTH, "y": number // 3 * HEIGHT, "w": WIDTH, "h": HEIGHT}
    targets = [{"refId": chr(65 + nth), "expr": expression, "legendFormat": legend, "datasource": SOURCE}
               for nth, (expression, legend) in enumerate(panel.lines)]  # fmt: skip
    return {
        "id": number + 1, "type": panel.kind, "title": panel.title, "gridPos": place, "datasource": SOURCE,
        "targets": targets, "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
    }  # fmt: skip


def as_text(dashboard: dict[str, Any]) -> str:
    """As it is checked in."""
    return json.dumps(dashboard, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    for name, made in dashboards().items():
        (HERE / name).write_text(as_text(made), encoding="utf-8")
        print(HERE / name)
