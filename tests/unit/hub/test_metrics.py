"""Metrics tell counts of closed things, from the first scrape on, and never an id."""

import ast
import json
import re
from pathlib import Path

import pytest
from prometheus_client import REGISTRY, generate_latest

from consumers import arrival, opening
from consumers.opening import Opener
from consumers.process import prepare_metrics
from contracts import book
from hub import metrics, quarantine
from hub.archive import Archiver
from hub.errors import DependencyUnavailable
from hub.lifecycle import _announced
from hub.outcome import Deferred
from hub.run import Attempts
from hub.seal import ContentKey, Place, Sheet, seal
from tests.fakes import MemoryContracts

ROOT = Path(__file__).resolve().parents[3]
LABELS = {"contract", "outcome", "reason", "code", "le", "generation", "implementation", "major", "minor", "patchlevel",
          "version"}  # fmt: skip
DOOR = ("contracts/door.py", "contracts/change.py", "contracts/record.py", "contracts/wire.py", "hub/seal.py",
        "hub/keys.py")  # fmt: skip
RAISED = {"ChangeRefused", "TokenRefused", "PydanticCustomError"}
ARRIVING = ("hub/seal.py", "hub/keys.py", "consumers/arrival.py", "consumers/disclosure.py", "consumers/opening.py")
REFUSING = {"TokenRefused": 0, "Refused": 0, "refused_as": 2, "unproven": 2}
"""What refuses a token on its way into an inbox, and which of its arguments is the code."""


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


@pytest.mark.trap("M2")
def test_every_code_with_which_a_token_can_be_refused_is_counted_from_0() -> None:
    """Whatever raises, returns or hands on a code on the way into an inbox; `key-destroyed` is counted as erased."""
    codes = {code for file in ARRIVING for code in refused(ROOT / file)}
    assert codes == {*arrival.CODES, *opening.CODES}
    prepare_metrics(["never-refused"])
    text = generate_latest(REGISTRY).decode()
    unseen = {code for code in codes if f'total{{code="{code}",contract="never-refused"}} 0.0' not in text}
    assert unseen == set()


def test_a_code_that_nobody_has_prepared_would_be_noticed(tmp_path: Path) -> None:
    file = tmp_path / "door.py"
    file.write_text('NEW = "new-code"\n\ndef look():\n    raise TokenRefused(NEW)\n', encoding="utf-8")
    assert refused(file) == {"new-code"}
    file.write_text("def look(text):\n    return Refused(text + '-code')\n", encoding="utf-8")
    with pytest.raises(AssertionError, match="text"):
        refused(file)


def test_a_take_over_shows_which_contracts_are_held_and_no_other() -> None:
    quarantine.show_held(["free", "gone"], {0: set(), 3: {"gone"}})
    text = generate_latest(REGISTRY).decode()
    assert 'hub_contract_held{contract="gone"} 1.0' in text
    quarantine.show_held(["free", "gone"], {0: set(), 3: set()})
    text = generate_latest(REGISTRY).decode()
    assert [f'hub_contract_held{{contract="{each}"}} 0.0' in text for each in ("free", "gone")] == [True, True]


def test_a_router_says_since_when_every_attempt_has_failed_until_one_has_worked() -> None:
    shown, attempts = [], Attempts()
    for step in (lambda: attempts.failed(100.0), lambda: attempts.failed(160.0), attempts.worked, attempts.worked,
                 lambda: attempts.failed(200.0), attempts.worked):  # fmt: skip
        step()
        shown.append(metrics.ROUTING_FAILS._value.get())
    assert shown == [100.0, 100.0, 0.0, 0.0, 200.0, 0.0]


@pytest.mark.trap("C3")
def test_every_seal_is_counted_for_the_owner_of_its_key() -> None:
    before, key = metrics.SEALS.labels("tax")._value.get(), ContentKey.of("tax.2026-04-01", bytes(32))
    seal(key, Place("tax", "juki.disclosures.tax", 0), "", 1, [Sheet(n, "", b"{}", b"k" * 16) for n in range(7)])
    assert metrics.SEALS.labels("tax")._value.get() == before + 7


class NoKeys:
    """Keys that cannot be had."""

    async def by_kid(self, _kid: str, _times: int = 1) -> ContentKey:
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


def refused(file: Path) -> set[str]:
    """The codes that a module says itself; what it hands on (`refused.code`, `code`) was said elsewhere."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    constants = [node for node in tree.body if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)]
    named = {ast.unparse(node.targets[0]): str(node.value.value) for node in constants}  # type: ignore[attr-defined]
    said = {_said(call.args[at], named) for call, at in _refusing(tree)}
    return {code for code in said if code is not None}


def _refusing(tree: ast.Module) -> list[tuple[ast.Call, int]]:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    return [(call, REFUSING[call.func.id]) for call in calls if call.func.id in REFUSING]  # type: ignore[attr-defined]


def _said(code: ast.expr, named: dict[str, str]) -> str | None:
    if isinstance(code, ast.Constant):
        return str(code.value)
    if isinstance(code, ast.Name) and code.id in named:
        return named[code.id]
    handed_on = {part.strip() for part in ast.unparse(code).split(" or ")}
    assert handed_on <= {"code", "refused.code", "arrival.code"}, ast.unparse(code)
    return None
