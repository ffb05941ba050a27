"""Every alert fires when it should and not otherwise; each says in two languages what it is and what to type."""

import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY, generate_latest

from consumers.process import prepare_metrics
from tests.monitoring.alert_cases import CASES, Case
from tests.monitoring.commands import not_to_be_typed
from tests.monitoring.promtool import PROMETHEUS, names_of_metrics, needs_promtool, promtool

RULES = [PROMETHEUS / "recording.yml", PROMETHEUS / "alerts.yml"]
RUNBOOK = (PROMETHEUS / "RUNBOOK.md").read_text(encoding="utf-8")
ALWAYS = {"Watchdog"}
"""Alerts that may never be silent."""


def rules(file: Path) -> list[dict[str, Any]]:
    read = yaml.safe_load(file.read_text(encoding="utf-8"))
    return [rule for group in read["groups"] for rule in group["rules"]]


ALERTS = {rule["alert"]: rule for rule in rules(RULES[1])}


def as_test(case: Case) -> dict[str, Any]:
    """The case in promtool's own form. ALERTS is asked, so that the words of an alert need not be repeated."""
    expression = f'count by (contract, code, process) (ALERTS{{alertname="{case.alert}", alertstate="firing"}})'
    labels = ", ".join(f'{name}="{value}"' for name, value in (case.fires or {}).items())
    expected = [] if case.fires is None else [{"labels": f"{{{labels}}}", "value": 1}]
    return {
        "name": case.alert, "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in case.series.items()],
        "promql_expr_test": [{"expr": expression, "eval_time": f"{case.at}m", "exp_samples": expected}],
    }  # fmt: skip


def judged(alert: str) -> dict[str, Any]:
    """The rule of an alert and what it is computed from, alone: all the others at every step would take minutes."""
    asked = str(ALERTS[alert]["expr"])
    recorded = [rule for rule in rules(RULES[0]) if rule["record"] in asked]
    return {"groups": [{"name": "recorded", "rules": recorded}, {"name": "judged", "rules": [ALERTS[alert]]}]}


def written(folder: Path, cases: Iterable[Case]) -> list[str]:
    """Files for `promtool test rules`: one for all cases of an alert."""
    by_alert: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        by_alert[case.alert].append(case)
    return [str(_written(folder, alert, own)) for alert, own in by_alert.items()]


def _written(folder: Path, alert: str, cases: list[Case]) -> Path:
    rule, file = folder / f"{alert}.yml", folder / f"{alert}_test.yml"
    rule.write_text(yaml.safe_dump(judged(alert)), encoding="utf-8")
    tests = {"rule_files": [str(rule)], "evaluation_interval": "1m", "group_eval_order": ["recorded", "judged"],
             "tests": [as_test(case) for case in cases]}  # fmt: skip
    file.write_text(yaml.safe_dump(tests), encoding="utf-8")
    return file


@needs_promtool
@pytest.mark.trap("C3", "M3", "M4", "M6")
def test_every_alert_fires_in_its_cases_and_is_silent_in_the_others(tmp_path: Path) -> None:
    done = promtool("test", "rules", *written(tmp_path, CASES))
    assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
@pytest.mark.parametrize("lie", [
    Case("ProcessDown", {'up{job="juki-hub", process="relay"}': "1+0x60"}, 30, {"process": "relay"}),
    Case("ProcessDown", {'up{job="juki-hub", process="relay"}': "0+0x60"}, 30),
])  # fmt: skip
def test_an_alert_that_does_not_fire_or_fires_for_nothing_would_be_noticed(tmp_path: Path, lie: Case) -> None:
    assert promtool("test", "rules", *written(tmp_path, [lie])).returncode != 0


@pytest.mark.trap("M4")
def test_every_alert_has_a_case_in_which_it_fires_and_one_in_which_it_is_silent() -> None:
    assert {case.alert for case in CASES if case.fires is not None} == set(ALERTS)
    assert {case.alert for case in CASES if case.fires is None} == set(ALERTS) - ALWAYS


