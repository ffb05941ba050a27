"""Metrics tell counts of closed things, from the first scrape on, and never an id."""

import ast
import re
from pathlib import Path

import pytest
from prometheus_client import REGISTRY, generate_latest

from contracts import book
from hub import metrics, quarantine

ROOT = Path(__file__).resolve().parents[3]
LABELS = {"contract", "outcome", "reason", "code", "le", "generation", "implementation", "major", "minor", "patchlevel",
          "version"}  # fmt: skip
DOOR = ("contracts/door.py", "contracts/change.py", "contracts/record.py", "hub/seal.py", "hub/keys.py")
RAISED = {"ChangeRefused", "TokenRefused", "PydanticCustomError"}


@pytest.mark.trap("M1")
def test_no_metric_has_a_label_that_could_name_somebody() -> None:
    metrics.prepare(book.load().contracts)
    used = set(re.findall(r'[{,](\w+)="', generate_latest(REGISTRY).decode()))
    assert used <= LABELS


@pytest.mark.trap("M2")
def test_every_combination_of_contract_and_outcome_is_there_at_the_first_scrape() -> None:
    metrics.prepare(["never-counted"])
    text = generate_latest(REGISTRY).decode()
    for sample in ("hub_disclosures_total{%s}", 'hub_deliveries_total{%s,outcome="refused"}',
                   'hub_silences_total{%s,reason="nothing-changed"}', "hub_dead_letters{%s}"):  # fmt: skip
        assert sample % 'contract="never-counted"' + " 0.0" in text


@pytest.mark.trap("M2")
def test_every_code_with_which_a_change_can_be_refused_is_known_to_the_metrics() -> None:
    codes = {code for file in DOOR for code in raised(ROOT / file)}
    assert codes - {"sqlstate"} <= set(quarantine.CODES)
    assert len(codes) > 20


def raised(file: Path) -> set[str]:
    """First arguments of the errors that a door raises, and the values of its tables of codes."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    return {
        node.args[0].value
        for node in calls
        if node.func.id in RAISED and node.args and isinstance(node.args[0], ast.Constant)
    }
