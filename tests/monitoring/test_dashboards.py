"""The dashboards are what their code makes; everything on them can be read, exists, and knows no contract by name."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts import book
from tests.monitoring.promtool import PROMETHEUS, ROOT, names_of_metrics, needs_promtool, promtool, script

GRAFANA = ROOT / "infra" / "grafana"
CODE = script(GRAFANA / "dashboards.py")
DASHBOARDS: dict[str, dict[str, Any]] = CODE.dashboards()
RECORDED = {rule["record"] for group in yaml.safe_load((PROMETHEUS / "recording.yml").read_text("utf-8"))["groups"]
            for rule in group["rules"]}  # fmt: skip


def expressions() -> list[str]:
    """All PromQL of all dashboards, with Grafana's variables filled in."""
    found = [target["expr"] for made in DASHBOARDS.values() for panel in made["panels"] for target in panel["targets"]]
    return [each.replace("$__rate_interval", "1m").replace("$contract", "tax|welfare") for each in found]


@pytest.mark.trap("M5")
@pytest.mark.parametrize("name", DASHBOARDS)
def test_what_is_checked_in_is_what_the_code_makes(name: str) -> None:
    assert (GRAFANA / name).read_text(encoding="utf-8") == CODE.as_text(DASHBOARDS[name])


def test_no_dashboard_is_left_over() -> None:
    assert {file.name for file in GRAFANA.glob("*.json")} == set(DASHBOARDS)


@needs_promtool
@pytest.mark.trap("M4")
def test_every_expression_on_a_dashboard_can_be_read(tmp_path: Path) -> None:
    rules = [{"record": f"panel:{n}", "expr": each} for n, each in enumerate(expressions())]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}), encoding="utf-8")
    done = promtool("check", "rules", str(file))
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_metric_on_a_dashboard_exists() -> None:
    known = names_of_metrics() | RECORDED
    used = {name for each in expressions() for name in re.findall(r"\b(?:\w+:)?hub_\w+(?::\w+)?|\bhub:\w+:\w+", each)}
    assert used - known == set()
    assert len(used) > 30


@pytest.mark.trap("M5")
def test_a_new_contract_changes_nothing() -> None:
    text = "".join(CODE.as_text(made) for made in DASHBOARDS.values())
    assert [name for name in book.load().contracts if f'"{name}"' in text] == []


@pytest.mark.parametrize("name", DASHBOARDS)
def test_every_title_is_in_both_languages_and_no_panel_covers_another(name: str) -> None:
    panels = DASHBOARDS[name]["panels"]
    titles = [DASHBOARDS[name]["title"], *(panel["title"] for panel in panels)]
    assert [title for title in titles if not re.search(r"[ぁ-んァ-ヶ一-龠].* / [A-Za-z]", title)] == []
    assert len({(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}) == len(panels)