@needs_promtool
@pytest.mark.trap("M4")
def test_the_configuration_and_every_rule_can_be_read() -> None:
    done = promtool("check", "config", str(PROMETHEUS / "prometheus.yml"))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.trap("M4")
@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_how_bad_what_where_it_is_explained_and_what_to_type(name: str) -> None:
    alert = ALERTS[name]
    said = alert["annotations"]
    assert alert["labels"]["severity"] in {"page", "ticket", "none"}
    assert set(said) == {"summary", "summary_ja", "command", "runbook"}
    assert re.search(r"[ぁ-んァ-ヶ一-龠]", said["summary_ja"])
    assert said["runbook"] == f"infra/prometheus/RUNBOOK.md#{name.lower()}"


@pytest.mark.parametrize("name", ALERTS)
def test_the_runbook_says_what_it_means_whom_it_harms_what_to_type_and_when_it_is_over(name: str) -> None:
    chapter = re.search(rf"^## {name}\n(.*?)(?=^## |\Z)", RUNBOOK, re.MULTILINE | re.DOTALL)
    assert chapter is not None
    for part in ("Means.", "意味", "Harms.", "影響", "Type / 打つ命令", "Over when.", "終わり"):
        assert f"**{part}**" in chapter[1]


def test_the_runbook_has_no_heading_without_an_alert() -> None:
    assert set(re.findall(r"^## (\w+)$", RUNBOOK, re.MULTILINE)) == set(ALERTS)


def test_every_command_to_type_is_one_that_does_something_and_has_these_options() -> None:
    typed = {alert["annotations"]["command"] for alert in ALERTS.values()}
    typed |= set(re.findall(r"jukihub [^`\n]+", RUNBOOK))
    assert len(typed) > 20
    assert [wrong for each in sorted(typed) if (wrong := not_to_be_typed(each)) is not None] == []


@pytest.mark.parametrize("line", ["jukihub letters nonsense", "jukihub letters", "jukihub nonsense", "jukihub",
                                  "jukihub letters list --nonsense", "sudo letters list"])  # fmt: skip
def test_a_command_that_is_none_would_be_noticed(line: str) -> None:
    assert not_to_be_typed(line) is not None


def test_every_metric_in_a_rule_is_one_of_ours() -> None:
    ours = names_of_metrics() | {"up"}
    recorded = {rule["record"] for rule in rules(RULES[0])}
    for rule in [*rules(RULES[0]), *ALERTS.values()]:
        used = set(re.findall(r"\b(?:\w+:)?hub_\w+(?::\w+)?|\bhub:\w+:\w+|\bup\b", str(rule["expr"])))
        assert used <= ours | recorded, used - ours - recorded


def _counters() -> set[tuple[str, str]]:
    """Every counter of which a rule asks how far it has moved, with the labels that it chooses."""
    moved = re.compile(r"(?:rate|increase)\((hub_\w+_total)(?:\{(.*?)\})?\[")
    return {found for rule in [*rules(RULES[0]), *ALERTS.values()] for found in moved.findall(str(rule["expr"]))}


@pytest.mark.trap("M2", "M4")
@pytest.mark.parametrize(("counter", "chosen"), sorted(_counters()))
def test_what_a_rule_sees_moving_is_there_at_0_before_it_first_moves(counter: str, chosen: str) -> None:
    """The cases begin at 0; a series that first appears at 1 has not moved, and the first of all would wake nobody."""
    prepare_metrics(["never-moved"])
    shown = generate_latest(REGISTRY).decode()
    own = [line for line in shown.splitlines() if line.startswith((f"{counter}{{", f"{counter} "))]
    if any("contract=" in line for line in own):
        own = [line for line in own if 'contract="never-moved"' in line]
        assert all(line.endswith(" 0.0") for line in own)
    assert any(chosen in line for line in own), counter
