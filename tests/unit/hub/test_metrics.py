"""Metrics tell counts of closed things, from the first scrape on, and never an id."""

import ast
import json
import re
from pathlib import Path

import pytest
from prometheus_client import REGISTRY, generate_latest

from consumers.opening import Opener
from contracts import book
from hub import metrics, quarantine
from hub.archive import Archiver
from hub.errors import DependencyUnavailable
from hub.lifecycle import _announced
from hub.outcome import Deferred
from hub.seal import ContentKey, Place, Sheet, seal
from tests.fakes import MemoryContracts

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


@pytest.mark.trap("C3")
def test_every_seal_is_counted_for_the_owner_of_its_key() -> None:
    before, key = metrics.SEALS.labels("tax")._value.get(), ContentKey.of("tax.2026-04-01", bytes(32))
    seal(key, Place("tax", "juki.disclosures.tax", 0), "", 1, [Sheet(n, "", b"{}", b"k" * 16) for n in range(7)])
    assert metrics.SEALS.labels("tax")._value.get() == before + 7


class NoKeys:
    """Keys that cannot be had."""

    async def by_kid(self, _kid: str) -> ContentKey:
        raise DependencyUnavailable("kek-mismatch", "KEK")


async def test_a_key_that_cannot_be_had_is_counted_and_defers() -> None:
    before, place = metrics.KEYS_UNAVAILABLE.labels("tax")._value.get(), Place("tax", "juki.disclosures.tax", 0)
    token = seal(ContentKey.of("tax.2026-04-01", bytes(32)), place, "", 1, [Sheet(1, "", b"{}", b"k" * 16)])[0]
    opened = await Opener(NoKeys(), "tax", place.topic, MemoryContracts()).open(token, 0, b"k" * 16)  # type: ignore[arg-type]
    assert opened == Deferred("key-unavailable")
    assert metrics.KEYS_UNAVAILABLE.labels("tax")._value.get() == before + 1


@pytest.mark.parametrize(("seqs", "missing"), [([1, 2, 3], 0), ([1, 3], 1), ([1, 5, 6, 8], 4), ([2], 1)])
def test_a_number_that_is_missing_between_two_lines_of_the_ledger_is_counted(seqs: list[int], missing: int) -> None:
    before, archiver = metrics.LEDGER_HOLES.labels("tax")._value.get(), Archiver(None, None, [0])  # type: ignore[arg-type]
    for seq in seqs:
        archiver._look_for_holes(0, [{"contract": "tax", "seq": seq}])
    assert metrics.LEDGER_HOLES.labels("tax")._value.get() == before + missing


def test_a_process_says_where_prometheus_finds_it(tmp_path: Path) -> None:
    files = _announced(tmp_path, "relay", 4711, {})
    target = json.loads((tmp_path / "targets" / "relay.json").read_text(encoding="utf-8"))
    assert target == [{"targets": ["127.0.0.1:4711"], "labels": {"process": "relay"}}]
    assert sorted(file.parent.name for file in files) == ["run", "targets"]


def raised(file: Path) -> set[str]:
    """First arguments of the errors that a door raises, and the values of its tables of codes."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    return {
        node.args[0].value
        for node in calls
        if node.func.id in RAISED and node.args and isinstance(node.args[0], ast.Constant)
    }
